// The databases of one engine: whoever names the same URL gets the same database and the same writer, so that the rows of calls,
// registrations and records keep one order, and on SQLite one transaction.
import { type Database, type RowWriter, StoreError } from "./ports.ts";
import { databaseKey } from "./url.ts";

/** A database that is open, with its writer. */
export interface OpenDatabase {
  /** As it was first asked for: with its password, so not for people; `database.name` is. */
  readonly url: string;
  readonly database: Database;
  readonly writer: RowWriter;
}

/** How databases are opened and written to. */
export interface DatabasesDeps {
  /** @throws StoreError (rejects) when it cannot be opened now */
  connect(url: string): Promise<Database>;
  writer(database: Database): RowWriter;
}

/** All databases of one engine. */
export class Databases {
  readonly #deps: DatabasesDeps;
  readonly #opening = new Map<string, Promise<OpenDatabase>>();
  readonly #open = new Map<string, OpenDatabase>();
  #isClosed = false;

  constructor(deps: DatabasesDeps) {
    this.#deps = deps;
  }

  /**
   * The database behind a URL, opened when it is asked for the first time. One that could not be opened is tried anew when it is asked for
   * again.
   * @throws StoreError (rejects) as `connect`, and `away` after `close`
   */
  open(url: string): Promise<OpenDatabase> {
    if (this.#isClosed) return Promise.reject(new StoreError("away", "the databases are closed"));
    const key = databaseKey(url);
    let opening = this.#opening.get(key);
    if (opening === undefined) {
      opening = this.#connect(url, key);
      this.#opening.set(key, opening);
    }
    return opening;
  }

  /** The database behind a URL if it is open. */
  find(url: string): OpenDatabase | undefined {
    return this.#open.get(databaseKey(url));
  }

  /** Those that are open, in the order in which they were. */
  all(): Iterable<OpenDatabase> {
    return this.#open.values();
  }

  /**
   * Waits until what was given to the writers is written or given up.
   * @param timeoutMs - then it stops waiting
   * @returns whether all of it was written
   */
  async drain(timeoutMs: number): Promise<boolean> {
    const drained = await Promise.all([...this.#open.values()].map(({ writer }) => writer.drain(timeoutMs)));
    return drained.every(Boolean);
  }

  /** Closes all of them; what their writers still hold is dropped. One that is being opened is closed as soon as it is open. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#opening.values());
    for (const { writer, database } of this.#open.values()) {
      await writer.close();
      await database.close();
    }
    this.#open.clear();
    this.#opening.clear();
  }

  async #connect(url: string, key: string): Promise<OpenDatabase> {
    try {
      const database = await this.#deps.connect(url);
      const found: OpenDatabase = { url, database, writer: this.#deps.writer(database) };
      this.#open.set(key, found);
      return found;
    } catch (error) {
      if (!this.#isClosed) this.#opening.delete(key);
      throw error;
    }
  }
}
