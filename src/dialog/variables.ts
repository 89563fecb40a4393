// Variables of a dialog (`$dlg_val`): a short list, newest first, every entry found by its value as well (9.1).
import { keep } from "../kit/index.ts";
import type { DialogCore } from "./core.ts";
import type { Dialog, DialogValue } from "./dialog.ts";
import { Change } from "./feed.ts";

/**
 * Sets a variable, or takes it away with undefined. A new name goes to the front, another value stays in its place.
 * @returns false when the dialog has as many as it may, or is gone from memory
 */
export function setValue(core: DialogCore, dialog: Dialog, name: string, value: string | undefined, isInteger: boolean): boolean {
  if (!dialog.isTracked) return false;
  let at = dialog.firstValue;
  let newer: DialogValue | undefined;
  while (at !== undefined && at.name !== name) {
    newer = at;
    at = at.older;
  }
  if (value === undefined) {
    if (at === undefined) return true;
    if (newer === undefined) dialog.firstValue = at.older;
    else newer.older = at.older;
    dialog.valueCount--;
    core.values.remove(name, at.value, dialog);
  } else if (at === undefined) {
    if (dialog.valueCount >= core.settings.maxValues) {
      core.statistics.refusedValues.add();
      return false;
    }
    at = { name: keep(name), value: keep(value), isInteger, older: dialog.firstValue };
    dialog.firstValue = at;
    dialog.valueCount++;
    core.values.add(at.name, at.value, dialog);
  } else if (at.value !== value) {
    core.values.remove(name, at.value, dialog);
    at.value = keep(value);
    core.values.add(at.name, at.value, dialog);
  }
  if (at !== undefined) at.isInteger = isInteger;
  core.feed.publish(new Change("value", dialog, undefined, undefined, name, value));
  return true;
}
