// Rows of one query in chunks: a portal that is asked for so many rows at a time (chapter 55.2.3 of PostgreSQL's manual).
import type { SqlRow, SqlValue, Statement } from "../ports.ts";
import type { StatementNames } from "./names.ts";
import { columnReader, type ReadColumn, toWire } from "./values.ts";
import type { Asked, Wire } from "./wire.ts";

interface Fetch {
  readonly resolve: (rows: readonly SqlRow[] | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** One query under way. */
export class Cursor implements Asked {
  readonly #statement: Statement;
  readonly #names: StatementNames;
  readonly #chunkRows: number;
  #wire: Wire | undefined = undefined;
  #readers: readonly ReadColumn[] = [];
  #rows: SqlRow[] = [];
  #fetch: Fetch | undefined = undefined;
  #state: "open" | "suspended" | "ending" | "ended" = "open";
  #error: unknown = undefined;

  constructor(statement: Statement, names: StatementNames, chunkRows: number) {
    this.#statement = statement;
    this.#names = names;
    this.#chunkRows = chunkRows;
  }

  /**
   * The next rows.
   * @returns undefined when there are no more
   * @throws what the driver says
   */
  next(): Promise<readonly SqlRow[] | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#state === "ended") {
        if (this.#error === undefined) resolve(undefined);
        else reject(this.#error);
        return;
      }
      this.#fetch = { resolve, reject };
      if (this.#state === "suspended") this.#ask();
    });
  }

  /** Lets the rest be; settles when the connection can be used again. */
  async cancel(): Promise<void> {
    if (this.#state === "suspended") this.#sync();
    while (this.#state !== "ended") await this.next();
  }

  write(wire: Wire): void {
    this.#wire = wire;
    this.#names.begin(wire);
    const { text, values } = this.#statement;
    const statement = this.#names.prepare(wire, text);
    wire.bind({ portal: "", statement, values: values.map(toWire) });
    wire.describe({ type: "P", name: "" });
    this.#ask();
  }

  handleRowDescription({ fields }: { readonly fields: readonly { readonly dataTypeID: number }[] }): void {
    this.#readers = fields.map(({ dataTypeID }) => columnReader(dataTypeID));
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    const row = new Array<SqlValue>(fields.length);
    for (let i = 0; i < fields.length; i++) {
      const text = fields[i];
      row[i] = text === null || text === undefined ? null : (this.#readers[i]?.(text) ?? text);
    }
    this.#rows.push(row);
  }

  handlePortalSuspended(): void {
    this.#state = "suspended";
    this.#deliver();
  }

  handleCommandComplete(): void {
    this.#sync();
    if (this.#rows.length > 0) this.#deliver();
  }
  handleEmptyQuery(): void {
    this.#sync();
  }

  handleReadyForQuery(): void {
    this.#names.succeeded();
    this.#end(undefined);
  }

  handleError(error: unknown): void {
    // the server waits for it before it listens again; a broken connection swallows it
    if (this.#state !== "ending") this.#wire?.sync();
    this.#end(error);
  }

  #ask(): void {
    this.#state = "open";
    this.#wire?.execute({ portal: "", rows: this.#chunkRows });
    this.#wire?.flush();
  }

  #sync(): void {
    this.#state = "ending";
    this.#wire?.sync();
  }

  #deliver(): void {
    const rows = this.#rows;
    this.#rows = [];
    const fetch = this.#fetch;
    this.#fetch = undefined;
    fetch?.resolve(rows);
  }

  #end(error: unknown): void {
    this.#state = "ended";
    this.#error = error;
    const fetch = this.#fetch;
    this.#fetch = undefined;
    if (error === undefined) fetch?.resolve(undefined);
    else fetch?.reject(error);
  }
}
