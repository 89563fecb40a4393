// From a URL to a database, and what a start does when the database is not there.
import { setTimeout as pause } from "node:timers/promises";
import { DialoomError, ErrorCodes, type Log } from "../kit/index.ts";
import { type Database, StoreError } from "./ports.ts";
import { parseServerUrl, withoutPassword } from "./servers/address.ts";
import { SERVER_LIMITS, type ServerLimits } from "./servers/session.ts";
import { databaseUrlProblem, dialectOf, sqlitePath } from "./url.ts";

/** What a start does when a database cannot be reached: `db_start`. */
export type StartPolicy = "refuse" | "wait" | "without";

/** The exit code of a start without its database (EX_TEMPFAIL of sysexits.h): who supervises us may try again. */
export const EXIT_NO_DATABASE = 75;

/** How databases are opened. */
export interface OpenOptions {
  readonly log: Log;
  /**
   * `refuse` (default) tries three times, then gives up; `wait` tries until it is there; `without` tries once, then begins with a
   * warning: what changes is kept for the database and brought there when it comes.
   */
  readonly start?: StartPolicy;
  /** Of servers. */
  readonly limits?: ServerLimits;
  /** Of SQLite: `full` waits for the disk. */
  readonly synchronous?: "off" | "full";
  /** Of SQLite: further settings of each connection, as they follow the word PRAGMA. */
  readonly pragmas?: readonly string[];
  /** Of SQLite: how long opening, and what is written beside the calls, waits for somebody else's lock. */
  readonly busyMs?: number;
  /** Of SQLite: who has the file for himself. No other owner gets it meanwhile; left out, one comes beside the owner. */
  readonly owner?: object;
  /** Between two tries, ms. */
  readonly pauseMs?: number;
  /** Ends waiting: somebody stops us before we have begun. */
  readonly signal?: AbortSignal;
}

const TRIES = 3;
const PAUSE_MS = 1000;
/** While it waits, one line in so many tries. */
const TRIES_PER_LINE = 30;

/**
 * The database behind a URL: `sqlite:` (a path), `postgres://`, `postgresql://`, `mysql://` (MySQL and MariaDB).
 * @throws DialoomError `DIALOOM_CONFIG_INVALID` when the URL is not one, saying what to write
 * @throws StoreError when the database is not there and `start` does not go on without it
 */
export async function openDatabase(url: string, options: OpenOptions): Promise<Database> {
  const { log, start = "refuse", pauseMs = PAUSE_MS, signal } = options;
  const open = await opener(url, options);
  for (let tries = 1; ; tries++) {
    let database: Database | undefined;
    try {
      database = await open();
      await database.transact([]);
      if (tries > 1) log.info({ database: database.name, tries }, "the database is there");
      return database;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (start === "without" && database !== undefined) {
        log.warn({ database: database.name, reason: error.message }, "starting without the database; it is written to when it comes");
        return database;
      }
      await database?.close();
      const isLast = start === "wait" ? signal?.aborted === true : tries >= TRIES;
      // what a file or a driver lacks does not come by waiting
      if (isLast || error.fault === "refused") throw error;
      if (tries <= TRIES || tries % TRIES_PER_LINE === 0) {
        log.warn({ database: withoutPassword(url), reason: error.message, tries }, "the database cannot be reached; trying again");
      }
    }
    await pause(pauseMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
}

/** Checks the URL at once; what it gives opens the database, each time anew. */
async function opener(url: string, options: OpenOptions): Promise<() => Promise<Database>> {
  const { limits = SERVER_LIMITS, log, synchronous, pragmas, busyMs, owner } = options;
  const problem = databaseUrlProblem(url);
  if (problem !== undefined) throw new DialoomError(ErrorCodes.ConfigInvalid, problem);
  switch (dialectOf(url)) {
    case "sqlite": {
      const { openSqlite } = await import("./sqlite/index.ts");
      const path = sqlitePath(url) ?? "";
      const own = {
        ...(synchronous === undefined ? {} : { synchronous }),
        ...(pragmas === undefined ? {} : { pragmas }),
        ...(busyMs === undefined ? {} : { openMs: busyMs }),
        ...(owner === undefined ? {} : { owner }),
      };
      return () => openSqlite(path, { log, ...own });
    }
    case "postgres": {
      const address = parseServerUrl(url);
      const { postgresDatabase } = await import("./postgres/index.ts");
      return () => Promise.resolve(postgresDatabase(address, limits));
    }
    default: {
      const address = parseServerUrl(url);
      const { mysqlDatabase } = await import("./mysql/index.ts");
      return () => Promise.resolve(mysqlDatabase(address, limits));
    }
  }
}
