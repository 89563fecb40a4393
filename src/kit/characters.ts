// Between text as it stands on the wire (one character, one byte) and text as people and JSON write it.

/** Most text is ASCII, and then nothing has to be done. */
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

/** What a person or a program wrote, as it stands on the wire: the inverse of `shown`. */
export function asWritten(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, "utf8").latin1Slice();
}
