// What a store knows of a call that is here too, because somebody else writes to it as well (`dlg_db_sync`, 12.7). Nothing goes back:
// where memory knows more, memory stays.
import type { DialogCore } from "./core.ts";
import type { Dialog } from "./dialog.ts";
import type { Leg } from "./leg.ts";
import { stateNumber } from "./machine.ts";
import type { DialogSnapshot, LegSnapshot } from "./snapshot.ts";

/** @returns whether anything is another now */
export function mergeDialog(core: DialogCore, dialog: Dialog, snapshot: DialogSnapshot): boolean {
  const mine = stateNumber(dialog.state);
  const theirs = stateNumber(snapshot.state);
  if (dialog.isEnded || snapshot.state === "ended" || mine > theirs) return false;
  let isNew = false;
  const isAhead = theirs > mine;
  if (isAhead) isNew = catchUp(core, dialog, snapshot);
  if (isAhead && dialog.flags !== snapshot.flags >>> 0) {
    core.setFlags(dialog, snapshot.flags);
    isNew = true;
  }
  isNew = mergeTime(core, dialog, snapshot, isAhead) || isNew;
  isNew = mergeLegs(core, dialog, snapshot) || isNew;
  isNew = mergeValues(core, dialog, snapshot) || isNew;
  return mergeLinks(core, dialog, snapshot) || isNew;
}

/** The store has seen an answer or an ACK that did not pass here. */
function catchUp(core: DialogCore, dialog: Dialog, snapshot: DialogSnapshot): boolean {
  const before = dialog.state;
  if (!dialog.isTalking) {
    const number = dialog.calleeLegOf(snapshot.legs[snapshot.winner]?.tag ?? "");
    if (number === 0) return false;
    core.apply(dialog, { type: "answered", leg: number });
  }
  if (snapshot.state === "confirmed") core.apply(dialog, { type: "acked" });
  return dialog.state !== before;
}

/** The later end counts; that of a writer that knows more counts as it is. */
function mergeTime(core: DialogCore, dialog: Dialog, { expiresAt }: DialogSnapshot, isAhead: boolean): boolean {
  const mine = dialog.expiresAt;
  // rows have whole seconds
  if (!dialog.isTalking || expiresAt === 0 || (isAhead ? Math.abs(expiresAt - mine) < 1000 : expiresAt < mine + 1000)) return false;
  return core.setLifetime(dialog, Math.max(0, expiresAt - core.deps.clock.now()));
}

function mergeLegs(core: DialogCore, dialog: Dialog, snapshot: DialogSnapshot): boolean {
  const caller = raise(core, dialog, dialog.callerLeg, snapshot.legs[0], 0);
  const callee = snapshot.legs[snapshot.winner];
  const number = dialog.calleeLegOf(callee?.tag ?? "");
  const leg = number === 0 ? undefined : dialog.leg(number);
  return (leg !== undefined && raise(core, dialog, leg, callee, number)) || caller;
}

function raise(core: DialogCore, dialog: Dialog, leg: Leg, theirs: LegSnapshot | undefined, number: number): boolean {
  if (theirs === undefined || (theirs.cseq <= leg.cseq && theirs.generatedCseq <= leg.generatedCseq)) return false;
  if (theirs.cseq > leg.cseq) {
    leg.previousCseq = leg.cseq;
    leg.cseq = theirs.cseq;
    leg.wireCseq = Math.max(theirs.wireCseq, theirs.cseq);
    leg.lastMethod = theirs.lastMethod;
  }
  leg.generatedCseq = Math.max(leg.generatedCseq, theirs.generatedCseq);
  core.publish("cseq", dialog, number);
  return true;
}

function mergeValues(core: DialogCore, dialog: Dialog, { values }: DialogSnapshot): boolean {
  let isNew = false;
  for (let i = values.length - 1; i >= 0; i--) {
    const one = values[i];
    if (one === undefined || dialog.value(one.name) === one.value) continue;
    isNew = core.setValue(dialog, one.name, one.value, one.isInteger) || isNew;
  }
  return isNew;
}

function mergeLinks(core: DialogCore, dialog: Dialog, { links }: DialogSnapshot): boolean {
  let isNew = false;
  for (let i = links.length - 1; i >= 0; i--) {
    const one = links[i];
    const profile = one === undefined ? undefined : core.deps.profiles.obtain(one.profile, one.value !== "");
    if (one === undefined || profile === undefined || profile.linkOf(dialog, one.value) !== undefined) continue;
    isNew = core.join(dialog, profile, one.value, Number.POSITIVE_INFINITY) || isNew;
  }
  return isNew;
}
