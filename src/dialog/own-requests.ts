// Requests that we send of our own accord to end a call: CANCEL while it rings, BYE to both sides once it is answered (8.2).
import type { SipResponse } from "../sip/index.ts";
import type { LocalTransaction, TransactionHook } from "../transaction/index.ts";
import type { DialogCore } from "./core.ts";
import { nextOwnCseq } from "./cseq.ts";
import type { Dialog } from "./dialog.ts";
import type { Leg } from "./leg.ts";

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
  const isCallerTold = sendBye(core, dialog, 0, dialog.callerLeg, callee);
  const isCalleeTold = callee !== undefined && sendBye(core, dialog, dialog.life.winner, callee, callee);
  if (callee === undefined) core.apply(dialog, { type: "byeDone" });
  core.release(dialog);
  return isCallerTold && isCalleeTold;
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

function sendBye(core: DialogCore, dialog: Dialog, number: number, to: Leg, callee: Leg | undefined): boolean {
  const bye = new OwnBye(core, dialog, number);
  if (to.remoteTarget === "") {
    // who never told where it is cannot be told anything
    bye.done(408, false);
    return false;
  }
  const caller = { uri: callee?.fromUri ?? dialog.fromUri, tag: dialog.callerLeg.tag };
  const other = { uri: callee?.toUri ?? dialog.toUri, tag: callee?.tag ?? "" };
  const cseq = nextOwnCseq(to);
  core.publish("cseq", dialog, number);
  core.history.add(dialog, "byeSent", dialog.life.state, dialog.life.state, `BYE ${cseq} ${number === 0 ? "caller" : "callee"}`);
  const headers = core.settings.extraHeaders + dialog.byeHeaders;
  core.deps.transactions.request({
    method: "BYE",
    requestUri: to.remoteTarget,
    from: number === 0 ? other : caller,
    to: number === 0 ? caller : other,
    callId: dialog.callId,
    cseq,
    routeSet: to.routeSet,
    listener: to.listener,
    headers: headers === "" ? undefined : headers,
    hook: bye,
  });
  return bye.status === 0 || bye.isAnswered;
}
