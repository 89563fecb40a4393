// What makes two requests the same transaction: RFC 3261 §17.2.3 (TM-3) and the old way of RFC 2543 (TM-4).

import { MAGIC_COOKIE, type SipRequest, type Via } from "../sip/index.ts";
import type { TransactionSettings } from "./settings.ts";

/** Method classes in a key: an ACK belongs to its INVITE, a CANCEL is a transaction of its own. */
export const INVITE_CLASS = "I";
export const CANCEL_CLASS = "C";
export const OTHER_CLASS = "O";
export type MethodClass = typeof INVITE_CLASS | typeof CANCEL_CLASS | typeof OTHER_CLASS;

/** The class of a method. Two different other methods under one key are told apart by `otherKey`. */
export function methodClass(method: string): MethodClass {
  if (method === "INVITE" || method === "ACK") return INVITE_CLASS;
  return method === "CANCEL" ? CANCEL_CLASS : OTHER_CLASS;
}

/** Whether the branch was made by an RFC 3261 element: the cookie, in any case, and something after it. */
export function hasCookie(branch: string): boolean {
  const length = MAGIC_COOKIE.length;
  if (branch.length <= length) return false;
  return branch.startsWith(MAGIC_COOKIE) || branch.slice(0, length).toLowerCase() === MAGIC_COOKIE.toLowerCase();
}

/** The part of a key that request, ACK and CANCEL of one transaction share. */
export function baseKey(request: SipRequest, settings: TransactionSettings): string {
  const via = request.topVia;
  if (hasCookie(via.branch)) {
    return `${via.branch}|${via.host.toLowerCase()}|${sentByPort(via)}|${via.transport}|`;
  }
  // The To-tag is added by `withToTag`: an ACK bears the one we sent, so both ways have to be tried.
  const uri = settings.ruriMatching ? request.requestUri : "";
  const viaText = settings.via1Matching ? via.text : via.sentBy;
  return `\n${request.callId}|${request.cseqNumber}|${request.from.uri};${request.fromTag}|${request.to.uri}|${uri}|${viaText}|`;
}

/** RFC 2543 only: the same key for a request that bears a To-tag. */
export function withToTag(base: string, toTag: string): string {
  return toTag === "" ? base : `${base}${toTag}|`;
}

/** For two different methods other than INVITE and CANCEL that came under one key. */
export function otherKey(key: string, method: string): string {
  return `${key}${method}`;
}

function sentByPort(via: Via): number {
  if (via.port !== 0) return via.port;
  switch (via.transport) {
    case "TLS":
      return 5061;
    case "WS":
      return 80;
    case "WSS":
      return 443;
    default:
      return 5060;
  }
}
