// What transactions need from below, and who they tell above.

import type { Clock, Log, Ms, Random, SipHash, Statistics, Timers } from "../kit/index.ts";
import type { Fault, SipRequest, SipResponse, Via } from "../sip/index.ts";
import type { Destination, Listener, ReplyTarget, Resolver, SendObserver, SendResult, Source, TransportName } from "../transport/index.ts";
import type { ClientTransaction } from "./client.ts";
import type { TransactionHook } from "./hooks.ts";
import type { ServerTransaction } from "./server.ts";
import type { TransactionSettings } from "./settings.ts";

/** The part of the transport that transactions use. */
export interface TransactionTransport {
  send(text: string, to: Destination, observer?: SendObserver): SendResult;
  /**
   * What is needed to answer a request after its text is gone (T-10 to T-14).
   * @param forceRport - as if the top Via had an `rport` parameter
   */
  replyTarget(request: SipRequest, source: Source, forceRport?: boolean): ReplyTarget;
  respondTo(text: string, target: ReplyTarget): SendResult;
  /** is this Via one that we wrote? */
  isOurVia(via: Via): boolean;
  /** T-16. */
  pickListener(transport: TransportName, ip: string, receiving: Listener | undefined, forced: Listener | undefined): Listener | undefined;
}

/** What a layer is made of. */
export interface TransactionDeps {
  readonly transport: TransactionTransport;
  /** Finds where local requests go; not needed for those with explicit destinations. */
  readonly resolver: Resolver;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly statistics: Statistics;
  /** Keyed with the node's secret: signs branches (TM-6). */
  readonly hash: SipHash;
  readonly log: Log;
  readonly settings: TransactionSettings;
}

/** The layer above: the proxy. */
export interface TransactionUser {
  /**
   * A new request that is not an ACK; CANCELs that match nothing included.
   * The transaction is tentative until `establish()`; `forget()` ends it without a trace.
   */
  request(transaction: ServerTransaction): void;
  /** An ACK that no transaction absorbed. `invite` is the answered INVITE it belongs to, when known (TM-8). */
  ack(request: SipRequest, source: Source, invite: ServerTransaction | undefined): void;
  /**
   * A CANCEL that matches.
   * @returns true when the user answers and propagates it (`cancel.reply()`, `invite.cancelBy()`); false leaves
   *   both to the layer (TM-38, TM-39)
   */
  cancel(cancel: ServerTransaction, invite: ServerTransaction): boolean;
  /** A reply that matched nothing (D-03). */
  strayResponse(response: SipResponse, source: Source): void;
  /** A message that did not parse. */
  malformed(fault: Fault, text: string, source: Source): void;
  /** S-04: the table is full; the user answers 503 without state. Never for ACK. */
  overload(request: SipRequest, source: Source): void;
}

/** Whoever answers one server transaction. */
export interface ServerUser {
  /**
   * Before any final was sent the caller gave up, or `cancelTransaction` was called (`cancel` is undefined then):
   * propagate it to the branches (TM-39).
   */
  cancelled(transaction: ServerTransaction, cancel: SipRequest | undefined): void;
  /**
   * Nothing more is asked of the user, and the request is gone: a non-INVITE has its final, an INVITE its ACK, or the
   * transaction is over. Late 2xx of branches may still be handed to `respond()`. The moment to drop what holds messages.
   */
  terminated(transaction: ServerTransaction): void;
}

/** Whoever sent one branch. Faked finals and replies come at most once each as the machines say. */
export interface ClientUser {
  /** A reply the machine delivers: INVITE 101–199, every final that counts, each 2xx. */
  response(client: ClientTransaction, response: SipResponse): void;
  /** A reply that is not to be relayed (TM-46, D-02): 100, provisional replies to other methods. For reply routes. */
  observed?(client: ClientTransaction, response: SipResponse): void;
  /** No reply in time (408) or the request could not be sent after all (503). */
  failed(client: ClientTransaction, status: 408 | 503): void;
  /** Nothing more will come from this branch. The moment to drop what holds messages. */
  terminated(client: ClientTransaction): void;
}

/** One branch to be sent. */
export interface ClientParts {
  /** The transaction that is relayed. */
  readonly server: ServerTransaction;
  /** Branch index, 0…; part of `branch`. */
  readonly index: number;
  readonly method: string;
  /** The serialised request, its top Via carrying `branch`. */
  readonly text: string;
  /** From `TransactionLayer.newBranch()`. */
  readonly branch: string;
  readonly destination: Destination;
  readonly user: ClientUser;
  /** Host and port of its top Via where they are none of ours; "" or absent otherwise. Its replies name it. */
  readonly sentBy?: string | undefined;
  /** In place of the settings' (`$T_fr_timeout`). */
  readonly frTimeoutMs?: Ms | undefined;
  /** In place of the settings' (`$T_fr_inv_timeout`). */
  readonly frInvTimeoutMs?: Ms | undefined;
}

/** One side in the From or To of a local request. */
export interface LocalParty {
  readonly uri: string;
  /** Empty or absent: none (From gets a fresh one). */
  readonly tag?: string | undefined;
  /** Display name as it stands in the header, quotes included. */
  readonly display?: string | undefined;
}

/** A request of our own (TM-51, TM-52). */
export interface LocalRequest {
  readonly method: string;
  /** Request-URI; the remote target when there is a route set. */
  readonly requestUri: string;
  readonly from: LocalParty;
  readonly to: LocalParty;
  /** Absent: `<24 hex>@<socket ip>`. */
  readonly callId?: string | undefined;
  /** Absent: `uacInitialCseq`. The caller owns the numbering within a dialog. */
  readonly cseq?: number | undefined;
  /** Route values in order (complete values, `<sip:…;lr>`); strict first hops are handled (TM-53). */
  readonly routeSet?: readonly string[] | undefined;
  /** URI of the next hop in place of the one that follows from the route set. */
  readonly dstUri?: string | undefined;
  /** The socket to use, if its family and transport fit (TM-54). */
  readonly listener?: Listener | undefined;
  /** Known destinations, tried in order; no DNS then. */
  readonly destinations?: readonly Destination[] | undefined;
  /** Complete lines, each with CRLF. Values from outside must have passed `isCleanHeaderText`. */
  readonly headers?: string | undefined;
  readonly contentType?: string | undefined;
  readonly body?: string | undefined;
  /** Told of everything; the same as attaching it at once. */
  readonly hook?: TransactionHook | undefined;
  /** TM-56: the caller acknowledges the 2xx itself with `ackFor2xx()`. */
  readonly noAutoAck?: boolean | undefined;
  /** Whether provisional replies reach `localResponseOut`; absent: the setting. */
  readonly passProvisional?: boolean | undefined;
  /** TM-58: `false` gives up after the first destination. */
  readonly failover?: boolean | undefined;
  /** Never open a connection for it, nor for its ACK: without one it fails (503). */
  readonly reuseOnly?: boolean | undefined;
  readonly frTimeoutMs?: Ms | undefined;
  readonly frInvTimeoutMs?: Ms | undefined;
  /** Belongs to the caller (TM-65). */
  readonly slot?: unknown;
  /** Belongs to the door: what the routes of this transaction share. */
  readonly scope?: unknown;
}

/** What may be added to a reply made here. */
export interface ReplyExtra {
  /** Complete lines, each with CRLF. */
  readonly headers?: string | undefined;
  readonly body?: string | undefined;
  readonly contentType?: string | undefined;
  /** In place of the transaction's own To-tag. */
  readonly toTag?: string | undefined;
}
