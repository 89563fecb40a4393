// The INVITE server transaction of a proxy: RFC 3261 §17.2.1 with the Accepted state of RFC 6026 §7.1.
// Pure: which timer is how long, and what a reply looks like, is the shell's business.

import { type Step, step } from "./step.ts";

/** PROC, ACPT, COMP, CONF, TERM of the rules. */
export type InviteServerState = "proceeding" | "accepted" | "completed" | "confirmed" | "terminated";

/**
 * - `request`: the INVITE again
 * - `provisional`, `success`, `failure`, `challenge`: a reply of that class from the user; 401 and 407 are challenges
 * - `localSuccess`: a 2xx made here, which we must repeat ourselves
 * - `ack`: an ACK with the branch of the INVITE; `endAck`: the ACK of the 2xx has passed here
 * - `abandon`: the user ends it without a reply
 */
export type InviteServerEvent =
  | "request"
  | "provisional"
  | "success"
  | "localSuccess"
  | "failure"
  | "challenge"
  | "ack"
  | "endAck"
  | "abandon"
  | "timerG"
  | "timerH"
  | "timerI"
  | "timerL";

/**
 * - `send`: the new reply; `resend`: the last one again
 * - `armG`: first interval T1; `backoffG`: twice the last one, at most T2; `stopG`
 * - `armH`: fr_timeout; `armChallengeH`: wt_timer (D-13); `armI`; `armL`: 64·T1; `shortenL`: wt_timer from now
 * - `routeAck`: not ours to absorb; `refuse`: the user's reply comes too late; `noAck`: worth a log line; `end`
 */
export type InviteServerEffect =
  | "send"
  | "resend"
  | "armG"
  | "backoffG"
  | "stopG"
  | "armH"
  | "armChallengeH"
  | "armI"
  | "armL"
  | "shortenL"
  | "routeAck"
  | "refuse"
  | "noAck"
  | "end";

type S = Step<InviteServerState, InviteServerEffect>;

const stayProceeding: S = step("proceeding");
const proceedingResend: S = step("proceeding", "resend");
const proceedingSend: S = step("proceeding", "send");
const accept: S = step("accepted", "send", "armL");
const acceptLocal: S = step("accepted", "send", "armL", "armG");
const refuseReliable: S = step("completed", "send", "armH");
const refuseUnreliable: S = step("completed", "send", "armH", "armG");
const challenge: S = step("completed", "send", "armChallengeH");
const stayAccepted: S = step("accepted");
const acceptedSend: S = step("accepted", "send");
const acceptedRefuse: S = step("accepted", "refuse");
const acceptedRouteAck: S = step("accepted", "routeAck");
const acceptedAcknowledged: S = step("accepted", "stopG", "shortenL");
const acceptedRepeat: S = step("accepted", "resend", "backoffG");
const stayCompleted: S = step("completed");
const completedResend: S = step("completed", "resend");
const completedRepeat: S = step("completed", "resend", "backoffG");
const completedSend: S = step("completed", "send");
const completedRefuse: S = step("completed", "refuse");
const confirm: S = step("confirmed", "stopG", "armI");
const stayConfirmed: S = step("confirmed");
const confirmedSend: S = step("confirmed", "send");
const confirmedRefuse: S = step("confirmed", "refuse");
const unacknowledged: S = step("terminated", "noAck", "end");
const terminate: S = step("terminated", "end");
const stayTerminated: S = step("terminated");
const terminatedRefuse: S = step("terminated", "refuse");

/**
 * One transition.
 * @param isReliable - the transport repeats by itself: no timer G
 * @see proxy rules 3.3
 */
export function inviteServer(state: InviteServerState, event: InviteServerEvent, isReliable: boolean): S {
  switch (state) {
    case "proceeding":
      return proceeding(event, isReliable);
    case "accepted":
      return accepted(event);
    case "completed":
      return completed(event);
    case "confirmed":
      return confirmed(event);
    case "terminated":
      return terminated(event);
  }
}

function proceeding(event: InviteServerEvent, isReliable: boolean): S {
  switch (event) {
    case "request":
      return proceedingResend;
    case "provisional":
      return proceedingSend;
    case "success":
      return accept;
    case "localSuccess": // repeated by us on every transport until its ACK (TM-10, RFC 3261 §13.3.1.4)
      return acceptLocal;
    case "failure":
      return isReliable ? refuseReliable : refuseUnreliable;
    case "challenge": // a challenge is stateless in spirit: never repeated by itself (D-13, RFC 3261 §26.3.2.4)
      return challenge;
    case "abandon":
      return terminate;
    case "ack":
    case "endAck":
    case "timerG":
    case "timerH":
    case "timerI":
    case "timerL":
      return stayProceeding;
  }
}

function accepted(event: InviteServerEvent): S {
  switch (event) {
    case "success": // the first callee again, or another one that a fork reached (RFC 6026 §7.1)
      return acceptedSend;
    case "provisional":
    case "localSuccess":
    case "failure":
    case "challenge":
      return acceptedRefuse;
    case "ack": // a peer that reuses the branch: the ACK of a 2xx is never absorbed here (TM-9)
      return acceptedRouteAck;
    case "endAck":
      return acceptedAcknowledged;
    case "timerG":
      return acceptedRepeat;
    case "timerL":
      return terminate;
    case "request": // absorbed, nothing is sent (RFC 6026 §7.1)
    case "abandon":
    case "timerH":
    case "timerI":
      return stayAccepted;
  }
}

function completed(event: InviteServerEvent): S {
  switch (event) {
    case "request":
      return completedResend;
    case "timerG":
      return completedRepeat;
    case "ack":
      return confirm;
    case "success": // a call was answered after all: the caller must know (D-14)
      return completedSend;
    case "provisional":
    case "localSuccess":
    case "failure":
    case "challenge":
      return completedRefuse;
    case "timerH":
      return unacknowledged;
    case "endAck":
    case "abandon":
    case "timerI":
    case "timerL":
      return stayCompleted;
  }
}

function confirmed(event: InviteServerEvent): S {
  switch (event) {
    case "success":
      return confirmedSend;
    case "provisional":
    case "localSuccess":
    case "failure":
    case "challenge":
      return confirmedRefuse;
    case "timerI":
      return terminate;
    case "request":
    case "ack":
    case "endAck":
    case "abandon":
    case "timerG":
    case "timerH":
    case "timerL":
      return stayConfirmed;
  }
}

function terminated(event: InviteServerEvent): S {
  switch (event) {
    case "provisional":
    case "success":
    case "localSuccess":
    case "failure":
    case "challenge":
      return terminatedRefuse;
    case "request":
    case "ack":
    case "endAck":
    case "abandon":
    case "timerG":
    case "timerH":
    case "timerI":
    case "timerL":
      return stayTerminated;
  }
}
