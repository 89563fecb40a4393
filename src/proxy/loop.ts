// Loops and breadth (RFC 5393): a keyed hash of what routing depends on travels in our Via, and forks share a budget.

import type { SipHash } from "../kit/index.ts";
import { H, type SipRequest } from "../sip/index.ts";

/**
 * The loop hash of a request as it came (TM-49). The top Via is left out, it differs on every pass; the source is in,
 * routes commonly depend on it.
 * @returns 32 bits
 */
export function loopHash(hash: SipHash, request: SipRequest, sourceIp: string): number {
  let text = `loop|${request.requestUri}|${sourceIp}|${request.fromTag}|${request.toTag}|${request.callId}|${request.cseqNumber}`;
  if (request.has(H.Route)) text += `|r${request.values(H.Route).join(",")}`;
  if (request.has(H.ProxyRequire)) text += `|p${request.values(H.ProxyRequire).join(",")}`;
  const authorization = request.header(H.ProxyAuthorization);
  if (authorization !== undefined) text += `|a${authorization}`;
  return hash.hash(text);
}

/** A branch reading of the transaction room: the loop hash in a branch that we made, −1 in any other. */
export interface LoopReader {
  loopHashOf(branch: string, callId: string): number;
}

/**
 * How a received Max-Breadth is split over parallel branches (TM-50): floor division, at least 1, the first branches get the rest.
 * @param value - received or default value
 * @returns one share for each branch, or undefined when there are more branches than breadth (440 is due)
 */
export function shareBreadth(value: number, branches: number): readonly number[] | undefined {
  if (branches > value) return undefined;
  const share = Math.floor(value / branches);
  const rest = value % branches;
  const shares: number[] = [];
  for (let i = 0; i < branches; i++) shares.push(i < rest ? share + 1 : share);
  return shares;
}

/**
 * Max-Breadth of a request.
 * @param whenAbsent - for a request without the header
 * @returns the value; `whenAbsent` also when the header is not a number (it is then replaced when forking)
 */
export function breadthOf(request: SipRequest, whenAbsent: number): number {
  const text = request.header(H.MaxBreadth);
  if (text === undefined || text === "" || text.length > 9) return whenAbsent;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return whenAbsent;
    value = value * 10 + digit;
  }
  return value;
}
