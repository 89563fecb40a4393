// The last steps of each call, for `explain`: records in a ring outside the heap, chained by their positions. Calls that are gone are
// still found: their last record says who they were.
import { asWritten, ByteRing, type Clock, type EpochMs, type Sequence } from "../kit/index.ts";
import type { Dialog } from "./dialog.ts";
import { EndedCalls } from "./ended-calls.ts";
import { type DialogState, stateNumber } from "./machine.ts";

/** One step of a call, as it was kept. */
export interface HistoryStep {
  readonly at: EpochMs;
  /** What happened, in one word: `answered`, `bye`, `value`, `timers`… */
  readonly event: string;
  /** `$DLG_status` before and after. */
  readonly from: number;
  readonly to: number;
  /** More about it, for people. */
  readonly detail: string;
  /** Which messages had passed when it happened (`Sequence`). */
  readonly order: number;
}

/** Who a call was that is gone. */
export interface EndedCall {
  readonly entry: number;
  readonly id: number;
  readonly callId: string;
  readonly fromUri: string;
  readonly toUri: string;
  readonly fromTag: string;
  readonly toTag: string;
  readonly endReason: string;
  readonly createdAt: EpochMs;
  /** 0 when it was not answered. */
  readonly startAt: EpochMs;
  readonly moduleFlags: number;
  /** Of its last record. */
  readonly position: number;
  /** When that was written, and which messages had passed. */
  readonly goneAt: EpochMs;
  readonly goneOrder: number;
}

/** The word of a call's last record. */
const GONE = "destroyed";
const LONGEST_DETAIL = 200;

/** Keeps steps. Old ones of all calls are overwritten by new ones. */
export class History {
  readonly #ring: ByteRing;
  readonly #clock: Clock;
  readonly #sequence: Sequence;
  readonly #ended: EndedCalls;
  #now: EpochMs = -1;
  /** The time of the last step as text: steps come in bursts, and writing a number is the dearest part of one. */
  #nowText = "";

  /**
   * @param bytes - size of the ring; 0 keeps nothing to speak of
   * @param sequence - what orders steps and messages
   */
  constructor(bytes: number, clock: Clock, sequence: Sequence = { value: 0 }) {
    this.#ring = new ByteRing(bytes);
    this.#clock = clock;
    this.#sequence = sequence;
    this.#ended = new EndedCalls(bytes >> 10);
  }

  /** @param detail - latin1; long ones are cut */
  add(dialog: Dialog, event: string, from: DialogState, to: DialogState, detail: string): void {
    const cut = detail.length > LONGEST_DETAIL ? detail.slice(0, LONGEST_DETAIL) : detail;
    const text = `${this.#time()} ${stateNumber(from)}${stateNumber(to)}${event} ${cut}`;
    dialog.historyAt = this.#ring.append(text, dialog.historyAt, this.#sequence.value);
  }

  /** Something that does not change the state. */
  note(dialog: Dialog, event: string, detail: string): void {
    this.add(dialog, event, dialog.life.state, dialog.life.state, detail);
  }

  /** The last step of a call: from now on it is found by what is written here. */
  close(dialog: Dialog): void {
    const { entry, id, callId, fromUri, toUri, fromTag, toTag, createdAt, startAt, moduleFlags } = dialog;
    const reason = oneByteEach(dialog.endReason ?? "");
    const who = JSON.stringify([callId, fromUri, toUri, fromTag, toTag, reason, createdAt, startAt, moduleFlags]);
    const position = this.#ring.append(`${this.#time()} 55${GONE} ${who}`, dialog.historyAt, this.#sequence.value);
    // one that is too long for the ring is not found again
    if (position === dialog.historyAt) return;
    dialog.historyAt = position;
    this.#ended.add(entry, id, position);
  }

  /** What is still known of a call, oldest first. */
  of(dialog: Dialog): readonly HistoryStep[] {
    return this.stepsAt(dialog.historyAt).steps;
  }

  /**
   * What is still known of the call that this is a record of.
   * @returns its steps, oldest first; whether its beginning has been overwritten
   */
  stepsAt(last: number): { readonly steps: readonly HistoryStep[]; readonly isCut: boolean } {
    const steps: HistoryStep[] = [];
    let position = last;
    while (position > 0) {
      const record = this.#ring.read(position);
      if (record === undefined || record.previous >= position) return { steps: steps.reverse(), isCut: true };
      steps.push(decode(record.bytes.latin1Slice(), record.mark));
      position = record.previous;
    }
    return { steps: steps.reverse(), isCut: false };
  }

  /** Calls that are gone and had this cookie, the last one first. */
  endedByNumbers(entry: number, id: number): readonly EndedCall[] {
    return this.#ended.positions(entry, id).flatMap((position) => this.#readEnded(entry, id, position));
  }

  /** Calls that are gone and had this Call-ID, the last one first. @param entry - the bucket it belongs to */
  endedByCallId(entry: number, callId: string): readonly EndedCall[] {
    return this.#ended
      .inBucket(entry)
      .flatMap(({ id, position }) => this.#readEnded(entry, id, position).filter((call) => call.callId === callId));
  }

  #readEnded(entry: number, id: number, position: number): readonly EndedCall[] {
    const record = this.#ring.read(position);
    if (record === undefined) return [];
    const { event, detail, at: goneAt } = decode(record.bytes.latin1Slice(), record.mark);
    if (event !== GONE) return [];
    const who: [string, string, string, string, string, string, number, number, number] = JSON.parse(detail);
    const [callId, fromUri, toUri, fromTag, toTag, endReason, createdAt, startAt, moduleFlags] = who;
    const parties = { callId, fromUri, toUri, fromTag, toTag };
    return [{ entry, id, ...parties, endReason, createdAt, startAt, moduleFlags, position, goneAt, goneOrder: record.mark }];
  }

  #time(): string {
    const now = this.#clock.now();
    if (now !== this.#now) {
      this.#now = now;
      this.#nowText = now.toString();
    }
    return this.#nowText;
  }
}

/** Text of a program may have characters that are no bytes; what is kept has one byte each. */
export function oneByteEach(text: string): string {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return asWritten(text);
  return text;
}

function decode(text: string, order: number): HistoryStep {
  const first = text.indexOf(" ");
  const second = text.indexOf(" ", first + 1);
  return {
    at: Number(text.slice(0, first)),
    from: text.charCodeAt(first + 1) - 48,
    to: text.charCodeAt(first + 2) - 48,
    event: text.slice(first + 3, second),
    detail: text.slice(second + 1),
    order,
  };
}
