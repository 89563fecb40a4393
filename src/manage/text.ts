// Text as management commands take and show it.

import { asWritten, shown } from "../kit/index.ts";

export { asWritten, shown };

const SHORT = new Map([
  [0x08, "\\b"],
  [0x09, "\\t"],
  [0x0a, "\\n"],
  [0x0c, "\\f"],
  [0x0d, "\\r"],
]);

/**
 * Escapes what cannot be seen: bytes below 0x20 and from 0x7f on as `\r` and its kin or as `\xHH`, a backslash as two.
 * Characters that are no bytes stay as they are.
 */
export function escaped(text: string): string {
  if (!hasEscapable(text)) return text;
  let out = "";
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x5c) out += "\\\\";
    else if ((code >= 0x20 && code < 0x7f) || code > 0xff) out += text[i];
    else out += SHORT.get(code) ?? `\\x${code.toString(16).padStart(2, "0")}`;
  }
  return out;
}

function hasEscapable(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x5c || code > 0x7e) return true;
  }
  return false;
}

/**
 * Header lines that a command brings for a message, ready to stand in it.
 * @returns each line with its CRLF, whether the last one had it or not; `undefined` when a line is no header, when one is
 * empty (it would end the head), or when a character has no place in a header
 */
export function headerLines(text: string): string | undefined {
  if (text === "") return "";
  const written = asWritten(text);
  const lines = (written.endsWith("\r\n") ? written.slice(0, -2) : written).split("\r\n");
  return lines.every(isHeaderLine) ? `${lines.join("\r\n")}\r\n` : undefined;
}

function isHeaderLine(line: string): boolean {
  const colon = line.indexOf(":");
  if (colon < 1) return false;
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i);
    if (i < colon ? !isTokenCode(code) : code === 0 || code === 0x0a || code === 0x0d) return false;
  }
  return true;
}

/** Letters, digits and `-.!%*_+`'~` (RFC 3261 §25.1). */
function isTokenCode(code: number): boolean {
  if ((code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)) return true;
  return "-.!%*_+`'~".includes(String.fromCharCode(code));
}
