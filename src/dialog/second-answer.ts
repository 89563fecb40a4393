// Forks of a hidden call that answer although another one has: whoever placed the call hangs up on them (RFC 3261 13.2.2.4), and only the
// dialog knows where they are, however soon the call itself is over.
import { type Ms, WheelEntry, type WheelOwner } from "../kit/index.ts";
import type { DialogCore } from "./core.ts";
import type { Dialog } from "./dialog.ts";

/** The 2xx may come as late as 64·T1 after the first copy of it, and so may the BYE after that. */
const BYE_WITHIN: Ms = 64_000;

/** Keeps a dialog until such a BYE must have passed. */
export class SecondAnswer implements WheelOwner {
  readonly #core: DialogCore;
  readonly #dialog: Dialog;

  constructor(core: DialogCore, dialog: Dialog) {
    this.#core = core;
    this.#dialog = dialog;
    dialog.uses++;
    core.deps.wheel.arm(new WheelEntry(this, 0), BYE_WITHIN);
  }

  onTick(): void {
    this.#core.release(this.#dialog);
  }
}
