export { createLocalWriter, type LocalWriterDeps } from "./local/index.ts";
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
export {
  accTable,
  type ColumnShape,
  checkDialogTable,
  checkTable,
  createTable,
  type DialogColumnKey,
  type DialogNames,
  dialogTable,
  isPlainName,
  locationTable,
  missedCallsTable,
  type TableCheck,
  type TableShape,
} from "./schema/index.ts";
export { openSqlite, SqliteDatabase, type SqliteOptions, sqlitePath } from "./sqlite/index.ts";
export { columnBytes, columnText, engineText } from "./text.ts";
