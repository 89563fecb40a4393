// Bytes as text that may stand in a URI: the "word" encodings of the reference (base64 and base32 with characters that need no
// escape), and the cyclic XOR that goes with them. This hides, it does not protect.
import { bytesOf, latin1 } from "./latin1.ts";

const LETTERS32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/** Padding of a whole group of eight, by the number of bytes in the last five. */
const DIGITS32: readonly number[] = [0, 2, 4, 5, 7, 8];

/** Base64 with `.` for `/` and `-` for the padding. @param bytes - latin1 text */
export function toWord64(bytes: string): string {
  return bytesOf(bytes).toString("base64").replaceAll("/", ".").replaceAll("=", "-");
}

/** @returns undefined for anything that `toWord64` does not write */
export function fromWord64(text: string): string | undefined {
  if (text.length % 4 !== 0) return undefined;
  let padding = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 45) padding++;
    else if (padding > 0 || !isLetter64(c)) return undefined;
  }
  if (padding > 2) return undefined;
  const bytes = latin1(Buffer.from(text.replaceAll(".", "/").replaceAll("-", "="), "base64"));
  // bits beyond the last byte say that somebody else wrote this
  return toWord64(bytes) === text ? bytes : undefined;
}

/** Base32 (RFC 4648) with `-` for the padding. @param bytes - latin1 text */
export function toWord32(bytes: string): string {
  let out = "";
  let bits = 0;
  let held = 0;
  for (let i = 0; i < bytes.length; i++) {
    held = ((held << 8) | bytes.charCodeAt(i)) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += LETTERS32.charAt((held >>> bits) & 31);
    }
  }
  if (bits > 0) out += LETTERS32.charAt((held << (5 - bits)) & 31);
  return out.padEnd(Math.ceil(out.length / 8) * 8, "-");
}

/** @returns undefined for anything that `toWord32` does not write; case does not count */
export function fromWord32(text: string): string | undefined {
  if (text.length % 8 !== 0) return undefined;
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 45) end--;
  if (text.length - end > 6 || (text.length > end && !DIGITS32.includes(8 - (text.length - end)))) return undefined;
  let out = "";
  let bits = 0;
  let held = 0;
  for (let i = 0; i < end; i++) {
    const digit = digit32(text.charCodeAt(i));
    if (digit < 0) return undefined;
    held = ((held << 5) | digit) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    out += String.fromCharCode((held >>> bits) & 255);
  }
  return (held & ((1 << bits) - 1)) === 0 ? out : undefined;
}

/** XOR with a password as often as it takes; an empty one changes nothing. Twice gives the text again. Latin1 text. */
export function xorCyclic(text: string, password: string): string {
  if (password === "") return text;
  let out = "";
  for (let i = 0; i < text.length; i++) {
    out += String.fromCharCode((text.charCodeAt(i) ^ password.charCodeAt(i % password.length)) & 255);
  }
  return out;
}

function isLetter64(c: number): boolean {
  return (c >= 48 && c <= 57) || ((c | 32) >= 97 && (c | 32) <= 122) || c === 43 || c === 46;
}

function digit32(c: number): number {
  if (c >= 50 && c <= 55) return c - 24;
  const lower = c | 32;
  return lower >= 97 && lower <= 122 ? lower - 97 : -1;
}
