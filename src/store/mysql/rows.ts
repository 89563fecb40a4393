// Rows of one query in chunks, as the driver reads them off the wire; it is paused while nobody wants more.
import type { Connection } from "mysql2";
import type { SqlRow, Statement } from "../ports.ts";
import { bigColumns, toParameter, toRow } from "./values.ts";

interface Fetch {
  readonly resolve: (rows: readonly SqlRow[] | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** One query under way. */
export class RowStream {
  readonly #connection: Connection;
  readonly #chunkRows: number;
  #big: readonly boolean[] = [];
  #rows: SqlRow[] = [];
  #fetch: Fetch | undefined = undefined;
  #isPaused = false;
  #isEnded = false;
  #error: unknown = undefined;

  constructor(connection: Connection, { text, values }: Statement, chunkRows: number) {
    this.#connection = connection;
    this.#chunkRows = chunkRows;
    const command = connection.execute({ sql: text, values: values.map(toParameter), rowsAsArray: true });
    command.on("fields", (fields: readonly { readonly columnType?: number | undefined }[] | undefined) => {
      this.#big = bigColumns(fields ?? []);
    });
    command.on("result", (row: unknown) => this.#take(row));
    command.on("error", (error: unknown) => this.#end(error));
    command.on("end", () => this.#end(undefined));
  }

  /** Whether the server has sent everything. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /**
   * The next rows.
   * @returns undefined when there are no more
   * @throws what the driver says
   */
  next(): Promise<readonly SqlRow[] | undefined> {
    return new Promise((resolve, reject) => {
      this.#fetch = { resolve, reject };
      this.#deliver();
      if (this.#fetch === undefined || !this.#isPaused) return;
      this.#isPaused = false;
      this.#connection.resume();
    });
  }

  /** The connection broke. */
  broke(error: unknown): void {
    this.#end(error);
  }

  #take(row: unknown): void {
    if (!Array.isArray(row)) return; // the outcome of a statement without rows
    this.#rows.push(toRow(row, this.#big));
    if (this.#rows.length < this.#chunkRows) return;
    this.#deliver();
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#connection.pause();
  }

  #end(error: unknown): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#error = error;
    this.#deliver();
  }

  /** Gives what there is to whoever waits: full chunks, the rest at the end, then the end. */
  #deliver(): void {
    const fetch = this.#fetch;
    if (fetch === undefined) return;
    if (this.#rows.length >= this.#chunkRows || (this.#isEnded && this.#error === undefined && this.#rows.length > 0)) {
      this.#fetch = undefined;
      fetch.resolve(this.#rows.splice(0, this.#chunkRows));
    } else if (this.#isEnded) {
      this.#fetch = undefined;
      if (this.#error === undefined) fetch.resolve(undefined);
      else fetch.reject(this.#error);
    }
  }
}
