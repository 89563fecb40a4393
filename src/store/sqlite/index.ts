export { Connection as SqliteConnection } from "./connection.ts";
export { openSqlite, type SqliteDatabase, sqlitePath } from "./database.ts";
