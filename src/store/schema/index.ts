export { checkDialogTable, checkTable, readAll, type TableCheck } from "./check.ts";
export { type CreateOptions, createTable, VERSION_TABLE } from "./create.ts";
export { migrateTable } from "./migrate.ts";
export { type ColumnKind, type ColumnShape, columnType, isPlainName, quoteName, type TableForm, type TableShape } from "./shape.ts";
export { deleteText, insertOnceText, insertText, placeholder, placeholders, selectText, updateText, upsertText } from "./statements.ts";
export {
  accTable,
  type DialogColumnKey,
  type DialogNames,
  dialogTable,
  type FixedDialogColumn,
  locationTable,
  missedCallsTable,
  OWN_COLUMN,
} from "./tables.ts";
