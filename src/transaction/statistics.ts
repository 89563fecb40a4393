// The numbers of group `tm` (proxy rules 3.15).

import type { Counter, Ms, Statistics } from "../kit/index.ts";

const GROUP = "tm";

/** Every counter of transactions; plain fields for the hot path. */
export class TransactionCounters {
  readonly receivedReplies: Counter;
  readonly relayedReplies: Counter;
  readonly localReplies: Counter;
  readonly uasTransactions: Counter;
  readonly uacTransactions: Counter;
  readonly requestT1First: Counter;
  readonly requestT1Second: Counter;
  readonly requestT1Third: Counter;
  readonly requestT2: Counter;
  readonly replyT2: Counter;
  readonly finalTimeouts: Counter;
  /** Requests refused because the table is full (S-04). */
  readonly overloads: Counter;
  readonly throttled: Counter;
  readonly #classes: readonly Counter[];

  /** @param size - how many transactions are in memory */
  constructor(statistics: Statistics, size: () => number) {
    const counter = (name: string): Counter => statistics.counter(GROUP, name);
    this.receivedReplies = counter("received_replies");
    this.relayedReplies = counter("relayed_replies");
    this.localReplies = counter("local_replies");
    this.uasTransactions = counter("UAS_transactions");
    this.uacTransactions = counter("UAC_transactions");
    this.#classes = ["2xx", "3xx", "4xx", "5xx", "6xx"].map((name) => counter(`${name}_transactions`));
    statistics.gauge(GROUP, "inuse_transactions", size);
    this.requestT1First = counter("retransmission_req_T1_1");
    this.requestT1Second = counter("retransmission_req_T1_2");
    this.requestT1Third = counter("retransmission_req_T1_3");
    this.requestT2 = counter("retransmission_req_T2");
    this.replyT2 = counter("retransmission_rpl_T2");
    this.finalTimeouts = counter("timeout_finalresponse");
    this.overloads = counter("overload_transactions");
    this.throttled = counter("throttled_transactions");
  }

  /** A final reply has been sent upstream, or a local transaction has got one. */
  completed(status: number): void {
    const counter = this.#classes[Math.trunc(status / 100) - 2];
    if (counter !== undefined) counter.value++;
  }

  /** A request is sent once more, `intervalMs` after the last time. */
  requestRepeated(intervalMs: Ms, t1Ms: Ms): void {
    if (intervalMs <= t1Ms) this.requestT1First.value++;
    else if (intervalMs <= 2 * t1Ms) this.requestT1Second.value++;
    else if (intervalMs <= 4 * t1Ms) this.requestT1Third.value++;
    else this.requestT2.value++;
  }
}
