// One proxy for one file: two of them would each take the other's calls for their own and write over them. A lock that belongs to the
// process, on a file beside the database, goes whenever the process goes, however it ends. Others may read and write the database.
import { closeSync, openSync, realpathSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StoreError } from "../ports.ts";
import { faultOf, isBroken } from "./faults.ts";

/** How long somebody else may take to write his number into the lock, or to look at it. */
const PATIENCE_MS = 250;
/** The file of a lock may go, with its owner, while we take hold of it. */
const TRIES = 5;

interface Lock {
  readonly connection: DatabaseSync;
  readonly file: string;
  readonly owner: object;
  users: number;
}

/** The locks of this process: two URLs of one engine may lead to one file. */
const held = new Map<string, Lock>();

/** A file that is ours. */
export class FileGuard {
  readonly #file: string;
  #isReleased = false;

  private constructor(file: string) {
    this.#file = file;
  }

  /**
   * Takes hold of a database file, which need not be there; its folder has to be.
   * @param owner - may hold it more than once; any other owner, in this process or another, has to wait until the last guard is released
   * @throws StoreError `busy` when the file belongs to somebody else, `away` or `full` when no lock can be made beside it
   */
  static take(path: string, owner: object): FileGuard {
    const file = `${settled(path)}-lock`;
    const known = held.get(file);
    if (known === undefined) held.set(file, { connection: lockOf(path, file), file, owner, users: 1 });
    else if (known.owner === owner) known.users++;
    else throw taken(path, process.pid);
    return new FileGuard(file);
  }

  /** May be called more than once. */
  release(): void {
    const lock = held.get(this.#file);
    if (this.#isReleased || lock === undefined) return;
    this.#isReleased = true;
    if (--lock.users > 0) return;
    held.delete(this.#file);
    // while it is still locked: whoever has opened it already finds that it is not there any more, and makes another
    rmSync(this.#file, { force: true });
    lock.connection.close();
  }
}

/** One name for a file that links lead to. */
function settled(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return join(realpathSync(dirname(path)), basename(path)); // not there yet
  }
}

function lockOf(path: string, file: string): DatabaseSync {
  for (let tries = 1; ; tries++) {
    let connection: DatabaseSync | undefined;
    try {
      const before = identity(file);
      connection = new DatabaseSync(file, { timeout: PATIENCE_MS });
      connection.exec("PRAGMA synchronous=OFF");
      sign(connection);
      connection.exec("BEGIN IMMEDIATE");
      if (identity(file) === before) return connection;
      connection.close();
      if (tries >= TRIES) throw new StoreError("busy", `the lock ${file} changes again and again`);
    } catch (error) {
      const holder = holderOf(connection);
      connection?.close();
      if (error instanceof StoreError) throw error;
      if (faultOf(error) === "busy") throw taken(path, holder);
      const reason = error instanceof Error ? error.message : String(error);
      if (!isBroken(error) || tries >= TRIES)
        throw new StoreError(faultOf(error), `${file} cannot be locked: ${reason}`, -1, { cause: error });
      rmSync(file, { force: true }); // not one of ours: nobody can hold it
    }
  }
}

/** Which file stands at a path; an empty one is made where there is none. Not opened otherwise: closing it would end the lock on it. */
function identity(file: string): string {
  try {
    closeSync(openSync(file, "wx"));
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw fromSystem(error, file);
  }
  try {
    const { dev, ino } = statSync(file, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "";
    throw fromSystem(error, file);
  }
}

/** Says who holds the lock, for the message of whoever wants it too. Without room on the disk nobody says it. */
function sign(connection: DatabaseSync): void {
  try {
    connection.exec(`PRAGMA user_version=${process.pid}`);
  } catch (error) {
    if (faultOf(error) !== "full") throw error;
  }
}

function holderOf(connection: DatabaseSync | undefined): number {
  try {
    return Number(connection?.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
  } catch {
    return 0;
  }
}

function taken(path: string, pid: number): StoreError {
  const who = pid === process.pid ? "another proxy in this process" : pid === 0 ? "another proxy" : `another proxy (process ${pid})`;
  return new StoreError("busy", `${path} is in use by ${who}: end it, or use another file`);
}

function fromSystem(error: unknown, file: string): StoreError {
  const reason = error instanceof Error ? error.message : String(error);
  return new StoreError(codeOf(error) === "ENOSPC" ? "full" : "away", `${file} cannot be made: ${reason}`, -1, { cause: error });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
