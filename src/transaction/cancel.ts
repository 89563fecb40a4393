// The CANCEL of one branch (TM-39, TM-40): sent until anything answers it; what answers it does not matter.

import { type Ms, Timer, type TimerOwner } from "../kit/index.ts";
import type { Destination } from "../transport/index.ts";
import { isAccepted, type TransactionCore } from "./core.ts";
import type { Transaction } from "./hooks.ts";

/** A CANCEL under way. It goes to where its INVITE went, by the same socket or connection. */
export class CancelClient implements TimerOwner {
  readonly #core: TransactionCore;
  readonly #owner: Transaction;
  readonly #destination: Destination;
  #text: string;
  #timer: Timer | undefined = undefined;
  #intervalMs: Ms;
  #elapsedMs: Ms = 0;

  /** Sends it. */
  constructor(core: TransactionCore, owner: Transaction, text: string, destination: Destination) {
    this.#core = core;
    this.#owner = owner;
    this.#text = text;
    this.#destination = destination;
    this.#intervalMs = core.settings.t1Ms;
    if (owner.hooks.length > 0) core.hooks.requestBuilt(owner, text, destination);
    this.#send();
    if (destination.listener.isReliable) return;
    this.#timer = new Timer(this, 0);
    core.timers.arm(this.#timer, this.#intervalMs);
  }

  /** Something answered it, or its branch is over. */
  stop(): void {
    if (this.#timer !== undefined) this.#core.timers.disarm(this.#timer);
    this.#text = "";
  }

  /** @internal */
  onTimer(_kind: number): void {
    const { settings, counters, timers } = this.#core;
    this.#elapsedMs += this.#intervalMs;
    if (this.#timer === undefined || this.#elapsedMs >= settings.frTimeoutMs) {
      this.stop();
      return;
    }
    counters.requestRepeated(this.#intervalMs, settings.t1Ms);
    this.#send();
    this.#intervalMs = Math.min(2 * this.#intervalMs, settings.t2Ms);
    timers.arm(this.#timer, Math.min(this.#intervalMs, settings.frTimeoutMs - this.#elapsedMs));
  }

  #send(): void {
    const core = this.#core;
    const isHooked = this.#owner.hooks.length > 0;
    const out = isHooked ? core.hooks.preSendBuffer(this.#owner, this.#text) : this.#text;
    const result = core.transport.send(out, this.#destination);
    if (isHooked && isAccepted(result)) core.hooks.messageSentOut(this.#owner, out, "cancel");
  }
}
