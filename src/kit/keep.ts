// A slice of a long string keeps the whole string alive. What outlives its message is copied with this.

import { bytesOf, latin1 } from "./latin1.ts";

const scratch = Buffer.allocUnsafeSlow(65_536);

/**
 * Copies a latin1 string so that it holds on to nothing but itself.
 * @param text - one character per byte; anything above U+00FF would lose bits and is not for this
 */
export function keep(text: string): string {
  const length = text.length;
  // V8 copies slices below 13 characters by itself.
  if (length < 13) return text;
  if (length > scratch.length) return latin1(bytesOf(text));
  scratch.latin1Write(text, 0, length);
  return latin1(scratch, 0, length);
}
