// How a route asks for topology hiding.
import { ModuleFlag } from "../dialog/index.ts";
import { DialoomError, ErrorCodes } from "../kit/index.ts";
import type { HideProblem } from "../topology/index.ts";

/** How a call is hidden from its parties. */
export interface HideOptions {
  /** The users of the parties' Contacts stay in the ones that we show. Default false. */
  readonly keepUser?: boolean;
  /** The callee sees another Call-ID (of a tracked call). Default false. */
  readonly hideCallId?: boolean;
  /** The dialog id stands in the user of our Contacts, for peers that lose URI parameters (of a tracked call). Default false. */
  readonly didInUser?: boolean;
  /** A Contact that was shown to this side stays the same for the whole call (of a tracked call). Default false. */
  readonly keepCallerContact?: boolean;
  readonly keepCalleeContact?: boolean;
  /** The user that the callee sees in the caller's Contact, and the other way round (of a tracked call). */
  readonly callerUser?: string;
  readonly calleeUser?: string;
}

/** The options as flags of the dialog. */
export function hideFlags(options: HideOptions): number {
  let flags = 0;
  if (options.keepUser === true) flags |= ModuleFlag.keepUser;
  if (options.hideCallId === true) flags |= ModuleFlag.hideCallId;
  if (options.didInUser === true) flags |= ModuleFlag.didInUser;
  if (options.keepCallerContact === true) flags |= ModuleFlag.advertiseCaller;
  if (options.keepCalleeContact === true) flags |= ModuleFlag.advertiseCallee;
  return flags;
}

/** @throws DialoomError that says what stands in the way */
export function throwHideProblem(problem: HideProblem, callId: string): never {
  const why = {
    withinDialog: "it belongs to a dialog already, and those that are hidden stay so by themselves",
    noTransaction: "an ACK follows its INVITE",
    contact: "it must have exactly one Contact that can be read",
    tooLong: "its Contact and Record-Routes are too long to be carried by ours; track() the call",
  }[problem];
  throw new DialoomError(ErrorCodes.BadArgument, `hideTopology() of the request ${callId}: ${why}`);
}
