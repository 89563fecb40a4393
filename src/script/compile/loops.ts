// `while`, `for` and `switch`, which go on after a wait where they were. `isLast` says that one is the last statement of its block, where
// what it comes to is what the block comes to: what its last round came to, 1 without one.

import { equalsIgnoreCase } from "../../sip/index.ts";
import type { Accessor } from "../module.ts";
import type { Run } from "../run.ts";
import { intOf, textOf, type Value } from "../values.ts";
import type { Place } from "./scope.ts";
import { BREAK, NEXT, type Signal, type Step, type Test, type Truth } from "./signal.ts";

/** A `while`. */
export class WhileLoop {
  readonly #test: Test;
  readonly #body: Step;
  readonly #most: number;
  readonly #isLast: boolean;
  readonly #place: Place;

  constructor(test: Test, body: Step, most: number, isLast: boolean, place: Place) {
    this.#isLast = isLast;
    this.#test = test;
    this.#body = body;
    this.#most = most;
    this.#place = place;
  }

  run(run: Run): Signal | Promise<Signal> {
    return this.#rounds(run, 0, 1);
  }

  #rounds(run: Run, from: number, before: number): Signal | Promise<Signal> {
    let last = before;
    const { file, line } = this.#place;
    for (let round = from; ; round++) {
      if (round >= this.#most) {
        run.error("core", "do_action", `max while loops are encountered (${this.#most}) at ${file}:${line}`);
        break;
      }
      run.file = file;
      run.line = line;
      const truth = this.#test(run);
      if (typeof truth !== "number") {
        return truth.then((one) => this.#tested(run, one, round, last));
      }
      if (truth !== 1) return this.#over(run, truth, last);
      const signal = this.#body(run);
      if (typeof signal !== "number") return signal.then((one) => this.#done(run, one, round));
      if (signal !== NEXT) return signal === BREAK ? NEXT : signal;
      last = run.rc;
    }
    return NEXT;
  }

  /** The condition does not hold (any more), failed, or ended more than the loop. */
  #over(run: Run, truth: Truth, last: number): Signal {
    if (truth >= 2) return truth === BREAK ? NEXT : signalOf(truth);
    if (truth === -1) run.warning("core", "do_action", `error in expression at ${this.#place.file}:${this.#place.line}`);
    if (this.#isLast) run.rc = last;
    return NEXT;
  }

  #tested(run: Run, truth: Truth, round: number, last: number): Signal | Promise<Signal> {
    if (truth !== 1) return this.#over(run, truth, last);
    const signal = this.#body(run);
    if (typeof signal !== "number") return signal.then((one) => this.#done(run, one, round));
    return this.#done(run, signal, round);
  }

  #done(run: Run, signal: Signal, round: number): Signal | Promise<Signal> {
    if (signal === BREAK) return NEXT;
    return signal === NEXT ? this.#rounds(run, round + 1, run.rc) : signal;
  }
}

/** Of a condition's outcome of 2 and above. */
export function signalOf(truth: Truth): Signal {
  return truth === 1 || truth === 0 || truth === -1 ? NEXT : truth;
}

/** A `for`. */
export class ForLoop {
  readonly #iterator: Accessor;
  readonly #isJson: boolean;
  readonly #collection: Accessor;
  readonly #body: Step;
  readonly #isLast: boolean;

  /** @param isJson - the iterator is `$json`, which reads objects and arrays out of text */
  constructor(iterator: Accessor, isJson: boolean, collection: Accessor, body: Step, isLast: boolean) {
    this.#isLast = isLast;
    this.#iterator = iterator;
    this.#isJson = isJson;
    this.#collection = collection;
    this.#body = body;
  }

  run(run: Run): Signal | Promise<Signal> {
    const values = this.#collection.all?.(run) ?? [];
    if (this.#isLast) run.rc = 1;
    return this.#rounds(run, values, 0);
  }

  #rounds(run: Run, values: readonly Value[], from: number): Signal | Promise<Signal> {
    for (let i = from; i < values.length; i++) {
      const value = values[i] ?? null;
      this.#iterator.write?.(run, value, this.#isJson ? isDocument(value) : true);
      const signal = this.#body(run);
      if (typeof signal !== "number") return signal.then((one) => this.#done(run, one, values, i));
      if (signal === BREAK) break;
      if (signal !== NEXT) return signal;
    }
    return NEXT;
  }

  #done(run: Run, signal: Signal, values: readonly Value[], i: number): Signal | Promise<Signal> {
    if (signal === BREAK) return NEXT;
    return signal === NEXT ? this.#rounds(run, values, i + 1) : signal;
  }
}

function isDocument(value: Value): boolean {
  const text = textOf(value);
  return text !== undefined && (text.startsWith("{") || text.startsWith("["));
}

/** One `case`: its label, and where its statements begin in the row of all of them. */
export interface SwitchCase {
  /** Undefined for a text. */
  readonly int: number | undefined;
  readonly text: string;
  readonly start: number;
}

/** A `switch`: from the case that fits on, all bodies run until a `break`. */
export class Switch {
  readonly #read: (run: Run) => Value;
  readonly #cases: readonly SwitchCase[];
  readonly #bodies: readonly Step[];
  /** Where `default` stands; the number of bodies when there is none. */
  readonly #fallback: number;
  readonly #isLast: boolean;
  readonly #place: Place;

  constructor(
    read: (run: Run) => Value,
    cases: readonly SwitchCase[],
    bodies: readonly Step[],
    fallback: number,
    isLast: boolean,
    place: Place,
  ) {
    this.#isLast = isLast;
    this.#read = read;
    this.#cases = cases;
    this.#bodies = bodies;
    this.#fallback = fallback;
    this.#place = place;
  }

  run(run: Run): Signal | Promise<Signal> {
    run.file = this.#place.file;
    run.line = this.#place.line;
    const start = this.#startOf(this.#read(run));
    if (start >= this.#bodies.length) {
      if (this.#isLast) run.rc = 1;
      return NEXT;
    }
    return this.#bodiesFrom(run, start);
  }

  #startOf(value: Value): number {
    if (value === null) return this.#fallback;
    const int = intOf(value);
    const text = textOf(value);
    for (let i = 0; i < this.#cases.length; i++) {
      const one = this.#cases[i];
      if (one === undefined) break;
      if (one.int !== undefined ? one.int === int : text !== undefined && equalsIgnoreCase(one.text, text)) return one.start;
    }
    return this.#fallback;
  }

  #bodiesFrom(run: Run, from: number): Signal | Promise<Signal> {
    for (let i = from; i < this.#bodies.length; i++) {
      const signal = this.#bodies[i]?.(run) ?? NEXT;
      if (typeof signal !== "number") return signal.then((one) => this.#done(run, one, i));
      if (signal !== NEXT) return signal === BREAK ? NEXT : signal;
    }
    return NEXT;
  }

  #done(run: Run, signal: Signal, i: number): Signal | Promise<Signal> {
    if (signal === BREAK) return NEXT;
    return signal === NEXT ? this.#bodiesFrom(run, i + 1) : signal;
  }
}
