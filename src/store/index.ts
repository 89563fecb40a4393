export { EXIT_NO_DATABASE, openDatabase, type StartPolicy } from "./connect.ts";
export { Databases, type OpenDatabase } from "./databases.ts";
export { DialogStore } from "./dialogs/dialog-store.ts";
export { type LoadDeps, loadCalls, syncCalls } from "./dialogs/load.ts";
export { removeStrangers, rewriteCalls } from "./dialogs/rewrite.ts";
export { type FlagNaming, numberedFlags, type RowForm } from "./dialogs/row-form.ts";
export type { DialogStoreSettings } from "./dialogs/settings.ts";
export { findDialogTable } from "./dialogs/table.ts";
export { isAway, LateStart } from "./late-start.ts";
export { createLocalWriter } from "./local/index.ts";
export { LOCATION_COLUMNS, type LocationColumnNames, locationShape } from "./locations/columns.ts";
export { LocationStore, type LocationStoreSettings } from "./locations/store.ts";
export { keptSecret, nodeTable } from "./node-secret.ts";
export {
  type Database,
  type LocalDatabase,
  type RowWriter,
  type SqlRow,
  type SqlValue,
  type Statement,
  StoreError,
} from "./ports.ts";
export { parseRecordField, RECORD_COLUMNS, type RecordColumnNames, type RecordLayout, recordShape } from "./records/statements.ts";
export { RecordStore, type RecordStoreSettings } from "./records/store.ts";
export { RemoteWriter, type RemoteWriterSettings } from "./remote/index.ts";
export {
  accTable,
  checkDialogTable,
  checkTable,
  createTable,
  DIALOG_COLUMNS,
  type DialogColumnKey,
  type DialogColumnNames,
  type DialogNames,
  dialogTable,
  isPlainName,
  locationTable,
  migrateTable,
  missedCallsTable,
  type TableCheck,
  type TableShape,
  type UsableTable,
} from "./schema/index.ts";
export { withoutPassword } from "./servers/address.ts";
export type { ServerLimits } from "./servers/session.ts";
export { openSqlite, SqliteConnection } from "./sqlite/index.ts";
export { databaseUrlProblem, sqlitePath } from "./url.ts";
export { registerStoreStatistics } from "./writer-statistics.ts";
