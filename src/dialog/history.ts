// The last steps of each call, for `explain`: records in a ring outside the heap, chained by their positions.
import { ByteRing, type Clock, type EpochMs } from "../kit/index.ts";
import type { Dialog } from "./dialog.ts";
import { type DialogState, stateNumber } from "./machine.ts";

/** One step of a call, as it was kept. */
export interface HistoryStep {
  readonly at: EpochMs;
  /** What happened, in one word: `answered`, `bye`, `lifetime`… */
  readonly event: string;
  /** `$DLG_status` before and after. */
  readonly from: number;
  readonly to: number;
  /** More about it, for people. */
  readonly detail: string;
}

/** Keeps steps. Old ones of all calls are overwritten by new ones. */
export class History {
  readonly #ring: ByteRing;
  readonly #clock: Clock;
  #now: EpochMs = -1;
  /** The time of the last step as text: steps come in bursts, and writing a number is the dearest part of one. */
  #nowText = "";

  /** @param bytes - size of the ring; 0 keeps nothing to speak of */
  constructor(bytes: number, clock: Clock) {
    this.#ring = new ByteRing(bytes);
    this.#clock = clock;
  }

  /** @param detail - latin1; long ones are cut */
  add(dialog: Dialog, event: string, from: DialogState, to: DialogState, detail: string): void {
    const now = this.#clock.now();
    if (now !== this.#now) {
      this.#now = now;
      this.#nowText = now.toString();
    }
    const text = `${this.#nowText} ${stateNumber(from)}${stateNumber(to)}${event} ${detail.length > 200 ? detail.slice(0, 200) : detail}`;
    dialog.historyAt = this.#ring.append(text, dialog.historyAt);
  }

  /** What is still known of a call, oldest first. */
  of(dialog: Dialog): readonly HistoryStep[] {
    const steps: HistoryStep[] = [];
    let position = dialog.historyAt;
    while (position > 0) {
      const record = this.#ring.read(position);
      if (record === undefined || record.previous >= position) break;
      steps.push(decode(record.bytes.latin1Slice()));
      position = record.previous;
    }
    return steps.reverse();
  }
}

function decode(text: string): HistoryStep {
  const first = text.indexOf(" ");
  const second = text.indexOf(" ", first + 1);
  return {
    at: Number(text.slice(0, first)),
    from: text.charCodeAt(first + 1) - 48,
    to: text.charCodeAt(first + 2) - 48,
    event: text.slice(first + 3, second),
    detail: text.slice(second + 1),
  };
}
