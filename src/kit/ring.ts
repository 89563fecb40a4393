// A byte-bounded ring outside the heap for what is nice to know later: each record names the one before it of the
// same story, so a story needs to keep only the position of its last record. Old records are overwritten.

import "./latin1.ts";

const HEADER = 16; // u32 length, u32 mark, f64 previous position: records are aligned to 8

/** A record read back. */
export interface RingRecord {
  readonly bytes: Buffer;
  /** Position of the story's record before this one; 0 when it was the first. */
  readonly previous: number;
  /** What it was marked with. */
  readonly mark: number;
}

/** Records in one fixed piece of memory. Positions grow for ever; 0 is "none". */
export class ByteRing {
  readonly #bytes: Buffer;
  #next = 8;

  /** @param size - bytes; memory is only used as it is written to */
  constructor(size: number) {
    this.#bytes = Buffer.alloc(Math.max(4096, size & ~7));
  }

  /** Bytes written since the start, overwritten ones included. */
  get written(): number {
    return this.#next;
  }

  /**
   * Writes a record.
   * @param previous - position of the same story's last record, or 0
   * @param mark - 32 bits to find again beside the text
   * @returns its position, or `previous` when it is too long for the ring (a sixteenth of it)
   */
  append(text: string, previous: number, mark = 0): number {
    const size = this.#bytes.length;
    const need = (HEADER + text.length + 7) & ~7;
    if (need > size >> 4) return previous;
    let offset = this.#next % size;
    if (offset + need > size) {
      this.#next += size - offset;
      offset = 0;
    }
    const position = this.#next;
    this.#bytes.writeUInt32LE(text.length, offset);
    this.#bytes.writeUInt32LE(mark >>> 0, offset + 4);
    this.#bytes.writeDoubleLE(previous, offset + 8);
    this.#bytes.latin1Write(text, offset + HEADER);
    this.#next += need;
    return position;
  }

  /** @returns the record, or undefined when it was never there or has been overwritten */
  read(position: number): RingRecord | undefined {
    const size = this.#bytes.length;
    if (position <= 0 || position >= this.#next || this.#next - position > size) return undefined;
    const offset = position % size;
    const length = this.#bytes.readUInt32LE(offset);
    if (offset + HEADER + length > size) return undefined;
    const start = offset + HEADER;
    return {
      bytes: this.#bytes.subarray(start, start + length),
      previous: this.#bytes.readDoubleLE(offset + 8),
      mark: this.#bytes.readUInt32LE(offset + 4),
    };
  }
}
