// Records of messages of all calls together in one piece of memory outside the heap, chained by call. However many calls there are and
// whatever they send, it never takes more; the oldest records are overwritten.

/** Words of a record before its text. */
const HEADER = 10;
const WORDS = 0;
const ORDER = 1;
const TIME_LOW = 2;
const TIME_HIGH = 3;
const BACK = 4;
const KEY_LOW = 5;
const KEY_HIGH = 6;
const SIZE = 7;
const ADDRESS = 8;
const LENGTHS = 9;
const TWO_32 = 2 ** 32;
/** Longest text of a record, in bytes. */
const LONGEST = 0x3_0000;
const WORDS_PER_CHAIN = 256;
const MOST_CHAINS = 65_536;

/** What stands in a record beside its text. */
export interface MessageFacts {
  /** Of the call: 64 bits in two halves. */
  keyLow: number;
  keyHigh: number;
  /** 32 bits. */
  order: number;
  at: number;
  port: number;
  /** An IPv4 address as a number. */
  address: number;
  size: number;
  /** 8 bits. */
  flags: number;
  /** 8 bits. */
  listener: number;
  /** Lengths of what stands in the text one after the other: at most 0x30000, 255 and 63. */
  textLength: number;
  cseqLength: number;
  hostLength: number;
}

/** A record read back. */
export interface MessageRecord extends Readonly<MessageFacts> {
  readonly text: string;
  readonly cseq: string;
  readonly host: string;
}

/** The ring. Positions count words for ever; 0 is "none". */
export class MessageRing {
  /** Where the text of the record goes that was opened last. */
  readonly bytes: Buffer;
  /** Records that had to make room for others. */
  overwritten = 0;
  readonly #words: Uint32Array;
  /** Position of the newest record of each chain. */
  readonly #heads: Float64Array;
  #next: number;
  #nextOffset: number;
  #oldest: number;
  #oldestOffset: number;

  /** @param size - bytes; memory is only used as it is written to */
  constructor(size: number) {
    const count = Math.max(1024, Math.floor(size / 4));
    this.#words = new Uint32Array(count);
    this.bytes = Buffer.from(this.#words.buffer);
    // about a call's messages for each: few enough to stay in the processor's cache, as every message touches one
    let chains = 64;
    while (chains * WORDS_PER_CHAIN < count && chains < MOST_CHAINS) chains *= 2;
    this.#heads = new Float64Array(chains);
    // position 0 is no record
    this.#next = count;
    this.#nextOffset = 0;
    this.#oldest = count;
    this.#oldestOffset = 0;
  }

  /** Bytes of the records that it holds now. */
  get used(): number {
    return (this.#next - this.#oldest) * 4;
  }

  /** Longest text of a record: a sixteenth of the ring, and never more than 192 KiB. */
  get longest(): number {
    return Math.min(LONGEST, ((this.#words.length >> 4) - HEADER) * 4);
  }

  /**
   * Makes room for a record.
   * @param most - most bytes its text can have, at most `longest`
   * @returns where in `bytes` its text goes
   */
  open(most: number): number {
    const need = HEADER + ((most + 3) >> 2);
    const size = this.#words.length;
    if (this.#nextOffset + need > size) {
      this.#evict(size - this.#nextOffset);
      if (this.#nextOffset < size) this.#words[this.#nextOffset] = 0; // nothing more up to the end
      this.#next += size - this.#nextOffset;
      this.#nextOffset = 0;
    }
    this.#evict(need);
    return (this.#nextOffset + HEADER) * 4;
  }

  /** Ends the record that was opened last: its text is in its place. */
  close(facts: MessageFacts): void {
    const words = this.#words;
    const at = this.#nextOffset;
    const { keyLow, textLength, cseqLength, hostLength } = facts;
    const need = HEADER + ((textLength + cseqLength + hostLength + 3) >> 2);
    const chain = keyLow & (this.#heads.length - 1);
    const previous = this.#heads[chain] ?? 0;
    words[at + WORDS] = (need << 16) | ((facts.flags & 0xff) << 8) | (cseqLength & 0xff);
    words[at + ORDER] = facts.order;
    words[at + TIME_LOW] = facts.at;
    words[at + TIME_HIGH] = (Math.floor(facts.at / TWO_32) << 16) | (facts.port & 0xffff);
    words[at + BACK] = previous >= this.#oldest ? this.#next - previous : 0;
    words[at + KEY_LOW] = keyLow;
    words[at + KEY_HIGH] = facts.keyHigh;
    words[at + SIZE] = facts.size;
    words[at + ADDRESS] = facts.address;
    words[at + LENGTHS] = (textLength << 14) | ((hostLength & 0x3f) << 8) | (facts.listener & 0xff);
    this.#heads[chain] = this.#next;
    this.#next += need;
    this.#nextOffset += need;
  }

  /** Records of one call that are still there, oldest first. */
  of(keyLow: number, keyHigh: number): readonly MessageRecord[] {
    const found: MessageRecord[] = [];
    const words = this.#words;
    const size = words.length;
    let position = this.#heads[keyLow & (this.#heads.length - 1)] ?? 0;
    while (position >= this.#oldest) {
      const at = position % size;
      if (words[at + KEY_LOW] === keyLow >>> 0 && words[at + KEY_HIGH] === keyHigh >>> 0) found.push(this.#read(at));
      const back = words[at + BACK] ?? 0;
      if (back === 0) break;
      position -= back;
    }
    return found.reverse();
  }

  /** When the oldest record was written; undefined when there is none. */
  get oldestAt(): number | undefined {
    if (this.#oldest === this.#next) return undefined;
    let at = this.#oldestOffset;
    if (at >= this.#words.length || (this.#words[at] ?? 0) === 0) at = 0;
    return this.#timeAt(at);
  }

  #evict(need: number): void {
    const words = this.#words;
    const size = words.length;
    while (this.#next + need - this.#oldest > size) {
      const length = this.#oldestOffset < size ? (words[this.#oldestOffset] ?? 0) >>> 16 : 0;
      if (length === 0) {
        this.#oldest += size - this.#oldestOffset;
        this.#oldestOffset = 0;
      } else {
        this.#oldest += length;
        this.#oldestOffset += length;
        this.overwritten++;
      }
    }
  }

  #timeAt(at: number): number {
    return ((this.#words[at + TIME_HIGH] ?? 0) >>> 16) * TWO_32 + (this.#words[at + TIME_LOW] ?? 0);
  }

  #read(at: number): MessageRecord {
    const word = (i: number): number => this.#words[at + i] ?? 0;
    const lengths = word(LENGTHS);
    const textLength = lengths >>> 14;
    const hostLength = (lengths >>> 8) & 0x3f;
    const cseqLength = word(WORDS) & 0xff;
    const start = (at + HEADER) * 4;
    const cseqAt = start + textLength;
    const hostAt = cseqAt + cseqLength;
    return {
      keyLow: word(KEY_LOW),
      keyHigh: word(KEY_HIGH),
      order: word(ORDER),
      at: this.#timeAt(at),
      port: word(TIME_HIGH) & 0xffff,
      address: word(ADDRESS),
      size: word(SIZE),
      flags: (word(WORDS) >>> 8) & 0xff,
      listener: lengths & 0xff,
      textLength,
      cseqLength,
      hostLength,
      text: this.bytes.latin1Slice(start, cseqAt),
      cseq: this.bytes.latin1Slice(cseqAt, hostAt),
      host: this.bytes.latin1Slice(hostAt, hostAt + hostLength),
    };
  }
}
