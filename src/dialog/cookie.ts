// Makes `h_id`s: seven bits of node number above a keyed permutation of the bucket's counter. So the next cookie cannot be
// guessed from the last, two nodes never make the same, and within a bucket none comes twice before 2²⁵ others have.
import type { Random, SipHash } from "../kit/index.ts";

const COUNTER_BITS = 25;
const COUNTER_MASK = 2 ** COUNTER_BITS - 1;
const LOW_BITS = 13;
const LOW_MASK = 2 ** LOW_BITS - 1;
const HIGH_MASK = COUNTER_MASK >>> LOW_BITS;
/** Bits 31–25 of every id of this node. */
const NODE_STEP = 2 ** COUNTER_BITS;

/** The source of ids, with one counter for each bucket. */
export class IdMint {
  readonly #hash: SipHash;
  readonly #node: number;
  readonly #counters: Uint32Array;
  readonly #starts: Uint32Array;
  readonly #hasWrapped: Uint8Array;
  /** Calls have come here that were given their ids elsewhere, or in a former life. */
  othersMayHold = false;

  /**
   * @param size - buckets
   * @param nodeId - `my_node_id`, taken modulo 128; undefined draws one
   * @param hash - keyed with the node's secret
   */
  constructor(size: number, nodeId: number | undefined, hash: SipHash, random: Random) {
    this.#hash = hash;
    this.#node = (nodeId ?? random.uint32()) & 127;
    this.#starts = new Uint32Array(size);
    // a node that starts anew with the same secret does not repeat the cookies of its former life
    for (let i = 0; i < size; i++) this.#starts[i] = random.uint32() & COUNTER_MASK;
    this.#counters = this.#starts.slice();
    this.#hasWrapped = new Uint8Array(size);
  }

  /** Bits 31–25 of this node's ids. */
  get node(): number {
    return this.#node;
  }

  /** The next id of a bucket. The caller asks again when a live dialog holds it. */
  next(entry: number): number {
    const counter = this.#counters[entry] ?? 0;
    const following = (counter + 1) & COUNTER_MASK;
    this.#counters[entry] = following;
    if (following === this.#starts[entry]) this.#hasWrapped[entry] = 1;
    return this.#node * NODE_STEP + this.#permute(counter, entry);
  }

  /** Whether a live dialog may hold the next id of this bucket. */
  mayRepeat(entry: number): boolean {
    return this.othersMayHold || this.#hasWrapped[entry] === 1;
  }

  /** Four rounds of an unbalanced Feistel network (Luby and Rackoff), different for each bucket. */
  #permute(counter: number, entry: number): number {
    let high = counter >>> LOW_BITS;
    let low = counter & LOW_MASK;
    low ^= this.#round("A", high, entry) & LOW_MASK;
    high ^= this.#round("B", low, entry) & HIGH_MASK;
    low ^= this.#round("C", high, entry) & LOW_MASK;
    high ^= this.#round("D", low, entry) & HIGH_MASK;
    return high * (LOW_MASK + 1) + low;
  }

  #round(name: string, half: number, entry: number): number {
    return this.#hash.hash(
      name + String.fromCharCode(half & 255, half >>> 8, entry & 255, (entry >>> 8) & 255, (entry >>> 16) & 255, entry >>> 24),
    );
  }
}
