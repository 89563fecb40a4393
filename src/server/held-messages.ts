// Messages that come before the calls they are about are back from the database: they wait, and are handled in their order.
import type { Slices } from "../kit/index.ts";
import type { MessageReceiver } from "../transport/index.ts";

/** More are not heard: whoever sent them says them again. */
const MOST = 10_000;

/** Stands in front of a receiver until it is released. */
export class HeldMessages implements MessageReceiver {
  readonly #receiver: MessageReceiver;
  #waiting: (() => void)[] = [];
  #at = 0;
  #isReleased = false;

  constructor(receiver: MessageReceiver) {
    this.#receiver = receiver;
  }

  message(...parts: Parameters<MessageReceiver["message"]>): void {
    if (this.#isReleased) this.#receiver.message(...parts);
    else if (this.#waiting.length < MOST) this.#waiting.push(() => this.#receiver.message(...parts));
  }

  malformed(...parts: Parameters<MessageReceiver["malformed"]>): void {
    this.#receiver.malformed(...parts);
  }

  /** Lets everything through: first what has waited, piece by piece, then what comes. @param done - told when nothing waits any more */
  release(slices: Slices, done: () => void): void {
    slices.add({
      step: () => {
        this.#waiting[this.#at++]?.();
        if (this.#at < this.#waiting.length) return true;
        this.#isReleased = true;
        this.#waiting = [];
        done();
        return false;
      },
    });
  }
}
