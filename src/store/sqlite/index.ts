export { Connection as SqliteConnection, type ConnectionOptions as SqliteConnectionOptions } from "./connection.ts";
export { openSqlite, SqliteDatabase, type SqliteOptions, sqlitePath } from "./database.ts";
