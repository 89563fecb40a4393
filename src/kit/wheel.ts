// A wheel of one-second slots for what lives long: lifetimes and pings of dialogs. O(1) to arm and to disarm;
// a slot with many entries is worked off in slices, so 100,000 calls that end together never block the loop.
import type { Clock } from "./clock.ts";
import type { Slices } from "./slices.ts";
import { Timer, type TimerOwner, type Timers } from "./timers.ts";

/** Who is told when an entry's second has come. */
export interface WheelOwner {
  /** @param kind - the number the entry was made with */
  onTick(kind: number): void;
}

/** One deadline of one owner; made once, armed as often as needed. */
export class WheelEntry {
  readonly owner: WheelOwner;
  readonly kind: number;
  /** The monotonic second at whose tick it is due; meaningful while armed. */
  second = 0;
  /** @internal */ slot: WheelSlot | undefined = undefined;
  /** @internal */ previous: WheelEntry | undefined = undefined;
  /** @internal */ next: WheelEntry | undefined = undefined;

  constructor(owner: WheelOwner, kind: number) {
    this.owner = owner;
    this.kind = kind;
  }

  get isArmed(): boolean {
    return this.slot !== undefined;
  }
}

class WheelSlot {
  first: WheelEntry | undefined = undefined;

  add(entry: WheelEntry): void {
    entry.slot = this;
    entry.previous = undefined;
    entry.next = this.first;
    if (this.first !== undefined) this.first.previous = entry;
    this.first = entry;
  }

  remove(entry: WheelEntry): void {
    if (entry.previous === undefined) this.first = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next !== undefined) entry.next.previous = entry.previous;
    entry.slot = undefined;
    entry.previous = undefined;
    entry.next = undefined;
  }
}

const SLOTS = 4096;

/** Deadlines in whole seconds of the monotonic clock. */
export class SecondsWheel implements TimerOwner {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #slices: Slices;
  readonly #onError: (error: unknown) => void;
  readonly #slots: WheelSlot[] = Array.from({ length: SLOTS }, () => new WheelSlot());
  readonly #due = new WheelSlot();
  readonly #tick: Timer;
  #second: number;
  #count = 0;
  #isDraining = false;

  /** @param onError - told when an owner throws; the other entries still run */
  constructor(clock: Clock, timers: Timers, slices: Slices, onError: (error: unknown) => void) {
    this.#clock = clock;
    this.#timers = timers;
    this.#slices = slices;
    this.#onError = onError;
    this.#tick = new Timer(this, 0);
    this.#second = Math.floor(clock.monotonic() / 1000);
  }

  /** How many entries are armed or due. */
  get count(): number {
    return this.#count;
  }

  /**
   * Starts an entry, or starts it anew; its owner is told at the first whole second that is not before the deadline.
   * @param afterMs - from now; negative counts as 0, which means the next tick
   */
  arm(entry: WheelEntry, afterMs: number): void {
    this.disarm(entry);
    const deadline = this.#clock.monotonic() + Math.max(0, afterMs);
    if (this.#count === 0) this.#second = Math.floor(this.#clock.monotonic() / 1000);
    entry.second = Math.max(Math.ceil(deadline / 1000), this.#second + 1);
    this.#slotOf(entry.second).add(entry);
    this.#count++;
    if (!this.#tick.isArmed) this.#armTick();
  }

  /** Stops an entry; nothing happens when it is not armed. */
  disarm(entry: WheelEntry): void {
    if (entry.slot === undefined) return;
    entry.slot.remove(entry);
    this.#count--;
    // with nothing left there is nothing to wake for: an idle engine has no timer
    if (this.#count === 0) this.#timers.disarm(this.#tick);
  }

  /** The wheel's own tick: moves every entry of the passed seconds to the due list and has it worked off. */
  onTimer(): void {
    const now = Math.floor(this.#clock.monotonic() / 1000);
    // after a long pause (a stopped process) every slot is visited once, not once for each second
    const steps = Math.min(now - this.#second, SLOTS);
    for (let step = 1; step <= steps; step++) this.#collect(this.#slotOf(now - steps + step), now);
    this.#second = now;
    if (this.#due.first !== undefined && !this.#isDraining) {
      this.#isDraining = true;
      this.#slices.add(this);
    }
    if (this.#count > 0) this.#armTick();
  }

  /** One step of the sliced work: one entry. */
  step(): boolean {
    const entry = this.#due.first;
    if (entry === undefined) {
      this.#isDraining = false;
      return false;
    }
    this.disarm(entry);
    try {
      entry.owner.onTick(entry.kind);
    } catch (error) {
      this.#onError(error);
    }
    if (this.#due.first !== undefined) return true;
    this.#isDraining = false;
    return false;
  }

  #collect(slot: WheelSlot, now: number): void {
    let entry = slot.first;
    while (entry !== undefined) {
      const next = entry.next;
      if (entry.second <= now) {
        slot.remove(entry);
        this.#due.add(entry);
      }
      entry = next;
    }
  }

  #slotOf(second: number): WheelSlot {
    const slot = this.#slots[second % SLOTS];
    return slot ?? this.#due;
  }

  #armTick(): void {
    const now = this.#clock.monotonic();
    this.#timers.arm(this.#tick, (Math.floor(now / 1000) + 1) * 1000 - now);
  }
}
