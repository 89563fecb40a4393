// The checker (`dlg_check`): everything that must hold at any moment between two turns of the loop, looked at from both sides.
import type { Ms } from "../kit/index.ts";
import type { DialogCore } from "./core.ts";
import type { Dialog } from "./dialog.ts";

/** @returns one line for each invariant that is broken; empty when all is well */
export function checkDialogs(core: DialogCore): readonly string[] {
  const problems: string[] = [...core.table.check()];
  let active = 0;
  let early = 0;
  let values = 0;
  const all = [...core.table.all()];
  for (const dialog of all) {
    if (dialog.isTalking) active++;
    if (dialog.state === "early") early++;
    values += checkValues(core, dialog, problems);
    checkOne(dialog, core.deps.clock.monotonic(), problems);
  }
  problems.push(...core.deps.profiles.check(all));
  if (values !== core.values.size) problems.push(`dialogs hold ${values} values, ${core.values.size} can be found`);
  if (active !== core.statistics.active) problems.push(`active_dialogs says ${core.statistics.active}, ${active} calls are answered`);
  if (early !== core.statistics.early) problems.push(`early_dialogs says ${core.statistics.early}, ${early} calls ring`);
  return problems;
}

function checkOne(dialog: Dialog, now: Ms, problems: string[]): void {
  const say = (what: string): void => {
    problems.push(`dialog ${dialog.did} (${dialog.state}) ${what}`);
  };
  const isArmed = dialog.timer?.isArmed === true;
  if (dialog.isTalking && !isArmed && !dialog.life.isEnding) say("has no lifetime running");
  if (dialog.pings !== undefined && dialog.pings.armed > 0 && dialog.state !== "confirmed") say("is pinged though it is not answered");
  if (dialog.byesWait && !isArmed) say("has BYEs waiting for nothing");
  if (!dialog.isTalking && (isArmed || dialog.endsAt >= 0 || dialog.ackBy >= 0)) say("has a timer running");
  if (dialog.life.winner > dialog.calleeLegs.length) say(`has no leg ${dialog.life.winner}`);
  if (dialog.isTalking && dialog.life.winner === 0) say("was answered by nobody");
  if (dialog.isEnded && dialog.firstLink !== undefined) say("is still in a profile");
  if (dialog.isEnded && dialog.life.winner > 0 && dialog.endReason === undefined) say("does not say why");
  if (dialog.uses < 0) say(`is referred to ${dialog.uses} times`);
  if (dialog.isEnded && dialog.uses === 0) say("is kept though nothing refers to it");
  if (!dialog.isEnded && !dialog.isTalking && dialog.invite === undefined) say("waits for an INVITE that is gone");
  if (dialog.state === "confirmed" && dialog.ackBy > now && !dialog.byesWait) say("waits for an ACK it has");
}

function checkValues(core: DialogCore, dialog: Dialog, problems: string[]): number {
  let count = 0;
  for (let at = dialog.firstValue; at !== undefined; at = at.older) {
    count++;
    if (!core.values.has(at.name, at.value, dialog)) problems.push(`dialog ${dialog.did} is not found by its value ${at.name}`);
  }
  if (count !== dialog.valueCount) problems.push(`dialog ${dialog.did} says ${dialog.valueCount} values, has ${count}`);
  return count;
}
