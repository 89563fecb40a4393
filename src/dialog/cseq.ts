// Numbers of in-dialog requests: bookkeeping per leg, and their translation once a request of our own has gone to a leg
// (dialog-behaviour 3.3, 3.4). `cseq` of a leg always keeps the sender's numbers, `generatedCseq` those of the wire.
import { keep } from "../kit/index.ts";
import type { Leg } from "./leg.ts";

/** How many translated INVITEs a leg remembers; an ACK that comes later than that passes unchanged. */
const REMEMBERED = 8;
const MAX_CSEQ = 2 ** 31 - 1;

/**
 * How far a number may be ahead of the last one. Requests that got lost or were answered elsewhere leave small gaps; a forged number far
 * ahead would make every honest request after it look old.
 */
const LONGEST_STEP = 65_536;

/** What a request is, judged by its number alone. */
export type Freshness = "new" | "repeated" | "old" | "ahead";

/**
 * Judges the CSeq of a request towards a leg (RFC 3261 12.2.2): a new one, a copy of the last one, or one that no honest peer sends now.
 */
export function freshness(to: Leg, cseq: number, method: string): Freshness {
  if (cseq > to.cseq) return cseq - to.cseq <= LONGEST_STEP || to.lastMethod === "" ? "new" : "ahead";
  if (cseq < to.cseq) return "old";
  if (method === to.lastMethod) return "repeated";
  return to.lastMethod === "" ? "new" : "old"; // nothing was ever sent to the caller: 0 is only where counting starts
}

/** Notes a new request from one leg to the other. Not for ACK, which uses its INVITE's number. */
export function noteRequest(from: Leg, to: Leg, cseq: number, method: string): void {
  to.previousCseq = to.cseq;
  to.cseq = cseq;
  to.lastMethod = keep(method);
  if (method === "INVITE") from.inviteCseq = cseq;
}

/** Takes a number for true that was too far ahead, because the far end did. @returns false for one that is not ahead */
export function adoptNumber(from: Leg, to: Leg, cseq: number, method: string): boolean {
  if (cseq <= to.cseq) return false;
  noteRequest(from, to, cseq, method);
  to.wireCseq = cseq;
  if (to.generatedCseq !== 0 && to.generatedCseq < cseq) to.generatedCseq = cseq;
  return true;
}

/** The number for a request of our own to this leg. From now on what is relayed to it is translated. */
export function nextOwnCseq(to: Leg): number {
  const last = to.generatedCseq === 0 ? to.cseq : to.generatedCseq;
  to.generatedCseq = last >= MAX_CSEQ ? 1 : last + 1;
  return to.generatedCseq;
}

/**
 * The number with which a new request goes on to a leg.
 * @returns `cseq` itself while no request of our own went there
 */
export function translate(to: Leg, cseq: number, method: string): number {
  to.wireCseq = cseq;
  if (to.generatedCseq !== 0) {
    to.wireCseq = nextOwnCseq(to);
    if (method === "INVITE") remember(to, cseq, to.wireCseq);
  }
  return to.wireCseq;
}

/**
 * The number for a request that a later one of its sender has overtaken: one below, so that its receiver judges it as if nothing were
 * translated (RFC 3261 12.2.2). Its own number might be far above those of the wire, and make all that follow look old.
 * @returns `cseq` itself while no request of our own went there
 */
export function overtaken(to: Leg, cseq: number): number {
  return to.generatedCseq === 0 ? cseq : Math.max(1, to.generatedCseq - 1);
}

/** A copy of the INVITE leaves for a leg under another number (with credentials): later requests to the leg go on from there. */
export function inviteRenumbered(to: Leg, cseq: number, wire: number): void {
  to.generatedCseq = wire;
  to.wireCseq = wire;
  remember(to, cseq, wire);
}

/** The number for one more copy of a request to a leg, with credentials. From now on what is relayed to it is translated. */
export function renumbered(to: Leg, cseq: number, method: string): number {
  const wire = nextOwnCseq(to);
  if (to.cseq === cseq) to.wireCseq = wire;
  if (method === "INVITE") remember(to, cseq, wire);
  return wire;
}

/**
 * The number of an INVITE as it went on to a leg: for its ACK, and for the RAck of a PRACK.
 * @returns `cseq` itself when that INVITE was not translated, or is long gone
 */
export function translatedInvite(to: Leg, cseq: number): number {
  const pairs = to.rewritten;
  if (pairs === undefined) return cseq;
  for (let i = 0; i + 1 < pairs.length; i += 2) if (pairs[i] === cseq) return pairs[i + 1] ?? cseq;
  return cseq;
}

/**
 * The value of a RAck header (RFC 3262 7.2) with the INVITE's number as the leg knows it.
 * @returns undefined when nothing has to change, or the value is not of that form
 */
export function translatedRack(to: Leg, value: string): string | undefined {
  const [rseq, number, method, more] = words(value);
  if (rseq === undefined || number === undefined || method !== "INVITE" || more !== undefined) return undefined;
  const cseq = Number(number);
  if (!Number.isSafeInteger(cseq)) return undefined;
  const wire = translatedInvite(to, cseq);
  return wire === cseq ? undefined : `${rseq} ${wire} ${method}`;
}

/** The words of a value that is no longer than a header may be; blanks and tabs part them. */
function words(value: string): string[] {
  const out: string[] = [];
  let from = -1;
  for (let at = 0; at <= value.length; at++) {
    const code = at === value.length ? 32 : value.charCodeAt(at);
    if (code !== 32 && code !== 9) {
      if (from < 0) from = at;
    } else if (from >= 0) {
      out.push(value.slice(from, at));
      from = -1;
    }
  }
  return out;
}

function remember(to: Leg, cseq: number, wire: number): void {
  to.rewritten ??= [];
  const pairs = to.rewritten;
  pairs.unshift(cseq, wire);
  if (pairs.length > REMEMBERED * 2) pairs.length = REMEMBERED * 2;
}
