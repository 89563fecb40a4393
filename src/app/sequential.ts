// A request inside a dialog, as a hook sees it. It goes its way by itself unless the hook decides otherwise.
import type { Validity } from "../dialog/index.ts";
import type { TrackedDialog } from "./dialog.ts";
import type { Relaying } from "./relaying.ts";
import { IncomingRequest, type RelayChoice } from "./request.ts";
import type { Target } from "./target.ts";

/** BYE, re-INVITE, UPDATE, INFO, … of a call. ACKs cannot be answered; everything else can. */
export class SequentialRequest extends IncomingRequest {
  /** The call it belongs to; undefined when it is not tracked here. */
  dialog: TrackedDialog | undefined = undefined;

  /**
   * Whether the request is what its call expects: CSeq, target and route set.
   * @returns 1 valid, −1 CSeq, −2 target, −3 route set, −4 cannot tell (no call, or a header does not parse)
   */
  validate(): Validity {
    return this.services.dialogs.validate(this.context);
  }

  /** Gives the request the target and the route set its call knows, whatever it brought. @returns whether it could */
  fixRoute(): boolean {
    return this.services.dialogs.fixRoute(this.context) === 1;
  }

  /** Sends the request on. Without a target it goes to the party it is meant for, along the Routes that its call knows. */
  override relay(to?: Target | readonly Target[], choice?: RelayChoice): Relaying {
    if (to === undefined && !this.isDecided) this.services.dialogs.straighten(this.context);
    return super.relay(to, choice);
  }

  /** Whether it runs from caller to callee. */
  get isDownstream(): boolean {
    return this.context.isDirection("downstream");
  }
}
