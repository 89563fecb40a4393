// Where a database server of a test keeps its files: a folder of its own, in memory where there is room, gone when the test is over. Names
// carry the process that made them, so that what a killed test left behind is found and removed by the next.
import { chmodSync, chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "dialoom-db-";
/** What two servers with some hundred thousand rows need. */
const ROOM_BYTES = 2 * 1024 ** 3;

/** Somebody who may run a server: both PostgreSQL and MariaDB refuse to run as root. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Who runs the server.
 * @param wanted - names of accounts, best first
 * @returns undefined when we are not root and run it ourselves
 */
export function accountFor(wanted: readonly string[]): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const name of [...wanted, "nobody"]) {
    const fields = lines.find((line) => line.startsWith(`${name}:`))?.split(":");
    if (fields !== undefined) return { name, uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new Error(`no account to run a database server with: ${wanted.join(", ")} and nobody are missing in /etc/passwd`);
}

/** A new folder that belongs to `account`. */
export function makeFolder(account: Account | undefined, parent: string = fastestParent()): string {
  sweep(parent);
  const folder = mkdtempSync(join(parent, `${PREFIX}${process.pid}-`));
  if (account !== undefined) chownSync(folder, account.uid, account.gid);
  chmodSync(folder, 0o755); // its local socket is for everybody
  return folder;
}

/** Removes it with everything in it. A server that is just ending may still make files there: it is tried a few times. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

function fastestParent(): string {
  try {
    const shm = statfsSync("/dev/shm");
    if (shm.bavail * shm.bsize > ROOM_BYTES) return "/dev/shm";
  } catch {
    // not Linux
  }
  return tmpdir();
}

/** Removes what processes left behind that are no more. */
function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(PREFIX)) continue;
    const owner = Number(name.slice(PREFIX.length).split("-")[0]);
    if (Number.isInteger(owner) && owner > 0 && !isAlive(owner)) removeFolder(join(parent, name));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
