// Whether a message is built as RFC 3261 wants it. What the parser refuses never comes here.
import { bodyParts, isMime } from "./body.ts";
import { hexValue, isDigit } from "./chars.ts";
import { H } from "./headers.ts";
import { parseIpv4, parseIpv6 } from "./hosts.ts";
import { type SipMessage, SipRequest, SipResponse } from "./message.ts";
import { isSdp } from "./sdp.ts";
import { parseUri, type SipUri } from "./uri.ts";

/** What is wrong with a message: a negative number of its own for each kind, those of `sipmsg_validate`, and words. */
export interface Defect {
  readonly code: number;
  readonly reason: string;
}

/** What is looked at besides the headers that each message must have. */
export interface DefectChecks {
  /** The session descriptions in the body. */
  readonly sdp?: boolean;
  /** Addresses in Route, Record-Route, Path and Contact. */
  readonly addresses?: boolean;
  /** URIs: they read, their host is one, their user has no character that is not allowed. */
  readonly requestUri?: boolean;
  readonly from?: boolean;
  readonly to?: boolean;
  readonly contact?: boolean;
  /** Max-Forwards may be missing. */
  readonly mayLackMaxForwards?: boolean;
  /** It came over a connection, where Content-Length is mandatory (RFC 3261 section 18.3). */
  readonly isStream?: boolean;
}

/** Methods whose requests must have a Contact (RFC 3261 table 2, RFC 3311, RFC 3515, RFC 6665). */
const WITH_CONTACT = new Set(["INVITE", "SUBSCRIBE", "NOTIFY", "REFER", "UPDATE"]);
/** Replies that must name what the request lacked (RFC 3261 sections 21.4 and 22). */
const EXPLAINED: Readonly<Record<number, readonly [header: string, code: number]>> = {
  401: ["WWW-Authenticate", -20],
  405: ["Allow", -16],
  407: ["Proxy-Authenticate", -18],
  420: ["Unsupported", -19],
  423: ["Min-Expires", -17],
};

/** Checks a message. @returns the first thing that is wrong with it */
export function findDefect(message: SipMessage, checks: DefectChecks): Defect | undefined {
  return bodyDefect(message, checks) ?? headerDefect(message, checks) ?? kindDefect(message, checks) ?? uriDefect(message, checks);
}

function bodyDefect(message: SipMessage, checks: DefectChecks): Defect | undefined {
  const hasLength = message.has(H.ContentLength);
  if (checks.isStream === true && !hasLength) return defect(-4, "missing Content-Length header");
  // bytes beyond the length do not belong to the message, so it did not say the truth
  if (hasLength && message.bodyEnd !== message.text.length) return defect(-5, "invalid Content-Length header");
  if (message.bodyEnd === message.bodyAt) return undefined;
  if (message.contentType === undefined) return defect(-21, "missing Content-Type header");
  if (checks.sdp !== true) return undefined;
  for (const part of bodyParts(message.contentType, message.body)) {
    if (isMime(part.contentType, "application/sdp") && !isSdp(part.body)) return defect(-6, "failed to parse the SDP body");
  }
  return undefined;
}

function headerDefect(message: SipMessage, checks: DefectChecks): Defect | undefined {
  if (checks.addresses !== true) return undefined;
  for (const id of [H.Route, H.RecordRoute, H.Path, H.Contact]) {
    if (!message.nameAddrs(id).ok) return defect(-2, "failed to parse the headers");
  }
  return undefined;
}

function kindDefect(message: SipMessage, checks: DefectChecks): Defect | undefined {
  if (message instanceof SipRequest) {
    if (checks.mayLackMaxForwards !== true && message.maxForwards < 0) return defect(-13, "missing Max-Forwards header");
    if (WITH_CONTACT.has(message.method) && !message.has(H.Contact)) return defect(-14, "missing Contact header");
    if (message.method !== "REGISTER" && message.has(H.Path)) return defect(-15, "Path header in a request that is no REGISTER");
    return undefined;
  }
  if (!(message instanceof SipResponse)) return undefined;
  const needed = EXPLAINED[message.status];
  if (needed === undefined) return undefined;
  const [name, code] = needed;
  return message.has(name) ? undefined : defect(code, `missing ${name} header in a ${message.status}`);
}

function uriDefect(message: SipMessage, checks: DefectChecks): Defect | undefined {
  if (checks.requestUri === true && message instanceof SipRequest) {
    const found = partDefect(message.uri, [-11, -12, -27], "R-URI");
    if (found !== undefined) return found;
  }
  if (checks.from === true) {
    const found = partDefect(message.from.sipUri(), [-24, -25, -28], "From URI");
    if (found !== undefined) return found;
  }
  if (checks.to === true) {
    const found = partDefect(message.to.sipUri(), [-22, -23, -29], "To URI");
    if (found !== undefined) return found;
  }
  if (checks.contact !== true) return undefined;
  const contacts = message.nameAddrs(H.Contact);
  if (!contacts.ok) return defect(-26, "failed to parse the Contact header");
  for (const contact of contacts.value) {
    if (contact.uri !== "*" && !parseUri(contact.uri).ok) return defect(-26, "failed to parse the Contact header");
  }
  return undefined;
}

function partDefect(uri: SipUri | undefined, [bad, host, user]: readonly [number, number, number], what: string): Defect | undefined {
  if (uri === undefined) return defect(bad, `failed to parse the ${what}`);
  if (!uri.isSip) return undefined;
  if (!isHostName(uri.host)) return defect(host, `invalid host in the ${what}`);
  return isUserText(uri.user ?? "") ? undefined : defect(user, `invalid user name in the ${what}`);
}

/** An address, or labels of letters, digits and hyphens (RFC 3261 section 25.1, `host`). */
function isHostName(host: string): boolean {
  if (host.includes(":")) return parseIpv6(host) !== undefined;
  if (parseIpv4(host) >= 0) return true;
  const labels = (host.endsWith(".") ? host.slice(0, -1) : host).split(".");
  return labels.every(
    (label) => label !== "" && label.length < 64 && !label.startsWith("-") && !label.endsWith("-") && isAll(label, isLabelChar),
  );
}

/** RFC 3261 section 25.1, `user`. */
function isUserText(user: string): boolean {
  for (let i = 0; i < user.length; i++) {
    const c = user.charAt(i);
    if (c === "%") {
      if (hexValue(user.charCodeAt(i + 1)) < 0 || hexValue(user.charCodeAt(i + 2)) < 0) return false;
      i += 2;
    } else if (!isAlphanumeric(c.charCodeAt(0)) && !"-_.!~*'()&=+$,;?/".includes(c)) return false;
  }
  return true;
}

function isAll(text: string, test: (code: number) => boolean): boolean {
  for (let i = 0; i < text.length; i++) if (!test(text.charCodeAt(i))) return false;
  return true;
}

function isLabelChar(code: number): boolean {
  return code === 45 || isAlphanumeric(code);
}

function isAlphanumeric(code: number): boolean {
  return isDigit(code) || ((code | 32) >= 97 && (code | 32) <= 122);
}

function defect(code: number, reason: string): Defect {
  return { code, reason };
}
