export { openSqlite, SqliteDatabase, type SqliteOptions, sqlitePath } from "./database.ts";
