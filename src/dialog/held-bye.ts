// A BYE with a good number that goes elsewhere than to the party it hangs up on: to another target, or along other Routes (decision 19).
import type { Direction } from "../proxy/index.ts";
import type { Edit, SipResponse } from "../sip/index.ts";
import type { ServerTransaction, TransactionHook } from "../transaction/index.ts";
import type { DialogCore } from "./core.ts";
import { noteRequest, translate } from "./cseq.ts";
import type { Dialog } from "./dialog.ts";
import { counterOf } from "./fork-numbers.ts";
import { DialogSlot } from "./slot.ts";

/**
 * Takes effect when the route sends the BYE on, whether it has put it right before or not. One that the route refuses changes nothing:
 * whoever hangs up on nobody goes on talking, and the call goes on being counted.
 */
export class HeldBye extends DialogSlot implements TransactionHook {
  override readonly dialog: Dialog;
  readonly #core: DialogCore;
  readonly #cseq: number;
  /** The number it leaves with; 0 before. */
  #wire = 0;

  constructor(core: DialogCore, dialog: Dialog, slot: DialogSlot, transaction: ServerTransaction) {
    super(dialog, slot.toLeg, slot.calleeLeg);
    this.dialog = dialog;
    this.hasCookie = slot.hasCookie;
    this.#core = core;
    this.#cseq = transaction.request.cseqNumber;
    dialog.uses++;
    core.note(dialog, "misroutedBye", dialog.life.state, { request: transaction.request });
  }

  requestForwarded(transaction: ServerTransaction, edit: Edit): void {
    if (this.#wire === 0) this.#wire = this.#take(transaction);
    if (this.#wire !== this.#cseq) edit.setCseqNumber(this.#wire);
  }

  responseForwarded(_transaction: ServerTransaction, response: SipResponse, edit: Edit): void {
    if (this.#wire !== this.#cseq) edit.setCseqNumber(this.#cseq);
    this.#core.listeners.responseWithin(this.dialog, response, edit, this.toLeg === 0 ? "downstream" : "upstream");
  }

  transactionDeleted(): void {
    this.#core.release(this.dialog);
  }

  /** @returns the number it goes on with */
  #take(transaction: ServerTransaction): number {
    const { dialog } = this;
    const { request } = transaction;
    const core = this.#core;
    const to = counterOf(dialog, this.toLeg, this.calleeLeg);
    const from = dialog.leg(this.toLeg === 0 ? this.calleeLeg : 0);
    if (to === undefined || from === undefined) return this.#cseq;
    noteRequest(from, to, this.#cseq, "BYE");
    const wire = translate(to, this.#cseq, "BYE");
    core.publish("cseq", dialog, this.toLeg);
    const direction: Direction = this.toLeg === 0 ? "upstream" : "downstream";
    core.apply(
      dialog,
      { type: "bye", from: this.toLeg === 0 ? "callee" : "caller", leg: this.calleeLeg },
      { request, direction, transaction },
    );
    return wire;
  }
}
