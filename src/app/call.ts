// A new call as its route sees it.
import { type CreateOptions, DialogOption } from "../dialog/index.ts";
import { DialoomError, type Duration, ErrorCodes } from "../kit/index.ts";
import { lifetimeOf, TrackedDialog } from "./dialog.ts";
import { IncomingRequest } from "./request.ts";
import { type HideOptions, hideFlags, throwHideProblem } from "./topology.ts";

/** How to track a call. */
export interface TrackOptions {
  /** How long it may last once answered: seconds, or text such as `"1h"`. Default: the setting `defaultTimeout`. */
  readonly lifetime?: Duration;
  /** BYE to both sides when the lifetime is over; without it the call is only forgotten here (flag `B`). Default false. */
  readonly byeOnExpiry?: boolean;
  /** Ends the call shortly after a race of CANCEL or early BYE with its 200 (flag `E`). Default false. */
  readonly endOnRace?: boolean;
  /**
   * Asks the parties of an answered call from time to time whether they are still there, and ends it when one is not: both alike, or each
   * in its own way (flags `P`, `p`, `R`, `r`). How often: the settings `optionsPingInterval` and `reinvitePingInterval`.
   */
  readonly ping?: PingMethod | { readonly caller?: PingMethod; readonly callee?: PingMethod };
  /** Acknowledges reliable provisional replies on the caller's behalf (RFC 3262; flag `auto-prack`). Default false. */
  readonly autoPrack?: boolean;
}

/** How a party is pinged. A re-INVITE repeats the session description last agreed on: some devices answer nothing else. */
export type PingMethod = "options" | "reinvite";

/** An INVITE that begins a call. */
export class Call extends IncomingRequest {
  #dialog: TrackedDialog | undefined = undefined;
  #abort: AbortController | undefined = undefined;

  /** The tracked call; undefined before `track()`. */
  get dialog(): TrackedDialog | undefined {
    return this.#dialog;
  }

  /**
   * Aborted when the caller gives up: hand it to what an asynchronous route waits for.
   */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController();
      this.#abort = abort;
      if (this.isCancelled) abort.abort();
      else this.context.transaction?.attach({ transactionCancelled: () => abort.abort() });
    }
    return this.#abort.signal;
  }

  /**
   * Tracks the call from here to its end. A second call changes the options of the first.
   * @throws DialoomError when the request cannot begin a dialog (no From tag), or the table of calls is full
   */
  track(options?: TrackOptions): TrackedDialog {
    this.mustBeOpen("track");
    const dialog = this.services.dialogs.create(this.context, options === undefined ? undefined : createOptions(options));
    if (dialog === undefined) {
      throw new DialoomError(
        ErrorCodes.NoDialog,
        `the INVITE ${this.callId} cannot be tracked: it has no From tag, or there are too many calls`,
      );
    }
    this.#dialog = new TrackedDialog(dialog);
    return this.#dialog;
  }

  /**
   * Hides caller and callee from each other: no Via, Record-Route or Contact of one reaches the other, and requests within the call come to
   * us. After `track()` the dialog remembers the way; without it our Contacts carry it. A second call adds to the first.
   * @throws DialoomError when the request cannot be hidden, or an option needs a tracked call
   */
  hideTopology(options: HideOptions = {}): this {
    this.mustBeOpen("hideTopology");
    const flags = hideFlags(options);
    const { callerUser: caller, calleeUser: callee } = options;
    const { topology } = this.services;
    if (topology.needsDialog(this.context, flags) || (this.#dialog === undefined && (caller ?? callee) !== undefined)) {
      throw new DialoomError(ErrorCodes.NoDialog, "hideTopology(): only keepUser is possible without track()");
    }
    const problem = topology.hide(this.context, flags, { caller, callee });
    if (problem !== undefined) throwHideProblem(problem, this.callId);
    return this;
  }
}

function createOptions(given: TrackOptions): CreateOptions {
  const options = dialogOptions(given);
  return given.lifetime === undefined ? { options } : { options, lifetimeMs: lifetimeOf(given.lifetime) };
}

/** @internal The flags that a route asks for, as `DialogOption` bits. */
export function dialogOptions({ byeOnExpiry, endOnRace, ping, autoPrack }: TrackOptions): number {
  let options = 0;
  if (byeOnExpiry === true) options |= DialogOption.byeOnTimeout;
  if (endOnRace === true) options |= DialogOption.endOnRace;
  const { caller, callee } = typeof ping === "string" ? { caller: ping, callee: ping } : (ping ?? {});
  if (caller !== undefined) options |= caller === "reinvite" ? DialogOption.reinvitePingCaller : DialogOption.optionsPingCaller;
  if (callee !== undefined) options |= callee === "reinvite" ? DialogOption.reinvitePingCallee : DialogOption.optionsPingCallee;
  if (autoPrack === true) options |= DialogOption.autoPrack;
  return options;
}
