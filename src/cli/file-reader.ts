// A SQLite file to look at: nothing of it changes, not even the way it keeps its log.
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { type Database, SqliteConnection, type SqlRow, type Statement, StoreError } from "../store/index.ts";

/** How long it waits for somebody who has the file locked. */
const BUSY_MS = 5000;

/**
 * Opens a file that is there, and checks it.
 * @throws StoreError with the file's name: `refused` when it is broken, else why it cannot be read
 */
export function openReader(path: string): Database {
  const file = resolve(path);
  if (statSync(file).isDirectory()) throw new StoreError("refused", `${file} is a folder, not a file`);
  let connection: SqliteConnection | undefined;
  try {
    connection = new SqliteConnection(file, { isReadOnly: true, busyMs: BUSY_MS });
    const verdict = connection.value("PRAGMA quick_check(1)");
    if (verdict !== "ok") throw new StoreError("refused", `the file is broken: ${String(verdict)}`);
    return readerOf(file, connection);
  } catch (error) {
    connection?.close();
    if (!(error instanceof StoreError)) throw error;
    const isBroken = /not a database|malformed/.test(error.message);
    throw new StoreError(isBroken ? "refused" : error.fault, `${file}: ${error.message}`, -1, { cause: error });
  }
}

function readerOf(file: string, connection: SqliteConnection): Database {
  return {
    dialect: "sqlite",
    name: `sqlite://${file}`,
    transact: () => Promise.reject(new StoreError("refused", `${file} is open for reading only`)),
    async *select(statement: Statement, chunkRows: number): AsyncGenerator<readonly SqlRow[]> {
      let chunk: SqlRow[] = [];
      for (const row of connection.rows(statement)) {
        chunk.push(row);
        if (chunk.length < chunkRows) continue;
        yield chunk;
        chunk = [];
      }
      if (chunk.length > 0) yield chunk;
    },
    close: () => Promise.resolve(connection.close()),
  };
}
