// What a party of a hidden call gets to see: nothing of the way to the other one, and where it is hidden, not its Call-ID.
import type { Violation } from "../agent/index.ts";
import type { HidePlan } from "./route-plan.ts";

/** Lines of a head that show ways and addresses. */
const TELLING = ["Via:", "Record-Route:", "Route:", "Contact:", "Call-ID:"];

/** Watches what leaves the proxy for the parties of hidden calls. */
export class Curtain {
  readonly #callerIp: string;
  readonly #isCallee: (ip: string) => boolean;
  readonly violations: Violation[] = [];
  /** Messages of hidden calls that were looked at. */
  looks = 0;

  constructor(callerIp: string, isCallee: (ip: string) => boolean) {
    this.#callerIp = callerIp;
    this.#isCallee = isCallee;
  }

  /** A message of a hidden call leaves for an address. @param shown - its Call-ID as the callee has to see it */
  passed(text: string, to: string, callId: string, shown: string, hide: HidePlan): void {
    this.looks++;
    const isToCaller = to === this.#callerIp;
    if (!isToCaller && !this.#isCallee(to)) return;
    const wanted = isToCaller || !hide.hideCallId ? callId : shown;
    const head = text.slice(0, text.indexOf("\r\n\r\n")).split("\r\n");
    for (const [i, line] of head.entries()) {
      if (i > 0 && !TELLING.some((name) => line.startsWith(name))) continue;
      if (line.startsWith("Call-ID:")) {
        if (line !== `Call-ID: ${wanted}` || (!isToCaller && hide.hideCallId && shown === callId)) this.#report(callId, to, line);
      } else if (isToCaller ? this.#showsCallee(line) : line.includes(this.#callerIp)) this.#report(callId, to, line);
    }
  }

  #showsCallee(line: string): boolean {
    for (let at = line.indexOf("10."); at >= 0; at = line.indexOf("10.", at + 1)) {
      let end = at;
      while (end < line.length && ".0123456789".includes(line[end] ?? "")) end++;
      if (this.#isCallee(line.slice(at, end))) return true;
    }
    return false;
  }

  #report(callId: string, to: string, line: string): void {
    this.violations.push({ callId, rule: "topology hiding", text: `${to} gets to see "${line}"` });
  }
}
