// dialog: profiles, the named groups of calls that are counted (script-language 8.3, dialog-behaviour 11.2).
import type { Dialog } from "../../../dialog/index.ts";
import type { Profile } from "../../../profile/index.ts";
import { type BoundCall, type FunctionDefinition, may, must } from "../../module.ts";
import { Routes, routeSet } from "../../routes.ts";
import type { Run } from "../../run.ts";
import type { DialogParameters } from "./settings.ts";

const MODULE = "dialog";
const IN_CALLS = routeSet("RFOB");

/** The profile and value of one call; undefined when there is nothing to be done, which has been said. */
interface Named {
  readonly profile: Profile<Dialog>;
  /** Undefined when the script gave none. */
  readonly value: string | undefined;
}

/** `set_dlg_profile`, `unset_dlg_profile`, `is_in_profile`, `get_profile_size`. */
export function profileFunctions(parameters: DialogParameters): readonly FunctionDefinition[] {
  /** Reads the first two arguments; a name that is no declared profile is found at load time where it is literal. */
  const bindNamed = (call: BoundCall, routine: string): ((run: Run) => Named | undefined) => {
    const literal = call.literal(0);
    if (literal !== undefined && parameters.profile(literal) === undefined) {
      const known = parameters.profileNames;
      call.fault(
        0,
        `profile <${literal}> not defined`,
        known.length === 0
          ? 'declare it: modparam("dialog", "profiles_with_value", "…") or "profiles_no_value"'
          : `declared are ${known.join(", ")}`,
      );
    }
    const [name, value] = [call.text(0), call.text(1)];
    return (run) => {
      const wanted = name(run);
      const text = call.has(1) ? value(run) : undefined;
      if (wanted === undefined || (call.has(1) && text === undefined)) return undefined;
      const profile = run.services.profiles.get(wanted);
      if (profile === undefined) {
        run.error(MODULE, routine, `profile <${wanted}> not defined`);
        return undefined;
      }
      // a value for a profile without values is passed over in silence
      return { profile, value: profile.hasValue ? text : undefined };
    };
  };

  return [
    {
      name: "set_dlg_profile",
      parameters: [must("profile", "text"), may("value", "text"), may("clear_values", "int")],
      routes: IN_CALLS,
      bind: (call) => {
        const named = bindNamed(call, "set_dlg_profile");
        const clear = call.int(2);
        return (run) => {
          const found = named(run);
          const dialog = current(run, "set_dlg_profile");
          if (found === undefined || dialog === undefined) return -1;
          const { profile, value } = found;
          if (profile.hasValue && value === undefined) {
            run.warning(MODULE, "set_dlg_profile", "missing value");
            return -1;
          }
          if (call.has(2) && (clear(run) ?? 0) !== 0) leaveAll(dialog, profile);
          return dialog.join(profile, value ?? "") ? 1 : -1;
        };
      },
    },
    {
      name: "unset_dlg_profile",
      parameters: [must("profile", "text"), may("value", "text")],
      routes: IN_CALLS,
      bind: (call) => {
        const named = bindNamed(call, "unset_dlg_profile");
        return (run) => {
          const found = named(run);
          const dialog = current(run, "unset_dlg_profile");
          if (found === undefined || dialog === undefined) return -1;
          const { profile, value } = found;
          // without a value: all that the call has in a profile with values
          if (profile.hasValue && value === undefined) return leaveAll(dialog, profile) ? 1 : -1;
          return dialog.leave(profile, value) ? 1 : -1;
        };
      },
    },
    {
      name: "is_in_profile",
      parameters: [must("profile", "text"), may("value", "text")],
      routes: IN_CALLS,
      resultMatters: true,
      bind: (call) => {
        const named = bindNamed(call, "is_in_profile");
        return (run) => {
          const found = named(run);
          const dialog = current(run, "is_in_profile");
          if (found === undefined || dialog === undefined) return -1;
          return found.profile.linkOf(dialog, found.value) === undefined ? -1 : 1;
        };
      },
    },
    {
      name: "get_profile_size",
      parameters: [must("profile", "text"), may("value", "text"), must("size", "output")],
      routes: Routes.all,
      bind: (call) => {
        const named = bindNamed(call, "get_profile_size");
        const size = call.variable(2);
        return (run) => {
          const found = named(run);
          if (found === undefined) return -1;
          return size.write?.(run, found.profile.size(found.value) | 0, false) === true ? 1 : -1;
        };
      },
    },
  ];
}

function current(run: Run, routine: string): Dialog | undefined {
  const { dialog } = run;
  if (dialog === undefined) run.error(MODULE, routine, "no current dialog: create_dialog() comes first");
  return dialog;
}

function leaveAll(dialog: Dialog, profile: Profile<Dialog>): boolean {
  let hasLeft = false;
  while (dialog.leave(profile)) hasLeft = true;
  return hasLeft;
}
