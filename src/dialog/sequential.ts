// Requests within a dialog once they are matched (dialog-behaviour 2.2, 3.2 to 3.4, 4.4): state, numbers, targets, bodies.
import { keep } from "../kit/index.ts";
import type { Direction, RequestContext } from "../proxy/index.ts";
import type { Edit, SipRequest, SipResponse } from "../sip/index.ts";
import type { ServerTransaction, Transaction, TransactionHook } from "../transaction/index.ts";
import type { DialogCore } from "./core.ts";
import { adoptNumber, freshness, noteRequest, overtaken, translate, translatedInvite, translatedRack } from "./cseq.ts";
import type { Dialog } from "./dialog.ts";
import { counterOf } from "./fork-numbers.ts";
import { doubtOf, isMisrouted } from "./guard.ts";
import { HeldBye } from "./held-bye.ts";
import { changedBody, learnBody, mendedReply, refreshTarget } from "./learn.ts";
import type { Described, Leg } from "./leg.ts";
import { describedBy } from "./sdp.ts";
import { DialogSlot, ownSlotOf } from "./slot.ts";

/**
 * Does everything a matched request means for its dialog, before the script goes on. At most once for each request.
 * @param found - the dialog and the legs, as matching found them
 */
export function requestMatched(core: DialogCore, context: RequestContext, found: DialogSlot): void {
  const { request } = context;
  const { dialog } = found;
  const to = dialog?.leg(found.toLeg);
  const from = dialog?.leg(found.toLeg === 0 ? found.calleeLeg : 0);
  const count = dialog === undefined ? undefined : counterOf(dialog, found.toLeg, found.calleeLeg);
  if (dialog === undefined || to === undefined || from === undefined || count === undefined) return;
  const before = ownSlotOf(context);
  if (before !== undefined) found.pendingLifetimeMs = before.pendingLifetimeMs;
  found.doubt = doubtOf(core, context, found, from, count);
  if (found.doubt !== "none") core.statistics.ignoredRequests.add();
  dialog.uses++; // a BYE must not let go of it before its transaction may hold it
  if (request.method === "ACK") ackMatched(core, context, found, dialog, from, to, count);
  else requestArrived(core, context, found, dialog, from, to, count);
  core.listeners.requestMatched(dialog, context, found);
  core.release(dialog);
}

function ackMatched(core: DialogCore, context: RequestContext, slot: DialogSlot, dialog: Dialog, from: Leg, to: Leg, count: Leg): void {
  const { request } = context;
  const direction: Direction = slot.toLeg === 0 ? "upstream" : "downstream";
  context.slot = slot;
  if (slot.doubt !== "none") ignored(core, slot, dialog, request, direction);
  else {
    const isAnswer = mayAnswer(dialog, slot, request);
    core.apply(dialog, { type: "acked" }, { request, direction });
    applyPendingLifetime(core, dialog, slot);
    core.listeners.requestWithin(dialog, request, direction);
    // a delayed answer comes with the ACK
    const slotOfInvite = context.invite?.slot;
    if (slotOfInvite instanceof SequentialSlot) slotOfInvite.acknowledged(request);
    else if (isAnswer && learnBody(from, request)) {
      to.sentSdp = "";
      core.publish("leg", dialog, slot.toLeg === 0 ? slot.calleeLeg : 0);
    }
  }
  const wire = translatedInvite(count, request.cseqNumber);
  if (wire !== request.cseqNumber) context.edit.setCseqNumber(wire);
}

/** Whether a request may make an offer: an INVITE in any case, UPDATE and PRACK with a body. */
function mayOffer({ method, bodyAt, bodyEnd }: SipRequest): boolean {
  return method === "INVITE" || ((method === "UPDATE" || method === "PRACK") && bodyEnd > bodyAt);
}

/** Whether an ACK may bring the answer to the 2xx that began the call: the first one does, and not after something newer was agreed on. */
function mayAnswer(dialog: Dialog, slot: DialogSlot, ack: SipRequest): boolean {
  if (dialog.state !== "confirmedNoAck" || slot.toLeg !== dialog.life.winner || ack.cseqNumber !== dialog.initialCseq) return false;
  return dialog.leg(slot.toLeg)?.describedAt === dialog.agreements;
}

function requestArrived(core: DialogCore, context: RequestContext, slot: DialogSlot, dialog: Dialog, from: Leg, to: Leg, count: Leg): void {
  const { request } = context;
  const { method, cseqNumber } = request;
  const direction: Direction = slot.toLeg === 0 ? "upstream" : "downstream";
  const isBye = method === "BYE";
  const wasTalking = dialog.isTalking;
  const isDoubtful = slot.doubt !== "none";
  const age = isDoubtful ? "old" : freshness(count, cseqNumber, method);
  const isElsewhere = isBye && isMisrouted(context, dialog, to);
  context.slot = slot;
  if (age === "new" && isElsewhere && context.transaction !== undefined) {
    const held = new HeldBye(core, dialog, slot, context.transaction);
    context.slot = held;
    context.transaction.attach(held);
    return;
  }
  let wire = cseqNumber;
  if (age === "new") {
    noteRequest(from, count, cseqNumber, method);
    if (mayOffer(request)) from.ownOffer?.cross();
    // whoever shows the cookie may have got another address
    if (slot.hasCookie && from.sourceIp !== context.source.ip) from.sourceIp = keep(context.source.ip);
    wire = translate(count, cseqNumber, method);
    core.publish("cseq", dialog, slot.toLeg);
    renumber(context, count, wire);
    if (isBye) {
      const event = { type: "bye", from: slot.toLeg === 0 ? "callee" : "caller", leg: slot.calleeLeg } as const;
      core.apply(dialog, event, { request, direction, transaction: context.transaction });
    } else core.apply(dialog, { type: "sequential" }, { request, direction });
    if (!isBye || !wasTalking) {
      if (wasTalking) applyPendingLifetime(core, dialog, slot);
      core.listeners.requestWithin(dialog, request, direction);
    }
  } else if (isDoubtful) {
    if (slot.doubt === "old") wire = overtaken(count, cseqNumber);
    if (wire !== cseqNumber) context.edit.setCseqNumber(wire);
    ignored(core, slot, dialog, request, direction);
  } else {
    // a copy goes out like the first one
    wire = count.wireCseq;
    renumber(context, count, wire);
    core.note(dialog, "repeatedRequest", dialog.life.state, { request, direction });
  }
  attachHook(core, context, slot, dialog, wire !== cseqNumber, isElsewhere);
}

/** What no honest peer sends goes on as it is, if the route wants it to; the dialog does not change. */
function ignored(core: DialogCore, slot: DialogSlot, dialog: Dialog, request: SipRequest, direction: Direction): void {
  core.note(dialog, `${slot.doubt}Request`, dialog.life.state, { request, direction });
}

/** Hangs a hook on the transaction where something is still to be learnt or put back. */
function attachHook(
  core: DialogCore,
  context: RequestContext,
  slot: DialogSlot,
  dialog: Dialog,
  isTranslated: boolean,
  isElsewhere: boolean,
): void {
  const { request, transaction } = context;
  if (transaction === undefined) return;
  const { method } = request;
  const isDoubtful = slot.doubt !== "none";
  const isRefresh = !isDoubtful && (method === "INVITE" || method === "UPDATE");
  const isAwaited = slot.doubt === "ahead" || (isDoubtful && method === "BYE" && dialog.isTalking);
  // a BYE that crosses this one from the other side will need its number translated, and its way where that is hidden
  const isCrossable = dialog.isTopologyHidden || dialog.leg(slot.toLeg === 0 ? slot.calleeLeg : 0)?.generatedCseq !== 0;
  const isKept = method === "BYE" && isCrossable;
  const isCounted = !isDoubtful && method !== "BYE";
  if (!isCounted && !isTranslated && !isAwaited && !isKept && !core.listeners.wants(dialog, "responseWithin")) return;
  const hook = new SequentialSlot(core, dialog, slot, request, isRefresh, isTranslated, isAwaited, isElsewhere);
  context.slot = hook;
  transaction.attach(hook);
}

function renumber(context: RequestContext, to: Leg, wire: number): void {
  const { request } = context;
  if (wire !== request.cseqNumber) context.edit.setCseqNumber(wire);
  if (request.method !== "PRACK") return;
  const rack = request.header("RAck");
  const mended = rack === undefined ? undefined : translatedRack(to, rack);
  if (mended !== undefined) context.edit.set("RAck", mended);
}

function applyPendingLifetime(core: DialogCore, dialog: Dialog, slot: DialogSlot): void {
  if (slot.pendingLifetimeMs > 0 && dialog.isTalking) core.setLifetime(dialog, slot.pendingLifetimeMs);
  slot.pendingLifetimeMs = -1;
}

/** The transaction of an in-dialog request whose replies matter to the dialog. */
class SequentialSlot extends DialogSlot implements TransactionHook {
  override readonly dialog: Dialog;
  readonly #core: DialogCore;
  readonly #cseq: number;
  readonly #isRefresh: boolean;
  readonly #isTranslated: boolean;
  readonly #isAwaited: boolean;
  readonly #isElsewhere: boolean;
  /** The body that came, and what was sent of it ("" when unchanged). */
  #offer = "";
  #sentOffer = "";
  /** Body of the 2xx that is on its way back, or of a reliable reply before it. */
  #answer = "";
  /** The agreement that a reliable reply belongs to: what is agreed on after it counts more than what the 2xx confirms. */
  #answeredAt = -1;
  /** An offer that came with the 2xx and waits for its ACK, and what was sent of it. */
  #delayedOffer = "";
  #sentDelayed = "";
  /** The agreement that it follows. */
  #delayedAt = -1;
  /** It may carry a session description: INVITE, UPDATE, PRACK. */
  readonly #isDescribed: boolean;
  /** It counts as under way on both legs. */
  #isOpen = false;
  readonly #isInvite: boolean;
  /** It counts among the offers under way: with its sender at once, with its receiver when it leaves for it. */
  readonly #isOffering: boolean;
  #hasLeft = false;

  constructor(
    core: DialogCore,
    dialog: Dialog,
    slot: DialogSlot,
    request: SipRequest,
    isRefresh: boolean,
    isTranslated: boolean,
    isAwaited: boolean,
    isElsewhere: boolean,
  ) {
    super(dialog, slot.toLeg, slot.calleeLeg);
    this.dialog = dialog;
    this.doubt = slot.doubt;
    this.hasCookie = slot.hasCookie;
    this.#core = core;
    this.#cseq = request.cseqNumber;
    this.#isRefresh = isRefresh;
    this.#isTranslated = isTranslated;
    this.#isAwaited = isAwaited;
    this.#isElsewhere = isElsewhere;
    this.#isDescribed = isRefresh || (request.method === "PRACK" && slot.doubt === "none");
    if (this.#isDescribed && request.bodyEnd > request.bodyAt) this.#offer = keep(request.body);
    dialog.uses++;
    this.#isInvite = request.method === "INVITE";
    this.#isOffering = this.#isInvite || this.#offer !== "";
    if (slot.doubt === "none" && request.method !== "BYE") this.#count(1);
  }

  /** The ACK of its 2xx is passing. */
  acknowledged(ack: SipRequest): void {
    this.#close();
    const offer = this.#delayedOffer;
    this.#delayedOffer = "";
    // an offer that came with the 2xx counts when the ACK answers it
    if (offer === "" || ack.bodyEnd <= ack.bodyAt || this.#delayedAt !== this.dialog.agreements) return;
    const from = this.#described(this.#fromNumber());
    const to = this.#described(this.toLeg);
    if (from === undefined || to === undefined) return;
    to.receivedSdp = offer;
    from.sentSdp = this.#sentDelayed;
    learnBody(from, ack);
    to.sentSdp = "";
    this.dialog.agreements++;
    this.#core.publish("leg", this.dialog, this.#fromNumber());
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#count(-1);
    this.#core.proceedSoon(this.dialog);
  }

  #count(by: 1 | -1): void {
    this.#isOpen = by > 0;
    const from = this.#from();
    const to = this.dialog.leg(this.toLeg);
    if (from !== undefined) {
      from.open += by;
      if (this.#isOffering) from.openOffers += by;
    }
    if (to === undefined) return;
    to.open += by;
    if (this.#hasLeft) to.openOffers += by;
  }

  /** A route may keep it, and ask the receiver in its own way first. */
  #leaves(): void {
    if (!this.#isOpen || !this.#isOffering || this.#hasLeft) return;
    this.#hasLeft = true;
    const to = this.dialog.leg(this.toLeg);
    if (to !== undefined) to.openOffers++;
  }

  requestForwarded(transaction: ServerTransaction, edit: Edit): void {
    if (!this.#isRefresh) return;
    const from = this.#from();
    if (from !== undefined && refreshTarget(from, transaction.request, edit)) {
      this.#core.publish("leg", this.dialog, this.#fromNumber());
    }
  }

  requestBuilt(_transaction: Transaction, text: string): void {
    if (!this.#isDescribed || text.startsWith("CANCEL ")) return;
    this.#leaves();
    this.#sentOffer = changedBody(text, this.#offer);
  }

  responseForwarded(_transaction: ServerTransaction, response: SipResponse, edit: Edit): void {
    const { dialog } = this;
    const core = this.#core;
    // the sender knows its request by its own number
    if (this.#isTranslated) edit.setCseqNumber(this.#cseq);
    const isSuccess = response.status >= 200 && response.status < 300;
    const to = dialog.leg(this.toLeg);
    if (isSuccess && this.#isRefresh && to !== undefined) {
      if (refreshTarget(to, response, mendedReply(core.deps.transport, edit))) core.publish("leg", dialog, this.toLeg);
    }
    if (response.bodyEnd > response.bodyAt && this.#isDescribed) {
      if (isSuccess) this.#answer = response.body;
      else if (response.status < 200 && response.has("RSeq")) {
        this.#answer = keep(response.body);
        this.#answeredAt = dialog.agreements;
      }
    }
    core.listeners.responseWithin(dialog, response, edit, this.toLeg === 0 ? "downstream" : "upstream");
    if (isSuccess && this.#isAwaited) this.#believed(response);
  }

  /** The party itself has accepted what we did not believe: then it is true. */
  #believed(response: SipResponse): void {
    const { dialog } = this;
    if (this.#isElsewhere && !this.isFixed) return;
    if (response.cseqMethod === "BYE") {
      this.#core.apply(dialog, { type: "bye", from: this.toLeg === 0 ? "callee" : "caller", leg: this.calleeLeg }, { response });
      return;
    }
    const from = this.#from();
    const to = counterOf(dialog, this.toLeg, this.calleeLeg);
    if (this.doubt === "ahead" && from !== undefined && to !== undefined && adoptNumber(from, to, this.#cseq, response.cseqMethod)) {
      this.#core.publish("cseq", dialog, this.toLeg);
    }
  }

  responsePreOut(_transaction: ServerTransaction, status: number, response: SipResponse | undefined, text: string): void {
    // an INVITE that was accepted is over with its ACK
    if (status >= 300 || (status >= 200 && !this.#isInvite)) this.#close();
    if (status < 200 || status > 299 || !this.#isDescribed || response === undefined) return;
    const from = this.#described(this.#fromNumber());
    const to = this.#described(this.toLeg);
    if (from === undefined || to === undefined) return;
    const answer = this.#answer;
    this.#answer = "";
    const hasBody = response.bodyEnd > response.bodyAt;
    const offer = this.#offer;
    this.#offer = ""; // a repeated 2xx says the same again
    if (offer === "" && this.#isInvite) {
      if (hasBody) {
        this.#delayedOffer = keep(answer);
        this.#sentDelayed = changedBody(text, answer);
        this.#delayedAt = this.dialog.agreements;
      }
      return;
    }
    // what a reliable reply has answered is older than what was agreed on since
    if (offer === "" || (!hasBody && this.#answeredAt >= 0 && this.#answeredAt !== this.dialog.agreements)) return;
    // only an accepted change is one (3.2)
    from.receivedSdp = offer;
    to.sentSdp = this.#sentOffer;
    if (answer !== "") {
      to.receivedSdp = keep(answer);
      from.sentSdp = hasBody ? changedBody(text, answer) : "";
    }
    this.dialog.agreements++;
    this.#core.publish("leg", this.dialog, this.#fromNumber());
  }

  transactionDeleted(): void {
    this.#close();
    this.#core.release(this.dialog);
  }

  #fromNumber(): number {
    return this.toLeg === 0 ? this.calleeLeg : 0;
  }

  #described(number: number): Described | undefined {
    return describedBy(this.dialog, number, this.calleeLeg);
  }

  #from(): Leg | undefined {
    return this.dialog.leg(this.#fromNumber());
  }
}
