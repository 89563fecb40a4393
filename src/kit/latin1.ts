// Text of the wire is latin1: one character, one byte, lossless. These two calls are the fast ways in and out.

declare global {
  interface Buffer {
    /** Node's unchecked fast path of `toString("latin1", start, end)`: a flat string of its own. */
    latin1Slice(start?: number, end?: number): string;
    /** Node's unchecked fast path of `write(text, offset, length, "latin1")`. */
    latin1Write(text: string, offset?: number, length?: number): number;
  }
}

/** Bytes as text. */
export function latin1(bytes: Buffer, from = 0, to: number = bytes.length): string {
  return bytes.latin1Slice(from, to);
}

/** Text as bytes of its own; characters above U+00FF lose their high bits. */
export function bytesOf(text: string): Buffer {
  return Buffer.from(text, "latin1");
}
