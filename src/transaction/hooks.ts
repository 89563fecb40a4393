// What others may hang on a transaction (rules TM-60 to TM-65). Hooks are objects with the methods they need;
// arguments are positional so that firing a hook allocates nothing.

import type { Log } from "../kit/index.ts";
import type { Edit, SipRequest, SipResponse } from "../sip/index.ts";
import type { Destination, Source } from "../transport/index.ts";
import type { ClientTransaction } from "./client.ts";
import type { LocalTransaction } from "./local.ts";
import type { ServerTransaction } from "./server.ts";

/** A relayed transaction (its server side) or one started here. */
export type Transaction = ServerTransaction | LocalTransaction;

/** What has just left in `messageSentOut`. */
export type SentKind = "request" | "reply" | "ack" | "cancel";

/**
 * Told about every transaction of a layer. Registered once with `TransactionLayer.addGlobalHook`.
 */
export interface GlobalHook {
  /**
   * REQUEST_IN: a new non-ACK request becomes a transaction (`establish()`), before any 100.
   * Not for retransmissions, ACK, matched CANCEL. Throwing refuses the transaction with 500 (TM-62).
   */
  requestIn?(transaction: ServerTransaction): void;
  /** LOCAL_TRANS_NEW: a transaction of our own is about to be built; `transaction.attach()` works here. */
  localTransactionNew?(transaction: LocalTransaction): void;
}

/**
 * Told about one transaction: attach with `transaction.attach(hook)`.
 *
 * Order for a relayed INVITE that is answered 200 (TM-60): requestIn → (requestForwarded → requestBuilt →
 * messageSentOut) for each branch → messageMatchedIn → responseIn → the branch's and the transaction's reply
 * hooks of the proxy → responseForwarded → responsePreOut → (send) → messageSentOut → responseOut → … →
 * transactionDeleted.
 *
 * A method that throws is logged at `error`, and the transaction goes on (TM-62).
 */
export interface TransactionHook {
  /**
   * MSG_MATCHED_IN: a received message belongs to this transaction: a retransmission, a hop-by-hop ACK,
   * an associated end-to-end ACK, a CANCEL, a reply.
   */
  messageMatchedIn?(transaction: Transaction, message: SipRequest | SipResponse): void;
  /**
   * RESPONSE_IN: a reply on a branch of a relayed transaction, 100 and retransmissions included, before selection.
   * `branch.editOf(response)` changes the copy that is relayed, if it is. Not for replies to our CANCEL.
   */
  responseIn?(transaction: ServerTransaction, response: SipResponse, branch: ClientTransaction): void;
  /** REQUEST_FWDED: a branch is about to be serialised; edits are that branch's alone. Branch order. */
  requestForwarded?(transaction: ServerTransaction, edit: Edit, index: number, destination: Destination): void;
  /** REQUEST_BUILT: serialised, not yet sent; also our CANCELs and local requests. Not for retransmissions. */
  requestBuilt?(transaction: Transaction, text: string, destination: Destination): void;
  /** PRE_SEND_BUFFER: the last chance to replace what leaves, at every send. @returns the text to send */
  preSendBuffer?(transaction: Transaction, text: string): string;
  /** MSG_SENT_OUT: something was sent, retransmissions included. Not after a failed send. */
  messageSentOut?(transaction: Transaction, text: string, kind: SentKind): void;
  /**
   * RESPONSE_FWDED: it is decided that this reply is relayed (1xx ≥ 101, the winner, any 2xx).
   * `edit` is that relayed copy. Not for faked and local replies.
   */
  responseForwarded?(transaction: ServerTransaction, response: SipResponse, edit: Edit, branch: ClientTransaction): void;
  /** ON_FAILURE: every branch has a negative final. `response` is undefined for a faked winner. Not after a 2xx. */
  onFailure?(transaction: ServerTransaction, status: number, response: SipResponse | undefined): void;
  /**
   * RESPONSE_PRE_OUT: the reply is built and not yet sent; every relayed status ≥ 101, local replies except the
   * automatic 100. `response` is what was received, undefined for local and faked replies.
   * Not for a retransmitted 2xx whose To-tag is known already (TM-37).
   */
  responsePreOut?(transaction: ServerTransaction, status: number, response: SipResponse | undefined, text: string): void;
  /** RESPONSE_OUT: the same set, after the send, even if that failed. */
  responseOut?(transaction: ServerTransaction, status: number, response: SipResponse | undefined, text: string): void;
  /** TRANS_CANCELLED: a CANCEL matched while no final had been sent; before branches are cancelled. */
  transactionCancelled?(transaction: ServerTransaction, cancel: SipRequest): void;
  /** E2E_ACK_IN: the ACK of a 2xx, associated by Call-ID, CSeq number and From-tag (TM-8). */
  ackIn?(transaction: ServerTransaction, ack: SipRequest, source: Source): void;
  /** LOCAL_REQUEST_OUT: a request of our own has been sent for the first time. */
  localRequestOut?(transaction: LocalTransaction, text: string): void;
  /** Each reply to a request of ours until its final is there, provisional ones included; before anything is done with it. */
  localResponseIn?(transaction: LocalTransaction, response: SipResponse, source: Source): void;
  /** LOCAL_RESPONSE_OUT: a provisional reply to a request of ours, when asked for (TM-55). */
  localResponseOut?(transaction: LocalTransaction, response: SipResponse): void;
  /** LOCAL_COMPLETED: the final of a request of ours, once. `response` is undefined when `status` is faked. */
  localCompleted?(transaction: LocalTransaction, status: number, response: SipResponse | undefined): void;
  /** TRANS_DELETED: the last call, exactly once for every attached hook. */
  transactionDeleted?(transaction: Transaction): void;
}

/**
 * Changes requests of our own before they leave (`local_route`). One for each layer: `TransactionLayer.localEditor`.
 */
export interface LocalEditor {
  /**
   * A request has been written and not been sent. Called once for each transaction: another destination gets the same text.
   * Hooks may be attached to the transaction and its timeouts set here.
   * @param request - the generated message, read
   * @returns the changes, or undefined for none
   */
  edit(transaction: LocalTransaction, request: SipRequest, destination: Destination): Edit | undefined;
}

/** What a transaction without hooks has: shared, so that it costs nothing. */
export const NO_HOOKS: readonly TransactionHook[] = Object.freeze([]);

/**
 * The list with one hook more. The list that is being walked stays as it is, so a hook may attach another.
 * A hook that is in the list already is not added again.
 */
export function withHook(hooks: readonly TransactionHook[], hook: TransactionHook): readonly TransactionHook[] {
  return hooks.includes(hook) ? hooks : [...hooks, hook];
}

function failed(log: Log, hook: keyof TransactionHook | keyof GlobalHook, error: unknown): void {
  log.error({ hook, err: error }, "a transaction hook threw");
}

/** Fires hooks one by one; what one throws does not keep the others from running. */
export class HookRunner {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  messageMatchedIn(transaction: Transaction, message: SipRequest | SipResponse): void {
    for (const hook of transaction.hooks) {
      try {
        hook.messageMatchedIn?.(transaction, message);
      } catch (error) {
        failed(this.#log, "messageMatchedIn", error);
      }
    }
  }

  responseIn(transaction: ServerTransaction, response: SipResponse, branch: ClientTransaction): void {
    for (const hook of transaction.hooks) {
      try {
        hook.responseIn?.(transaction, response, branch);
      } catch (error) {
        failed(this.#log, "responseIn", error);
      }
    }
  }

  /** Fired by the proxy. */
  requestForwarded(transaction: ServerTransaction, edit: Edit, index: number, destination: Destination): void {
    for (const hook of transaction.hooks) {
      try {
        hook.requestForwarded?.(transaction, edit, index, destination);
      } catch (error) {
        failed(this.#log, "requestForwarded", error);
      }
    }
  }

  requestBuilt(transaction: Transaction, text: string, destination: Destination): void {
    for (const hook of transaction.hooks) {
      try {
        hook.requestBuilt?.(transaction, text, destination);
      } catch (error) {
        failed(this.#log, "requestBuilt", error);
      }
    }
  }

  /** @returns the text after every hook has had its turn */
  preSendBuffer(transaction: Transaction, text: string): string {
    let out = text;
    for (const hook of transaction.hooks) {
      try {
        if (hook.preSendBuffer !== undefined) out = hook.preSendBuffer(transaction, out);
      } catch (error) {
        failed(this.#log, "preSendBuffer", error);
      }
    }
    return out;
  }

  messageSentOut(transaction: Transaction, text: string, kind: SentKind): void {
    for (const hook of transaction.hooks) {
      try {
        hook.messageSentOut?.(transaction, text, kind);
      } catch (error) {
        failed(this.#log, "messageSentOut", error);
      }
    }
  }

  /** Fired by the proxy. */
  responseForwarded(transaction: ServerTransaction, response: SipResponse, edit: Edit, branch: ClientTransaction): void {
    for (const hook of transaction.hooks) {
      try {
        hook.responseForwarded?.(transaction, response, edit, branch);
      } catch (error) {
        failed(this.#log, "responseForwarded", error);
      }
    }
  }

  /** Fired by the proxy. */
  onFailure(transaction: ServerTransaction, status: number, response: SipResponse | undefined): void {
    for (const hook of transaction.hooks) {
      try {
        hook.onFailure?.(transaction, status, response);
      } catch (error) {
        failed(this.#log, "onFailure", error);
      }
    }
  }

  responsePreOut(transaction: ServerTransaction, status: number, response: SipResponse | undefined, text: string): void {
    for (const hook of transaction.hooks) {
      try {
        hook.responsePreOut?.(transaction, status, response, text);
      } catch (error) {
        failed(this.#log, "responsePreOut", error);
      }
    }
  }

  responseOut(transaction: ServerTransaction, status: number, response: SipResponse | undefined, text: string): void {
    for (const hook of transaction.hooks) {
      try {
        hook.responseOut?.(transaction, status, response, text);
      } catch (error) {
        failed(this.#log, "responseOut", error);
      }
    }
  }

  transactionCancelled(transaction: ServerTransaction, cancel: SipRequest): void {
    for (const hook of transaction.hooks) {
      try {
        hook.transactionCancelled?.(transaction, cancel);
      } catch (error) {
        failed(this.#log, "transactionCancelled", error);
      }
    }
  }

  ackIn(transaction: ServerTransaction, ack: SipRequest, source: Source): void {
    for (const hook of transaction.hooks) {
      try {
        hook.ackIn?.(transaction, ack, source);
      } catch (error) {
        failed(this.#log, "ackIn", error);
      }
    }
  }

  localRequestOut(transaction: LocalTransaction, text: string): void {
    for (const hook of transaction.hooks) {
      try {
        hook.localRequestOut?.(transaction, text);
      } catch (error) {
        failed(this.#log, "localRequestOut", error);
      }
    }
  }

  localResponseIn(transaction: LocalTransaction, response: SipResponse, source: Source): void {
    for (const hook of transaction.hooks) {
      try {
        hook.localResponseIn?.(transaction, response, source);
      } catch (error) {
        failed(this.#log, "localResponseIn", error);
      }
    }
  }

  localResponseOut(transaction: LocalTransaction, response: SipResponse): void {
    for (const hook of transaction.hooks) {
      try {
        hook.localResponseOut?.(transaction, response);
      } catch (error) {
        failed(this.#log, "localResponseOut", error);
      }
    }
  }

  localCompleted(transaction: LocalTransaction, status: number, response: SipResponse | undefined): void {
    for (const hook of transaction.hooks) {
      try {
        hook.localCompleted?.(transaction, status, response);
      } catch (error) {
        failed(this.#log, "localCompleted", error);
      }
    }
  }

  transactionDeleted(transaction: Transaction): void {
    for (const hook of transaction.hooks) {
      try {
        hook.transactionDeleted?.(transaction);
      } catch (error) {
        failed(this.#log, "transactionDeleted", error);
      }
    }
  }
}
