// What PostgreSQL's errors mean for what was asked (SQLSTATE, appendix A of its manual).
import { StoreError, type StoreFault } from "../ports.ts";

const CODES: Readonly<Record<string, StoreFault>> = {
  "25006": "away", // read-only: a standby, where the primary was
  "26000": "busy", // a pooler gave us another connection: the statement is prepared anew
  "40001": "busy",
  "40P01": "busy", // deadlock
  "55006": "busy",
  "55P03": "busy", // lock timeout
  "57014": "busy", // statement timeout, or cancelled by an operator
  "53100": "full",
  "57P01": "away",
  "57P02": "away",
  "57P03": "away",
  "57P04": "refused",
};
const CLASSES: Readonly<Record<string, StoreFault>> = { "08": "away", "53": "away", "58": "full" };
/** Of the driver and of Node: the connection is what failed. */
const CONNECTION = /^(?:E[A-Z]+|ERR_(?:SSL|TLS|STREAM)_.*)$/;

/** Whether PostgreSQL itself said this; anything else is the connection's. */
export function isServerError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string" && "severity" in error && !CONNECTION.test(error.code);
}

/**
 * The fault of an error.
 * @param name - of the database, for people
 * @param at - the statement that it was about
 */
export function postgresFault(name: string, error: unknown, at: number): StoreError {
  if (error instanceof StoreError) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (!isServerError(error)) return new StoreError("away", `${name}: ${text}`, -1, { cause: error });
  // a table has changed under a prepared statement: it is prepared anew
  const isStalePlan = error.code === "0A000" && text.includes("cached plan");
  const fault = isStalePlan ? "busy" : (CODES[error.code] ?? CLASSES[error.code.slice(0, 2)] ?? "refused");
  return new StoreError(fault, `${name}: ${text} (${error.code})`, fault === "away" ? -1 : at, { cause: error });
}
