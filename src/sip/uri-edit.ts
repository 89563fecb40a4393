// URIs with one thing changed (RFC 3261 section 19.1). Everything else stays as it was written.

import { decimal, equalsIgnoreCase, isDigit, isUriStop } from "./chars.ts";
import { bracketed } from "./hosts.ts";
import { listParams } from "./params.ts";
import { parseUri, type SipUri } from "./uri.ts";

/** What to change; what is left out stays. */
export interface UriChanges {
  /** With its escapes; "" takes user and password away. */
  readonly user?: string;
  /** IPv6 with or without brackets. */
  readonly host?: string;
  /** 0 takes it away. */
  readonly port?: number;
  /** All parameters, each with its leading semicolon. */
  readonly params?: string;
}

/**
 * Writes a sip or sips URI anew with some parts changed.
 * @returns undefined when the URI is of another scheme, or the result would be no URI
 */
export function withUriParts(uri: SipUri, changes: UriChanges): string | undefined {
  if (!uri.isSip) return undefined;
  const user = changes.user ?? uri.user ?? "";
  const password = user === "" || uri.password === undefined ? "" : `:${uri.password}`;
  const port = changes.port ?? uri.port;
  const host = bracketed(changes.host ?? uri.host);
  const headers = uri.headers === "" ? "" : `?${uri.headers}`;
  const text = `${uri.scheme}:${user}${password}${user === "" ? "" : "@"}${host}${port === 0 ? "" : `:${port}`}${changes.params ?? uri.paramText}${headers}`;
  return parseUri(text).ok ? text : undefined;
}

/**
 * Adds a parameter behind the others.
 * @param param - `name` or `name=value`, with or without its semicolon
 */
export function withUriParam(uri: SipUri, param: string): string | undefined {
  const text = param.startsWith(";") ? param : `;${param}`;
  return text.length < 2 ? undefined : withUriParts(uri, { params: uri.paramText + text });
}

/** Takes a parameter away, ASCII case ignored. @returns undefined when it is not there */
export function withoutUriParam(uri: SipUri, name: string): string | undefined {
  if (!uri.has(name)) return undefined;
  let params = "";
  for (const param of listParams(uri.paramText, 0, uri.paramText.length)) {
    if (!equalsIgnoreCase(param.name, name)) params += param.value === undefined ? `;${param.name}` : `;${param.name}=${param.value}`;
  }
  return withUriParts(uri, { params });
}

/**
 * A `tel` URI as a SIP URI of a domain: `tel:+1-212;phone-context=x` becomes `sip:+1212;phone-context=x@domain;user=phone`; visual
 * separators go, parameters stay with the number (RFC 3261 section 19.1.6).
 * @returns the text as it is for any other scheme; undefined when the number is none
 */
export function telToSip(uri: SipUri, domain: string): string | undefined {
  if (uri.scheme !== "tel") return uri.text;
  let number = "";
  for (const c of uri.user ?? "") if (!"-.()".includes(c)) number += c;
  if (!isPhoneNumber(number)) return undefined;
  const text = `sip:${number}${uri.paramText}@${bracketed(domain)};user=phone`;
  return parseUri(text).ok ? text : undefined;
}

/** Whether a user part is an E.164 number: a plus and 2 to 15 digits. */
export function isE164(user: string | undefined): boolean {
  return (
    user !== undefined && user.charCodeAt(0) === 43 && user.length > 2 && user.length <= 16 && decimal(user, 1, user.length, 1e15) >= 0
  );
}

/** Whether a text could be the user part of a URI as it stands. */
export function isUriUser(user: string): boolean {
  if (user === "") return false;
  for (let i = 0; i < user.length; i++) {
    const c = user.charCodeAt(i);
    if (c === 64 || c > 126 || isUriStop(c)) return false;
  }
  return true;
}

function isPhoneNumber(number: string): boolean {
  const start = number.startsWith("+") ? 1 : 0;
  if (number.length === start) return false;
  for (let i = start; i < number.length; i++) {
    const c = number.charCodeAt(i);
    if (!isDigit(c) && !"*#ABCDabcd".includes(number.charAt(i))) return false;
  }
  return true;
}
