export { Connection as SqliteConnection } from "./connection.ts";
export { openSqlite, type SqliteDatabase } from "./database.ts";
