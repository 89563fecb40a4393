// Who counts the requests towards a leg. Each party behind a forked INVITE has a dialog of its own with the caller (RFC 3261 12.1), and so
// a sequence of CSeqs of its own towards it (12.2.1.1). Of a call with one callee, and of every answered one, the caller's leg counts;
// while it rings, callees beyond the first one that speaks have a count of their own.
import type { Dialog } from "./dialog.ts";
import { Leg } from "./leg.ts";

/**
 * The leg whose numbers are those of requests towards a leg.
 * @param calleeLeg - from whom, where they go to the caller
 */
export function counterOf(dialog: Dialog, toLeg: number, calleeLeg: number): Leg | undefined {
  if (toLeg !== 0) return dialog.leg(toLeg);
  if (dialog.countsFor === 0) dialog.countsFor = calleeLeg;
  if (dialog.countsFor === calleeLeg) return dialog.callerLeg;
  const callee = dialog.leg(calleeLeg);
  if (callee === undefined) return dialog.callerLeg;
  callee.upstream ??= new Leg(-1, 0);
  return callee.upstream;
}

/** The call is answered: the caller's leg counts what the winner sends. */
export function countForWinner(dialog: Dialog): void {
  const { countsFor, callerLeg } = dialog;
  const { winner } = dialog.life;
  dialog.countsFor = winner;
  if (countsFor === 0 || countsFor === winner) return;
  const before = dialog.leg(countsFor);
  const callee = dialog.leg(winner);
  if (before !== undefined) before.upstream = copyNumbers(callerLeg, new Leg(-1, 0));
  copyNumbers(callee?.upstream ?? new Leg(-1, 0), callerLeg);
  if (callee !== undefined) callee.upstream = undefined;
}

/** The callee in whose name the caller is spoken to: who answered, else the first one that the caller knows; 0 while there is none. */
export function speakerOf(dialog: Dialog): number {
  const { winner } = dialog.life;
  if (winner > 0) return winner;
  for (let number = 1; number <= dialog.calleeLegs.length; number++) if (dialog.leg(number)?.tag !== "") return number;
  return 0;
}

function copyNumbers(from: Leg, to: Leg): Leg {
  to.cseq = from.cseq;
  to.previousCseq = from.previousCseq;
  to.lastMethod = from.lastMethod;
  to.wireCseq = from.wireCseq;
  to.generatedCseq = from.generatedCseq;
  to.rewritten = from.rewritten;
  return to;
}
