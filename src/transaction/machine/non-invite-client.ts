// The non-INVITE client transaction of one branch: RFC 3261 §17.1.2.

import { type Step, step } from "./step.ts";

export type NonInviteClientState = "trying" | "proceeding" | "completed" | "terminated";

/** `provisional`: 100–199; `final`: 200–699; `sendFailed`: the transport lost the request before it left. */
export type NonInviteClientEvent = "provisional" | "final" | "sendFailed" | "timerE" | "timerF" | "timerK";

/** `backoffE`: twice the last interval, at most T2; `slowE`: T2 from now on, if it runs at all. */
export type NonInviteClientEffect =
  | "resend"
  | "backoffE"
  | "slowE"
  | "stopE"
  | "armK"
  | "deliver"
  | "observe"
  | "fake408"
  | "fake503"
  | "end";

type S = Step<NonInviteClientState, NonInviteClientEffect>;

const stayTrying: S = step("trying");
const tryingResend: S = step("trying", "resend", "backoffE");
const firstProvisionalReliable: S = step("proceeding", "observe");
const firstProvisional: S = step("proceeding", "slowE", "observe");
const answered: S = step("completed", "stopE", "armK", "deliver");
const noReply: S = step("terminated", "stopE", "fake408", "end");
const notSent: S = step("terminated", "stopE", "fake503", "end");
const stayProceeding: S = step("proceeding");
const proceedingResend: S = step("proceeding", "resend", "slowE");
const proceedingObserve: S = step("proceeding", "observe");
const stayCompleted: S = step("completed");
const terminate: S = step("terminated", "end");
const stayTerminated: S = step("terminated");

/**
 * One transition.
 * @param isReliable - the transport repeats by itself: timer E never runs
 * @see proxy rules 3.6
 */
export function nonInviteClient(state: NonInviteClientState, event: NonInviteClientEvent, isReliable: boolean): S {
  switch (state) {
    case "trying":
      return trying(event, isReliable);
    case "proceeding":
      return proceeding(event);
    case "completed":
      return completed(event);
    case "terminated":
      return stayTerminated;
  }
}

function trying(event: NonInviteClientEvent, isReliable: boolean): S {
  switch (event) {
    case "timerE":
      return tryingResend;
    case "provisional": // the server is alive: ask less often (§17.1.2.2)
      return isReliable ? firstProvisionalReliable : firstProvisional;
    case "final":
      return answered;
    case "timerF":
      return noReply;
    case "sendFailed":
      return notSent;
    case "timerK":
      return stayTrying;
  }
}

function proceeding(event: NonInviteClientEvent): S {
  switch (event) {
    case "timerE":
      return proceedingResend;
    case "provisional":
      return proceedingObserve;
    case "final":
      return answered;
    case "timerF":
      return noReply;
    case "sendFailed":
    case "timerK":
      return stayProceeding;
  }
}

function completed(event: NonInviteClientEvent): S {
  switch (event) {
    case "timerK":
      return terminate;
    case "provisional":
    case "final":
    case "sendFailed":
    case "timerE":
    case "timerF":
      return stayCompleted;
  }
}
