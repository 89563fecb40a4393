// Variables of the module `dialog`: the current call, be it the message's own or a loaded one (script-language 6.2, dialog-behaviour 9).
import { type Dialog, dialogText } from "../../dialog/index.ts";
import type { FlagNaming, VariableDefinition } from "../module.ts";
import type { Run } from "../run.ts";
import { Dual, int32, intOf, textOf, type Value } from "../values.ts";
import { named, orNull, plain, type Reader } from "./define.ts";

const MODULE = "dialog";
/** Longest text that can be a 32-bit number with its sign. */
const MAX_DIGITS = 11;

/** Names that the script gives to dialog flags: bits from 31 down, so that they do not meet the numbered ones. */
export class FlagNames implements FlagNaming {
  readonly #names: string[] = [];

  /** Whether the script has named any. */
  get isUsed(): boolean {
    return this.#names.length > 0;
  }

  /** The index of a name, which is given one when it is new. @returns −1 when all 32 are taken */
  indexOf(name: string): number {
    let at = this.#names.indexOf(name);
    if (at < 0) {
      if (this.#names.length === 32) return -1;
      at = this.#names.push(name) - 1;
    }
    return 31 - at;
  }

  namesOf(flags: number): string {
    const found: (string | number)[] = [];
    for (let i = 0; i < 32; i++) if (((flags >>> i) & 1) === 1) found.push(this.#names[31 - i] ?? i);
    return found.join(" ");
  }

  flagsOf(names: string): number {
    let flags = 0;
    for (const name of names.split(" ")) {
      const at = this.#names.indexOf(name);
      const index = at < 0 ? Number(name) : 31 - at;
      if (name !== "" && Number.isInteger(index) && index >= 0 && index < 32) flags |= 1 << index;
    }
    return flags >>> 0;
  }

  /** The names of a mask, parted by blanks. */
  textOf(mask: number): string {
    return this.#names.filter((_name, at) => ((mask >>> (31 - at)) & 1) === 1).join(" ");
  }
}

/** What the variables need of their module. */
export interface DialogVariables {
  readonly flagNames: FlagNames;
  /** `enable_stats`: without it `$DLG_count` reads 0. */
  isCounted(): boolean;
}

/** `$DLG_*` and `$dlg_val`. */
export function dialogVariables(module: DialogVariables): readonly VariableDefinition[] {
  const { flagNames } = module;
  return [
    plain("DLG_count", (run) => (module.isCounted() ? run.services.dialogs.active : 0)),
    plain(
      "DLG_status",
      ofDialog((dialog) => dialog.status),
    ),
    plain(
      "DLG_lifetime",
      ofDialog((dialog) => int32(dialog.secondsSinceAnswer)),
    ),
    plain("DLG_dir", direction),
    plain(
      "DLG_flags",
      ofDialog((dialog) => flagsOf(dialog, flagNames)),
      (run, value) => setFlags(run, value, flagNames),
    ),
    plain(
      "DLG_did",
      ofDialog((dialog) => dialog.did),
    ),
    plain(
      "DLG_end_reason",
      ofDialog((dialog) => orNull(dialog.endReason)),
    ),
    plain("DLG_timeout", timeout, setTimeoutOf),
    plain(
      "DLG_json",
      ofDialog((dialog) => dialogText(dialog, false)),
    ),
    plain(
      "DLG_ctx_json",
      ofDialog((dialog) => dialogText(dialog, true)),
    ),
    named("dlg_val", readValue, storeValue),
  ];
}

/**
 * Stores a variable of the current dialog; NULL takes it away. A number stays one.
 * @returns false without a dialog, or when it has as many as it may
 */
export function storeValue(run: Run, name: string, value: Value): boolean {
  const { dialog } = run;
  if (dialog === undefined) {
    run.error(MODULE, "dlg_val", "no current dialog found");
    return false;
  }
  const int = intOf(value);
  const text = textOf(value) ?? (int === undefined ? undefined : String(int));
  if (dialog.setValue(name, text, int !== undefined && text === String(int))) return true;
  run.error(MODULE, "dlg_val", `failed to store <${name}>: the dialog has too many variables or is gone`);
  return false;
}

/** A variable of the current dialog; NULL without a dialog, or when it has none of this name. */
export function readValue(run: Run, name: string): Value {
  const entry = run.dialog?.valueEntry(name);
  if (entry === undefined) return null;
  return entry.isInteger ? Number(entry.value) : entry.value;
}

function ofDialog(read: (dialog: Dialog) => Value): Reader {
  return (run) => {
    const { dialog } = run;
    return dialog === undefined ? null : read(dialog);
  };
}

/** The way of the message itself, whatever dialog is loaded. In reply routes it is not known (decision 21). */
function direction(run: Run): Value {
  return run.kind === "onreply" ? null : orNull(run.slot?.direction);
}

function flagsOf(dialog: Dialog, names: FlagNames): Value {
  const mask = int32(dialog.flags);
  if (names.isUsed) return new Dual(names.textOf(dialog.flags), mask);
  return mask >= 0 ? mask : new Dual(String(dialog.flags), mask);
}

/** A number is the whole mask, a text names the flags that are to be set. */
function setFlags(run: Run, value: Value, names: FlagNames): boolean {
  const { dialog } = run;
  if (dialog === undefined) {
    run.error(MODULE, "DLG_flags", "no current dialog found");
    return false;
  }
  if (value === null) {
    dialog.setFlags(0);
    return true;
  }
  if (typeof value === "string") {
    let mask = 0;
    for (const name of value.split(" ")) {
      if (name === "") continue;
      const index = names.indexOf(name);
      if (index < 0) {
        run.error(MODULE, "DLG_flags", `no flag is left for <${name}>: there are 32`);
        return false;
      }
      mask |= 1 << index;
    }
    dialog.setFlags(mask);
    return true;
  }
  const int = intOf(value);
  if (int === undefined) return false;
  dialog.setFlags(int);
  return true;
}

/** Seconds that are left; before there is a dialog what was written earlier for it. */
function timeout(run: Run): Value {
  const { dialog } = run;
  if (dialog !== undefined) return int32(dialog.secondsLeft);
  const pendingMs = run.slot?.pendingLifetimeMs ?? -1;
  return pendingMs > 0 ? int32(Math.ceil(pendingMs / 1000)) : null;
}

function setTimeoutOf(run: Run, value: Value): boolean {
  const seconds = intOf(value) ?? decimal(textOf(value) ?? "");
  if (seconds === undefined || seconds < 0) {
    run.error(MODULE, "DLG_timeout", "not a positive number of seconds");
    return false;
  }
  const { dialog, request } = run;
  if (dialog !== undefined) return dialog.setLifetime(seconds * 1000);
  if (request !== undefined) return run.services.dialogs.setLifetime(request, seconds * 1000);
  run.error(MODULE, "DLG_timeout", "no current dialog and no request that one could be created for");
  return false;
}

function decimal(text: string): number | undefined {
  if (text === "" || text.length > MAX_DIGITS) return undefined;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x30 || code > 0x39) return undefined;
  }
  return Number(text);
}
