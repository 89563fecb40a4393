// A reply on its way to an HTTP client: written in slices, so that a list of 100,000 dialogs never holds up a call,
// and only as fast as the client reads, so that it never piles up in memory.
import type { ServerResponse } from "node:http";
import type { Log, Outgoing, SlicedJob, Slices } from "../kit/index.ts";
import type { Pieces } from "./reply.ts";

/** Text is handed to the socket in portions of about this size. */
const PORTION = 65_536;
/** Pieces per step; a piece is one dialog. */
const PIECES_PER_STEP = 8;

export class ReplyStream implements SlicedJob, Outgoing {
  readonly #response: ServerResponse;
  readonly #pieces: Iterator<string>;
  readonly #slices: Slices;
  readonly #log: Log;
  #text = "";
  #isBegun = false;
  #isOver = false;
  readonly #resume = (): void => {
    if (!this.#isOver) this.#slices.add(this);
  };

  constructor(response: ServerResponse, pieces: Pieces, slices: Slices, log: Log) {
    this.#response = response;
    this.#pieces = pieces[Symbol.iterator]();
    this.#slices = slices;
    this.#log = log;
  }

  /** The end of the turn in which the command ran: what it changed is committed by now. */
  leave(): void {
    if (this.#response.destroyed) return; // the client did not wait
    this.#response.on("close", () => this.#stop());
    // "drain" follows the write within the same turn when the client is quick: going on at once would never give the loop back
    this.#response.on("drain", () => setImmediate(this.#resume));
    this.#slices.add(this);
  }

  /** Writes some pieces. @returns whether to go on now; a full socket goes on when it has drained */
  step(): boolean {
    if (this.#isOver) return false;
    try {
      for (let i = 0; i < PIECES_PER_STEP; i++) {
        const piece = this.#pieces.next();
        if (piece.done === true) {
          this.#finish();
          return false;
        }
        this.#text += piece.value;
      }
    } catch (error) {
      // the status has left or is about to: a torn connection is the only honest answer
      this.#log.error({ error }, "management reply failed by a bug");
      this.#isOver = true;
      this.#response.destroy();
      return false;
    }
    if (this.#text.length < PORTION) return true;
    this.#isBegun = true;
    const isWritable = this.#response.write(this.#text);
    this.#text = "";
    return isWritable;
  }

  #finish(): void {
    this.#isOver = true;
    // a short reply is one write and says how long it is
    if (!this.#isBegun) this.#response.setHeader("Content-Length", Buffer.byteLength(this.#text));
    this.#response.end(this.#text);
    this.#text = "";
  }

  /** The client has gone: whatever walks the dialogs is let go. */
  #stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#text = "";
    this.#pieces.return?.();
  }
}
