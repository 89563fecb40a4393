// A request inside a dialog, as a hook sees it. It goes its way by itself unless the hook decides otherwise.
import type { TrackedDialog } from "./dialog.ts";
import { IncomingRequest } from "./request.ts";

/** BYE, re-INVITE, UPDATE, INFO, … of a call. ACKs cannot be answered; everything else can. */
export class SequentialRequest extends IncomingRequest {
  /** The call it belongs to; undefined when it is not tracked here. */
  dialog: TrackedDialog | undefined = undefined;

  /** Whether it runs from caller to callee. */
  get isDownstream(): boolean {
    return this.context.isDirection("downstream");
  }
}
