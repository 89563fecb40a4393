export {
  type Database,
  type Dialect,
  type LocalDatabase,
  type RowChange,
  type RowWriter,
  type SqlRow,
  type SqlValue,
  type Statement,
  StoreError,
  type StoreFault,
  type WriterState,
} from "./ports.ts";
