// 2xx answers to INVITEs of one dialog that wait for their ACK: repeated until it comes, on every transport (RFC 3261 13.3.1.4).
import type { AgentDesk } from "./desk.ts";
import type { AgentServer } from "./transactions.ts";

/** One answer. */
export interface UnacknowledgedAnswer {
  readonly server: AgentServer;
  /** It has an offer; the ACK brings the answer. */
  readonly isOffer: boolean;
}

interface Repeated extends UnacknowledgedAnswer {
  interval: number;
  stop: () => void;
  stopGivingUp: () => void;
}

/** The answers of one dialog, by the CSeq of their INVITEs. */
export class UnacknowledgedAnswers {
  readonly #desk: Pick<AgentDesk, "time" | "timing" | "transactions">;
  readonly #answers = new Map<number, Repeated>();

  constructor(desk: Pick<AgentDesk, "time" | "timing" | "transactions">) {
    this.#desk = desk;
  }

  get size(): number {
    return this.#answers.size;
  }

  /** The answer to an INVITE; undefined when there is none that waits. */
  get(cseq: number): UnacknowledgedAnswer | undefined {
    return this.#answers.get(cseq);
  }

  /** Begins to repeat an answer. @param giveUp - told when nobody has acknowledged it within 64·T1 */
  add(server: AgentServer, isOffer: boolean, giveUp: () => void): void {
    const { time, timing } = this.#desk;
    const answer: Repeated = { server, isOffer, interval: timing.t1, stop: () => {}, stopGivingUp: () => {} };
    this.#answers.set(server.request.cseqNumber, answer);
    this.#repeatLater(answer);
    answer.stopGivingUp = time.schedule(64 * timing.t1, () => {
      this.stop(server.request.cseqNumber);
      giveUp();
    });
  }

  /** It is acknowledged, or nobody waits for that any more. */
  stop(cseq: number): void {
    const answer = this.#answers.get(cseq);
    answer?.stop();
    answer?.stopGivingUp();
    this.#answers.delete(cseq);
  }

  /** The dialog is over. */
  stopAll(): void {
    for (const cseq of this.#answers.keys()) this.stop(cseq);
  }

  #repeatLater(answer: Repeated): void {
    const { time, timing, transactions } = this.#desk;
    answer.stop = time.schedule(answer.interval, () => {
      transactions.repeat(answer.server);
      answer.interval = Math.min(answer.interval * 2, timing.t2);
      this.#repeatLater(answer);
    });
  }
}
