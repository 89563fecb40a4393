// The checker (`dlg_check`): everything that must hold at any moment between two turns of the loop, looked at from both sides. It goes in
// small steps; calls come, go and change between them, and what has been looked at is kept up to date.
import type { Ms, SlicedJob, Slices } from "../kit/index.ts";
import type { ProfileCheck } from "../profile/index.ts";
import type { DialogCore } from "./core.ts";
import type { Dialog } from "./dialog.ts";
import type { Change } from "./feed.ts";
import type { DialogState } from "./machine.ts";

/** A step ends after this many dialogs, empty buckets or values. */
const DIALOGS_PER_STEP = 16;
const BUCKETS_PER_STEP = 256;
const VALUES_PER_STEP = 64;
/** More lines than these help nobody. */
const MOST_PROBLEMS = 1000;

/** One look at all dialogs. Let it `step` until there is nothing left. */
export class DialogCheck implements SlicedJob {
  /** One line for each invariant that is broken; empty when all is well. */
  readonly problems: string[] = [];
  /** Dialogs that were looked at. */
  checked = 0;
  readonly #core: DialogCore;
  readonly #profiles: ProfileCheck<Dialog>;
  readonly #unsubscribe: () => void;
  readonly #say = (problem: string): void => {
    if (this.problems.length < MOST_PROBLEMS) this.problems.push(problem);
  };
  /** Buckets before this one have been looked at. */
  #next = 0;
  #active = 0;
  #early = 0;
  #values: Iterator<readonly [string, string, Dialog]> | undefined = undefined;
  #phase: "dialogs" | "values" | "profiles" | "over" = "dialogs";

  constructor(core: DialogCore) {
    this.#core = core;
    this.#profiles = core.deps.profiles.startCheck((dialog) => dialog.entry < this.#next, this.#say);
    this.#unsubscribe = core.feed.subscribe((change) => this.#changed(change));
  }

  /** Looks at a few. @returns whether more is left */
  step(): boolean {
    switch (this.#phase) {
      case "dialogs":
        this.#stepDialogs();
        return true;
      case "values":
        this.#stepValues();
        return true;
      case "profiles":
        if (this.#profiles.step()) return true;
        this.#phase = "over";
        return false;
      case "over":
        return false;
    }
  }

  /** Gives up: nothing is kept up to date for it any more. */
  stop(): void {
    this.#phase = "over";
    this.#unsubscribe();
    this.#profiles.stop();
  }

  /** What has happened to a dialog that was looked at. */
  #changed({ kind, dialog, from, to }: Change): void {
    if (this.#phase !== "dialogs" || dialog.entry >= this.#next) return;
    if (kind === "state" && from !== undefined && to !== undefined) {
      this.#count(from, -1);
      this.#count(to, 1);
    } else if (kind === "loaded") this.#count(dialog.state, 1);
  }

  #count(state: DialogState, by: 1 | -1): void {
    if (state === "early") this.#early += by;
    else if (state === "confirmed" || state === "confirmedNoAck") this.#active += by;
  }

  #stepDialogs(): void {
    const core = this.#core;
    const { table } = core;
    const until = this.checked + DIALOGS_PER_STEP;
    for (let i = 0; i < BUCKETS_PER_STEP && this.#next < table.size && this.checked < until; i++) {
      const dialogs = table.checkBucket(this.#next, this.#say);
      for (const dialog of dialogs) {
        this.checked++;
        this.#count(dialog.state, 1);
        checkValues(core, dialog, this.#say);
        checkOne(dialog, core.deps.clock.monotonic(), this.#say);
        this.#profiles.see(dialog);
      }
      this.#next++;
    }
    if (this.#next < table.size) return;
    const { active, early } = core.statistics;
    if (this.#active !== active) this.#say(`active_dialogs says ${active}, ${this.#active} calls are answered`);
    if (this.#early !== early) this.#say(`early_dialogs says ${early}, ${this.#early} calls ring`);
    table.checkCount(this.#say);
    this.#unsubscribe();
    this.#phase = "values";
  }

  #stepValues(): void {
    this.#values ??= this.#core.values.entries();
    for (let i = 0; i < VALUES_PER_STEP; i++) {
      const next = this.#values.next();
      if (next.done === true) {
        this.#phase = "profiles";
        return;
      }
      const [name, value, dialog] = next.value;
      if (!holdsValue(dialog, name, value)) this.#say(`dialog ${dialog.did} is found by a value ${name} that it has not`);
    }
  }
}

/** What a check has found. */
export type CheckResult = Pick<DialogCheck, "checked" | "problems">;

/** Lets a check run between everything else. */
export function checkInSlices(core: DialogCore, slices: Slices): Promise<CheckResult> {
  const check = new DialogCheck(core);
  return new Promise((resolve, reject) => {
    slices.add({
      step: () => {
        try {
          if (check.step()) return true;
          resolve(check);
        } catch (error) {
          check.stop();
          reject(error);
        }
        return false;
      },
    });
  });
}

/** The whole check at once. @returns one line for each invariant that is broken */
export function checkDialogs(core: DialogCore): readonly string[] {
  const check = new DialogCheck(core);
  while (check.step());
  return check.problems;
}

function checkOne(dialog: Dialog, now: Ms, report: (problem: string) => void): void {
  const say = (what: string): void => {
    report(`dialog ${dialog.did} (${dialog.state}) ${what}`);
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

function checkValues(core: DialogCore, dialog: Dialog, say: (problem: string) => void): void {
  let count = 0;
  for (let at = dialog.firstValue; at !== undefined; at = at.older) {
    count++;
    if (!core.values.has(at.name, at.value, dialog)) say(`dialog ${dialog.did} is not found by its value ${at.name}`);
  }
  if (count !== dialog.valueCount) say(`dialog ${dialog.did} says ${dialog.valueCount} values, has ${count}`);
}

function holdsValue(dialog: Dialog, name: string, value: string): boolean {
  if (!dialog.isTracked) return false;
  for (let at = dialog.firstValue; at !== undefined; at = at.older) if (at.name === name) return at.value === value;
  return false;
}
