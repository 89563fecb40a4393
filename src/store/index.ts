export { EXIT_NO_DATABASE, type OpenOptions, openDatabase, START_POLICIES, type StartPolicy } from "./connect.ts";
export { Databases, type DatabasesDeps, databaseKey, databaseUrlProblem, type OpenDatabase } from "./databases.ts";
export { DialogStore, type DialogStoreDeps, type StoredDialogs } from "./dialogs/dialog-store.ts";
export { type LoadDeps, type LoadReport, loadCalls, syncCalls } from "./dialogs/load.ts";
export { type RewriteDeps, removeStrangers, rewriteCalls } from "./dialogs/rewrite.ts";
export { type FlagNaming, numberedFlags, type RowForm } from "./dialogs/row-form.ts";
export { type DialogStoreSettings, defaultDialogStoreSettings, type StoreMode } from "./dialogs/settings.ts";
export { DIALOG_COLUMNS, type DialogColumnNames, type FoundTable, findDialogTable } from "./dialogs/table.ts";
export { createLocalWriter, type LocalWriterDeps } from "./local/index.ts";
export { LOCATION_COLUMNS, type LocationColumnNames, locationShape } from "./locations/columns.ts";
export { type LocationMode, LocationStore, type LocationStoreSettings } from "./locations/store.ts";
export { keptSecret, nodeTable } from "./node-secret.ts";
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
export { parseRecordField, RECORD_COLUMNS, type RecordColumnNames, type RecordLayout, recordShape } from "./records/statements.ts";
export { RecordStore, type RecordStoreSettings } from "./records/store.ts";
export { REMOTE_WRITER_SETTINGS, RemoteWriter, type RemoteWriterDeps, type RemoteWriterSettings } from "./remote/index.ts";
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
  migrateTable,
  missedCallsTable,
  type TableCheck,
  type TableShape,
} from "./schema/index.ts";
export { withoutPassword } from "./servers/address.ts";
export { SERVER_LIMITS, type ServerLimits } from "./servers/session.ts";
export {
  openSqlite,
  SqliteConnection,
  type SqliteConnectionOptions,
  SqliteDatabase,
  type SqliteOptions,
  sqlitePath,
} from "./sqlite/index.ts";
export { columnBytes, columnText, engineText } from "./text.ts";
export { registerStoreStatistics } from "./writer-statistics.ts";
