// The non-INVITE server transaction: RFC 3261 §17.2.2 with the silences of RFC 4320 §4.

import { type Step, step } from "./step.ts";

export type NonInviteServerState = "trying" | "proceeding" | "completed" | "terminated";

/**
 * - `request`: the request again
 * - `trying`: a 100 from the user; `provisional`: 101–199 from the user; `final`: 200–699 from the user
 * - `quiet`: 7·T1 have passed without a reply (D-02); `giveUp`: 64·T1 have (TM-15)
 * - `silence`: every branch is dead and nobody is told (D-01)
 */
export type NonInviteServerEvent = "request" | "trying" | "provisional" | "final" | "quiet" | "giveUp" | "silence" | "timerJ";

/** `sendTrying`: a 100 made here; `armGiveUp`: what is left of 64·T1; the others as in the INVITE machine. */
export type NonInviteServerEffect = "send" | "resend" | "sendTrying" | "armGiveUp" | "armJ" | "refuse" | "end";

type S = Step<NonInviteServerState, NonInviteServerEffect>;

const stayTrying: S = step("trying");
const tryingRefuse: S = step("trying", "refuse");
const goProceeding: S = step("proceeding", "send");
const goQuiet: S = step("proceeding", "armGiveUp", "sendTrying");
const stayProceeding: S = step("proceeding");
const proceedingAgain: S = step("proceeding", "armGiveUp");
const proceedingResend: S = step("proceeding", "resend");
const proceedingRefuse: S = step("proceeding", "refuse");
const complete: S = step("completed", "send", "armJ");
const completeSilently: S = step("completed", "armJ");
const stayCompleted: S = step("completed");
const completedResend: S = step("completed", "resend");
const completedRefuse: S = step("completed", "refuse");
const terminate: S = step("terminated", "end");
const stayTerminated: S = step("terminated");
const terminatedRefuse: S = step("terminated", "refuse");

/**
 * One transition.
 * @see proxy rules 3.5
 */
export function nonInviteServer(state: NonInviteServerState, event: NonInviteServerEvent): S {
  switch (state) {
    case "trying":
      return trying(event);
    case "proceeding":
      return proceeding(event);
    case "completed":
      return completed(event);
    case "terminated":
      return terminated(event);
  }
}

function trying(event: NonInviteServerEvent): S {
  switch (event) {
    case "quiet":
      return goQuiet;
    case "trying":
      return goProceeding;
    case "provisional": // only 100 exists for these methods (RFC 4320 §4.1)
      return tryingRefuse;
    case "final":
      return complete;
    case "silence": // a 408 would only add to the load that caused it (RFC 4320 §4.2)
    case "giveUp":
      return completeSilently;
    case "request": // absorbed
    case "timerJ":
      return stayTrying;
  }
}

function proceeding(event: NonInviteServerEvent): S {
  switch (event) {
    case "request":
      return proceedingResend;
    case "trying":
      return goProceeding;
    case "provisional":
      return proceedingRefuse;
    case "final":
      return complete;
    case "silence":
    case "giveUp":
      return completeSilently;
    case "quiet": // the user's own 100 came first: only the rest of the time is left to wait
      return proceedingAgain;
    case "timerJ":
      return stayProceeding;
  }
}

function completed(event: NonInviteServerEvent): S {
  switch (event) {
    case "request":
      return completedResend;
    case "trying":
    case "provisional":
    case "final":
      return completedRefuse;
    case "timerJ":
      return terminate;
    case "quiet":
    case "giveUp":
    case "silence":
      return stayCompleted;
  }
}

function terminated(event: NonInviteServerEvent): S {
  switch (event) {
    case "trying":
    case "provisional":
    case "final":
      return terminatedRefuse;
    case "request":
    case "quiet":
    case "giveUp":
    case "silence":
    case "timerJ":
      return stayTerminated;
  }
}
