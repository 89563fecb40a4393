// Text to message in one pass over the head (RFC 3261 §7, proxy-core 1.2–1.8).
// Read at once: start line, line index, and what fields.ts reads. The rest is read when asked for.

import { bad, good, type Parsed } from "../kit/index.ts";
import { isTokenChar, matchesAt, skipSpace, trimEnd } from "./chars.ts";
import { type Fault, requestFault, responseFault } from "./fault.ts";
import { readFields } from "./fields.ts";
import { DEFAULT_LIMITS, Limits, type LimitValues } from "./limits.ts";
import { SipRequest, SipResponse } from "./message.ts";
import { methodAt } from "./methods.ts";
import { parseUriAt } from "./uri.ts";

/** How a message came and how strictly to read it. */
export interface ParseOptions {
  /** From a stream, where Content-Length is a must. WebSocket counts as datagrams. */
  readonly stream?: boolean;
  /** Accept odd spaces in the request line (M-10). Default yes. */
  readonly lenient?: boolean;
  /** A `Limits` object is used as it is; a partial one is completed at each call. */
  readonly limits?: Limits | Partial<LimitValues>;
}

/** Shortest datagram that can be anything but keep-alive traffic (M-7). */
export const MIN_MESSAGE = 20;

/**
 * Reads one message. Never throws, takes linear time.
 * @param text - the datagram, or one framed message of a stream, as latin1
 * @returns the message, or what is wrong with it and how it is to be treated
 */
export function parseMessage(text: string, options?: ParseOptions): Parsed<SipRequest | SipResponse, Fault> {
  let start = 0;
  for (; start < text.length; start++) {
    const c = text.charCodeAt(start);
    if (c !== 13 && c !== 10) break;
  }
  const whole = start === 0 ? text : text.slice(start);
  const first = whole.charCodeAt(0);
  // STUN and TLS begin below the printable range, RTP and DTLS above.
  if (whole.length < MIN_MESSAGE || first < 32 || first > 126) return refuse("X-01", whole, "Not SIP", 0);
  const given = options?.limits;
  const limits = given === undefined ? DEFAULT_LIMITS : given instanceof Limits ? given : new Limits(given);
  const lf = whole.indexOf("\n");
  if (lf < 0) return refuse("X-02", whole, "Not a SIP Message", 0);
  const lineEnd = lf > 0 && whole.charCodeAt(lf - 1) === 13 ? lf - 1 : lf;
  const stream = options?.stream === true;
  if (matchesAt(whole, 0, "sip/")) return parseResponse(whole, lineEnd, lf + 1, limits, stream);
  return parseRequest(whole, lineEnd, lf + 1, limits, stream, options?.lenient !== false);
}

function parseRequest(
  text: string,
  lineEnd: number,
  firstAt: number,
  limits: Limits,
  stream: boolean,
  lenient: boolean,
): Parsed<SipRequest, Fault> {
  let methodEnd = 0;
  while (isTokenChar(text.charCodeAt(methodEnd))) methodEnd++;
  const versionEnd = trimEnd(text, methodEnd, lineEnd);
  let versionFrom = versionEnd;
  while (versionFrom > methodEnd && text.charCodeAt(versionFrom - 1) !== 32 && text.charCodeAt(versionFrom - 1) !== 9) versionFrom--;
  const uriFrom = skipSpace(text, methodEnd, versionFrom);
  const uriEnd = trimEnd(text, uriFrom, versionFrom);
  if (methodEnd === 0 || uriFrom === methodEnd || uriFrom >= uriEnd || !matchesAt(text, versionFrom, "sip/")) {
    return refuse("X-02", text, "Not a SIP Message", 0);
  }
  if (text.length > limits.message) return refuse("messageSize", text, "Message Too Large", limits.message);
  if (lineEnd > limits.startLine) return refuse("startLineSize", text, "Request-URI Too Long", limits.startLine);
  if (versionEnd - versionFrom !== 7 || !matchesAt(text, versionFrom + 4, "2.0")) {
    return refuse("X-03", text, "Version Not Supported", versionFrom);
  }
  const isIrregular =
    uriFrom !== methodEnd + 1 || versionFrom !== uriEnd + 1 || versionEnd !== lineEnd || text.charCodeAt(methodEnd) !== 32;
  if (isIrregular && !lenient) return refuse("requestLine", text, "Bad Request Line", methodEnd);
  const method = methodAt(text, 0, methodEnd);
  const parts = readFields(text, firstAt, limits, stream, method);
  if (!parts.ok) return parts;
  const uri = parseUriAt(text, uriFrom, uriEnd);
  if (!uri.ok) return refuse("X-13", text, "Bad Request-URI", uri.fault.at);
  // A Request-URI may carry no headers (RFC 3261 §19.1.1 table 1).
  if (uri.value.isSip && uri.value.headers !== "") return refuse("X-13", text, "Bad Request-URI", uriEnd);
  return good(new SipRequest(parts.value, method, uri.value, isIrregular));
}

function parseResponse(text: string, lineEnd: number, firstAt: number, limits: Limits, stream: boolean): Parsed<SipResponse, Fault> {
  if (!matchesAt(text, 4, "2.0") || text.charCodeAt(7) !== 32) {
    const isVersion = text.charCodeAt(4) >= 48 && text.charCodeAt(4) <= 57;
    return bad(responseFault(isVersion ? "X-03" : "X-02", "Version Not Supported", 4));
  }
  if (text.length > limits.message) return bad(responseFault("messageSize", "Message Too Large", limits.message));
  if (lineEnd > limits.startLine) return bad(responseFault("startLineSize", "Status Line Too Long", limits.startLine));
  const codeFrom = skipSpace(text, 8, lineEnd);
  let codeEnd = codeFrom;
  let status = 0;
  while (codeEnd < lineEnd && codeEnd - codeFrom < 4) {
    const digit = text.charCodeAt(codeEnd) - 48;
    if (digit < 0 || digit > 9) break;
    status = status * 10 + digit;
    codeEnd++;
  }
  if (codeEnd - codeFrom !== 3 || status < 100 || status > 699) return bad(responseFault("X-19", "Bad Status Code", codeFrom));
  if (codeEnd < lineEnd && text.charCodeAt(codeEnd) !== 32 && text.charCodeAt(codeEnd) !== 9) {
    return bad(responseFault("X-19", "Bad Status Code", codeEnd));
  }
  const parts = readFields(text, firstAt, limits, stream, "");
  if (!parts.ok) return parts;
  return good(new SipResponse(parts.value, status, text.slice(Math.min(codeEnd + 1, lineEnd), lineEnd)));
}

function refuse(kind: Parameters<typeof requestFault>[0], text: string, reason: string, at: number): Parsed<SipRequest, Fault> {
  return bad(requestFault(kind, text, reason, at));
}
