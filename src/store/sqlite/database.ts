// A SQLite file as a database inside the process. The loop writes to its log without waiting for the disk; a thread brings the log into
// the file. What is committed survives the death of the process; with `full` also that of the machine.
import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import type { Log } from "../../kit/index.ts";
import { type LocalDatabase, type SqlRow, type Statement, StoreError } from "../ports.ts";
import { Connection } from "./connection.ts";
import { FileGuard } from "./guard.ts";
import type { KeeperStart } from "./keeper-messages.ts";
import { KeeperThread } from "./keeper-thread.ts";
import { Presence } from "./presence.ts";

/** How a file is used. */
export interface SqliteOptions {
  readonly log: Log;
  /** `off`: commits survive a `kill -9`. `full`: also power loss; the thread commits, and datagrams wait for it. */
  readonly synchronous?: "off" | "full";
  /** Further settings of the connection, as they follow the word PRAGMA. */
  readonly pragmas?: readonly string[];
  readonly checkpointMs?: number;
  /** From this size on the log is started anew instead of growing. */
  readonly restartBytes?: number;
  /** What becomes of a file that is broken: it is moved aside and a new one made (the default), or it stays and is not opened. */
  readonly brokenFile?: "move" | "leave";
  /** How long opening, and what is written beside the calls, waits for somebody else's lock. */
  readonly openMs?: number;
  /** Who has the file for himself: while he has it open no other owner gets it, in this process or another. Left out: a visitor. */
  readonly owner?: object;
}

/** Longest time that rows are read. */
const SLICE_MS = 8;
const BUSY_MS = 5000;
const BUSY_PAUSE_MS = 10;
/** How often it is looked whether the file still stands where it was. */
const LOOK_MS = 1000;

/** What an open file consists of. */
interface SqliteParts {
  readonly connection: Connection;
  readonly keeper: KeeperThread;
  readonly guard: FileGuard | undefined;
  readonly presence: Presence;
  readonly commitsAside: boolean;
  readonly busyMs: number;
}

/** An open file. */
export class SqliteDatabase implements LocalDatabase {
  readonly dialect = "sqlite";
  readonly name: string;
  readonly commitsAside: boolean;
  readonly #path: string;
  readonly #connection: Connection;
  readonly #keeper: KeeperThread;
  readonly #guard: FileGuard | undefined;
  readonly #presence: Presence;
  readonly #busyMs: number;
  #isClosed = false;

  /** @param parts - the keeper has opened and checked the file */
  constructor(path: string, { connection, keeper, guard, presence, commitsAside, busyMs }: SqliteParts) {
    this.name = `sqlite://${path}`;
    this.commitsAside = commitsAside;
    this.#path = path;
    this.#connection = connection;
    this.#keeper = keeper;
    this.#guard = guard;
    this.#presence = presence;
    this.#busyMs = busyMs;
  }

  transactNow(statements: readonly Statement[]): void {
    this.#refuseUnusable();
    this.#connection.transact(statements);
  }

  async transact(statements: readonly Statement[]): Promise<void> {
    const until = performance.now() + this.#busyMs;
    for (;;) {
      this.#refuseUnusable();
      try {
        if (this.commitsAside) await this.#keeper.commit(statements);
        else this.#connection.transact(statements);
        return;
      } catch (error) {
        if (!(error instanceof StoreError) || error.fault !== "busy" || performance.now() > until) throw error;
      }
      await pause(BUSY_PAUSE_MS);
    }
  }

  /**
   * Rows as of the moment of asking, on a connection of their own: what is written meanwhile is not among them. Chunks may be smaller
   * than asked for; between two of them the loop turns.
   */
  async *select(statement: Statement, chunkRows: number): AsyncGenerator<readonly SqlRow[]> {
    this.#refuseUnusable();
    const connection = new Connection(this.#path, { isReadOnly: true, busyMs: BUSY_PAUSE_MS });
    try {
      let chunk: SqlRow[] = [];
      let until = performance.now() + SLICE_MS;
      for (const row of connection.rows(statement)) {
        chunk.push(row);
        if (chunk.length < chunkRows && performance.now() < until) continue;
        yield chunk;
        chunk = [];
        await nextTurn();
        until = performance.now() + SLICE_MS;
      }
      if (chunk.length > 0) yield chunk;
    } finally {
      connection.close();
    }
  }

  /** Brings everything into the file, so that no log is left. */
  async close(): Promise<void> {
    if (!this.#isClosed) this.#connection.close();
    this.#isClosed = true;
    this.#presence.end();
    await this.#keeper.close();
    this.#guard?.release();
  }

  #refuseUnusable(): void {
    if (this.#isClosed) throw new StoreError("away", `${this.name} is closed`);
    this.#presence.check();
  }
}

/**
 * Opens a file, making it and its folder where there is none. A file that is broken is moved aside with a line in the log, and a new one
 * made: calls go on rather than not start.
 * @param path - a path, relative ones from the working folder
 * @throws StoreError `busy` when somebody else keeps it locked, or has it for himself; `away` when it cannot be opened; `refused` when it
 * is broken and stays, or when a pragma is wrong
 */
export async function openSqlite(path: string, options: SqliteOptions): Promise<SqliteDatabase> {
  const absolute = resolve(path);
  makeFolder(absolute);
  const guard = options.owner === undefined ? undefined : FileGuard.take(absolute, options.owner);
  try {
    return await openGuarded(absolute, options, guard);
  } catch (error) {
    guard?.release();
    if (!(error instanceof StoreError)) throw error;
    throw new StoreError(error.fault, explained(absolute, error), error.at, { cause: error });
  }
}

async function openGuarded(path: string, options: SqliteOptions, guard: FileGuard | undefined): Promise<SqliteDatabase> {
  const {
    log,
    synchronous = "off",
    checkpointMs = 500,
    restartBytes = 16 * 1024 * 1024,
    openMs: busyMs = BUSY_MS,
    brokenFile = "move",
  } = options;
  const commitsAside = synchronous === "full";
  const pragmas = usablePragmas(options.pragmas ?? [], log);
  const start: KeeperStart = {
    path,
    isDurable: commitsAside,
    checkpointMs,
    restartBytes,
    openMs: busyMs,
    brokenSuffix: brokenFile === "leave" ? undefined : `.broken-${new Date().toISOString().replaceAll(/[-:]|\..*/g, "")}`,
    pragmas,
  };
  const keeper = new KeeperThread(start, (message) =>
    log.error({ file: path, reason: message }, "a database file cannot be brought up to date"),
  );
  const { journal, broken } = await keeper.opened;
  if (broken !== undefined) log.error({ file: path, ...broken }, "a broken database file was moved aside, and a new one made");
  if (journal !== "wal") log.warn({ file: path, journal }, "no write-ahead log on this file system: commits are slower");
  try {
    const own = [
      `synchronous=${commitsAside ? "FULL" : "OFF"}`,
      "wal_autocheckpoint=0",
      "journal_size_limit=67108864",
      "temp_store=MEMORY",
    ];
    const connection = new Connection(path, { pragmas: [...own, ...pragmas] });
    keeper.unref();
    const presence = new Presence(path, log, LOOK_MS);
    return new SqliteDatabase(path, { connection, keeper, guard, presence, commitsAside, busyMs });
  } catch (error) {
    await keeper.close();
    throw error;
  }
}

/** What this depends on: the log beside the file, the thread that moves it, a loop that never waits for a lock. */
const OWN_PRAGMAS: ReadonlySet<string> = new Set(["journal_mode", "locking_mode", "wal_autocheckpoint", "busy_timeout", "query_only"]);

function usablePragmas(pragmas: readonly string[], log: Log): readonly string[] {
  return pragmas.filter((pragma) => {
    const [name = "", value = ""] = pragma
      .trim()
      .toLowerCase()
      .split(/[=(\s]+/, 2);
    if (!OWN_PRAGMAS.has(name)) return true;
    if (name !== "journal_mode" || !value.startsWith("wal")) log.warn({ pragma }, "this pragma is left out: the proxy sets it by itself");
    return false;
  });
}

function makeFolder(file: string): void {
  const missing: string[] = [];
  // one by one: in folders that take no others (/proc) `recursive` would try for ever
  for (let folder = dirname(file); !isFolder(folder) && folder !== dirname(folder); folder = dirname(folder)) missing.unshift(folder);
  try {
    for (const folder of missing) mkdirSync(folder);
  } catch (error) {
    if (isFolder(dirname(file))) return; // somebody else was faster
    const reason = error instanceof Error ? error.message : String(error);
    throw new StoreError("away", `there is no folder for ${file}: ${reason}`, -1, { cause: error });
  }
}

/** SQLite's own words name no file, and say of everything that the system forbids that it "cannot open". */
function explained(path: string, { message }: StoreError): string {
  if (message.includes(path)) return message;
  if (isFolder(path)) return `${path} is a folder, not a file`;
  const isShutOut = message === "unable to open database file" || message === "attempt to write a readonly database";
  return `${path}: ${message}${isShutOut ? " (the proxy has to be allowed to write the file, and to make others beside it)" : ""}`;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
