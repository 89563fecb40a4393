// Changes one part of a URI and leaves every other byte alone.
import { bracketed, parseUri, type SipUri } from "../../sip/index.ts";

/** Where the host of a sip or sips URI begins, where it ends, and where its port ends. */
interface HostPlace {
  readonly userFrom: number;
  readonly hostFrom: number;
  readonly hostEnd: number;
  readonly portEnd: number;
}

/** The URI with another user part, its password kept; without one for `undefined`. @returns undefined when the result is no URI */
export function withUser(uri: SipUri, user: string | undefined): string | undefined {
  const place = placeOf(uri);
  if (place === undefined) return undefined;
  const { text, password } = uri;
  const head = text.slice(0, place.userFrom);
  const rest = text.slice(place.hostFrom);
  if (user === undefined || user === "") return head + rest;
  return checked(`${head}${user}${password === undefined ? "" : `:${password}`}@${rest}`);
}

/** The URI with another host; an IPv6 address may come without brackets. @returns undefined when the result is no URI */
export function withHost(uri: SipUri, host: string): string | undefined {
  const place = placeOf(uri);
  if (place === undefined) return undefined;
  return checked(uri.text.slice(0, place.hostFrom) + bracketed(host) + uri.text.slice(place.hostEnd));
}

/** The URI with another port; without one for 0. @returns undefined when the result is no URI */
export function withPort(uri: SipUri, port: number): string | undefined {
  const place = placeOf(uri);
  if (place === undefined) return undefined;
  const { text } = uri;
  return checked(text.slice(0, place.hostEnd) + (port === 0 ? "" : `:${port}`) + text.slice(place.portEnd));
}

function placeOf(uri: SipUri): HostPlace | undefined {
  if (!uri.isSip) return undefined;
  const { text, user, password } = uri;
  const userFrom = uri.scheme.length + 1;
  let hostFrom = userFrom;
  if (user !== undefined) hostFrom += user.length + 1 + (password === undefined ? 0 : password.length + 1);
  let hostEnd = hostFrom;
  if (text.charCodeAt(hostFrom) === 91) hostEnd = text.indexOf("]", hostFrom) + 1;
  else while (hostEnd < text.length && !endsHost(text.charCodeAt(hostEnd))) hostEnd++;
  let portEnd = hostEnd;
  if (text.charCodeAt(hostEnd) === 58) {
    portEnd++;
    while (portEnd < text.length && text.charCodeAt(portEnd) >= 48 && text.charCodeAt(portEnd) <= 57) portEnd++;
  }
  return { userFrom, hostFrom, hostEnd, portEnd };
}

function endsHost(code: number): boolean {
  return code === 58 || code === 59 || code === 63;
}

// A user with an `@` in it, a host with a blank: what was put in must not change what the rest means.
function checked(text: string): string | undefined {
  return parseUri(text).ok ? text : undefined;
}
