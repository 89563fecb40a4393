// Puts the caller's Call-ID back into what comes from callees, before anything looks at it: transactions, dialogs and routes know
// one Call-ID for the whole call.
import { type Fault, parseMessage, type SipRequest, type SipResponse } from "../sip/index.ts";
import type { ServerTransaction, Transaction, TransactionHook } from "../transaction/index.ts";
import type { MessageReceiver, Source } from "../transport/index.ts";
import { keepsCallId } from "./call-hook.ts";
import { swapCallId, unmaskCallId } from "./call-id.ts";
import type { TopologySettings } from "./settings.ts";

/** Stands between the transport and the transactions. */
export class CallIdReceiver implements MessageReceiver {
  /** Nothing is looked at before it is true. */
  isActive = false;
  readonly #settings: () => TopologySettings;
  /** Requests that came with a hidden Call-ID: they are answered with it. */
  readonly #hidden = new WeakMap<SipRequest, string>();
  #next: MessageReceiver | undefined = undefined;

  constructor(settings: () => TopologySettings) {
    this.#settings = settings;
  }

  /** Sets who gets the messages. */
  to(next: MessageReceiver): this {
    this.#next = next;
    return this;
  }

  message(message: SipRequest | SipResponse, source: Source): void {
    this.#next?.message(this.isActive ? this.#plain(message) : message, source);
  }

  malformed(fault: Fault, text: string, source: Source): void {
    this.#next?.malformed(fault, text, source);
  }

  /** The text of a reply made here, worded for whoever asked. */
  reword(text: string, request: SipRequest): string {
    const hidden = this.isActive ? this.#hidden.get(request) : undefined;
    return hidden === undefined ? text : swapCallId(text, request.callId, hidden);
  }

  /** A request has become a transaction: its replies are reworded where its Call-ID was hidden. */
  begun(transaction: ServerTransaction): void {
    if (!this.isActive) return;
    const { request } = transaction;
    const hidden = this.#hidden.get(request);
    if (hidden !== undefined) transaction.attach(new ReplyHook(request.callId, hidden));
  }

  #plain(message: SipRequest | SipResponse): SipRequest | SipResponse {
    const { callIdPrefix } = this.#settings();
    if (!message.callId.startsWith(callIdPrefix) || keepsCallId(message.cseqMethod)) return message;
    if (message.isRequest && message.toTag === "") return message;
    const ownTag = message.isRequest ? message.fromTag : message.toTag;
    const callId = unmaskCallId(message.callId, ownTag, this.#settings());
    if (callId === undefined) return message;
    const { head } = message;
    const from = head.valueAt(head.callIdLine);
    const text = message.text.slice(0, from) + callId + message.text.slice(head.valueEnd(head.callIdLine));
    const read = parseMessage(text);
    if (!read.ok) return message;
    if ("method" in read.value) this.#hidden.set(read.value, message.callId);
    return read.value;
  }
}

/** Answers a request under the Call-ID it came with. */
class ReplyHook implements TransactionHook {
  readonly #plain: string;
  readonly #hidden: string;

  constructor(plain: string, hidden: string) {
    this.#plain = plain;
    this.#hidden = hidden;
  }

  preSendBuffer(_transaction: Transaction, text: string): string {
    return text.startsWith("SIP/2.0 ") ? swapCallId(text, this.#plain, this.#hidden) : text;
  }
}
