// Credentials of the message and challenges of a reply (RFC 3261 section 22, RFC 7616).
import { H, type SipMessage, SipResponse, unquote } from "../../sip/index.ts";
import type { VariableDefinition } from "../module.ts";
import type { Run } from "../run.ts";
import type { Value } from "../values.ts";
import { orNull, plain } from "./define.ts";

/** `$ar $au $ad $an $aU $Au $adu $auth.*` and `$challenge.*`. */
export function authVariables(): readonly VariableDefinition[] {
  return [
    plain("ar", (run) => credential(run, "realm")),
    plain("aU", (run) => credential(run, "username")),
    plain("au", (run) => orNull(userPart(run))),
    plain("ad", (run) => orNull(domainPart(run))),
    plain("Au", (run) => orNull(userPart(run) ?? run.message.from.sipUri()?.user)),
    plain("adu", (run) => credential(run, "uri")),
    plain("an", (run) => credential(run, "nonce")),
    plain("auth.nonce", (run) => credential(run, "nonce")),
    plain("auth.resp", (run) => credential(run, "response")),
    plain("auth.cnonce", (run) => credential(run, "cnonce")),
    plain("auth.opaque", (run) => credential(run, "opaque")),
    plain("auth.alg", (run) => credential(run, "algorithm")),
    plain("auth.qop", (run) => credential(run, "qop")),
    plain("auth.nc", (run) => credential(run, "nc")),
    ...["realm", "nonce", "opaque", "algorithm", "qop", "ik", "ck"].map((field) =>
      plain(`challenge.${field}`, (run) => challenge(run, field)),
    ),
  ];
}

function credential(run: Run, field: string): Value {
  const header = firstCredentials(run.message);
  return header === undefined ? null : orNull(digestField(header, field));
}

function challenge(run: Run, field: string): Value {
  if (!(run.message instanceof SipResponse)) return null;
  const { message } = run;
  // each status has its header; only where that one is missing the other counts
  const [one, other] =
    message.status === 407 ? ([H.ProxyAuthenticate, H.WwwAuthenticate] as const) : ([H.WwwAuthenticate, H.ProxyAuthenticate] as const);
  const header = message.header(one) ?? message.header(other);
  return header === undefined ? null : orNull(digestField(header, field));
}

function userPart(run: Run): string | undefined {
  const username = credential(run, "username");
  if (typeof username !== "string") return undefined;
  const at = username.indexOf("@");
  return at < 0 ? username : username.slice(0, at);
}

function domainPart(run: Run): string | undefined {
  const username = credential(run, "username");
  if (typeof username !== "string") return undefined;
  const at = username.indexOf("@");
  return at < 0 ? undefined : username.slice(at + 1);
}

// Whichever of the two stands first.
function firstCredentials(message: SipMessage): string | undefined {
  const a = message.headerIndex(H.Authorization);
  const b = message.headerIndex(H.ProxyAuthorization);
  if (a < 0 && b < 0) return undefined;
  return message.header(b < 0 || (a >= 0 && a < b) ? H.Authorization : H.ProxyAuthorization);
}

/**
 * A field of a credentials or challenge header, `Digest realm="a", nonce="b"`: unquoted; undefined when it is not there.
 * @param name - lower case
 */
export function digestField(header: string, name: string): string | undefined {
  let i = header.indexOf(" ");
  if (i < 0) return undefined;
  const end = header.length;
  while (i < end) {
    while (i < end && isGap(header.charCodeAt(i))) i++;
    const nameFrom = i;
    while (i < end && header.charCodeAt(i) !== 61 && header.charCodeAt(i) !== 44) i++;
    const isIt = header.slice(nameFrom, i).trimEnd().toLowerCase() === name;
    if (i >= end || header.charCodeAt(i) === 44) {
      if (isIt) return "";
      continue;
    }
    i++;
    while (i < end && (header.charCodeAt(i) === 32 || header.charCodeAt(i) === 9)) i++;
    const from = i;
    if (header.charCodeAt(i) === 34) {
      i++;
      while (i < end && header.charCodeAt(i) !== 34) i += header.charCodeAt(i) === 92 ? 2 : 1;
      if (isIt) return unquote(header.slice(from, i + 1));
      i++;
    } else {
      while (i < end && header.charCodeAt(i) !== 44) i++;
      if (isIt) return header.slice(from, i).trimEnd();
    }
  }
  return undefined;
}

function isGap(code: number): boolean {
  return code === 32 || code === 9 || code === 44;
}
