// Between text as it stands in SIP (one character, one byte) and text as people and JSON write it.

/** Most operators' text is ASCII, and then nothing has to be done. */
function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7e) return false;
  return true;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes that are UTF-8 become the characters they mean; anything else stays one character per byte. */
export function shown(text: string): string {
  if (isAscii(text)) return text;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return text; // characters already
  try {
    return utf8.decode(Buffer.from(text, "latin1"));
  } catch {
    return text;
  }
}

/** What a person wrote, as it stands in SIP: the inverse of `shown`. */
export function asWritten(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, "utf8").latin1Slice();
}

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
  if (isAscii(text) && !hasEscapable(text)) return text;
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
    if (code < 0x20 || code === 0x5c) return true;
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
