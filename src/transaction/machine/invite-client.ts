// The INVITE client transaction of one branch: RFC 3261 §17.1.1, Accepted of RFC 6026 §7.2, timer C of §16.7,
// and a state of its own for a branch that was given up but may still answer (TM-12).

import { type Step, step } from "./step.ts";

/** `expired`: a 408 was made up for it; replies still match. */
export type InviteClientState = "calling" | "proceeding" | "accepted" | "completed" | "expired" | "terminated";

/**
 * - `trying`: 100; `provisional`: 101–199; `success`: 2xx; `failure`: 300–699
 * - `sendFailed`: the transport lost the request before it left; `endAck`: the ACK of the 2xx has passed here
 * - `timerB`: no reply at all (fr_timeout); `timerC`: no final after a provisional (fr_inv_timeout)
 */
export type InviteClientEvent =
  | "trying"
  | "provisional"
  | "success"
  | "failure"
  | "sendFailed"
  | "endAck"
  | "timerA"
  | "timerB"
  | "timerC"
  | "timerD"
  | "timerM";

/**
 * - `armC`: starts timer C; `restartC`: starts it anew if the settings say so
 * - `armExpired`: how long a branch that was given up still matches (64·T1)
 * - `ack`: the hop-by-hop ACK; `cancelIfAsked`: a CANCEL that waited for a provisional reply (TM-39)
 * - `cancelNoAnswer`: CANCEL because timer C ended; `cancelLate`: CANCEL because nobody wants this branch any more
 * - `deliver`, `observe`: to the user, as `response` or as `observed`; `fake408`, `fake503`: to the user, as `failed`
 */
export type InviteClientEffect =
  | "resend"
  | "backoffA"
  | "stopA"
  | "armC"
  | "restartC"
  | "armD"
  | "armM"
  | "shortenM"
  | "armExpired"
  | "ack"
  | "cancelIfAsked"
  | "cancelNoAnswer"
  | "cancelLate"
  | "deliver"
  | "observe"
  | "fake408"
  | "fake503"
  | "end";

type S = Step<InviteClientState, InviteClientEffect>;

const stayCalling: S = step("calling");
const callingResend: S = step("calling", "resend", "backoffA");
const firstTrying: S = step("proceeding", "stopA", "armC", "cancelIfAsked", "observe");
const firstProvisional: S = step("proceeding", "stopA", "armC", "cancelIfAsked", "deliver");
const answered: S = step("accepted", "stopA", "armM", "deliver");
const refused: S = step("completed", "stopA", "ack", "armD", "deliver");
const noReply: S = step("expired", "stopA", "armExpired", "fake408");
const notSent: S = step("terminated", "stopA", "fake503", "end");
const stayProceeding: S = step("proceeding");
const againTrying: S = step("proceeding", "restartC", "observe");
const againProvisional: S = step("proceeding", "restartC", "deliver");
const noAnswer: S = step("expired", "armExpired", "cancelNoAnswer", "fake408");
const stayAccepted: S = step("accepted");
const acceptedDeliver: S = step("accepted", "deliver");
const acceptedAcknowledged: S = step("accepted", "shortenM");
const stayCompleted: S = step("completed");
const completedAck: S = step("completed", "ack");
const completedDeliver: S = step("completed", "deliver");
const stayExpired: S = step("expired");
const expiredCancel: S = step("expired", "cancelLate");
const expiredRefused: S = step("completed", "ack", "armD");
const expiredAnswered: S = step("accepted", "armM", "deliver");
const terminate: S = step("terminated", "end");
const stayTerminated: S = step("terminated");

/**
 * One transition.
 * @see proxy rules 3.4
 */
export function inviteClient(state: InviteClientState, event: InviteClientEvent): S {
  switch (state) {
    case "calling":
      return calling(event);
    case "proceeding":
      return proceeding(event);
    case "accepted":
      return accepted(event);
    case "completed":
      return completed(event);
    case "expired":
      return expired(event);
    case "terminated":
      return stayTerminated;
  }
}

function calling(event: InviteClientEvent): S {
  switch (event) {
    case "timerA":
      return callingResend;
    case "trying":
      return firstTrying;
    case "provisional":
      return firstProvisional;
    case "success":
      return answered;
    case "failure":
      return refused;
    case "timerB":
      return noReply;
    case "sendFailed":
      return notSent;
    case "endAck":
    case "timerC":
    case "timerD":
    case "timerM":
      return stayCalling;
  }
}

function proceeding(event: InviteClientEvent): S {
  switch (event) {
    case "trying":
      return againTrying;
    case "provisional":
      return againProvisional;
    case "success":
      return answered;
    case "failure":
      return refused;
    case "timerC":
      return noAnswer;
    case "sendFailed": // a reply came, so the request did arrive
    case "endAck":
    case "timerA":
    case "timerB":
    case "timerD":
    case "timerM":
      return stayProceeding;
  }
}

function accepted(event: InviteClientEvent): S {
  switch (event) {
    case "success": // repeated, or from another callee downstream (RFC 6026 §7.2)
      return acceptedDeliver;
    case "endAck":
      return acceptedAcknowledged;
    case "timerM":
      return terminate;
    case "trying":
    case "provisional":
    case "failure":
    case "sendFailed":
    case "timerA":
    case "timerB":
    case "timerC":
    case "timerD":
      return stayAccepted;
  }
}

function completed(event: InviteClientEvent): S {
  switch (event) {
    case "failure": // our ACK was lost
      return completedAck;
    case "success": // D-14
      return completedDeliver;
    case "timerD":
      return terminate;
    case "trying":
    case "provisional":
    case "sendFailed":
    case "endAck":
    case "timerA":
    case "timerB":
    case "timerC":
    case "timerM":
      return stayCompleted;
  }
}

function expired(event: InviteClientEvent): S {
  switch (event) {
    case "trying":
    case "provisional":
      return expiredCancel;
    case "failure":
      return expiredRefused;
    case "success":
      return expiredAnswered;
    case "timerD":
      return terminate;
    case "sendFailed":
    case "endAck":
    case "timerA":
    case "timerB":
    case "timerC":
    case "timerM":
      return stayExpired;
  }
}
