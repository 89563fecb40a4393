// How calls end: every reason there is, counted, so that a long run can say that none was left out.
import { EndReason } from "../../dialog/index.ts";

/** Reasons that programs, operators and RTPProxy give. */
export const GIVEN_REASONS: readonly string[] = [EndReason.management, "RTPProxy Timeout", "Simulation"];

/** What can end a call, answered or not. */
export const END_KINDS: readonly string[] = [
  ...new Set([...Object.values(EndReason), ...GIVEN_REASONS]),
  "unanswered: refused",
  "unanswered: nobody answers",
  "unanswered: refused by the route",
  `unanswered: ${EndReason.cancelled}`,
  ...GIVEN_REASONS.map((reason) => `unanswered: ${reason}`),
];

/** Counts ends of calls. */
export class Ends {
  readonly counts: Map<string, number> = new Map();

  /** A tracked call has ended. @param status - of one that was not answered */
  add(reason: string, wasAnswered: boolean, status: number, isByRoute: boolean): void {
    let kind = reason;
    if (!wasAnswered) {
      const why = reason !== "" ? reason : isByRoute ? "refused by the route" : status === 408 ? "nobody answers" : "refused";
      kind = `unanswered: ${why}`;
    }
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  /** Kinds of ends that have not occurred. */
  get missing(): readonly string[] {
    return END_KINDS.filter((kind) => !this.counts.has(kind));
  }
}
