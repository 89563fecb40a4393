// {s.…}: digests, encodings, escapes.
import { bytesOf, type HashAlgorithm, latin1 } from "../../kit/index.ts";
import { hexValue } from "../../sip/index.ts";
import { msOf } from "../calendar.ts";
import { int32, type Value } from "../values.ts";
import { nothing, simple, type TransformationDefinition, wholeNumber, withParameters } from "./definition.ts";

const SHA: readonly HashAlgorithm[] = ["sha1", "sha224", "sha256", "sha384", "sha512"];

/** The transformations of class `s` that write bytes another way. */
export function encodeTransformations(): readonly TransformationDefinition[] {
  return [
    digest("md5"),
    ...SHA.map(digest),
    ...SHA.map(keyedDigest),
    simple("s", "crc32", (text) => String(crc32(text))),
    simple("s", "encode.hexa", toHex),
    simple("s", "decode.hexa", (text, run) => fromHex(text) ?? nothing(run, "string", "s.decode.hexa: no hexadecimal digits")),
    simple("s", "dec2hex", (text, run) => {
      const number = wholeNumber(text);
      return number === undefined ? nothing(run, "string", "s.dec2hex: no number") : (number >>> 0).toString(16);
    }),
    simple("s", "hex2dec", (text, run) => hexNumber(text) ?? nothing(run, "string", "s.hex2dec: no hexadecimal number")),
    simple("s", "b64encode", (text) => bytesOf(text).toString("base64")),
    simple("s", "b64decode", (text, run) => fromBase64(text) ?? nothing(run, "string", "s.b64decode: no base64")),
    withParameters("s", "xor", 1, 1, (given) => {
      const key = given.text(0);
      return (text, run) => {
        const bytes = key(run);
        return bytes === "" ? nothing(run, "string", "s.xor: no key") : xor(text, bytes);
      };
    }),
    simple("s", "escape.common", escapeCommon),
    simple("s", "unescape.common", unescapeCommon),
    simple("s", "escape.user", (text) => percent(text, "-_.!~*'()&=+$,;?/")),
    simple("s", "unescape.user", (text, run) => unpercent(text) ?? nothing(run, "string", "s.unescape.user: bad escape")),
    simple("s", "escape.param", (text) => percent(text, "-_.!~*'()[]/:&+$")),
    simple("s", "unescape.param", (text, run) => unpercent(text) ?? nothing(run, "string", "s.unescape.param: bad escape")),
    simple("s", "date2unix", (text, run) => sipDate(text) ?? nothing(run, "string", "s.date2unix: no SIP date")),
  ];
}

function digest(algorithm: HashAlgorithm): TransformationDefinition {
  return simple("s", algorithm, (text, run) => run.services.digest(algorithm, text));
}

function keyedDigest(algorithm: HashAlgorithm): TransformationDefinition {
  return withParameters("s", `${algorithm}_hmac`, 1, 1, (given) => {
    const key = given.text(0);
    return (text, run) => run.services.digest(algorithm, text, key(run));
  });
}

// The reference leaves out the last step of CRC-32, the inversion of all bits.
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i++) {
    crc ^= text.charCodeAt(i);
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0xedb88320;
  }
  return crc >>> 0;
}

function toHex(text: string): string {
  return bytesOf(text).toString("hex");
}

function fromHex(text: string): string | undefined {
  if (text.length % 2 !== 0) return undefined;
  let out = "";
  for (let i = 0; i < text.length; i += 2) {
    const high = hexValue(text.charCodeAt(i));
    const low = hexValue(text.charCodeAt(i + 1));
    if (high < 0 || low < 0) return undefined;
    out += String.fromCharCode(high * 16 + low);
  }
  return out;
}

function hexNumber(text: string): Value | undefined {
  const digits = text.startsWith("0x") || text.startsWith("0X") ? text.slice(2) : text;
  if (digits === "" || digits.length > 8) return undefined;
  let value = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = hexValue(digits.charCodeAt(i));
    if (digit < 0) return undefined;
    value = value * 16 + digit;
  }
  return int32(value);
}

// Both alphabets (RFC 4648 sections 4 and 5), padding optional.
function fromBase64(text: string): string | undefined {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 61) end--;
  if (text.length - end > 2 || end % 4 === 1) return undefined;
  for (let i = 0; i < end; i++) {
    const c = text.charCodeAt(i);
    const isLetter = (c | 32) >= 97 && (c | 32) <= 122;
    if (!isLetter && !(c >= 47 && c <= 57) && c !== 43 && c !== 45 && c !== 95) return undefined;
  }
  return latin1(Buffer.from(text, "base64"));
}

function xor(text: string, key: string): string {
  const bytes = bytesOf(text);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] ?? 0) ^ (key.charCodeAt(i % key.length) & 0xff);
  return latin1(bytes);
}

function escapeCommon(text: string): string {
  let out = "";
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c !== 39 && c !== 34 && c !== 92 && c !== 0) continue;
    out += `${text.slice(from, i)}\\${c === 0 ? "0" : text.charAt(i)}`;
    from = i + 1;
  }
  return out + text.slice(from);
}

function unescapeCommon(text: string): string {
  let out = "";
  let from = 0;
  let at = text.indexOf("\\");
  while (at >= 0 && at + 1 < text.length) {
    const c = text.charAt(at + 1);
    if (c === "'" || c === '"' || c === "\\" || c === "0") {
      out += text.slice(from, at) + (c === "0" ? "\0" : c);
      from = at + 2;
    }
    at = text.indexOf("\\", at + 2);
  }
  return out + text.slice(from);
}

// RFC 3261 section 25.1: letters, digits and the marks given stand as they are.
function percent(text: string, marks: string): string {
  let out = "";
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if ((c >= 48 && c <= 57) || ((c | 32) >= 97 && (c | 32) <= 122) || marks.includes(text.charAt(i))) continue;
    out += `${text.slice(from, i)}%${c < 16 ? "0" : ""}${c.toString(16)}`;
    from = i + 1;
  }
  return out + text.slice(from);
}

function unpercent(text: string): string | undefined {
  let out = "";
  let from = 0;
  for (let at = text.indexOf("%"); at >= 0; at = text.indexOf("%", from)) {
    const byte = fromHex(text.slice(at + 1, at + 3));
    if (byte === undefined || byte === "") return undefined;
    out += text.slice(from, at) + byte;
    from = at + 3;
  }
  return out + text.slice(from);
}

const MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec";

// RFC 3261 section 20.17: `Sat, 13 Nov 2010 23:29:00 GMT`.
function sipDate(text: string): Value | undefined {
  const words = text.trim().split(" ");
  const [, day = "", month = "", year = "", clock = "", zone = ""] = words;
  const at = MONTHS.indexOf(month.toLowerCase());
  const [hour, minute, second] = clock.split(":").map(wholeNumber);
  const d = wholeNumber(day);
  const y = wholeNumber(year);
  if (words.length !== 6 || month.length !== 3 || at < 0 || at % 3 !== 0 || zone !== "GMT" || d === undefined || y === undefined) {
    return undefined;
  }
  if (hour === undefined || minute === undefined || second === undefined || d < 1 || d > 31 || y < 1970 || y > 2037) return undefined;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return undefined;
  return msOf(y, at / 3 + 1, d, hour, minute, second) / 1000;
}
