// The hook on the INVITE that makes a dialog: learns the parties, and tells the machine what goes back to the caller (TM-63).
// One object for each call; it lives as long as the INVITE's transaction.
import { keep } from "../kit/index.ts";
import { type Edit, H, type SipRequest, type SipResponse } from "../sip/index.ts";
import type { ClientTransaction, ServerTransaction, Transaction, TransactionHook } from "../transaction/index.ts";
import { ReliableReplies } from "./auto-prack.ts";
import type { DialogCore } from "./core.ts";
import { inviteRenumbered } from "./cseq.ts";
import type { Dialog } from "./dialog.ts";
import {
  changedBody,
  changedPartyUri,
  keepAll,
  learnBody,
  learnFromProvisional,
  learnFromSuccess,
  legOfReply,
  MAX_LEGS,
  mendedContactUri,
  mendedReply,
  recordRouteLines,
  refreshTarget,
  sentContact,
} from "./learn.ts";
import { Leg } from "./leg.ts";
import { DialogOption } from "./options.ts";
import { describeForWinner } from "./sdp.ts";
import { SecondAnswer } from "./second-answer.ts";
import { DialogSlot } from "./slot.ts";

/** The INVITE of a dialog, while its transaction lives. Also what the INVITE's routes see as the current dialog. */
export class InitialSlot extends DialogSlot implements TransactionHook {
  override readonly dialog: Dialog;
  override readonly isInitial = true;
  readonly #core: DialogCore;
  /** The leg of the branch that is being built. */
  #building: Leg | undefined = undefined;
  #isCreatedTold = false;
  /** What the 2xx that is being relayed says of the session is old. */
  #isOldAnswer = false;
  #reliable: ReliableReplies | undefined = undefined;

  constructor(core: DialogCore, dialog: Dialog, invite: SipRequest) {
    super(dialog, 1, 1);
    this.dialog = dialog;
    this.#core = core;
    if (invite.has(H.RecordRoute)) dialog.callerLeg.routeSet = keepAll(invite.values(H.RecordRoute));
    dialog.uses++;
  }

  /** CREATED, once the transaction is a real one. */
  tellCreated(invite: SipRequest): void {
    if (this.#isCreatedTold) return;
    this.#isCreatedTold = true;
    this.#core.listeners.created(this.dialog, invite);
  }

  requestForwarded(_transaction: ServerTransaction, edit: Edit, index: number): void {
    const { dialog } = this;
    // what hides the topology comes after us and takes the Contact away
    if (index === 0 && dialog.isTopologyHidden) {
      const contact = mendedContactUri(edit);
      if (contact !== "" && contact !== dialog.callerLeg.remoteTarget) dialog.callerLeg.remoteTarget = keep(contact);
    }
    this.#building = undefined;
    if (dialog.calleeLegs.length >= MAX_LEGS) {
      this.#core.statistics.refusedLegs.add();
      return;
    }
    const { inviteCseq } = dialog.callerLeg;
    this.#building = new Leg(index, inviteCseq);
    if (edit.cseqNumber !== inviteCseq) inviteRenumbered(this.#building, inviteCseq, edit.cseqNumber);
    const { head } = edit.message;
    this.#building.fromUri = changedPartyUri(edit, head.fromLine);
    this.#building.toUri = changedPartyUri(edit, head.toLine);
    dialog.calleeLegs.push(this.#building);
  }

  requestBuilt(transaction: Transaction, text: string): void {
    const leg = this.#building;
    if (leg === undefined || !text.startsWith("INVITE ") || !("request" in transaction)) return;
    this.#building = undefined;
    const invite = transaction.request;
    const caller = this.dialog.callerLeg;
    const received = caller.routeSet.length;
    // lines that came with the request leave as they came, so what is more is ours
    if (this.dialog.isTopologyHidden) leg.recordRoutes = recordRouteLines(text);
    else leg.recordRoutes = received + Math.max(0, recordRouteLines(text) - (received === 0 ? 0 : recordRouteLines(invite.text)));
    leg.sentSdp = changedBody(text, caller.receivedSdp);
    // a Contact that a route has mended (NAT) is the one to use later
    if (leg.branch === 0 && !this.dialog.isTopologyHidden && !text.includes(invite.header(H.Contact) ?? "")) {
      const contact = sentContact(text);
      if (contact !== "") caller.remoteTarget = keep(contact);
    }
    this.#core.publish("leg", this.dialog, this.dialog.calleeLegs.length);
  }

  responseForwarded(_transaction: ServerTransaction, response: SipResponse, edit: Edit, branch: ClientTransaction): void {
    const { dialog } = this;
    const core = this.#core;
    // a provisional without a tag makes no dialog (RFC 3261 12.1)
    const isKnown = response.toTag !== "" && dialog.calleeLegOf(response.toTag) > 0;
    const isSuccess = response.status >= 200 && response.status < 300;
    const number = legOfReply(dialog, branch.index, response.toTag, branch.destination.listener, isSuccess);
    const leg = dialog.leg(number);
    if (leg !== undefined && leg.tag !== response.toTag && response.toTag !== "") core.statistics.refusedLegs.add();
    if (number > 0 && leg !== undefined) {
      if (leg.sourceIp === "") leg.sourceIp = keep(branch.replySource.ip);
      const isHidden = dialog.isTopologyHidden;
      let isNews = false;
      // the answer may come in a reliable reply, and again in copies of it and in the 2xx (RFC 3262 section 5)
      const isOld = leg.describedAt >= 0 && leg.describedAt !== dialog.agreements;
      if (isSuccess) {
        this.#isOldAnswer = isOld;
        // a copy that comes late knows nothing of what was agreed on since
        if (!leg.isAnswered)
          isNews = learnFromSuccess(leg, response, isHidden && dialog.life.winner === 0, mendedReply(core.deps.transport, edit), isOld);
        if (isHidden && !leg.isAnswered && dialog.life.winner > 0) new SecondAnswer(core, dialog);
        leg.isAnswered = true;
        if (leg.describedAt < 0) leg.describedAt = dialog.agreements;
      } else if (response.status < 200) {
        if (isHidden) isNews = learnFromProvisional(leg, response);
        // a reliable reply may have the answer, and the 2xx none then (RFC 3262 section 5)
        if (response.has("RSeq") && response.toTag !== "") {
          isNews = (!isOld && learnBody(leg, response)) || isNews;
          if (leg.describedAt < 0 && response.bodyEnd > response.bodyAt) leg.describedAt = dialog.agreements;
          if ((dialog.options & DialogOption.autoPrack) !== 0) {
            this.#reliable ??= new ReliableReplies();
            this.#reliable.arrived(core, dialog, number, leg, response, edit);
          }
        }
      }
      if (isNews || (!isKnown && response.toTag !== "")) core.publish("leg", dialog, number);
    }
    this.calleeLeg = Math.max(1, number);
    core.listeners.responseForwarded(dialog, response, edit, this.calleeLeg);
  }

  responsePreOut(transaction: ServerTransaction, status: number, response: SipResponse | undefined): void {
    const { dialog } = this;
    const core = this.#core;
    if (status < 200) {
      // what a route says by itself does not make the dialog early (decision 20)
      if (response !== undefined && status > 100) core.apply(dialog, { type: "provisional" }, { response });
    } else if (status < 300) {
      const leg = response === undefined ? this.#localLeg(transaction) : this.#legOf(response);
      dialog.isAnswering = dialog.life.winner === 0;
      core.apply(dialog, { type: "answered", leg }, { response, status });
      describeForWinner(dialog);
    } else core.apply(dialog, { type: "refused" }, { response, status });
  }

  responseOut(_transaction: ServerTransaction, status: number, response: SipResponse | undefined, text: string): void {
    const { dialog } = this;
    if (!dialog.isAnswering || status < 200 || status >= 300) return;
    const callee = dialog.primaryCallee;
    const isNews = response === undefined || (response.bodyEnd > response.bodyAt && !this.#isOldAnswer);
    if (status === 200 && callee !== undefined && isNews) {
      const caller = dialog.callerLeg;
      caller.sentSdp = changedBody(text, response === undefined ? "" : callee.receivedSdp);
      this.#core.publish("leg", dialog, 0);
    }
    this.#core.answerSent(dialog);
  }

  messageMatchedIn(_transaction: Transaction, message: SipRequest | SipResponse): void {
    // before the final answer `transactionCancelled` tells; after it this is the race of 6.3
    if (!message.isRequest || !("method" in message) || message.method !== "CANCEL") return;
    if (this.dialog.isTalking || this.dialog.isEnded) this.#core.apply(this.dialog, { type: "cancelled" }, { request: message });
  }

  transactionCancelled(_transaction: ServerTransaction, cancel: SipRequest): void {
    if (!this.dialog.isTalking && !this.dialog.isEnded) this.#core.apply(this.dialog, { type: "cancelled" }, { request: cancel });
  }

  ackIn(_transaction: ServerTransaction, ack: SipRequest): void {
    // the ACK to an answer made here ends at us: no route need ever see it
    if (this.dialog.primaryCallee?.branch === -1) this.#core.apply(this.dialog, { type: "acked" }, { request: ack });
  }

  transactionDeleted(): void {
    const { dialog } = this;
    dialog.invite = undefined;
    this.#core.apply(dialog, { type: "abandoned" });
    this.#core.release(dialog);
  }

  #legOf(response: SipResponse): number {
    const number = this.dialog.calleeLegOf(response.toTag);
    return number > 0 ? number : this.calleeLeg;
  }

  /** A route answered the call itself: the callee is us. */
  #localLeg(transaction: ServerTransaction): number {
    const { dialog } = this;
    const tag = transaction.sentTag === "" ? transaction.localTag : transaction.sentTag;
    const known = dialog.calleeLegOf(tag);
    if (known > 0) return known;
    const leg = new Leg(-1, dialog.callerLeg.inviteCseq);
    leg.tag = keep(tag);
    leg.listener = dialog.callerLeg.listener;
    return dialog.calleeLegs.push(leg);
  }
}

/** Fills the caller's leg from its INVITE. */
export function learnCaller(leg: Leg, invite: SipRequest): void {
  leg.tag = keep(invite.fromTag);
  leg.inviteCseq = invite.cseqNumber;
  refreshTarget(leg, invite);
  leg.receivedSdp = invite.bodyEnd > invite.bodyAt ? keep(invite.body) : "";
}
