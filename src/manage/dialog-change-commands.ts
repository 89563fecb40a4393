// Changing calls from outside: their variables and their memberships (dialog-behaviour 10.2, 17).
import type { Dialog } from "../dialog/index.ts";
import type { Profile, Profiles } from "../profile/index.ts";
import type { Commands } from "./commands.ts";
import { type Arguments, integer, list, type Outcome, text } from "./definition.ts";
import type { DialogDirectory } from "./dialog-commands.ts";
import { fail } from "./errors.ts";
import { asWritten } from "./text.ts";

/** The reference declares the id under one name and reads it under another: both are taken. */
const MEMBER = [text("dlg_id", "DID"), text("profile")];
const MEMBERSHIP = [MEMBER, [...MEMBER, text("value")]];

/** Adds `dlg_push_var`, and of later generations `dlg_set_profile` and `dlg_unset_profile`. */
export function registerDialogChangeCommands(
  commands: Commands,
  dialogs: Pick<DialogDirectory, "lookup">,
  profiles: Profiles<Dialog>,
): void {
  commands.register({
    name: "dlg_push_var",
    modern: ["dialog:push_var"],
    module: "dialog",
    help: "sets a variable of calls; those that are not there are passed over",
    forms: [[text("dlg_val_name"), text("dlg_val_value"), list("DID")]],
    run: (args) => {
      const name = asWritten(args.text("dlg_val_name") ?? "");
      const value = asWritten(args.text("dlg_val_value") ?? "");
      for (const id of args.list("DID") ?? []) {
        // one that has as many variables as it may stops the rest; what was done before stays done
        if (dialogs.lookup(asWritten(id))?.setValue(name, value) === false) return fail(403, "Operation failed");
      }
      return "OK";
    },
  });

  commands.register({
    name: "dlg_set_profile",
    modern: ["dialog:set_profile"],
    module: "dialog",
    help: "adds a call to a profile; clear_values other than 0 takes it out of the profile first",
    forms: [...MEMBERSHIP, [...MEMBER, text("value"), integer("clear_values")]],
    run: (args) =>
      withMembership(dialogs, profiles, args, (dialog, profile, value) => {
        if (profile.hasValue && (value ?? "") === "") return fail(400, "Bad param");
        if ((args.integer("clear_values") ?? 0) !== 0) leaveAll(dialog, profile, undefined);
        return dialog.join(profile, value) ? "OK" : fail(403, "Dialog Error");
      }),
  });

  commands.register({
    name: "dlg_unset_profile",
    modern: ["dialog:unset_profile"],
    module: "dialog",
    help: "takes a call out of a profile: one value, or all of them",
    forms: MEMBERSHIP,
    run: (args) =>
      withMembership(dialogs, profiles, args, (dialog, profile, value) => {
        const hasLeft = value === undefined ? leaveAll(dialog, profile, undefined) : dialog.leave(profile, value);
        return hasLeft ? "OK" : fail(403, "Dialog Error");
      }),
  });
}

function withMembership(
  dialogs: Pick<DialogDirectory, "lookup">,
  profiles: Profiles<Dialog>,
  args: Arguments,
  act: (dialog: Dialog, profile: Profile<Dialog>, value: string | undefined) => Outcome,
): Outcome {
  const dialog = dialogs.lookup(asWritten(args.text("dlg_id") ?? ""));
  if (dialog === undefined) return fail(404, "Dialog Not Found");
  const profile = profiles.get(args.text("profile") ?? "");
  if (profile === undefined) return fail(400, "Bad param");
  const value = args.text("value");
  return act(dialog, profile, value === undefined ? undefined : asWritten(value));
}

/** @returns whether there was something to leave */
function leaveAll(dialog: Dialog, profile: Profile<Dialog>, value: string | undefined): boolean {
  let hasLeft = false;
  while (dialog.leave(profile, value)) hasLeft = true;
  return hasLeft;
}
