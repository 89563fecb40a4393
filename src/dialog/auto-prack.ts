// PRACK on the caller's behalf (create_dialog flag `auto-prack`): reliable provisional replies (RFC 3262) are acknowledged here, and go on
// as ordinary ones, so that a caller need not know the extension, and one that does has nothing left to acknowledge.
import { type Edit, H, type SipResponse } from "../sip/index.ts";
import type { DialogCore } from "./core.ts";
import type { Dialog } from "./dialog.ts";
import { contactUri } from "./learn.ts";
import { calleeRoutes, type Leg } from "./leg.ts";
import { OwnTransaction, sendTo } from "./own-requests.ts";

/** What one callee has sent reliably. */
interface Sequence {
  /** RSeq of the last reply that was acknowledged. */
  last: number;
  /** Its PRACK has failed: a copy of the reply is a reason to try again. */
  hasFailed: boolean;
}

/** The reliable replies of one INVITE, by the number of the callee's leg. */
export class ReliableReplies {
  readonly #byLeg = new Map<number, Sequence>();

  /**
   * A reliable provisional reply is about to go to the caller.
   * @param edit - of the copy for the caller
   */
  arrived(core: DialogCore, dialog: Dialog, number: number, leg: Leg, response: SipResponse, edit: Edit): void {
    const rseq = sequenceOf(response);
    if (rseq < 0) return;
    // an offer in the reply wants its answer in the PRACK (RFC 3262 section 5): that is the caller's alone to give
    if (dialog.callerLeg.receivedSdp === "" && response.bodyEnd > response.bodyAt) return;
    concealReliability(response, edit);
    const known = this.#byLeg.get(number);
    // copies are not acknowledged again, and what comes too early comes again (RFC 3262 section 4)
    if (known !== undefined && rseq !== known.last + 1 && !(rseq === known.last && known.hasFailed)) return;
    const target = contactUri(response);
    if (target === "") {
      core.history.add(dialog, "noPrack", dialog.life.state, dialog.life.state, `${response.status} without Contact`);
      return;
    }
    const sequence = known ?? { last: rseq, hasFailed: false };
    sequence.last = rseq;
    sequence.hasFailed = false;
    this.#byLeg.set(number, sequence);
    sendTo(core, dialog, number, leg, {
      method: "PRACK",
      requestUri: target,
      routeSet: calleeRoutes(response.values(H.RecordRoute), leg.recordRoutes),
      headers: `RAck: ${rseq} ${response.cseqNumber} INVITE\r\n`,
      frTimeoutMs: core.settings.autoPrackFrTimeoutMs,
      hook: new OwnPrack(core, dialog, number, leg, sequence),
    });
  }
}

/** One PRACK, until its final answer. */
class OwnPrack extends OwnTransaction {
  readonly #sequence: Sequence;

  constructor(core: DialogCore, dialog: Dialog, number: number, leg: Leg, sequence: Sequence) {
    super(core, dialog, number, leg, "PRACK");
    this.#sequence = sequence;
  }

  protected override completed(status: number, response: SipResponse | undefined): void {
    if (response !== undefined && status < 300) return;
    this.#sequence.hasFailed = true;
    const { core, dialog } = this;
    core.statistics.failedPracks.add();
    // who does not answer a PRACK will not answer the call either: the caller may try elsewhere
    if (core.settings.hangsUpOnPrackFailure && !dialog.isTalking && !dialog.isEnded) dialog.invite?.reply(502, "Bad Gateway");
  }
}

/** The number of RSeq (1 to 2^32 − 1); −1 for anything else. */
function sequenceOf(response: SipResponse): number {
  if (response.status <= 100 || response.status >= 200) return -1;
  const text = response.header("RSeq");
  if (text === undefined || text.length === 0 || text.length > 10) return -1;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value >= 1 && value <= 0xffff_ffff ? value : -1;
}

/** The caller gets an ordinary provisional reply. */
function concealReliability(response: SipResponse, edit: Edit): void {
  edit.remove("RSeq");
  const required = response.values("Require").filter((tag) => tag.toLowerCase() !== "100rel");
  edit.remove("Require");
  if (required.length > 0) edit.append("Require", required.join(", "));
}
