// Requests of our own to one party go one after the other: a number may be followed by a higher one only when it has arrived, or a copy
// that was lost would come too late (RFC 3261 12.2.2). And of offers only one is under way at a time (RFC 3261 14.1, RFC 3311 5.1).
import type { Ms } from "../kit/index.ts";
import type { Dialog } from "./dialog.ts";

/** Most requests of one call that wait for their turn. */
export const MAX_WAITING = 256;

/** A request that waits. */
export interface Turn {
  /** The leg it goes to; another one perhaps when the call has been answered meanwhile. */
  readonly leg: number;
  /** It may carry an offer: an INVITE or an UPDATE. */
  readonly isOffer: boolean;
  readonly isInvite: boolean;
  /** It concerns both sides: it waits for both, and others wait until it has let go of the call. */
  readonly isAcross: boolean;
  /** When it began to wait, monotonic. */
  readonly since: Ms;
  /** Its turn has come. @returns false when nothing was sent after all: the next one goes */
  start(): boolean;
  /** Its turn will never come. @param status - made up */
  drop(status: number): void;
}

/** The caller may not have the 2xx yet, and without it knows no such call: its ACK says that it has. */
function mayMissAnswer(dialog: Dialog, seesAck: boolean): boolean {
  return dialog.isAnswering || (seesAck && dialog.state === "confirmedNoAck");
}

/** The requests of one call that wait, in the order in which they were asked for. */
export class OwnQueue {
  readonly #waiting: Turn[] = [];
  /** How many requests of ours are on their way to a leg. */
  readonly #busy = new Map<number, number>();
  /** An exchange with both sides is under way. */
  #isHeld = false;

  get size(): number {
    return this.#waiting.length;
  }

  /** Nothing waits and nothing is under way. */
  get isIdle(): boolean {
    return this.#waiting.length === 0 && this.#busy.size === 0 && !this.#isHeld;
  }

  /**
   * Lets a request go as soon as it may.
   * @param seesAck - the ACK of the call passes here
   * @returns false when too many wait
   */
  add(dialog: Dialog, seesAck: boolean, turn: Turn): boolean {
    if (this.#waiting.length >= MAX_WAITING) return false;
    this.#waiting.push(turn);
    this.proceed(dialog, seesAck);
    return true;
  }

  /** Something has ended that requests may have waited for. */
  proceed(dialog: Dialog, seesAck: boolean): void {
    const waiting = this.#waiting;
    // behind one that has to wait, others to the same leg wait too
    const blocked = new Set(this.#busy.keys());
    for (let i = 0; i < waiting.length; i++) {
      const turn = waiting[i];
      if (turn === undefined || blocked.has(turn.leg)) continue;
      blocked.add(turn.leg);
      if (turn.leg === 0 && mayMissAnswer(dialog, seesAck)) continue;
      if (turn.isOffer && !this.#mayOffer(dialog, seesAck, turn)) continue;
      waiting.splice(i--, 1);
      if (turn.isAcross) this.#isHeld = true;
      if (turn.start()) continue;
      if (turn.isAcross) this.#isHeld = false;
      blocked.delete(turn.leg);
    }
  }

  /** A request leaves for a leg. */
  left(leg: number): void {
    this.#busy.set(leg, (this.#busy.get(leg) ?? 0) + 1);
  }

  /** It has arrived. */
  arrived(leg: number): void {
    const count = this.#busy.get(leg) ?? 0;
    if (count > 1) this.#busy.set(leg, count - 1);
    else this.#busy.delete(leg);
  }

  /** The exchange with both sides is over. */
  release(): void {
    this.#isHeld = false;
  }

  /** Nobody is there on a leg: whoever waited all the time in which that was found out waits no longer. */
  dropOlder(leg: number, since: Ms): void {
    this.#drop(408, (turn) => turn.leg === leg && turn.since <= since);
  }

  /** The call is over. */
  dropAll(): void {
    this.#drop(481, () => true);
  }

  #drop(status: number, isMeant: (turn: Turn) => boolean): void {
    const gone = this.#waiting.filter(isMeant);
    for (const turn of gone) this.#waiting.splice(this.#waiting.indexOf(turn), 1);
    for (const turn of gone) turn.drop(status);
  }

  #mayOffer(dialog: Dialog, seesAck: boolean, turn: Turn): boolean {
    if (this.#isHeld) return false;
    // one that meets another would say what was agreed on before that one, and may be accepted all the same
    if ((dialog.leg(turn.leg)?.openOffers ?? 0) > 0) return false;
    // an UPDATE may come before the answer; what it offers then is its sender's business (RFC 3311 5.1)
    if (!dialog.isTalking) return !turn.isInvite && !turn.isAcross;
    if (dialog.state === "confirmedNoAck" && seesAck && turn.isInvite) return false;
    return !turn.isAcross || (dialog.leg(turn.leg === 0 ? dialog.life.winner : 0)?.openOffers ?? 0) === 0;
  }
}
