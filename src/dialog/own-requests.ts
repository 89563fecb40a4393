// Requests that we send of our own accord: CANCEL while a call rings, BYE to both sides once it is answered (8.2), and what all requests
// of our own within a dialog have in common.
import type { Ms } from "../kit/index.ts";
import type { SipResponse } from "../sip/index.ts";
import type { LocalParty, LocalTransaction, Transaction, TransactionHook } from "../transaction/index.ts";
import type { DialogCore } from "./core.ts";
import { nextOwnCseq } from "./cseq.ts";
import type { Dialog } from "./dialog.ts";
import { counterOf, speakerOf } from "./fork-numbers.ts";
import type { Leg, OwnOffer } from "./leg.ts";
import { DialogSlot } from "./slot.ts";

/**
 * Cancels what still rings; branches without any provisional yet as soon as they send one.
 * @returns false when the INVITE's transaction is gone
 */
export function cancelBranches(core: DialogCore, dialog: Dialog): boolean {
  const { invite } = dialog;
  return invite !== undefined && core.deps.transactions.cancelTransaction(invite.hashIndex, invite.label);
}

/**
 * BYE to the caller, then to the primary callee, each along its own route set. The dialog ends with the first final answer.
 * @returns false when one of them could not be sent
 */
export function sendByes(core: DialogCore, dialog: Dialog): boolean {
  const callee = dialog.primaryCallee;
  dialog.uses++; // a BYE that fails at once must not be the last thing that holds the dialog
  const isCallerTold = sendBye(core, dialog, 0, dialog.callerLeg);
  const isCalleeTold = callee !== undefined && sendBye(core, dialog, dialog.life.winner, callee);
  if (callee === undefined) core.apply(dialog, { type: "byeDone" });
  core.release(dialog);
  return isCallerTold && isCalleeTold;
}

/** What differs between one own request and another. */
export interface OwnParts {
  readonly method: string;
  readonly requestUri: string;
  readonly routeSet: readonly string[];
  readonly headers: string;
  readonly body?: string | undefined;
  readonly contentType?: string | undefined;
  /** How long to wait for an answer; absent: the transaction layer's setting. */
  readonly frTimeoutMs?: Ms | undefined;
  /** How long an INVITE may ring; absent: the same. */
  readonly frInvTimeoutMs?: Ms | undefined;
  /** The hook acknowledges the 2xx of an INVITE itself. */
  readonly noAutoAck?: boolean | undefined;
  /** Never open a connection for it. */
  readonly reuseOnly?: boolean | undefined;
  readonly hook: OwnTransaction;
}

/** Sends a request of our own to a leg, under that leg's next number. Its outcome is told to the hook, never while this runs. */
export function sendTo(core: DialogCore, dialog: Dialog, number: number, to: Leg, parts: OwnParts): void {
  const speaker = number === 0 ? Math.max(1, speakerOf(dialog)) : number;
  const callee = dialog.leg(speaker);
  // the caller knows the URIs that it wrote, the callee those it was shown
  const shown = number === 0 ? undefined : to;
  const caller: LocalParty = { uri: shown?.fromUri ?? dialog.fromUri, tag: dialog.callerLeg.tag };
  const other: LocalParty = { uri: shown?.toUri ?? dialog.toUri, tag: callee?.tag ?? "" };
  const cseq = nextOwnCseq(counterOf(dialog, number, speaker) ?? to);
  core.publish("cseq", dialog, number);
  const what = parts.method === "BYE" ? "byeSent" : "ownRequest";
  core.history.add(dialog, what, dialog.life.state, dialog.life.state, `${parts.method} ${cseq} ${number === 0 ? "caller" : "callee"}`);
  core.deps.transactions.request({
    method: parts.method,
    requestUri: parts.requestUri,
    from: number === 0 ? other : caller,
    to: number === 0 ? caller : other,
    callId: dialog.callId,
    cseq,
    routeSet: parts.routeSet,
    listener: to.listener,
    headers: parts.headers === "" ? undefined : parts.headers,
    body: parts.body,
    contentType: parts.contentType,
    hook: parts.hook,
    frTimeoutMs: parts.frTimeoutMs,
    frInvTimeoutMs: parts.frInvTimeoutMs,
    noAutoAck: parts.noAutoAck,
    reuseOnly: parts.reuseOnly,
    slot: new DialogSlot(dialog, number, speaker),
  });
}

/** Contact of a request to a leg: as the other side was shown to it, else where the other side is. */
export function contactLine(to: Leg, other: Leg | undefined): string {
  if (to.advertisedContact !== "") return to.advertisedContact.endsWith("\r\n") ? to.advertisedContact : `${to.advertisedContact}\r\n`;
  return other === undefined || other.remoteTarget === "" ? "" : `Contact: <${other.remoteTarget}>\r\n`;
}

/** A request of our own under way: holds the dialog, and counts as open on its leg, until its final answer. */
export abstract class OwnTransaction implements TransactionHook, OwnOffer {
  protected readonly core: DialogCore;
  protected readonly dialog: Dialog;
  /** The number of the leg it goes to. */
  protected readonly number: number;
  readonly #leg: Leg;
  readonly #isOffer: boolean;
  #transaction: Pick<LocalTransaction, "method" | "rest"> | undefined = undefined;
  #isOpen = true;
  #isCrossed = false;

  constructor(core: DialogCore, dialog: Dialog, number: number, leg: Leg, method: string) {
    this.core = core;
    this.dialog = dialog;
    this.number = number;
    this.#leg = leg;
    this.#isOffer = method === "INVITE" || method === "UPDATE";
    dialog.uses++;
    leg.open++;
    if (this.#isOffer) leg.openOffers++;
  }

  requestBuilt(transaction: Transaction, text: string): void {
    // its ACK and CANCEL come by here too
    const isOffer = this.#isOffer && text.startsWith(transaction.method) && !text.endsWith("\r\n\r\n");
    if (!isOffer || !this.#isOpen || !("rest" in transaction)) return;
    this.#transaction = transaction;
    this.#leg.ownOffer = this;
  }

  /**
   * The receiver makes an offer itself. It refuses ours if ours finds its own under way (491, RFC 3261 14.2); a copy that comes after that would
   * take the session back to what it was.
   */
  cross(): void {
    const transaction = this.#transaction;
    if (transaction === undefined) return;
    transaction.rest();
    this.#isCrossed = true;
    this.complete(transaction.method, 491, undefined);
  }

  /** The answer to an offer that was crossed: its receiver has accepted it all the same. */
  protected acceptedLate(_answer: string): void {}

  localCompleted(transaction: LocalTransaction, status: number, response: SipResponse | undefined): void {
    if (!this.#isCrossed) this.complete(transaction.method, status, response);
    else if (response !== undefined && status >= 200 && status < 300) this.acceptedLate(response.body);
  }

  /** Says that it is over; only the first time counts. @param response - undefined when the status is made up */
  complete(method: string, status: number, response: SipResponse | undefined): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (this.#leg.ownOffer === this) this.#leg.ownOffer = undefined;
    this.#transaction = undefined;
    this.#leg.open--;
    if (this.#isOffer) this.#leg.openOffers--;
    const { life } = this.dialog;
    const what = method === "BYE" ? "byeAnswer" : "ownAnswer";
    this.core.history.add(this.dialog, what, life.state, life.state, `${status} ${method} ${this.number === 0 ? "caller" : "callee"}`);
    try {
      this.completed(status, response);
    } finally {
      this.core.release(this.dialog);
    }
  }

  /** The final answer, or what stands for it. */
  protected abstract completed(status: number, response: SipResponse | undefined): void;
}

/** One BYE of ours, until its final answer. */
class OwnBye extends OwnTransaction {
  /** The final status once there is one. */
  status = 0;
  isAnswered = false;

  protected override completed(status: number, response: SipResponse | undefined): void {
    this.status = status;
    this.isAnswered = response !== undefined;
    this.core.apply(this.dialog, { type: "byeDone" });
  }
}

function sendBye(core: DialogCore, dialog: Dialog, number: number, to: Leg): boolean {
  const bye = new OwnBye(core, dialog, number, to, "BYE");
  if (to.remoteTarget === "") {
    // who never told where it is cannot be told anything
    bye.complete("BYE", 408, undefined);
    return false;
  }
  const headers = core.settings.extraHeaders + dialog.byeHeaders;
  sendTo(core, dialog, number, to, { method: "BYE", requestUri: to.remoteTarget, routeSet: to.routeSet, headers, hook: bye });
  return bye.status === 0 || bye.isAnswered;
}
