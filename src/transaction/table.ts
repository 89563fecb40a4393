// Where transactions are found: by request key, by label (which every branch of ours contains), and by what an
// end-to-end ACK says of itself.

import { type Random, ShardedMap } from "../kit/index.ts";
import type { SipRequest } from "../sip/index.ts";
import { labelOf } from "./branch.ts";
import type { ClientTransaction } from "./client.ts";
import type { Transaction } from "./hooks.ts";
import { LabelTable } from "./labels.ts";
import type { ServerTransaction } from "./server.ts";

/** Every live transaction of one layer. */
export class TransactionTable {
  /** By request key (TM-3, TM-4); tentative ones included. */
  readonly servers: ShardedMap<string, ServerTransaction> = new ShardedMap();
  /** By label, which is unique among live ones; tentative ones included. */
  readonly labels: LabelTable<Transaction>;
  /**
   * Answered INVITEs by Call-ID, which is there already as a string of its own and is looked up without building another; the
   * rest of what an ACK says is compared. Those of one Call-ID, a few at most among honest peers, are chained, newest first.
   */
  readonly answered: ShardedMap<string, ServerTransaction> = new ShardedMap();
  /** Transactions that have no final yet; waiting ones do not count (S-04). */
  inUse = 0;
  /** Requests of our own that are not over. */
  locals = 0;
  /** Branches in memory. */
  clients = 0;

  constructor(random: Random) {
    this.labels = new LabelTable(random.uint32());
  }

  /** Transactions in memory, waiting ones included. */
  get size(): number {
    return this.servers.size + this.locals;
  }

  /** The branch with exactly this value. */
  findClient(branch: string): ClientTransaction | undefined {
    let client = this.labels.get(labelOf(branch))?.clients;
    while (client !== undefined && client.branch !== branch) client = client.nextSibling;
    return client;
  }

  /** @param transaction - with `answeredCallId` set */
  addAnswered(transaction: ServerTransaction): void {
    const first = this.answered.get(transaction.answeredCallId);
    transaction.nextAnswered = first;
    if (first !== undefined) first.previousAnswered = transaction;
    this.answered.set(transaction.answeredCallId, transaction);
  }

  removeAnswered(transaction: ServerTransaction): void {
    const { previousAnswered: previous, nextAnswered: next } = transaction;
    if (next !== undefined) next.previousAnswered = previous;
    if (previous !== undefined) previous.nextAnswered = next;
    else if (next !== undefined) this.answered.set(transaction.answeredCallId, next);
    else this.answered.delete(transaction.answeredCallId);
    transaction.nextAnswered = undefined;
    transaction.previousAnswered = undefined;
  }

  /**
   * The answered INVITE an ACK belongs to (TM-8). A call that spirals through us has several alike: each ACK goes to
   * one that has had none yet.
   */
  findAnswered(ack: SipRequest): ServerTransaction | undefined {
    let found: ServerTransaction | undefined;
    for (let at = this.answered.get(ack.callId); at !== undefined; at = at.nextAnswered) {
      if (!at.isAnsweredBy(ack)) continue;
      if (!at.isAcknowledged) return at;
      found ??= at;
    }
    return found;
  }
}
