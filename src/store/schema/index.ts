export { checkDialogTable, checkTable, readAll, type TableCheck, type UsableTable } from "./check.ts";
export { type CreateOptions, createTable, VERSION_TABLE } from "./create.ts";
export { type FoundTable, findTable, neededTable } from "./find.ts";
export { migrateTable } from "./migrate.ts";
export { type ColumnKind, type ColumnShape, columnType, isPlainName, quoteName, type TableForm, type TableShape } from "./shape.ts";
export { deleteText, insertOnceText, insertText, placeholder, placeholders, selectText, updateText, upsertText } from "./statements.ts";
export {
  accTable,
  DIALOG_COLUMNS,
  type DialogColumnKey,
  type DialogColumnNames,
  type DialogNames,
  dialogTable,
  locationTable,
  missedCallsTable,
  OWN_COLUMN,
} from "./tables.ts";
