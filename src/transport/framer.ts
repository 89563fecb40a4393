// Messages out of a stream (RFC 3261 §18.3, T-23, T-24): idle → head → body → idle.
// Linear in what arrives, whatever the pieces: a head is searched once, and what waits lies in one growing buffer.
import { latin1 } from "../kit/index.ts";
import { scanHead } from "../sip/index.ts";

/** Who gets what was found. May call `stop()` or `suspend()` from inside any of these. */
export interface FramerSink {
  /** One whole message. */
  message(text: string): void;
  /** CRLFCRLF between messages; at most once for each piece that arrives. */
  ping(): void;
  /**
   * No message can be found in this stream any more; nothing else follows.
   * @param text - head of the message that broke it, "" when it was not even the start of one
   * @param isTooLarge - whether its size was the reason
   */
  broken(text: string, isTooLarge: boolean): void;
}

const IDLE = 0;
const HEAD = 1;
const BODY = 2;
const BROKEN = 3;

// Where the search for the empty line stands; it survives the end of a piece.
const IN_LINE = 0;
const LINE_START = 1;
const LINE_START_CR = 2;

const LF = 10;
const CR = 13;
const KEEP_BUFFER = 4096;

/** Finds the messages of one stream. */
export class StreamFramer {
  readonly #sink: FramerSink;
  readonly #maxMessage: number;
  #state = IDLE;
  #line = IN_LINE;
  #lineFeeds = 0;
  #held: Buffer | undefined = undefined;
  #heldLength = 0;
  #missing = 0;
  #serial = 0;
  #hasPinged = false;
  #isSuspended = false;
  #rest = "";

  /** @param maxMessage - bytes of a whole message, and of a head that is still without its end */
  constructor(sink: FramerSink, maxMessage: number) {
    this.#sink = sink;
    this.#maxMessage = maxMessage;
  }

  /** Whether nothing of a message has arrived that is not yet whole. */
  get isIdle(): boolean {
    return this.#state === IDLE;
  }

  /** Counts the messages begun: two looks with the same number and not idle see the same message. */
  get serial(): number {
    return this.#serial;
  }

  /** Bytes of the unfinished message. */
  get heldBytes(): number {
    return this.#heldLength;
  }

  /** Takes nothing more from this stream. */
  stop(): void {
    this.#state = BROKEN;
    this.#held = undefined;
    this.#heldLength = 0;
    this.#rest = "";
  }

  /** Hands out nothing until `resume`; what arrives meanwhile waits as it is. */
  suspend(): void {
    this.#isSuspended = true;
  }

  /** Goes on with what waited. */
  resume(): void {
    this.#isSuspended = false;
    const rest = this.#rest;
    this.#rest = "";
    if (rest !== "") this.push(rest);
  }

  /** Takes what arrived. */
  push(piece: string): void {
    this.#hasPinged = false;
    let at = 0;
    const end = piece.length;
    while (at < end && this.#state !== BROKEN) {
      if (this.#isSuspended) {
        this.#rest += at === 0 ? piece : piece.slice(at);
        return;
      }
      if (this.#state === IDLE) at = this.#skipIdle(piece, at);
      else if (this.#state === HEAD) at = this.#takeHead(piece, at);
      else at = this.#takeBody(piece, at);
    }
  }

  #skipIdle(piece: string, from: number): number {
    let at = from;
    for (; at < piece.length; at++) {
      const c = piece.charCodeAt(at);
      if (c === LF) {
        this.#lineFeeds++;
        if (this.#lineFeeds < 2) continue;
        this.#lineFeeds = 0;
        if (this.#hasPinged) continue;
        this.#hasPinged = true;
        this.#sink.ping();
        if (this.#state === BROKEN) return piece.length;
      } else if (c !== CR) break;
    }
    if (at === piece.length) return at;
    this.#lineFeeds = 0;
    // A message starts with a letter or another token character: TLS, STUN and RTP do not.
    const first = piece.charCodeAt(at);
    if (first <= 32 || first >= 127) {
      this.#break("", false);
      return piece.length;
    }
    this.#state = HEAD;
    this.#line = IN_LINE;
    this.#serial++;
    return at;
  }

  #takeHead(piece: string, from: number): number {
    const headEnd = this.#findHeadEnd(piece, from);
    const stop = headEnd < 0 ? piece.length : headEnd;
    const length = this.#heldLength + stop - from;
    if (length > this.#maxMessage) {
      this.#hold(piece, from, Math.min(stop, from + Math.max(0, this.#maxMessage - this.#heldLength)));
      this.#break(this.#release(), true);
      return piece.length;
    }
    if (headEnd < 0) {
      this.#hold(piece, from, stop);
      return stop;
    }
    const isHeld = this.#heldLength > 0;
    if (isHeld) this.#hold(piece, from, stop);
    const head = isHeld ? latin1(this.#buffer(), 0, this.#heldLength) : piece.slice(from, stop);
    const scan = scanHead(head, 0);
    if (scan.contentLength < 0) {
      this.#break(head, false);
      return piece.length;
    }
    if (length + scan.contentLength > this.#maxMessage) {
      this.#break(head, true);
      return piece.length;
    }
    const bodyEnd = stop + scan.contentLength;
    if (!isHeld && bodyEnd <= piece.length) {
      this.#state = IDLE;
      this.#sink.message(scan.contentLength === 0 ? head : piece.slice(from, bodyEnd));
      return bodyEnd;
    }
    if (!isHeld) this.#hold(piece, from, stop);
    this.#state = BODY;
    this.#missing = scan.contentLength;
    if (this.#missing === 0) this.#deliver();
    return stop;
  }

  #takeBody(piece: string, from: number): number {
    const stop = Math.min(piece.length, from + this.#missing);
    this.#hold(piece, from, stop);
    this.#missing -= stop - from;
    if (this.#missing === 0) this.#deliver();
    return stop;
  }

  #deliver(): void {
    const text = this.#release();
    this.#state = IDLE;
    this.#sink.message(text);
  }

  #break(text: string, isTooLarge: boolean): void {
    this.stop();
    this.#sink.broken(text, isTooLarge);
  }

  /** @returns the offset after the empty line, or -1 when it is not in this piece */
  #findHeadEnd(piece: string, from: number): number {
    let at = from;
    const end = piece.length;
    while (at < end) {
      if (this.#line !== IN_LINE) {
        const c = piece.charCodeAt(at);
        if (c === LF) return at + 1;
        if (c === CR && this.#line === LINE_START) {
          this.#line = LINE_START_CR;
          at++;
          continue;
        }
        this.#line = IN_LINE;
      }
      const lf = piece.indexOf("\n", at);
      if (lf < 0) return -1;
      at = lf + 1;
      this.#line = LINE_START;
    }
    return -1;
  }

  #hold(piece: string, from: number, to: number): void {
    const length = to - from;
    if (length <= 0) return;
    let buffer = this.#buffer();
    if (this.#heldLength + length > buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.#heldLength + length, buffer.length * 2));
      buffer.copy(larger, 0, 0, this.#heldLength);
      this.#held = larger;
      buffer = larger;
    }
    buffer.latin1Write(from === 0 && to === piece.length ? piece : piece.slice(from, to), this.#heldLength, length);
    this.#heldLength += length;
  }

  #buffer(): Buffer {
    this.#held ??= Buffer.allocUnsafeSlow(1024);
    return this.#held;
  }

  /** What was held, as text of its own; a large buffer is given back. */
  #release(): string {
    const text = this.#heldLength === 0 ? "" : latin1(this.#buffer(), 0, this.#heldLength);
    this.#heldLength = 0;
    if (this.#held !== undefined && this.#held.length > KEEP_BUFFER) this.#held = undefined;
    return text;
  }
}
