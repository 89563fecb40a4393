// What the demonstration shows: what the proxy says is going on now, and what has become of the calls so far.
import type { CallerCall, Checker } from "../agent/index.ts";
import type { DemoLabel } from "./draw.ts";
import type { DemoProxy } from "./proxy.ts";

/** Counts calls and makes lines of them. */
export class DemoCounts {
  readonly #expected: number;
  readonly #proxy: DemoProxy;
  readonly #startedAt = performance.now();
  readonly #labels = new Map<CallerCall, DemoLabel>();
  readonly #outcomes = new Map<string, number>();
  #surprises = 0;
  #ended = 0;
  #highest = 0;
  #lines = 0;
  placed = 0;
  onLast: () => void = () => {};

  constructor(expected: number, proxy: DemoProxy) {
    this.#expected = expected;
    this.#proxy = proxy;
  }

  placedOne(call: CallerCall, label: DemoLabel): void {
    this.placed++;
    this.#labels.set(call, label);
  }

  /** A call is over for its caller. */
  done(call: CallerCall): void {
    const outcome = outcomeOf(call.status);
    if (outcome !== this.#labels.get(call)) this.#surprises++;
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
    this.#ended++;
    if (this.#ended === this.#expected) this.onLast();
  }

  /** All calls have ended as they were meant to. */
  get isComplete(): boolean {
    return this.#ended === this.#expected && this.#surprises === 0;
  }

  /** One line about this moment. */
  line(): string {
    const ringing = this.#proxy.number("dialog:early_dialogs");
    const talking = this.#proxy.number("dialog:active_dialogs");
    this.#highest = Math.max(this.#highest, talking);
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1).padStart(5);
    const row = [
      `${seconds} s`,
      column(ringing, 9),
      column(talking, 9),
      column(this.placed, 10),
      column(this.#count("answered"), 11),
      column(this.#count("busy") + this.#count("not found"), 10),
      column(this.#count("given up"), 10),
      column(this.#ended, 8),
    ].join("");
    return this.#lines++ % 10 === 0 ? `${HEADINGS}\n${row}` : row;
  }

  /** What it came to. */
  summary(checker: Checker): string {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1);
    const parts = [...this.#outcomes].map(([outcome, count]) => `${count} ${outcome}`).join(", ");
    const left = this.#proxy.number("dialog:active_dialogs") + this.#proxy.number("dialog:early_dialogs");
    const broken = checker.violations.slice(0, 5).map(({ rule, text }) => `    RFC 3261 ${rule}: ${text}`);
    return [
      "",
      `${this.placed} calls in ${seconds} s: ${parts}; up to ${this.#highest} talking at once.`,
      `The proxy tracked ${this.#proxy.number("dialog:processed_dialogs")} dialogs and has ${left} left.`,
      `The phones checked ${checker.checks} rules of RFC 3261 on what they received; ${checker.violations.length} were broken.`,
      ...broken,
      ...(this.isComplete
        ? []
        : [`${this.#expected - this.#ended} calls did not end, ${this.#surprises} ended otherwise than they should.`]),
    ].join("\n");
  }

  #count(outcome: DemoLabel): number {
    return this.#outcomes.get(outcome) ?? 0;
  }
}

const HEADINGS = "          ringing  talking    placed   answered   refused  given up   ended";

function column(value: number, width: number): string {
  return String(value).padStart(width);
}

function outcomeOf(status: number): string {
  if (status < 300) return "answered";
  if (status === 486) return "busy";
  if (status === 404) return "not found";
  return status === 487 ? "given up" : `${status}`;
}
