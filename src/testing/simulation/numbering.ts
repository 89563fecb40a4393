// The numbers of requests within calls as they leave the proxy (RFC 3261 12.2.1.1): from the first request of the proxy's own to a party on,
// every new request to that party has a higher number than all before it, whoever sent it.

import type { SipMessage, SipRequest } from "../../sip/index.ts";
import type { Violation } from "../agent/index.ts";

/** The line with the number that the sender gave a request within a dialog; those of the proxy's own have none. */
const NUMBER_LINE = "\r\nX-Number: ";

/** What has been sent to one party of one call, by one remote party. */
interface Lane {
  /** Highest number that has left. */
  last: number;
  /** Highest number that a sender has given to what was relayed. */
  original: number;
  /** A request of the proxy's own has gone this way: numbers are the proxy's from now on. */
  isOwned: boolean;
  /** Top Via branches that have left, and their numbers. */
  readonly sent: Map<string, number>;
  /** When the last copy of a request of the proxy's own has left, by branch. */
  readonly left: Map<string, number>;
}

/** Watches what leaves the proxy for the agents. */
export class Numbering {
  readonly #lanes = new Map<string, Lane>();
  readonly violations: Violation[] = [];
  /** Requests of the proxy's own that were seen. */
  own = 0;

  /**
   * A message left the proxy.
   * @param at - now
   * @param isKnown - whether the proxy still knows a call: what comes after the end of its memory passes as it is
   */
  sent(text: string, to: string, at: number, isKnown: (callId: string) => boolean = () => true): void {
    if (!isNumbered(text)) return;
    const toTag = tagOf(text, "\r\nTo: ");
    if (toTag === "") return;
    const callId = lineOf(text, "\r\nCall-ID: ");
    const lane = this.#laneOf(`${callId} ${to} ${tagOf(text, "\r\nFrom: ")} ${toTag}`);
    const branch = branchOf(text);
    const number = lineOf(text, NUMBER_LINE);
    const isOwn = number === "";
    if (isOwn) lane.left.set(branch, at);
    if (lane.sent.has(branch)) return;
    const cseq = Number.parseInt(lineOf(text, "\r\nCSeq: "), 10);
    lane.sent.set(branch, cseq);
    const original = isOwn ? undefined : Number.parseInt(number, 10);
    // what comes after something that its sender sent later, or comes again after it was forgotten, keeps the order of its sender
    const isLate = original !== undefined && original <= lane.original;
    if (isOwn) {
      lane.isOwned = true;
      this.own++;
    }
    if (lane.isOwned && !isLate && cseq <= lane.last && (isOwn || isKnown(callId))) {
      const method = text.slice(0, text.indexOf(" "));
      this.violations.push({ callId, rule: "12.2.1.1", text: `${method} leaves for ${to} with CSeq ${cseq} after ${lane.last}` });
    }
    lane.last = Math.max(lane.last, cseq);
    if (original !== undefined) lane.original = Math.max(lane.original, original);
  }

  /** Whether a request has left with this number and one with a higher number has left too: on a bad network it may be overtaken. */
  isOvertaken({ callId, fromTag, toTag, topVia, cseqNumber }: SipRequest, at: string): boolean {
    const lane = this.#lanes.get(`${callId} ${at} ${fromTag} ${toTag}`);
    return lane?.sent.get(topVia.branch) === cseqNumber && cseqNumber <= lane.last;
  }

  /** When the last copy of a request of the proxy's own has left; undefined when none has. */
  leftAt({ callId, fromTag, toTag, topVia }: SipMessage, to: string): number | undefined {
    return this.#lanes.get(`${callId} ${to} ${fromTag} ${toTag}`)?.left.get(topVia.branch);
  }

  /** Forgets calls that are over. */
  forget(): void {
    this.#lanes.clear();
  }

  #laneOf(key: string): Lane {
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = { last: -1, original: -1, isOwned: false, sent: new Map(), left: new Map() };
      this.#lanes.set(key, lane);
    }
    return lane;
  }
}

/** The rest of the line behind a header's name; "" without it. */
export function lineOf(text: string, name: string): string {
  const at = text.indexOf(name);
  return at < 0 ? "" : text.slice(at + name.length, text.indexOf("\r\n", at + 2));
}

function tagOf(text: string, name: string): string {
  const line = lineOf(text, name);
  const at = line.indexOf(";tag=");
  if (at < 0) return "";
  const end = line.indexOf(";", at + 5);
  return end < 0 ? line.slice(at + 5) : line.slice(at + 5, end);
}

/** Branch of the first Via. */
function branchOf(text: string): string {
  const at = text.indexOf("branch=", text.indexOf("\r\nVia: ")) + 7;
  let end = at;
  while (end < text.length && text[end] !== ";" && text[end] !== "\r") end++;
  return text.slice(at, end);
}

/** Replies, ACKs and CANCELs have no number of their own. */
function isNumbered(text: string): boolean {
  return !text.startsWith("SIP/2.0 ") && !text.startsWith("ACK ") && !text.startsWith("CANCEL ");
}
