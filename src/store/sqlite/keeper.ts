// The thread that keeps a SQLite file: checks it when it is opened, moves what was written from its log into it while calls go on, and,
// where that is asked for, commits and waits for the disk. It has a connection of its own; the loop never waits for it.
import { closeSync, existsSync, fsyncSync, openSync, renameSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { StoreError } from "../ports.ts";
import { Connection } from "./connection.ts";
import { isBroken, storeError } from "./faults.ts";
import type { KeeperReport, KeeperRequest, KeeperStart } from "./keeper-messages.ts";

/** Before the log is started anew: how often the thread tries to catch up with the writers, and what is near enough. */
const CATCH_UPS = 4;
const FEW_FRAMES = 50;

const start = workerData as KeeperStart;
const { path } = start;
let connection: Connection | undefined;
/** For syncing. Open as long as any connection of the process is: closing one file ends all locks on it that the process has. */
let file: number | undefined;
let lastTrouble = "";

function report(message: KeeperReport): void {
  parentPort?.postMessage(message);
}

/** Opens and checks the file. @returns why it is broken; undefined when it is not */
function open(): string | undefined {
  const pragmas = [`synchronous=${start.isDurable ? "FULL" : "NORMAL"}`, "wal_autocheckpoint=0", ...start.pragmas];
  try {
    connection = new Connection(path, { busyMs: start.openMs, pragmas });
    const verdict = connection.value("PRAGMA quick_check(1)");
    if (verdict === "ok") return undefined;
    connection.close();
    return String(verdict);
  } catch (error) {
    connection?.close();
    if (error instanceof Error && isBroken(error.cause)) return error.message;
    throw error;
  }
}

/** The file and what belongs to it, out of the way but not lost. */
function moveAside(suffix: string): string {
  const movedTo = path + suffix;
  for (const part of ["", "-wal", "-shm", "-journal"]) {
    if (existsSync(path + part)) renameSync(path + part, movedTo + part);
  }
  return movedTo;
}

function begin(): void {
  const reason = open();
  let broken: { reason: string; movedTo: string } | undefined;
  if (reason !== undefined) {
    if (start.brokenSuffix === undefined) throw new StoreError("refused", `the file is broken: ${reason}`);
    broken = { reason, movedTo: moveAside(start.brokenSuffix) };
    const again = open();
    if (again !== undefined) throw new Error(`a new file is broken too: ${again}`);
  }
  const journal = String(connection?.value("PRAGMA journal_mode=WAL"));
  // whoever starts the log anew keeps writers out while waiting for readers: not for long, the next time will do
  connection?.value("PRAGMA busy_timeout=10");
  if (!start.isDurable) file = openSync(path, "r+");
  report({ kind: "open", journal, broken });
}

/** Moves what the log holds into the file. While writers go on that never ends by itself: above a size the log is started anew. */
function checkpoint(): void {
  if (connection === undefined) return;
  try {
    const { frames, left } = checkpointed("PASSIVE");
    if (frames * pageSize() > start.restartBytes) {
      // writers are kept out meanwhile: the less there is left to move, the shorter
      for (let i = 0, open = left; i < CATCH_UPS && open > FEW_FRAMES; i++) open = checkpointed("PASSIVE").left;
      if (start.isDurable) checkpointed("RESTART");
      else restart();
    }
    lastTrouble = "";
  } catch (error) {
    const { fault, message } = storeError(error, -1);
    if (fault === "busy" || message === lastTrouble) return; // somebody reads or writes: the next one will do
    lastTrouble = message;
    report({ kind: "trouble", message });
  }
}

/**
 * Starts the log anew without keeping writers out while the disk works, which may be long: the last few pages are synced just after they
 * have been moved. Only power loss in that moment, with the new log on the disk before them, could break the file.
 */
function restart(): void {
  connection?.value("PRAGMA synchronous=OFF");
  try {
    checkpointed("RESTART");
  } finally {
    connection?.value("PRAGMA synchronous=NORMAL");
  }
  if (file !== undefined) fsyncSync(file);
}

/** @returns pages in the log, and how many of them are not in the file yet */
function checkpointed(mode: "PASSIVE" | "RESTART" | "TRUNCATE"): { readonly frames: number; readonly left: number } {
  for (const [, frames, moved] of connection?.rows({ text: `PRAGMA wal_checkpoint(${mode})`, values: [] }) ?? []) {
    return { frames: Number(frames), left: Number(frames) - Number(moved) };
  }
  return { frames: 0, left: 0 };
}

function pageSize(): number {
  return Number(connection?.value("PRAGMA page_size") ?? 4096);
}

function commit(request: KeeperRequest & { readonly kind: "commit" }): void {
  try {
    connection?.transact(request.statements);
    report({ kind: "committed", id: request.id });
  } catch (error) {
    const { fault, message, at } = storeError(error, -1);
    report({ kind: "refused", id: request.id, fault, message, at });
  }
}

function close(timer: NodeJS.Timeout): void {
  clearInterval(timer);
  try {
    checkpointed("TRUNCATE");
  } catch {
    // somebody else has the file open: the log stays, and is read at the next opening
  }
  connection?.close();
  if (file !== undefined) closeSync(file);
  parentPort?.close();
}

try {
  begin();
  const timer = setInterval(checkpoint, start.checkpointMs);
  parentPort?.on("message", (request: KeeperRequest) => {
    if (request.kind === "close") close(timer);
    else commit(request);
  });
} catch (error) {
  const { fault, message } = storeError(error, -1);
  connection?.close();
  report({ kind: "failed", fault, message });
  parentPort?.close();
}
