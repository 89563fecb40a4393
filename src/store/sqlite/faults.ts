// SQLite's own error codes as the four faults of a store.
import { StoreError, type StoreFault } from "../ports.ts";

// primary result codes, https://sqlite.org/rescode.html
const BUSY = 5;
const LOCKED = 6;
const IO_ERROR = 10;
const CORRUPT = 11;
const FULL = 13;
const NOT_A_DATABASE = 26;
const NO_MEMORY = 7;
const AWAY: ReadonlySet<number> = new Set([3, NO_MEMORY, 8, IO_ERROR, CORRUPT, 14, 15, 23, NOT_A_DATABASE]);

/** The primary result code of an error of `node:sqlite`; undefined for any other error. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode & 0xff;
}

/** What an error of `node:sqlite` means. A value that cannot be bound is refused, as is a wrong statement. */
export function faultOf(error: unknown): StoreFault {
  const code = resultCode(error);
  if (code === undefined) return "refused";
  if (code === BUSY || code === LOCKED) return "busy";
  if (code === FULL) return "full";
  return AWAY.has(code) ? "away" : "refused";
}

/** Whether an error says that the file itself is broken, or is no database. */
export function isBroken(error: unknown): boolean {
  const code = resultCode(error);
  return code === CORRUPT || code === NOT_A_DATABASE;
}

/** @param at - which statement of a batch it was; −1 for none of them */
export function storeError(error: unknown, at: number): StoreError {
  if (error instanceof StoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new StoreError(faultOf(error), message, at, { cause: error });
}
