// What the dialog room hangs on a request, and through its transaction on everything that belongs to it (TM-65).
import type { Ms } from "../kit/index.ts";
import type { Direction, RequestContext } from "../proxy/index.ts";
import type { Dialog } from "./dialog.ts";
import type { Doubt } from "./guard.ts";

/** The current dialog of a request, and which way the request goes in it. */
export class DialogSlot {
  dialog: Dialog | undefined;
  /** The leg the request goes to: 0 the caller, 1… a callee; −1 when it is not known. */
  toLeg: number;
  /** The callee leg concerned, whichever way the request goes. */
  calleeLeg: number;
  /** `$DLG_timeout` set before there was a dialog; −1 for none. */
  pendingLifetimeMs: Ms = -1;
  /** The request is the INVITE that makes the dialog. */
  readonly isInitial: boolean = false;
  /** The request has brought the dialog's cookie. */
  hasCookie = false;
  /** Why the dialog took no notice of the request (decision 19). */
  doubt: Doubt = "none";
  /** The route has given the request the target and the Routes that the dialog knows. */
  isFixed = false;

  constructor(dialog: Dialog | undefined, toLeg: number, calleeLeg: number) {
    this.dialog = dialog;
    this.toLeg = toLeg;
    this.calleeLeg = calleeLeg;
  }

  /** `$DLG_dir`. */
  get direction(): Direction | undefined {
    if (this.dialog === undefined || this.toLeg < 0) return undefined;
    return this.toLeg === 0 ? "upstream" : "downstream";
  }
}

/** What hangs on a request; undefined when nothing does. */
export function slotOf(context: RequestContext): DialogSlot | undefined {
  const { slot } = context;
  return slot instanceof DialogSlot ? slot : undefined;
}

/**
 * What matching or creation has hung on this very request. An ACK inherits what hangs on its INVITE, which says where it belongs
 * but not that it was looked at.
 */
export function ownSlotOf(context: RequestContext): DialogSlot | undefined {
  const slot = slotOf(context);
  return slot !== undefined && context.transaction === undefined && context.invite?.slot === slot ? undefined : slot;
}
