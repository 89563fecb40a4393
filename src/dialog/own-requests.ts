// Requests that we send of our own accord: CANCEL while a call rings, BYE to both sides once it is answered (8.2), and any other
// request within the dialog that a script or a program asks for (15.1).
import { H, isCleanHeaderText, type SipResponse } from "../sip/index.ts";
import type { LocalParty, LocalTransaction, TransactionHook } from "../transaction/index.ts";
import type { DialogCore } from "./core.ts";
import { nextOwnCseq } from "./cseq.ts";
import type { Dialog } from "./dialog.ts";
import { contactUri, legOfReply } from "./learn.ts";
import { calleeRoutes, type Leg } from "./leg.ts";
import type { Side } from "./machine.ts";
import { DialogSlot } from "./slot.ts";

/** A request of our own within a dialog. */
export interface SequentialParts {
  readonly method: string;
  /** Whom it goes to; a callee is the one who answered, or the first one. */
  readonly to: Side;
  readonly body?: string | undefined;
  readonly contentType?: string | undefined;
  /** Complete lines, each with its CRLF. */
  readonly headers?: string | undefined;
  /** A reliable provisional reply of a branch: the request goes to whom it came from, along the way it shows (PRACK, RFC 3262). */
  readonly after?: { readonly response: SipResponse; readonly branch: number } | undefined;
  /** Told once of the final answer; `response` is undefined when none came, and `status` is made up then. Not before this call has returned. */
  readonly done?: ((status: number, response: SipResponse | undefined) => void) | undefined;
}

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

/**
 * Sends a request to one side. Its answer changes nothing in the dialog; the 2xx of an INVITE is acknowledged without a body. From now on
 * the numbers of what is relayed to that side are translated.
 * @returns false when it is not known where that side is, or the method is one that belongs to another request
 */
export function sendSequential(core: DialogCore, dialog: Dialog, parts: SequentialParts): boolean {
  const { method, after } = parts;
  if (!isSendable(method)) return false;
  const number = legOf(core, dialog, parts);
  const to = dialog.leg(number);
  if (to === undefined) return false;
  const target = after === undefined ? to.remoteTarget : contactUri(after.response);
  if (target === "") return false;
  const other = number === 0 ? dialog.primaryCallee : dialog.callerLeg;
  const { body = "", contentType = "", headers = "" } = parts;
  if (!isCleanHeaderText(contentType)) return false;
  const request = new OwnRequest(core, dialog, parts.done);
  sendTo(core, dialog, number, to, {
    method,
    requestUri: target,
    routeSet: after === undefined ? to.routeSet : calleeRoutes(after.response.values(H.RecordRoute), to.recordRoutes),
    headers: contactLine(to, other) + headers,
    body: body === "" ? undefined : body,
    contentType: contentType === "" ? undefined : contentType,
    hook: request,
  });
  return true;
}

/** ACK and CANCEL belong to the request they follow; a method is one word. */
function isSendable(method: string): boolean {
  return method !== "" && method !== "ACK" && method !== "CANCEL" && isCleanHeaderText(method) && !method.includes(" ");
}

/** What differs between one own request and another. */
interface OwnParts {
  readonly method: string;
  readonly requestUri: string;
  readonly routeSet: readonly string[];
  readonly headers: string;
  readonly body?: string | undefined;
  readonly contentType?: string | undefined;
  readonly hook: TransactionHook;
}

function sendTo(core: DialogCore, dialog: Dialog, number: number, to: Leg, parts: OwnParts): void {
  const callee = number === 0 ? dialog.primaryCallee : to;
  // the caller knows the URIs that it wrote, the callee those it was shown
  const shown = number === 0 ? undefined : to;
  const caller: LocalParty = { uri: shown?.fromUri ?? dialog.fromUri, tag: dialog.callerLeg.tag };
  const other: LocalParty = { uri: shown?.toUri ?? dialog.toUri, tag: callee?.tag ?? "" };
  const cseq = nextOwnCseq(to);
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
    slot: new DialogSlot(dialog, number, number === 0 ? Math.max(1, dialog.life.winner) : number),
  });
}

/** The leg a request goes to; −1 when the reply it follows is of nobody here. */
function legOf(core: DialogCore, dialog: Dialog, { to, after }: SequentialParts): number {
  if (to === "caller") return 0;
  if (after === undefined) return Math.max(1, dialog.life.winner);
  const { response, branch } = after;
  const known = dialog.calleeLegOf(response.toTag);
  if (known > 0) return known;
  // the route of a reply runs before the reply is relayed, which is when a new party is learnt: here it is learnt a moment earlier
  const number = response.toTag === "" ? 0 : legOfReply(dialog, branch, response.toTag, undefined);
  if (number > 0) core.publish("leg", dialog, number);
  return number > 0 ? number : -1;
}

/** Contact of a request to a leg: as the other side was shown to it, else where the other side is. */
function contactLine(to: Leg, other: Leg | undefined): string {
  if (to.advertisedContact !== "") return to.advertisedContact.endsWith("\r\n") ? to.advertisedContact : `${to.advertisedContact}\r\n`;
  return other === undefined || other.remoteTarget === "" ? "" : `Contact: <${other.remoteTarget}>\r\n`;
}

/** A request whose answer is its sender's business alone. Holds the dialog until then. */
class OwnRequest implements TransactionHook {
  readonly #core: DialogCore;
  readonly #dialog: Dialog;
  readonly #done: ((status: number, response: SipResponse | undefined) => void) | undefined;

  constructor(core: DialogCore, dialog: Dialog, done: ((status: number, response: SipResponse | undefined) => void) | undefined) {
    this.#core = core;
    this.#dialog = dialog;
    this.#done = done;
    dialog.uses++;
  }

  localCompleted(transaction: LocalTransaction, status: number, response: SipResponse | undefined): void {
    const { life } = this.#dialog;
    this.#core.history.add(this.#dialog, "ownAnswer", life.state, life.state, `${status} ${transaction.method}`);
    try {
      this.#done?.(status, response);
    } finally {
      this.#core.release(this.#dialog);
    }
  }
}

/** One BYE of ours, until its final answer. */
class OwnBye implements TransactionHook {
  readonly #core: DialogCore;
  readonly #dialog: Dialog;
  readonly #leg: number;
  /** The final status once there is one. */
  status = 0;
  isAnswered = false;

  constructor(core: DialogCore, dialog: Dialog, leg: number) {
    this.#core = core;
    this.#dialog = dialog;
    this.#leg = leg;
    dialog.uses++;
  }

  localCompleted(_transaction: LocalTransaction, status: number, response: SipResponse | undefined): void {
    this.done(status, response !== undefined);
  }

  done(status: number, isAnswered: boolean): void {
    if (this.status !== 0) return;
    this.status = status;
    this.isAnswered = isAnswered;
    const { life } = this.#dialog;
    this.#core.history.add(this.#dialog, "byeAnswer", life.state, life.state, `${status} ${this.#leg === 0 ? "caller" : "callee"}`);
    this.#core.apply(this.#dialog, { type: "byeDone" });
    this.#core.release(this.#dialog);
  }
}

function sendBye(core: DialogCore, dialog: Dialog, number: number, to: Leg): boolean {
  const bye = new OwnBye(core, dialog, number);
  if (to.remoteTarget === "") {
    // who never told where it is cannot be told anything
    bye.done(408, false);
    return false;
  }
  const headers = core.settings.extraHeaders + dialog.byeHeaders;
  sendTo(core, dialog, number, to, { method: "BYE", requestUri: to.remoteTarget, routeSet: to.routeSet, headers, hook: bye });
  return bye.status === 0 || bye.isAnswered;
}
