// `sipmsg_validate`: whether a message is built as RFC 3261 wants it. What the parser refuses never comes here.
import {
  bodyParts,
  H,
  isMime,
  isSdp,
  parseIpv4,
  parseIpv6,
  parseUri,
  type SipMessage,
  SipRequest,
  SipResponse,
  type SipUri,
} from "../../../sip/index.ts";

/** What is wrong; `code` is negative. */
export interface Defect {
  readonly code: number;
  readonly reason: string;
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

/**
 * Checks a message.
 * @param flags - letters: `s` the description, `h` the addresses in headers, `m` Max-Forwards may be missing, `r` `f` `t` `c` the URIs of
 * the request line, From, To and Contact
 * @param isStream - it came over a connection, where Content-Length is mandatory
 */
export function defectOf(message: SipMessage, flags: string, isStream: boolean): Defect | undefined {
  return bodyDefect(message, flags, isStream) ?? headerDefect(message, flags) ?? kindDefect(message, flags) ?? uriDefect(message, flags);
}

function bodyDefect(message: SipMessage, flags: string, isStream: boolean): Defect | undefined {
  const hasLength = message.has(H.ContentLength);
  if (isStream && !hasLength) return defect(-4, "missing Content-Length header");
  // bytes beyond the length do not belong to the message, so it did not say the truth
  if (hasLength && message.bodyEnd !== message.text.length) return defect(-5, "invalid Content-Length header");
  if (message.bodyEnd === message.bodyAt) return undefined;
  if (message.contentType === undefined) return defect(-21, "missing Content-Type header");
  if (!flags.includes("s")) return undefined;
  for (const part of bodyParts(message.contentType, message.body)) {
    if (isMime(part.contentType, "application/sdp") && !isSdp(part.body)) return defect(-6, "failed to parse the SDP body");
  }
  return undefined;
}

function headerDefect(message: SipMessage, flags: string): Defect | undefined {
  if (!flags.includes("h")) return undefined;
  for (const id of [H.Route, H.RecordRoute, H.Path, H.Contact]) {
    if (!message.nameAddrs(id).ok) return defect(-2, "failed to parse the headers");
  }
  return undefined;
}

function kindDefect(message: SipMessage, flags: string): Defect | undefined {
  if (message instanceof SipRequest) {
    if (!flags.includes("m") && message.maxForwards < 0) return defect(-13, "missing Max-Forwards header");
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

function uriDefect(message: SipMessage, flags: string): Defect | undefined {
  if (flags.includes("r") && message instanceof SipRequest) {
    const found = partDefect(message.uri, [-11, -12, -27], "R-URI");
    if (found !== undefined) return found;
  }
  if (flags.includes("f")) {
    const found = partDefect(message.from.sipUri(), [-24, -25, -28], "From URI");
    if (found !== undefined) return found;
  }
  if (flags.includes("t")) {
    const found = partDefect(message.to.sipUri(), [-22, -23, -29], "To URI");
    if (found !== undefined) return found;
  }
  if (!flags.includes("c")) return undefined;
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
      if (!isHex(user.charCodeAt(i + 1)) || !isHex(user.charCodeAt(i + 2))) return false;
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
  return (code >= 48 && code <= 57) || ((code | 32) >= 97 && (code | 32) <= 122);
}

function isHex(code: number): boolean {
  return (code >= 48 && code <= 57) || ((code | 32) >= 97 && (code | 32) <= 102);
}

function defect(code: number, reason: string): Defect {
  return { code, reason };
}
