// The session descriptions that both sides of a call have last agreed on (RFC 3264), as far as a request of our own may repeat them.
import type { Dialog } from "./dialog.ts";
import type { Described, Leg } from "./leg.ts";

/** Longest description that is repeated in a ping: with its headers it fits a datagram. */
const LONGEST = 60_000;

/**
 * What was last sent to a leg and accepted there: its own text, or what the other side has sent when that went through unchanged.
 * @returns undefined when there is none, or when the body is none that stands alone (`application/sdp`)
 */
export function descriptionFor(leg: Leg, other: Leg | undefined): string | undefined {
  const text = leg.sentSdp === "" ? (other?.receivedSdp ?? "") : leg.sentSdp;
  // a multipart body is no description, and an ISUP message is none either
  return text.startsWith("v=0") && text.length <= LONGEST ? text : undefined;
}

/**
 * What one side of a session has described and was sent. Behind a forked INVITE the caller has a session with each callee (RFC 3264 section 4):
 * while it rings, what it agrees on with one of them is nothing to the others.
 * @param number - the leg: 0 the caller, 1… a callee
 * @param calleeLeg - with whom, where it is the caller
 */
export function describedBy(dialog: Dialog, number: number, calleeLeg: number): Described | undefined {
  if (number !== 0) return dialog.leg(number);
  const { callerLeg } = dialog;
  const callee = dialog.leg(calleeLeg);
  if (callee === undefined || callee === callerLeg || dialog.life.winner === calleeLeg) return callerLeg;
  callee.callerSdp ??= { receivedSdp: callerLeg.receivedSdp, sentSdp: "" };
  return callee.callerSdp;
}

/** The call is answered: what the caller has agreed on with the winner counts. */
export function describeForWinner(dialog: Dialog): void {
  const { callerLeg } = dialog;
  const callee = dialog.leg(dialog.life.winner);
  if (callee === undefined || callee === callerLeg || callee.callerSdp === undefined) return;
  callerLeg.receivedSdp = callee.callerSdp.receivedSdp;
  callerLeg.sentSdp = callee.callerSdp.sentSdp;
  callee.callerSdp = undefined;
}
