// A slice of a long string keeps the whole string alive. What outlives its message is copied with this.

import { bytesOf, latin1 } from "./latin1.ts";

const scratch = Buffer.allocUnsafeSlow(65_536);

/**
 * Copies a string so that it holds on to nothing but itself.
 * @param text - meant for latin1 text of the wire, which is quick; other text is copied too
 */
export function keep(text: string): string {
  const length = text.length;
  // V8 copies slices below 13 characters by itself.
  if (length < 13) return text;
  let copy: string;
  if (length > scratch.length) copy = latin1(bytesOf(text));
  else {
    scratch.latin1Write(text, 0, length);
    copy = latin1(scratch, 0, length);
  }
  // Names that our users write may hold characters above U+00FF, and those do not survive the way through bytes.
  return copy === text ? copy : Buffer.from(text, "utf16le").toString("utf16le");
}
