// A stream in memory: bytes arrive in order and whole, in pieces of any size, however bad the way is.
import type { Ms } from "../../kit/index.ts";
import type { Address, StreamConnection, StreamHandler } from "../../transport/index.ts";
import type { TestClock } from "../clock.ts";

/** Beyond so many bytes under way, `write` says that the buffer is full. */
const FULL = 65_536;

/** What a stream asks of the network it runs on. */
export interface StreamWay {
  readonly clock: TestClock;
  /** When a segment that leaves now arrives; `undefined` while the way is cut. */
  arrival(from: Address, to: Address): Ms | undefined;
  /** Length of the next segment, at most `rest`. */
  segment(rest: number): number;
  /** Told what is written, whole. */
  wrote(text: string, from: Address, to: Address): void;
  /** Told when an end of a stream is closed. */
  closed(stream: MemoryStream): void;
  /** How often a cut way is tried again. */
  readonly retryMs: Ms;
}

/** One end of a stream. */
export class MemoryStream implements StreamConnection {
  readonly #way: StreamWay;
  readonly local: Address;
  readonly remote: Address;
  #other: MemoryStream | undefined = undefined;
  #handler: StreamHandler | undefined = undefined;
  /** Written before the connection stood. */
  #waiting: string[] = [];
  #unsent = 0;
  #isFull = false;
  #isEnded = false;
  #isClosed = false;
  /** Nothing may arrive at the other end before this: streams keep their order. */
  #notBefore: Ms = 0;

  constructor(way: StreamWay, local: Address, remote: Address) {
    this.#way = way;
    this.local = local;
    this.remote = remote;
  }

  get localIp(): string {
    return this.local.ip;
  }
  get localPort(): number {
    return this.local.port;
  }
  get remoteIp(): string {
    return this.remote.ip;
  }
  get remotePort(): number {
    return this.remote.port;
  }
  get unsentBytes(): number {
    return this.#unsent;
  }
  get isClosed(): boolean {
    return this.#isClosed;
  }

  write(text: string): boolean {
    if (this.#isEnded || this.#isClosed || text === "") return !this.#isFull;
    this.#unsent += text.length;
    this.#way.wrote(text, this.local, this.remote);
    if (this.#other === undefined) this.#waiting.push(text);
    else this.#transmit(text);
    if (this.#unsent > FULL) this.#isFull = true;
    return !this.#isFull;
  }

  end(): void {
    if (this.#isEnded || this.#isClosed) return;
    this.#isEnded = true;
    if (this.#other !== undefined) this.#sendEnd();
  }

  destroy(): void {
    if (this.#isClosed) return;
    const other = this.#other;
    this.#way.clock.defer(() => this.close(undefined));
    if (other !== undefined) this.#arrive(() => other.close("ECONNRESET"));
    this.#isEnded = true;
  }

  /** @internal */
  own(handler: StreamHandler): void {
    this.#handler = handler;
  }

  /** @internal Joins two ends; what was written meanwhile leaves. */
  join(other: MemoryStream): void {
    this.#other = other;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const text of waiting) this.#transmit(text);
    if (this.#isEnded) this.#sendEnd();
  }

  /** @internal Both ends see a reset at this instant. */
  break(): void {
    const other = this.#other;
    this.close("ECONNRESET");
    other?.close("ECONNRESET");
  }

  /** @internal The connection is gone at this end. */
  close(code: string | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isEnded = true;
    this.#way.closed(this);
    this.#handler?.closed(code);
  }

  #transmit(text: string): void {
    const other = this.#other;
    if (other === undefined) return;
    for (let at = 0; at < text.length; ) {
      const piece = text.slice(at, at + this.#way.segment(text.length - at));
      at += piece.length;
      this.#arrive(() => {
        this.#delivered(piece.length);
        if (!other.#isClosed) other.#handler?.data(piece);
      });
    }
  }

  #delivered(bytes: number): void {
    this.#unsent -= bytes;
    if (!this.#isFull || this.#unsent > 0 || this.#isClosed) return;
    this.#isFull = false;
    this.#handler?.drained();
  }

  /** Our side says no more; the other side does the same when it hears of it, and both are closed. */
  #sendEnd(): void {
    const other = this.#other;
    if (other === undefined) return;
    this.#arrive(() => {
      if (other.#isClosed) return;
      if (other.#isEnded) {
        other.close(undefined);
        return;
      }
      other.end();
      other.close(undefined);
    });
  }

  /** Runs something at the other end, after everything sent before. */
  #arrive(run: () => void): void {
    const clock = this.#way.clock;
    const at = this.#way.arrival(this.local, this.remote);
    if (at === undefined) {
      this.#notBefore = Math.max(this.#notBefore, clock.monotonic() + this.#way.retryMs);
      clock.scheduleAt(this.#notBefore, () => this.#arrive(run));
      return;
    }
    this.#notBefore = Math.max(this.#notBefore, at);
    clock.scheduleAt(this.#notBefore, run);
  }
}
