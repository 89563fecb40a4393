// What a Contact of ours carries where no dialog remembers it: the address of the party behind it and the way there, hidden from
// a casual reader. It protects nothing: who knows the password can write one.
import { fromWord32, fromWord64, toWord32, toWord64, xorCyclic } from "../kit/index.ts";
import type { TopologySettings } from "./settings.ts";

/** The party behind a Contact. */
export interface ContactInfo {
  /** Route values towards it in the order they are sent, comma-joined; "" when there are none. */
  readonly routes: string;
  /** Its own Contact URI, without brackets. */
  readonly contact: string;
  /** `ModuleFlag` bits; 0 in what older versions wrote. */
  readonly flags: number;
  /** Name of the socket its messages come in on. */
  readonly socket: string;
}

type Encoding = Pick<TopologySettings, "contactPassword" | "contactScheme">;

/** Longest field: its length is written in two bytes. */
const MAX_FIELD = 0xffff;

/**
 * Writes it as the value of a URI parameter.
 * @returns undefined when a part is too long
 */
export function encodeContact(info: ContactInfo, { contactPassword, contactScheme }: Encoding): string | undefined {
  let plain = "";
  for (const field of [info.routes, info.contact, String(info.flags), info.socket]) {
    if (field.length > MAX_FIELD) return undefined;
    plain += String.fromCharCode(field.length & 255, field.length >>> 8) + field;
  }
  const hidden = xorCyclic(plain, contactPassword);
  return contactScheme === "base64" ? toWord64(hidden) : toWord32(hidden);
}

/**
 * Reads what `encodeContact`, or a version without flags, wrote.
 * @returns undefined for anything else
 */
export function decodeContact(text: string, { contactPassword, contactScheme }: Encoding): ContactInfo | undefined {
  const hidden = contactScheme === "base64" ? fromWord64(text) : fromWord32(text);
  if (hidden === undefined) return undefined;
  const plain = xorCyclic(hidden, contactPassword);
  const fields: string[] = [];
  let at = 0;
  while (at < plain.length) {
    if (fields.length === 4 || at + 2 > plain.length) return undefined;
    const from = at + 2;
    at = from + plain.charCodeAt(at) + plain.charCodeAt(at + 1) * 256;
    if (at > plain.length) return undefined;
    fields.push(plain.slice(from, at));
  }
  const [routes, contact, third, fourth] = fields;
  if (routes === undefined || contact === undefined || third === undefined) return undefined;
  if (fourth === undefined) return { routes, contact, flags: 0, socket: third };
  const flags = digits(third);
  return flags < 0 ? undefined : { routes, contact, flags, socket: fourth };
}

function digits(text: string): number {
  if (text === "" || text.length > 9) return -1;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
