// A database on a server: one connection that writes, in the order in which it is asked, a few that read, all replaced when they break.
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Database, type Dialect, type SqlRow, type Statement, StoreError } from "../ports.ts";
import { SessionPool } from "./pool.ts";
import type { ServerLimits, Session } from "./session.ts";

/** How many queries may run beside each other. */
const READERS = 3;
/** Most rows of a chunk, whatever is asked for: some milliseconds of the loop. */
const CHUNK_ROWS = 250;

/** What makes a database out of connections. */
export interface ServerDatabaseParts {
  readonly dialect: Dialect;
  /** Its URL without the password. */
  readonly name: string;
  readonly limits: ServerLimits;
  /** @throws StoreError */
  open(use: "write" | "read"): Promise<Session>;
}

/** Any server behind the port. Nothing is connected before it is needed. */
export class ServerDatabase implements Database {
  readonly dialect: Dialect;
  readonly name: string;
  readonly #parts: ServerDatabaseParts;
  readonly #writer: SessionPool;
  readonly #readers: SessionPool;
  /** Connections that were lost with work under way. */
  readonly #lost = new Set<string>();

  constructor(parts: ServerDatabaseParts) {
    this.dialect = parts.dialect;
    this.name = parts.name;
    this.#parts = parts;
    const waitMs = parts.limits.connectMs + parts.limits.answerMs;
    this.#writer = new SessionPool(() => this.#openWriter(), 1, waitMs);
    this.#readers = new SessionPool(() => parts.open("read"), READERS, waitMs);
  }

  /** With no statements it only makes sure that the server is there. */
  async transact(statements: readonly Statement[]): Promise<void> {
    const session = await this.#writer.acquire();
    try {
      await session.transact(statements);
    } catch (error) {
      if (!session.isUsable) this.#lost.add(session.identity);
      throw error;
    } finally {
      this.#writer.release(session);
    }
  }

  /** Chunks may be smaller than asked for; between two of them the loop turns. */
  async *select(statement: Statement, chunkRows: number): AsyncGenerator<readonly SqlRow[]> {
    const session = await this.#readers.acquire();
    try {
      for await (const rows of session.select(statement, Math.max(1, Math.min(chunkRows, CHUNK_ROWS)))) {
        yield rows;
        // a fast server would have us read for as long as it sends
        await nextTurn();
      }
    } finally {
      this.#readers.release(session);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#writer.close(), this.#readers.close()]);
  }

  async #openWriter(): Promise<Session> {
    const session = await this.#parts.open("write");
    if (this.#lost.size === 0) return session;
    const lost = [...this.#lost];
    try {
      await session.fence(lost);
    } catch (error) {
      session.destroy();
      if (error instanceof StoreError && error.fault === "away") throw error;
      throw new StoreError("away", `${this.name}: cannot make sure that a lost connection is gone: ${String(error)}`, -1, { cause: error });
    }
    for (const identity of lost) this.#lost.delete(identity);
    return session;
  }
}
