// What the two families of servers have in common: one connection, and how long it may take.
import type { SqlRow, Statement } from "../ports.ts";

/** How long a server may take. All ms. */
export interface ServerLimits {
  /** To be there: name, connection, log-in, settings of the session. */
  readonly connectMs: number;
  /** To answer: the longest silence in a transaction or between two chunks of rows. */
  readonly answerMs: number;
}

/** Limits that suit a server in the same building. */
export const SERVER_LIMITS: ServerLimits = Object.freeze({ connectMs: 5000, answerMs: 10_000 });

/** One connection, logged in. One thing at a time is asked of it. */
export interface Session {
  /** Names the server's side of it, for `fence` on a later one. */
  readonly identity: string;
  /** False once it broke or was closed. */
  readonly isUsable: boolean;
  /** @throws StoreError; after `away` it is no longer usable and the outcome is unknown */
  transact(statements: readonly Statement[]): Promise<void>;
  /** @throws StoreError */
  select(statement: Statement, chunkRows: number): AsyncGenerator<readonly SqlRow[]>;
  /**
   * Makes sure that earlier connections, lost with work under way, do nothing any more: a server that was frozen would go on with what it
   * had been sent, after and over what is written now.
   * @throws StoreError when one of them is still there
   */
  fence(lost: readonly string[]): Promise<void>;
  close(): Promise<void>;
  /** Drops it without a word. */
  destroy(): void;
}
