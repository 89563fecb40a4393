// Messages that come before the calls they are about are back from the database: they wait, and are handled in their order.
import type { Counter, Slices } from "../kit/index.ts";
import type { MessageReceiver } from "../transport/index.ts";

/** More are not heard: whoever sent them says them again. */
const MOST = 10_000;

/** Stands in front of a receiver until it is released or dropped. */
export class HeldMessages implements MessageReceiver {
  readonly #receiver: MessageReceiver;
  readonly #unheard: Counter;
  #waiting: (() => void)[] = [];
  #at = 0;
  #isDropped = false;

  /** @param unheard - counts messages for which there is no room */
  constructor(receiver: MessageReceiver, unheard: Counter) {
    this.#receiver = receiver;
    this.#unheard = unheard;
  }

  message(...parts: Parameters<MessageReceiver["message"]>): void {
    if (this.#isDropped) return;
    if (this.#waiting.length - this.#at < MOST) this.#waiting.push(() => this.#receiver.message(...parts));
    else this.#unheard.add();
  }

  malformed(...parts: Parameters<MessageReceiver["malformed"]>): void {
    this.#receiver.malformed(...parts);
  }

  /** Nothing of it is to be heard any more. */
  drop(): void {
    this.#isDropped = true;
    this.#waiting = [];
  }

  /** Lets through what has waited, piece by piece. @param done - told when nothing waits any more: the receiver can do without us */
  release(slices: Slices, done: () => void): void {
    slices.add({
      step: () => {
        if (this.#isDropped) return false;
        this.#waiting[this.#at++]?.();
        if (this.#at < this.#waiting.length) return true;
        done();
        return false;
      },
    });
  }
}
