// Addresses of record: the key under which bindings are kept, made of a URI (RFC 3261 section 10.3 step 5, side-modules 3.1).
import { bad, good, type Parsed } from "../kit/index.ts";
import { parseUri, type SipUri } from "../sip/index.ts";
import type { LocationSettings } from "./settings.ts";

/** Why a URI is no address of record. */
export type AorFault = "parse" | "tooLong";

/** The settings that make up a key. */
export type AorSettings = Pick<
  LocationSettings,
  "useDomain" | "realmPrefix" | "isCaseSensitive" | "maxUsernameLength" | "maxDomainLength" | "maxAorLength"
>;

/** The key of a URI: its user, and its domain where that belongs to it. A URI without a user has none. */
export function aorOf(uri: SipUri | undefined, settings: AorSettings): Parsed<string, AorFault> {
  if (uri === undefined || (!uri.isSip && uri.scheme !== "tel")) return bad("parse");
  const user = uri.user === undefined ? "" : unescaped(uri.user);
  if (user === "") return bad("parse");
  if (user.length > settings.maxUsernameLength) return bad("tooLong");
  let aor = user;
  if (settings.useDomain && uri.host !== "") {
    let host = uri.host.toLowerCase();
    const prefix = settings.realmPrefix.toLowerCase();
    if (prefix !== "" && host.length > prefix.length && host.startsWith(prefix)) host = host.slice(prefix.length);
    if (host.length > settings.maxDomainLength) return bad("tooLong");
    aor = `${user}@${host}`;
  }
  if (aor.length > settings.maxAorLength) return bad("tooLong");
  return good(settings.isCaseSensitive ? aor : aor.toLowerCase());
}

/** The key of a URI as text; one without scheme is read as `sip:`. */
export function aorOfText(text: string, settings: AorSettings): Parsed<string, AorFault> {
  const uri = parseUri(text);
  if (uri.ok && (uri.value.isSip || uri.value.scheme === "tel")) return aorOf(uri.value, settings);
  const bare = parseUri(`sip:${text}`);
  return bare.ok ? aorOf(bare.value, settings) : bad("parse");
}

/** The key that an operator writes in a command: user, or user@domain. Undefined when the domain is missing. */
export function aorOfOperator(text: string, settings: AorSettings): string | undefined {
  const at = text.lastIndexOf("@");
  if (settings.useDomain && at < 0) return undefined;
  const aor = settings.useDomain ? `${text.slice(0, at)}@${text.slice(at + 1).toLowerCase()}` : at < 0 ? text : text.slice(0, at);
  return settings.isCaseSensitive ? aor : aor.toLowerCase();
}

/** Undoes `%xx`; controls, spaces and what is no escape stay as they are. */
function unescaped(text: string): string {
  let percent = text.indexOf("%");
  if (percent < 0) return text;
  let out = "";
  let from = 0;
  while (percent >= 0) {
    const code = hex(text.charCodeAt(percent + 1)) * 16 + hex(text.charCodeAt(percent + 2));
    if (code > 32 && code !== 127) {
      out += text.slice(from, percent) + String.fromCharCode(code);
      from = percent + 3;
      percent = text.indexOf("%", from);
    } else percent = text.indexOf("%", percent + 1);
  }
  return out + text.slice(from);
}

/** A hexadecimal digit; a number so low that no escape comes of it otherwise. */
function hex(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1000;
}
