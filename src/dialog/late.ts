// Requests that cross the end of their call, the second of two BYEs above all (RFC 5407 3.2.1). They are no longer matched (8.4), but
// where we have sent requests of our own, the numbers of who sends and who gets them still differ.
import type { RequestContext } from "../proxy/index.ts";
import type { Edit, SipResponse } from "../sip/index.ts";
import type { ServerTransaction, TransactionHook } from "../transaction/index.ts";
import type { DialogCore } from "./core.ts";
import { freshness, noteRequest, overtaken, translate, translatedInvite } from "./cseq.ts";
import { counterOf } from "./fork-numbers.ts";
import { doubtOf } from "./guard.ts";
import { DialogSlot, slotOf } from "./slot.ts";

/** Puts the sender's number back into the replies. */
class LateHook implements TransactionHook {
  readonly #cseq: number;

  constructor(cseq: number) {
    this.#cseq = cseq;
  }

  responseForwarded(_transaction: ServerTransaction, _response: SipResponse, edit: Edit): void {
    edit.setCseqNumber(this.#cseq);
  }
}

/**
 * Gives a request of a call that has ended the number its receiver expects; nothing else of the call changes. One that no honest peer can
 * have sent is marked as such: it would make the BYE that is still under way look old.
 * Where the topology is hidden only the call knows where it has to go: there it is treated as one of the call.
 * @param found - the call and the legs, as the tags say
 * @param did - the cookie that the request brought
 * @returns whether the call has said where it goes
 */
export function passLate(core: DialogCore, context: RequestContext, found: DialogSlot, did: string | undefined): boolean {
  const { request, transaction } = context;
  const { method, cseqNumber } = request;
  const to = found.dialog === undefined ? undefined : counterOf(found.dialog, found.toLeg, found.calleeLeg);
  const from = found.dialog?.leg(found.toLeg === 0 ? found.calleeLeg : 0);
  const { dialog } = found;
  if (dialog === undefined || to === undefined || from === undefined) return false;
  found.hasCookie = did !== undefined && did.toLowerCase() === found.dialog?.did;
  if (doubtOf(core, context, found, from, to) === "unproven") {
    const slot = slotOf(context) ?? new DialogSlot(undefined, -1, -1);
    slot.doubt = "unproven";
    context.slot = slot;
    core.statistics.ignoredRequests.add();
    return false;
  }
  const isHidden = dialog.isTopologyHidden;
  if (isHidden) {
    context.slot = found;
    core.listeners.requestMatched(dialog, context, found);
  }
  let wire = cseqNumber;
  if (method === "ACK") wire = translatedInvite(to, cseqNumber);
  else {
    const age = freshness(to, cseqNumber, method);
    if (age === "new") {
      noteRequest(from, to, cseqNumber, method);
      wire = translate(to, cseqNumber, method);
    } else if (age === "repeated" && to.generatedCseq !== 0) wire = to.wireCseq;
    else if (age === "old") wire = overtaken(to, cseqNumber);
  }
  if (wire === cseqNumber) return isHidden;
  context.edit.setCseqNumber(wire);
  if (transaction?.hooks.some((hook) => hook instanceof LateHook) === false) transaction.attach(new LateHook(cseqNumber));
  return isHidden;
}
