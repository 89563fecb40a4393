// A SQLite file as the engine has it, without the thread that looks after it: in virtual time nothing may happen beside the loop.
import { type LocalDatabase, SqliteConnection, type SqlRow, type Statement } from "../../store/index.ts";

/** An open file. */
export class PlainFile implements LocalDatabase {
  readonly dialect = "sqlite";
  readonly name: string;
  readonly commitsAside = false;
  readonly #connection: SqliteConnection;
  /** Told of each commit on the loop when it is done. */
  onCommit: () => void = () => {};

  constructor(path: string) {
    this.name = `sqlite://${path}`;
    this.#connection = new SqliteConnection(path, { pragmas: ["journal_mode=WAL", "synchronous=OFF", "wal_autocheckpoint=0"] });
  }

  transactNow(statements: readonly Statement[]): void {
    this.#connection.transact(statements);
    this.onCommit();
  }

  transact(statements: readonly Statement[]): Promise<void> {
    return new Promise((resolve) => {
      this.#connection.transact(statements);
      resolve();
    });
  }

  async *select(statement: Statement, _chunkRows: number): AsyncGenerator<readonly SqlRow[]> {
    const rows = [...this.#connection.rows(statement)];
    if (rows.length > 0) yield await Promise.resolve(rows);
  }

  close(): Promise<void> {
    this.#connection.close();
    return Promise.resolve();
  }
}
