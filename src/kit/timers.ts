// Timers of the protocol (A to N and the like): exact, O(1) to arm and to disarm, no allocation.
// Most timers share a handful of durations, so each duration has a list that is sorted by construction
// (what is armed later ends later), and a small heap orders the lists by their first deadline.
import type { Alarm, Clock, Ms } from "./clock.ts";

/** Who is told when a timer ends. */
export interface TimerOwner {
  /** @param kind - the number the timer was made with: which of the owner's timers it is */
  onTimer(kind: number): void;
}

/**
 * What can be armed. Whatever always needs a timer, and is there in great numbers, is one itself: an object less to make, to
 * keep and to fetch from memory. Anything else has a `Timer`.
 */
export abstract class Timeable {
  /** Monotonic instant; meaningful while armed. */
  deadline: Ms = 0;
  /** @internal */ list: TimerList | undefined = undefined;
  /** @internal */ previous: Timeable | undefined = undefined;
  /** @internal */ next: Timeable | undefined = undefined;

  get isArmed(): boolean {
    return this.list !== undefined;
  }

  /** @internal Its time has come; it is no longer armed. */
  abstract ended(): void;
}

/** One timer of one owner; made once, armed as often as needed. */
export class Timer extends Timeable {
  readonly owner: TimerOwner;
  readonly kind: number;

  constructor(owner: TimerOwner, kind: number) {
    super();
    this.owner = owner;
    this.kind = kind;
  }

  /** @internal */
  override ended(): void {
    this.owner.onTimer(this.kind);
  }
}

/** Timers of one duration in the order of their deadlines. */
class TimerList {
  readonly durationMs: Ms;
  first: Timeable | undefined = undefined;
  last: Timeable | undefined = undefined;
  /** A lower bound of the first deadline: what the heap is ordered by. */
  key: Ms = 0;
  isQueued = false;

  constructor(durationMs: Ms) {
    this.durationMs = durationMs;
  }
}

/** All timers of one engine. */
export class Timers {
  readonly #clock: Clock;
  readonly #alarm: Alarm;
  readonly #onError: (error: unknown) => void;
  readonly #lists = new Map<Ms, TimerList>();
  readonly #heap: TimerList[] = [];
  #alarmAt: Ms = Number.POSITIVE_INFINITY;
  #isRunning = false;
  #count = 0;

  /** @param onError - told when an owner throws; the other timers still run */
  constructor(clock: Clock, alarm: Alarm, onError: (error: unknown) => void) {
    this.#clock = clock;
    this.#alarm = alarm;
    this.#onError = onError;
  }

  /** How many timers are armed. */
  get count(): number {
    return this.#count;
  }

  /**
   * Starts a timer, or starts it anew.
   * @param afterMs - never ends earlier than this; negative counts as 0
   */
  arm(timer: Timeable, afterMs: Ms): void {
    if (timer.list !== undefined) this.#unlink(timer);
    const duration = afterMs > 0 ? afterMs : 0;
    let list = this.#lists.get(duration);
    if (list === undefined) {
      list = new TimerList(duration);
      this.#lists.set(duration, list);
    }
    const deadline = this.#clock.monotonic() + duration;
    timer.deadline = deadline;
    timer.list = list;
    timer.previous = list.last;
    if (list.last === undefined) list.first = timer;
    else list.last.next = timer;
    list.last = timer;
    this.#count++;
    if (!list.isQueued) {
      list.key = deadline;
      list.isQueued = true;
      this.#heap.push(list);
      this.#siftUp(this.#heap.length - 1);
    }
    if (deadline < this.#alarmAt && !this.#isRunning) this.#wakeAt(deadline);
  }

  /** Stops a timer; nothing happens when it is not armed. */
  disarm(timer: Timeable): void {
    if (timer.list !== undefined) this.#unlink(timer);
  }

  /**
   * Ends every timer that is due, in the order of their deadlines. The shell calls it when the alarm goes off.
   * What falls due while the owners work waits for the next alarm, so that many timers do not hold up everything else.
   */
  run(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#alarmAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.monotonic();
    try {
      for (;;) {
        const list = this.#heap[0];
        if (list === undefined) break;
        const timer = list.first;
        if (timer === undefined) {
          this.#dropTop();
          continue;
        }
        if (list.key !== timer.deadline) {
          // the first was disarmed meanwhile: put the list where it belongs
          list.key = timer.deadline;
          this.#siftDown(0);
          continue;
        }
        if (timer.deadline > now) break;
        this.#unlink(timer);
        try {
          timer.ended();
        } catch (error) {
          this.#onError(error);
        }
      }
    } finally {
      this.#isRunning = false;
    }
    this.#wakeAt(this.#heap[0]?.key ?? Number.POSITIVE_INFINITY);
  }

  /** The next instant at which something may be due; `Infinity` when nothing is armed. */
  get nextAt(): Ms {
    return this.#heap[0]?.key ?? Number.POSITIVE_INFINITY;
  }

  #wakeAt(at: Ms): void {
    this.#alarmAt = at;
    this.#alarm.set(at);
  }

  #unlink(timer: Timeable): void {
    const list = timer.list;
    if (list === undefined) return;
    if (timer.previous === undefined) list.first = timer.next;
    else timer.previous.next = timer.next;
    if (timer.next === undefined) list.last = timer.previous;
    else timer.next.previous = timer.previous;
    timer.list = undefined;
    timer.previous = undefined;
    timer.next = undefined;
    this.#count--;
  }

  #dropTop(): void {
    const list = this.#heap[0];
    const last = this.#heap.pop();
    if (list === undefined || last === undefined) return;
    list.isQueued = false;
    this.#lists.delete(list.durationMs);
    if (last !== list) {
      this.#heap[0] = last;
      this.#siftDown(0);
    }
  }

  #siftUp(from: number): void {
    const heap = this.#heap;
    const list = heap[from];
    if (list === undefined) return;
    let at = from;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt];
      if (parent === undefined || parent.key <= list.key) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = list;
  }

  #siftDown(from: number): void {
    const heap = this.#heap;
    const list = heap[from];
    if (list === undefined) return;
    let at = from;
    for (;;) {
      let childAt = 2 * at + 1;
      let child = heap[childAt];
      if (child === undefined) break;
      const right = heap[childAt + 1];
      if (right !== undefined && right.key < child.key) {
        child = right;
        childAt++;
      }
      if (child.key >= list.key) break;
      heap[at] = child;
      at = childAt;
    }
    heap[at] = list;
  }
}
