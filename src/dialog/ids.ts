// What a dialog is called: the two numbers, the cookie made of them (`did` in Record-Route) and the 64-bit id of tables.
// All nodes and tables that share dialogs must agree on every bit here.
import { hexValue } from "../sip/index.ts";

/** `h_entry` (the bucket, a hash of the Call-ID) and `h_id` (unique within the bucket); both unsigned 32 bits. */
export interface DialogNumbers {
  readonly entry: number;
  readonly id: number;
}

const LOW_32_BITS = 0xffffffffn;
const MAX_DB_ID = (1n << 64n) - 1n;

/**
 * The hash that spreads Call-IDs over buckets, before masking. Four bytes at a time as a big-endian word, each mixed and added;
 * what is left over makes the last word. Bytes from 0x80 on count as negative, as in tables written by OpenSIPS.
 * @param callId - latin1, case-sensitive
 */
export function callIdHash(callId: string): number {
  const length = callId.length;
  let sum = 0;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    const word = ((signed(callId, at) << 24) + (signed(callId, at + 1) << 16) + (signed(callId, at + 2) << 8) + signed(callId, at + 3)) | 0;
    sum = (sum + (word ^ (word >>> 3))) | 0;
  }
  let last = 0;
  for (; at < length; at++) last = ((last << 8) + signed(callId, at)) | 0;
  sum = (sum + (last ^ (last >>> 3))) | 0;
  return (sum + (sum >>> 11) + (sum >>> 13) + (sum >>> 23)) >>> 0;
}

/** The bucket of a Call-ID in a table of `size` buckets (a power of two). */
export function entryOf(callId: string, size: number): number {
  return (callIdHash(callId) & (size - 1)) >>> 0;
}

/** Rounds a table size down to a power of two; 0 becomes 1. */
export function roundTableSize(size: number): number {
  return size < 2 ? 1 : 2 ** Math.floor(Math.log2(size));
}

/** The cookie: both numbers in hexadecimal, least significant digit first, with a dot between. */
export function formatDid(entry: number, id: number): string {
  return `${reversedHex(entry)}.${reversedHex(id)}`;
}

/**
 * Reads a cookie; upper or lower case.
 * @returns undefined for anything that is not two non-empty halves of at most eight hex digits
 */
export function parseDid(text: string): DialogNumbers | undefined {
  const dot = text.indexOf(".");
  if (dot < 0) return undefined;
  const entry = readReversed(text, 0, dot);
  const id = readReversed(text, dot + 1, text.length);
  return entry < 0 || id < 0 ? undefined : { entry, id };
}

/** The id that tables use: `entry` × 2³² + `id`. */
export function dbIdOf(entry: number, id: number): bigint {
  return (BigInt(entry) << 32n) | BigInt(id);
}

/** Reads a decimal 64-bit id. @returns undefined for anything else */
export function parseDbId(text: string): DialogNumbers | undefined {
  if (text.length === 0 || text.length > 20) return undefined;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x30 || code > 0x39) return undefined;
  }
  const value = BigInt(text);
  if (value > MAX_DB_ID) return undefined;
  return { entry: Number(value >> 32n), id: Number(value & LOW_32_BITS) };
}

const DIGITS = "0123456789abcdef";

function reversedHex(value: number): string {
  let out = "";
  let rest = value >>> 0;
  do {
    out += DIGITS[rest & 15];
    rest >>>= 4;
  } while (rest !== 0);
  return out;
}

function readReversed(text: string, from: number, to: number): number {
  if (to <= from || to - from > 8) return -1;
  let value = 0;
  for (let at = to - 1; at >= from; at--) {
    const digit = hexValue(text.charCodeAt(at));
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

function signed(text: string, at: number): number {
  return (text.charCodeAt(at) << 24) >> 24;
}
