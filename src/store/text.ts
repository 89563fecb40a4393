// Text between the engine and columns. The engine holds the bytes of the wire, one character each; a column holds characters, and whoever
// looks at it wants to read them. What our users write may already be characters of any kind.
import type { Dialect } from "./ports.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A text of the engine as a column takes it: bytes that are UTF-8 become the characters they mean, anything else stays as it is.
 * @param dialect - PostgreSQL has no place for U+0000: it is left out there
 */
export function columnText(text: string, dialect: Dialect): string {
  const highest = highestOf(text);
  let out = text;
  if (highest > 0xff)
    out = text.toWellFormed(); // half of a pair has no encoding
  else if (highest > 0x7f) out = decoded(text) ?? text;
  return dialect === "postgres" && out.includes("\0") ? out.replaceAll("\0", "") : out;
}

/** A text of a column as the engine takes it: the bytes of its UTF-8 form, one character each. */
export function engineText(text: string): string {
  return highestOf(text) > 0x7f ? Buffer.from(text, "utf8").latin1Slice() : text;
}

/** Bytes for a binary column: those of the wire, and UTF-8 where a text has more than bytes in it. */
export function columnBytes(text: string): Uint8Array {
  return Buffer.from(text, highestOf(text) > 0xff ? "utf8" : "latin1");
}

function decoded(text: string): string | undefined {
  try {
    return decoder.decode(Buffer.from(text, "latin1"));
  } catch {
    return undefined;
  }
}

/** A bound of the characters: exact as to which of the three kinds of text it is. */
function highestOf(text: string): number {
  let mix = 0;
  for (let i = 0; i < text.length; i++) mix |= text.charCodeAt(i);
  return mix;
}
