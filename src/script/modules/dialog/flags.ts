// dialog: the 32 flags of a call, by number or by name, and its variables as functions (script-language 8.3).
import { type Action, type BoundCall, type FunctionDefinition, must } from "../../module.ts";
import { routeSet } from "../../routes.ts";
import type { Run } from "../../run.ts";
import { intOf, textOf } from "../../values.ts";
import { type FlagNames, readValue, storeValue } from "../../variables/dialog.ts";

const MODULE = "dialog";
const ROUTES = routeSet("RFOBL");

/** `set_dlg_flag`, `reset_dlg_flag`, `is_dlg_flag_set`, `test_and_set_dlg_flag`. */
export function flagFunctions(names: FlagNames): readonly FunctionDefinition[] {
  const flag = (name: string, act: (run: Run, index: number) => number): FunctionDefinition => ({
    name,
    parameters: [must("flag", "flags")],
    routes: ROUTES,
    bind: (call) => {
      const index = bindIndex(call, name, names);
      return (run) => {
        const at = index(run);
        return at < 0 ? -1 : act(run, at);
      };
    },
  });
  return [
    flag("set_dlg_flag", (run, index) => (run.dialog?.setFlag(index, true) === true ? 1 : -1)),
    flag("reset_dlg_flag", (run, index) => (run.dialog?.setFlag(index, false) === true ? 1 : -1)),
    { ...flag("is_dlg_flag_set", (run, index) => (run.dialog?.isFlagSet(index) === true ? 1 : -1)), resultMatters: true },
    {
      name: "test_and_set_dlg_flag",
      parameters: [must("flag", "flags"), must("value", "int")],
      routes: ROUTES,
      bind: (call) => bindTestAndSet(call, names),
    },
  ];
}

/** `store_dlg_value` and `fetch_dlg_value`. */
export function valueFunctions(): readonly FunctionDefinition[] {
  return [
    {
      name: "store_dlg_value",
      parameters: [must("name", "text"), must("val", "value")],
      routes: ROUTES,
      bind: (call) => {
        const [name, value] = [call.text(0), call.value(1)];
        return (run) => {
          const key = name(run);
          const held = value(run);
          return key !== undefined && held !== null && storeValue(run, key, held) ? 1 : -1;
        };
      },
    },
    {
      name: "fetch_dlg_value",
      parameters: [must("name", "text"), must("val", "output")],
      routes: ROUTES,
      bind: (call) => {
        const [name, out] = [call.text(0), call.variable(1)];
        return (run) => {
          const key = name(run);
          const value = key === undefined ? null : readValue(run, key);
          return value !== null && out.write?.(run, value, false) === true ? 1 : -1;
        };
      },
    },
  ];
}

/** The index of the flag that the first argument means, at run time; −1 for none. A number is the index, a text a name. */
function bindIndex(call: BoundCall, routine: string, names: FlagNames): (run: Run) => number {
  const literal = call.literal(0);
  if (literal !== undefined) {
    if (!isDecimal(literal)) {
      const index = names.indexOf(literal);
      if (index < 0) call.fault(0, `no dialog flag is left for <${literal}>: there are 32`);
      return () => index;
    }
    if (Number(literal) > 31) call.fault(0, `bad dialog flag <${literal}>`, "the flags are 0 to 31");
  }
  const flag = call.value(0);
  return (run) => {
    const value = flag(run);
    const index = intOf(value) ?? names.indexOf(textOf(value) ?? "");
    if (value !== null && index >= 0 && index < 32) return index;
    run.error(MODULE, routine, "bad dialog flag: the flags are 0 to 31");
    return -1;
  };
}

/** A flag that is equal to the value is flipped: 1; −1 when it differs, −2 without a dialog. */
function bindTestAndSet(call: BoundCall, names: FlagNames): Action {
  const index = bindIndex(call, "test_and_set_dlg_flag", names);
  const value = call.int(1);
  const literal = call.literal(1);
  if (literal !== undefined && literal !== "0" && literal !== "1") call.fault(1, `bad value <${literal}>`, "it may be 0 or 1");
  return (run) => {
    const { dialog } = run;
    if (dialog === undefined) return -2;
    const at = index(run);
    const wanted = value(run);
    if (at < 0 || (wanted !== 0 && wanted !== 1)) return -1;
    const isSet = dialog.isFlagSet(at);
    if (isSet !== (wanted === 1)) return -1;
    dialog.setFlag(at, !isSet);
    return 1;
  };
}

function isDecimal(text: string): boolean {
  if (text === "") return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}
