// Where transactions are found: by request key, by label (which every branch of ours contains), and by what an
// end-to-end ACK says of itself.

import { type Random, ShardedMap } from "../kit/index.ts";
import { labelOf } from "./branch.ts";
import type { ClientTransaction } from "./client.ts";
import type { Transaction } from "./hooks.ts";
import type { ServerTransaction } from "./server.ts";

/** Labels are 30 bits, so that they stay small integers in the engine and in its maps. */
const LABEL_MASK = 0x3fff_ffff;

/** Every live transaction of one layer. */
export class TransactionTable {
  /** By request key (TM-3, TM-4); tentative ones included. */
  readonly servers: ShardedMap<string, ServerTransaction> = new ShardedMap();
  /** By label, which is unique among live ones; what has neither branches nor an id asked of it is not here. */
  readonly labels: ShardedMap<number, Transaction> = new ShardedMap();
  /** Answered INVITEs by Call-ID, CSeq number and From-tag; equal ones are chained by `nextAnswered`. */
  readonly answered: ShardedMap<string, ServerTransaction> = new ShardedMap();
  /** Transactions that have no final yet; waiting ones do not count (S-04). */
  inUse = 0;
  /** Requests of our own that are not over. */
  locals = 0;
  /** Branches in memory. */
  clients = 0;
  #label: number;

  constructor(random: Random) {
    this.#label = random.uint32() & LABEL_MASK;
  }

  /** Transactions in memory, waiting ones included. */
  get size(): number {
    return this.servers.size + this.locals;
  }

  /** A label that no live transaction has. */
  newLabel(): number {
    do this.#label = (this.#label + 1) & LABEL_MASK;
    while (this.labels.has(this.#label));
    return this.#label;
  }

  /** The branch with exactly this value. */
  findClient(branch: string): ClientTransaction | undefined {
    let client = this.labels.get(labelOf(branch))?.clients;
    while (client !== undefined && client.branch !== branch) client = client.nextSibling;
    return client;
  }

  addAnswered(key: string, transaction: ServerTransaction): void {
    transaction.nextAnswered = this.answered.get(key);
    this.answered.set(key, transaction);
  }

  removeAnswered(key: string, transaction: ServerTransaction): void {
    const first = this.answered.get(key);
    if (first === transaction) {
      if (transaction.nextAnswered === undefined) this.answered.delete(key);
      else this.answered.set(key, transaction.nextAnswered);
    } else {
      let before = first;
      while (before !== undefined && before.nextAnswered !== transaction) before = before.nextAnswered;
      if (before !== undefined) before.nextAnswered = transaction.nextAnswered;
    }
    transaction.nextAnswered = undefined;
  }

  /**
   * The answered INVITE an ACK belongs to (TM-8). A call that spirals through us has several alike: each ACK goes to
   * one that has had none yet.
   * @param toTag - must be the one sent when the 2xx was made here
   */
  findAnswered(key: string, toTag: string): ServerTransaction | undefined {
    let found: ServerTransaction | undefined;
    for (let at = this.answered.get(key); at !== undefined; at = at.nextAnswered) {
      if (at.isAnsweredHere && at.sentTag !== toTag) continue;
      if (!at.isAcknowledged) return at;
      found ??= at;
    }
    return found;
  }
}
