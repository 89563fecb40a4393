// One reply on its way into a client's pipe: tried a few times while nobody reads, then written as fast as the client reads.
import { closeSync, constants, fstatSync, lstatSync, openSync } from "node:fs";
import { Socket } from "node:net";
import { type Log, type Outgoing, Timer, type TimerOwner, type Timers } from "../kit/index.ts";
import type { Pieces } from "./reply.ts";

const RETRIES = 4;
const RETRY_MS = 80;
/** A client that stops reading is not waited for longer than this. */
const WRITE_MS = 10_000;
const PORTION = 65_536;
const RETRY_TIMER = 0;
const WRITE_TIMER = 1;

/** Writes one reply and closes the pipe. */
export class FifoReply implements Outgoing, TimerOwner {
  readonly #path: string;
  readonly #pieces: Iterator<string>;
  readonly #timers: Timers;
  readonly #log: Log;
  readonly #retry: Timer;
  readonly #deadline: Timer;
  #tries = 0;
  #socket: Socket | undefined = undefined;

  constructor(path: string, pieces: Pieces, timers: Timers, log: Log) {
    this.#path = path;
    this.#pieces = pieces[Symbol.iterator]();
    this.#timers = timers;
    this.#log = log;
    this.#retry = new Timer(this, RETRY_TIMER);
    this.#deadline = new Timer(this, WRITE_TIMER);
  }

  /** The end of the turn in which the command ran. */
  leave(): void {
    const fd = openReplyPipe(this.#path);
    if (fd === "later" && this.#tries++ < RETRIES) {
      this.#timers.arm(this.#retry, RETRY_MS);
      return;
    }
    if (typeof fd !== "number") {
      this.#log.warn({ path: this.#path }, "a management reply found nobody who reads it");
      this.#pieces.return?.();
      return;
    }
    const socket = new Socket({ fd, readable: false, writable: true });
    this.#socket = socket;
    socket.on("error", (error) => this.#log.debug({ path: this.#path, err: error }, "a management reply could not be written"));
    socket.on("close", () => {
      this.#timers.disarm(this.#deadline);
      this.#pieces.return?.();
    });
    // "drain" may follow at once: the loop gets its turn in between
    socket.on("drain", () => setImmediate(() => this.#write()));
    this.#timers.arm(this.#deadline, WRITE_MS);
    this.#write();
  }

  onTimer(kind: number): void {
    if (kind === RETRY_TIMER) this.leave();
    else this.#socket?.destroy();
  }

  #write(): void {
    const socket = this.#socket;
    if (socket === undefined || socket.destroyed) return;
    let text = "";
    for (let piece = this.#pieces.next(); ; piece = this.#pieces.next()) {
      if (piece.done === true) {
        socket.end(`${text}\n`);
        return;
      }
      text += piece.value;
      if (text.length >= PORTION) break;
    }
    if (socket.write(text)) setImmediate(() => this.#write());
  }
}

/**
 * Opens the pipe of a client for writing (MQ-3).
 * @returns the file, "later" when nobody reads yet, "never" when it is no pipe of a client
 */
function openReplyPipe(path: string): number | "later" | "never" {
  const before = lstatSync(path, { throwIfNoEntry: false });
  if (before === undefined || !before.isFIFO() || before.nlink !== 1) return "never";
  let fd: number;
  try {
    fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENXIO" ? "later" : "never";
  }
  const now = fstatSync(fd);
  if (now.dev === before.dev && now.ino === before.ino) return fd;
  closeSync(fd);
  return "never";
}
