// How a route shows the callee another From or To.
import type { PartyName, ReplaceProblem } from "../auth/index.ts";
import { DialoomError, ErrorCodes } from "../kit/index.ts";

/** How a party is shown. */
export interface ReplaceOptions {
  /** The display name; empty for none. Left out, it stays. One character per byte. */
  readonly display?: string;
  /** Replies and later requests are rewritten, so that nobody notices. Default true. */
  readonly restore?: boolean;
}

/** @throws DialoomError that says what stands in the way */
export function throwReplaceProblem(problem: ReplaceProblem, party: PartyName, uri: string): never {
  const verb = party === "from" ? "replaceFrom" : "replaceTo";
  const why = {
    badValue: "that is no URI, or the display name holds a line break",
    withinDialog:
      "the request belongs to a dialog, where both sides know each other already; say restore: false to do it for this one alone",
    twice: "it was replaced before",
    tooLong: "the URIs are too long to be carried by Record-Route; track() the call first",
  }[problem];
  throw new DialoomError(ErrorCodes.BadArgument, `${verb}(${JSON.stringify(uri)}): ${why}`);
}
