// What the errors of MySQL and MariaDB mean for what was asked, by their numbers.
import { StoreError, type StoreFault } from "../ports.ts";

const FAULTS: readonly (readonly [StoreFault, readonly number[]])[] = [
  // deadlock, lock wait, too many transactions, changed meanwhile, time limits, interrupted, to be prepared anew, cluster conflicts
  ["busy", [1020, 1205, 1213, 1243, 1317, 1412, 1615, 1637, 1969, 3024, 3572]],
  // disk full, table full, error in writing files, an error of the storage engine
  ["full", [3, 1021, 1026, 1030, 1114, 3019]],
  // out of memory or threads, an error in the commit, too many connections, shutting down, network, read-only (a replica, where the
  // primary was), killed, not ready (Galera)
  [
    "away",
    [
      1037, 1041, 1135, 1180, 1040, 1042, 1043, 1047, 1053, 1077, 1079, 1080, 1129, 1152, 1158, 1159, 1160, 1161, 1203, 1226, 1290, 1792,
      1836, 1927, 4031,
    ],
  ],
];
const FAULT_OF: ReadonlyMap<number, StoreFault> = new Map(FAULTS.flatMap(([fault, numbers]) => numbers.map((number) => [number, fault])));

/** Whether the server itself said this; anything else is the connection's. */
export function isServerError(error: unknown): error is Error & { readonly errno: number } {
  // the connection's errors carry the system's numbers, which are negative, or none
  return error instanceof Error && "errno" in error && typeof error.errno === "number" && error.errno > 0 && "sqlState" in error;
}

/**
 * The fault of an error.
 * @param name - of the database, for people
 * @param at - the statement that it was about
 */
export function mysqlFault(name: string, error: unknown, at: number): StoreError {
  if (error instanceof StoreError) return error;
  const text = error instanceof Error ? error.message || String(error) : String(error);
  // a parameter that the driver cannot write: a mistake of ours, and no fault of the connection
  if (error instanceof TypeError) return new StoreError("refused", `${name}: ${text}`, at, { cause: error });
  if (!isServerError(error)) return new StoreError("away", `${name}: ${text}`, -1, { cause: error });
  const fault = FAULT_OF.get(error.errno) ?? "refused";
  return new StoreError(fault, `${name}: ${text} (${error.errno})`, fault === "away" ? -1 : at, { cause: error });
}
