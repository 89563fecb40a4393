// dialog: finding other calls by their variables and profiles. What the reference does by walking all calls is a look-up here.
import { type Dialog, dialogText } from "../../../dialog/index.ts";
import { type Accessor, type FunctionDefinition, may, must } from "../../module.ts";
import { Routes } from "../../routes.ts";
import type { Run } from "../../run.ts";

const MODULE = "dialog";

/** `get_dialog_info`, `get_dialog_vals`, `get_dialogs_by_val`, `get_dialogs_by_profile`. */
export function searchFunctions(): readonly FunctionDefinition[] {
  return [
    {
      name: "get_dialog_info",
      parameters: [must("attr", "text"), must("avp", "output"), must("key", "text"), must("key_val", "text"), must("no_dlgs", "output")],
      routes: Routes.all,
      resultMatters: true,
      bind: (call) => {
        const [attr, out, key, value, count] = [call.text(0), call.variable(1), call.text(2), call.text(3), call.variable(4)];
        return (run) => {
          const [wanted, name, text] = [attr(run), key(run), value(run)];
          if (wanted === undefined || name === undefined || text === undefined) return -1;
          let found = 0;
          for (const dialog of run.services.dialogs.byValue(name, text)) {
            const entry = dialog.valueEntry(wanted);
            // a call that has the key and not the attribute has nothing to give
            if (entry === undefined) continue;
            if (!push(run, out, entry.isInteger ? Number(entry.value) : entry.value)) return -1;
            found++;
          }
          return finish(run, count, found);
        };
      },
    },
    {
      name: "get_dialog_vals",
      parameters: [must("names", "output"), must("vals", "output"), must("callid", "text")],
      routes: Routes.all,
      resultMatters: true,
      bind: (call) => {
        const [names, values, callId] = [call.variable(0), call.variable(1), call.text(2)];
        return (run) => {
          const id = callId(run);
          const dialog = id === undefined ? undefined : run.services.dialogs.byCallId(id);
          if (dialog === undefined) return -1;
          for (const { name } of dialog.values) {
            const entry = dialog.valueEntry(name);
            if (entry === undefined) continue;
            const value = entry.isInteger ? Number(entry.value) : entry.value;
            if (!push(run, names, name) || !push(run, values, value)) return -1;
          }
          return 1;
        };
      },
    },
    {
      name: "get_dialogs_by_val",
      parameters: [must("name", "text"), must("value", "text"), must("out_avp", "output"), must("dlg_no", "output")],
      routes: Routes.all,
      resultMatters: true,
      bind: (call) => {
        const [name, value, out, count] = [call.text(0), call.text(1), call.variable(2), call.variable(3)];
        return (run) => {
          const [key, text] = [name(run), value(run)];
          if (key === undefined || text === undefined) return -1;
          return pushAll(run, run.services.dialogs.byValue(key, text), out, count);
        };
      },
    },
    {
      name: "get_dialogs_by_profile",
      parameters: [must("profile", "text"), may("value", "text"), must("out_avp", "output"), must("dlg_no", "output")],
      routes: Routes.all,
      resultMatters: true,
      bind: (call) => {
        const [name, value, out, count] = [call.text(0), call.text(1), call.variable(2), call.variable(3)];
        return (run) => {
          const wanted = name(run);
          const text = call.has(1) ? value(run) : undefined;
          if (wanted === undefined || (call.has(1) && text === undefined)) return -1;
          const profile = run.services.profiles.get(wanted);
          if (profile === undefined) {
            run.error(MODULE, "get_dialogs_by_profile", `profile <${wanted}> not defined`);
            return -1;
          }
          return pushAll(run, profile.members(text), out, count);
        };
      },
    },
  ];
}

function pushAll(run: Run, dialogs: readonly Dialog[], out: Accessor, count: Accessor): number {
  for (const dialog of dialogs) if (!push(run, out, dialogText(dialog, true))) return -1;
  return finish(run, count, dialogs.length);
}

/** The number goes out only when there is something to count. */
function finish(run: Run, count: Accessor, found: number): number {
  if (found === 0) return -1;
  return count.write?.(run, found, false) === true ? found : -1;
}

function push(run: Run, out: Accessor, value: string | number): boolean {
  return out.write?.(run, value, false) === true;
}
