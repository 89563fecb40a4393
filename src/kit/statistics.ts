// Named numbers in groups (`core:rcv_requests`): counters that can be reset, and gauges that are read when asked.

/** A counter of events. Plain field access on the hot path. */
export class Counter {
  value = 0;

  add(count = 1): void {
    this.value += count;
  }
}

/** One registered number. */
export interface Statistic {
  readonly group: string;
  readonly name: string;
  /** Counters go back to 0 on reset; gauges (`no reset`) do not. */
  readonly isResettable: boolean;
  read(): number;
  reset(): void;
}

/** Every number of one engine, in the order of registration (ST-1). */
export class Statistics {
  readonly #all: Statistic[] = [];
  readonly #byFullName = new Map<string, Statistic>();
  readonly #counters = new Map<string, Counter>();

  /**
   * Registers a counter, or returns the one registered before under this name.
   * @param isResettable - false for one that a reset leaves alone
   */
  counter(group: string, name: string, isResettable = true): Counter {
    const full = `${group}:${name}`;
    const known = this.#counters.get(full);
    if (known !== undefined) return known;
    const counter = new Counter();
    this.#counters.set(full, counter);
    this.#register({
      group,
      name,
      isResettable,
      read: () => counter.value,
      reset: () => {
        if (isResettable) counter.value = 0;
      },
    });
    return counter;
  }

  /**
   * Registers a number that is computed when read.
   * @param read - must return a number ≥ 0; anything else reads as 0
   */
  gauge(group: string, name: string, read: () => number): void {
    this.#register({
      group,
      name,
      isResettable: false,
      read: () => {
        const value = read();
        return value > 0 ? Math.trunc(value) : 0;
      },
      reset: () => {},
    });
  }

  /** `group:name`, or a bare name that is looked for in every group in the order of registration. */
  find(name: string): Statistic | undefined {
    return this.#byFullName.get(name) ?? this.#all.find((statistic) => statistic.name === name);
  }

  /** The counter behind a statistic; undefined for a gauge. */
  counterOf(statistic: Statistic): Counter | undefined {
    return this.#counters.get(`${statistic.group}:${statistic.name}`);
  }

  /** All numbers of a group, or all there are. */
  list(group?: string): readonly Statistic[] {
    return group === undefined ? this.#all : this.#all.filter((statistic) => statistic.group === group);
  }

  #register(statistic: Statistic): void {
    const full = `${statistic.group}:${statistic.name}`;
    if (this.#byFullName.has(full)) return;
    this.#byFullName.set(full, statistic);
    this.#all.push(statistic);
  }
}
