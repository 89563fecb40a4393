// JSON-RPC over a named pipe (MQ-1 to MQ-6): requests come in on ours, each reply goes to a pipe that its client has made.
import { execFile } from "node:child_process";
import { constants, fstatSync, lstatSync, openSync, unlinkSync } from "node:fs";
import { Socket } from "node:net";
import { promisify } from "node:util";
import {
  type Counter,
  DialoomError,
  ErrorCodes,
  type Log,
  latin1,
  type Outbox,
  type Statistics,
  Timer,
  type TimerOwner,
  type Timers,
} from "../kit/index.ts";
import type { CallOptions, Commands } from "./commands.ts";
import { FifoParser, type FifoRequest, isReplyName } from "./fifo-parser.ts";
import { FifoReply } from "./fifo-reply.ts";
import type { Pieces } from "./reply.ts";

export interface MiFifoSettings {
  /** Absolute. */
  readonly path: string;
  /** Permissions of the pipe. */
  readonly mode: number;
  /** A name or a number; undefined leaves them as they are. */
  readonly user: string | undefined;
  readonly group: string | undefined;
  /** Where clients make the pipes for their replies; absolute. */
  readonly replyDir: string;
}

export interface MiFifoDeps {
  readonly commands: Commands;
  readonly settings: MiFifoSettings;
  readonly outbox: Outbox;
  readonly timers: Timers;
  readonly statistics: Statistics;
  readonly log: Log;
}

const run = promisify(execFile);
const CALL: CallOptions = { limitMs: 60_000, isBatchAllowed: true, indent: 0, disabled: new Set() };
const CHECK_MS = 30_000;
const PARTIAL_MS = 2_000;
const CHECK_TIMER = 0;
const PARTIAL_TIMER = 1;

/** The pipe of the management interface. */
export class MiFifo implements TimerOwner {
  readonly #deps: MiFifoDeps;
  readonly #requests: Counter;
  readonly #refused: Counter;
  readonly #check: Timer;
  readonly #partial: Timer;
  readonly #parser = new FifoParser();
  #socket: Socket | undefined = undefined;
  /** Device and inode of our pipe. */
  #identity = "";
  #isClosed = false;

  constructor(deps: MiFifoDeps) {
    this.#deps = deps;
    this.#requests = deps.statistics.counter("mi", "fifo_requests");
    this.#refused = deps.statistics.counter("mi", "fifo_refused");
    this.#check = new Timer(this, CHECK_TIMER);
    this.#partial = new Timer(this, PARTIAL_TIMER);
  }

  /**
   * Makes the pipe and reads from it. One that a former process has left is made anew.
   * @throws (rejects) DialoomError `DIALOOM_LISTEN_FAILED` when something else stands there, or it cannot be made
   */
  async listen(): Promise<void> {
    const { path } = this.#deps.settings;
    try {
      await this.#open();
    } catch (error) {
      const text = `the management interface cannot use the pipe ${path}: ${reasonOf(error)}`;
      throw new DialoomError(ErrorCodes.ListenFailed, text, { cause: error });
    }
    this.#deps.timers.arm(this.#check, CHECK_MS);
  }

  /** Reads no more and takes the pipe away. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#deps.timers.disarm(this.#check);
    this.#deps.timers.disarm(this.#partial);
    this.#socket?.destroy();
    this.#socket = undefined;
    if (this.#isOurs()) unlinkSync(this.#deps.settings.path);
    return Promise.resolve();
  }

  onTimer(kind: number): void {
    if (kind === PARTIAL_TIMER) {
      this.#refused.add();
      this.#parser.reset();
      return;
    }
    this.#deps.timers.arm(this.#check, CHECK_MS);
    if (this.#isOurs()) return;
    // somebody took it away, or put another in its place: clients would write to nobody
    this.#deps.log.warn({ path: this.#deps.settings.path }, "the management pipe is gone: it is made anew");
    this.#open().catch((error: unknown) => this.#deps.log.error({ err: error }, "the management pipe cannot be made"));
  }

  async #open(): Promise<void> {
    const { path, mode, user, group } = this.#deps.settings;
    const before = lstatSync(path, { throwIfNoEntry: false });
    if (before !== undefined) {
      if (!before.isFIFO()) throw new DialoomError(ErrorCodes.ListenFailed, "something that is no pipe stands there");
      unlinkSync(path);
    }
    // the runtime has no call of its own for this
    await run("mkfifo", ["-m", mode.toString(8), "--", path]);
    if (user !== undefined || group !== undefined)
      await run("chown", ["--", `${user ?? ""}${group === undefined ? "" : `:${group}`}`, path]);
    if (this.#isClosed) {
      unlinkSync(path);
      return;
    }
    // open for both ways: clients come and go, and no end of file is ever seen (MQ-4)
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    const { dev, ino } = fstatSync(fd);
    this.#socket?.destroy();
    this.#identity = `${dev}:${ino}`;
    this.#parser.reset();
    const socket = new Socket({ fd, readable: true, writable: false });
    socket.on("data", (bytes: Buffer) => this.#received(bytes));
    socket.on("error", (error) => this.#deps.log.error({ err: error }, "the management pipe failed"));
    this.#socket = socket;
  }

  #isOurs(): boolean {
    const now = lstatSync(this.#deps.settings.path, { throwIfNoEntry: false });
    return now !== undefined && this.#identity !== "" && `${now.dev}:${now.ino}` === this.#identity;
  }

  #received(bytes: Buffer): void {
    const { timers } = this.#deps;
    const before = this.#parser.dropped;
    for (const request of this.#parser.feed(latin1(bytes))) this.#serve(request);
    if (this.#parser.dropped > before) this.#refused.add(this.#parser.dropped - before);
    timers.disarm(this.#partial);
    if (this.#parser.isWithin) timers.arm(this.#partial, PARTIAL_MS);
  }

  #serve({ replyName, json }: FifoRequest): void {
    this.#requests.add();
    if (replyName !== "" && !isReplyName(replyName)) {
      this.#refused.add();
      this.#deps.log.warn({ replyName }, "a management request names a pipe for its reply that is none");
      return;
    }
    const text = Buffer.from(json, "latin1").toString("utf8");
    const answer = this.#deps.commands.execute(text, { transport: "fifo", address: replyName }, CALL);
    if (answer instanceof Promise) void answer.then((pieces) => this.#reply(pieces, replyName));
    else this.#reply(answer, replyName);
  }

  #reply(pieces: Pieces | undefined, name: string): void {
    if (pieces === undefined || name === "") return;
    const { settings, outbox, timers, log } = this.#deps;
    const folder = settings.replyDir.endsWith("/") ? settings.replyDir : `${settings.replyDir}/`;
    outbox.push(new FifoReply(`${folder}${name}`, pieces, timers, log));
  }
}

/** What the system's program said, in one line; its own message says how it was called. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const said = "stderr" in error && typeof error.stderr === "string" ? error.stderr.trim() : "";
  return (said === "" ? error.message : said).replaceAll("\n", "; ");
}
