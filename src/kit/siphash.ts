// SipHash (Aumasson, Bernstein 2012) over latin1 text, in 32-bit halves: keyed, so that nobody
// without the secret can make a branch, a tag or a cookie of ours, and cheap enough for every message.

import "./latin1.ts";

/** Texts up to this length are hashed without an allocation; a multiple of 8. */
const SCRATCH = 8192;
// One call copies the text, whatever pieces it is made of, and whole words are read from the copy: several times quicker than
// character by character. The words are little-endian because every processor that Node runs on is, big-endian s390x excepted,
// where the hash is another one of the same quality.
const scratch = Buffer.allocUnsafeSlow(SCRATCH + 8);
const scratchWords = new Int32Array(scratch.buffer, 0, scratch.length / 4);

/**
 * Rounds per block and at the end. `2-4` is the authors' choice for what must last. `1-3`, their proposal where speed counts and
 * what hash tables of several languages use, is for values that are worthless after seconds and of which 32 bits are shown:
 * no attack on it is known that does better than guessing those bits.
 */
export type SipRounds = "2-4" | "1-3";

/** A keyed hash. One instance per secret; `low` and `high` hold the last 64-bit result. */
export class SipHash {
  #k0l = 0;
  #k0h = 0;
  #k1l = 0;
  #k1h = 0;
  readonly #blockRounds: number;
  readonly #lastRounds: number;
  /** Low 32 bits of the last hash, unsigned. */
  low = 0;
  /** High 32 bits of the last hash, unsigned. */
  high = 0;

  /** @param key - four 32-bit words, the 128-bit key in little-endian order */
  constructor(key: readonly [number, number, number, number], rounds: SipRounds = "2-4") {
    this.#blockRounds = rounds === "2-4" ? 2 : 1;
    this.#lastRounds = rounds === "2-4" ? 4 : 3;
    this.key = key;
  }

  /** Another key: that of a former life, known only once a database is open. Before anything is hashed that has to last. */
  set key(key: readonly [number, number, number, number]) {
    this.#k0l = key[0] | 0;
    this.#k0h = key[1] | 0;
    this.#k1l = key[2] | 0;
    this.#k1h = key[3] | 0;
  }

  /**
   * Hashes a text, one character per byte.
   * @returns the low 32 bits, unsigned; all 64 are in `low` and `high` until the next call
   */
  hash(text: string): number {
    let v0l = this.#k0l ^ 0x70736575;
    let v0h = this.#k0h ^ 0x736f6d65;
    let v1l = this.#k1l ^ 0x6e646f6d;
    let v1h = this.#k1h ^ 0x646f7261;
    let v2l = this.#k0l ^ 0x6e657261;
    let v2h = this.#k0h ^ 0x6c796765;
    let v3l = this.#k1l ^ 0x79746573;
    let v3h = this.#k1h ^ 0x74656462;
    const length = text.length;
    const words = length <= SCRATCH ? scratchWords : wordsFor(length);
    fill(words, text);
    const blocks = length >>> 3;
    let at = 0;
    let ml = 0;
    let mh = 0;
    // block -1 … the last (partial) block, then the finishing rounds, all through one copy of the round
    for (let block = 0; block <= blocks + 1; block++) {
      let rounds = this.#blockRounds;
      if (block <= blocks) {
        ml = words[at] ?? 0;
        mh = words[at + 1] ?? 0;
        if (block === blocks) mh |= length << 24;
        at += 2;
      } else {
        ml = 0;
        mh = 0;
        rounds = this.#lastRounds;
        v2l ^= 0xff;
      }
      v3l ^= ml;
      v3h ^= mh;
      for (let round = 0; round < rounds; round++) {
        // v0 += v1; v1 = rotl(v1, 13) ^ v0; v0 = rotl(v0, 32)
        let sum = (v0l >>> 0) + (v1l >>> 0);
        v0h = (v0h + v1h + (sum > 0xffffffff ? 1 : 0)) | 0;
        v0l = sum | 0;
        let t = v1l;
        v1l = ((v1l << 13) | (v1h >>> 19)) ^ v0l;
        v1h = ((v1h << 13) | (t >>> 19)) ^ v0h;
        t = v0l;
        v0l = v0h;
        v0h = t;
        // v2 += v3; v3 = rotl(v3, 16) ^ v2
        sum = (v2l >>> 0) + (v3l >>> 0);
        v2h = (v2h + v3h + (sum > 0xffffffff ? 1 : 0)) | 0;
        v2l = sum | 0;
        t = v3l;
        v3l = ((v3l << 16) | (v3h >>> 16)) ^ v2l;
        v3h = ((v3h << 16) | (t >>> 16)) ^ v2h;
        // v0 += v3; v3 = rotl(v3, 21) ^ v0
        sum = (v0l >>> 0) + (v3l >>> 0);
        v0h = (v0h + v3h + (sum > 0xffffffff ? 1 : 0)) | 0;
        v0l = sum | 0;
        t = v3l;
        v3l = ((v3l << 21) | (v3h >>> 11)) ^ v0l;
        v3h = ((v3h << 21) | (t >>> 11)) ^ v0h;
        // v2 += v1; v1 = rotl(v1, 17) ^ v2; v2 = rotl(v2, 32)
        sum = (v2l >>> 0) + (v1l >>> 0);
        v2h = (v2h + v1h + (sum > 0xffffffff ? 1 : 0)) | 0;
        v2l = sum | 0;
        t = v1l;
        v1l = ((v1l << 17) | (v1h >>> 15)) ^ v2l;
        v1h = ((v1h << 17) | (t >>> 15)) ^ v2h;
        t = v2l;
        v2l = v2h;
        v2h = t;
      }
      v0l ^= ml;
      v0h ^= mh;
    }
    this.low = (v0l ^ v1l ^ v2l ^ v3l) >>> 0;
    this.high = (v0h ^ v1h ^ v2h ^ v3h) >>> 0;
    return this.low;
  }
}

function wordsFor(length: number): Int32Array<ArrayBuffer> {
  return new Int32Array((length >>> 2) + 2);
}

/** Writes a text to the words, with zeros up to the end of its last block. */
function fill(words: Int32Array<ArrayBuffer>, text: string): void {
  const length = text.length;
  const bytes = words === scratchWords ? scratch : Buffer.from(words.buffer);
  const end = (length >>> 3) << 1;
  words[end] = 0;
  words[end + 1] = 0;
  bytes.latin1Write(text, 0, length);
}
