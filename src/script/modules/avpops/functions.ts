// Functions on the values of AVPs in memory.
import { type Accessor, type Action, type BoundCall, type FunctionDefinition, must } from "../../module.ts";
import { routeSet } from "../../routes.ts";
import type { Run } from "../../run.ts";
import { int32, intOf, printed, textOf, type Value } from "../../values.ts";
import { bindSubstitution } from "../substitution.ts";
import { CHECKS, computed, holds, OPERATIONS } from "./operations.ts";
import { flaggedVariable, operatorSpec, sourceAndTarget } from "./specs.ts";

const ROUTES = routeSet("RFOBLSTE");
const fails: Action = () => -1;

const isSet: FunctionDefinition = {
  name: "is_avp_set",
  parameters: [must("name", "raw")],
  routes: ROUTES,
  resultMatters: true,
  bind(call) {
    const spec = flaggedVariable(call, 0, "esn");
    if (spec === undefined) return fails;
    const { variable, flags } = spec;
    return (run) => {
      const value = variable.read(run);
      if (value === null) return -1;
      if (flags.includes("n") && typeof value === "string") return -1;
      if (flags.includes("s") && typeof value !== "string") return -1;
      if (flags.includes("e") && value !== "" && value !== 0) return -1;
      return 1;
    };
  },
};

const remove: FunctionDefinition = {
  name: "avp_delete",
  parameters: [must("name", "raw")],
  routes: ROUTES,
  bind(call) {
    const text = (call.literal(0) ?? "").trim();
    // letters without a name mean all of them, whatever their kind
    if (text === "*" || ["a", "A", "i", "I", "s", "S"].includes(text)) return clearAll;
    const spec = flaggedVariable(call, 0, "g");
    if (spec === undefined) return fails;
    const { variable, flags } = spec;
    const isAll = flags.includes("g");
    return (run) => {
      if (variable.read(run) === null) return -1;
      return variable.write?.(run, null, isAll) === true ? 1 : -1;
    };
  },
};

const clearAll: Action = (run) => {
  const names = run.avps.names();
  for (const name of names) run.avps.clear(name);
  return names.length > 0 ? 1 : -1;
};

const copy: FunctionDefinition = {
  name: "avp_copy",
  parameters: [must("old_name", "raw"), must("new_name", "raw")],
  routes: ROUTES,
  bind(call) {
    const from = flaggedVariable(call, 0, "");
    const to = flaggedVariable(call, 1, "gdns");
    if (from === undefined || to === undefined) return fails;
    const { flags } = to;
    const isAll = flags.includes("g");
    return (run) => {
      const newest = from.variable.read(run);
      if (newest === null) return -1;
      // the newest is written last, so that it is the newest again
      const values = isAll ? [...(from.variable.all?.(run) ?? [newest])].reverse() : [newest];
      if (flags.includes("d")) from.variable.write?.(run, null, isAll);
      for (const value of values) if (to.variable.write?.(run, converted(value, flags), false) !== true) return -1;
      return 1;
    };
  },
};

function converted(value: Value, flags: string): Value {
  if (flags.includes("n")) return intOf(value) ?? int32(Number.parseInt(textOf(value) ?? "", 10) || 0);
  return flags.includes("s") ? (textOf(value) ?? printed(value)) : value;
}

const check: FunctionDefinition = {
  name: "avp_check",
  parameters: [must("name", "raw"), must("op_value", "raw")],
  routes: ROUTES,
  resultMatters: true,
  bind(call) {
    const left = flaggedVariable(call, 0, "");
    const right = operatorSpec(call, 1, CHECKS, "gi");
    if (left === undefined || right === undefined) return fails;
    const ignoresCase = right.flags.includes("i");
    const isAll = right.flags.includes("g");
    return (run) => {
      const wanted = right.value(run);
      // with `g` one value that fits is enough
      const values = isAll ? (left.variable.all?.(run) ?? [left.variable.read(run)]) : [left.variable.read(run)];
      for (const value of values) if (value !== null && holds(right.operator, value, wanted, ignoresCase) === true) return 1;
      return -1;
    };
  },
};

const operate: FunctionDefinition = {
  name: "avp_op",
  parameters: [must("name", "raw"), must("op_value", "raw")],
  routes: ROUTES,
  bind(call) {
    const places = sourceAndTarget(call, 0, "");
    const right = operatorSpec(call, 1, OPERATIONS, "gd");
    if (places === undefined || right === undefined) return fails;
    const compute = (run: Run, value: Value): Value => computed(right.operator, value, right.value(run)) ?? null;
    return (run) => rewrite(run, call, places, right.flags, compute);
  },
};

const substitute: FunctionDefinition = {
  name: "avp_subst",
  parameters: [must("avps", "raw"), must("subst", "raw")],
  routes: ROUTES,
  bind(call) {
    const places = sourceAndTarget(call, 0, "gd");
    const substitution = bindSubstitution(call, 1, call.literal(1) ?? "");
    if (places === undefined || substitution === undefined) return fails;
    return (run) =>
      rewrite(run, call, places, places.flags, (_run, value) =>
        typeof value === "string" ? (substitution.apply(run, value) ?? null) : null,
      );
  },
};

/**
 * Writes what becomes of the newest value, or of all, to a target: in place when it is the source, else as new values.
 * @param change - NULL leaves a value as it is
 */
function rewrite(
  run: Run,
  call: BoundCall,
  { source, target }: NonNullable<ReturnType<typeof sourceAndTarget>>,
  flags: string,
  change: (run: Run, value: Value) => Value,
): 1 | -1 {
  const isAll = flags.includes("g");
  const all = source.all?.(run) ?? [];
  const values = isAll ? [...all] : all.slice(0, 1);
  const changed = values.map((value) => change(run, value));
  if (changed.every((value) => value === null)) {
    if (values.length > 0) run.error("avpops", call.name, "no value that this can be done with");
    return -1;
  }
  if (target === source) {
    // all of them are written anew, oldest first
    const next = [...changed.map((value, i) => value ?? values[i] ?? null), ...all.slice(values.length)];
    return writeAll(run, source, next) ? 1 : -1;
  }
  if (flags.includes("d")) source.write?.(run, null, isAll);
  for (const value of changed.toReversed()) if (value !== null && target.write?.(run, value, false) !== true) return -1;
  return 1;
}

/** Puts values, newest first, in place of all there are. */
function writeAll(run: Run, { write }: Pick<Accessor, "write">, values: readonly Value[]): boolean {
  let isFirst = true;
  for (const value of values.toReversed()) {
    if (write?.(run, value, isFirst) !== true) return false;
    isFirst = false;
  }
  return true;
}

const insert: FunctionDefinition = {
  name: "avp_insert",
  parameters: [must("avp_name", "output"), must("value", "value"), must("index", "int")],
  routes: ROUTES,
  bind(call) {
    const avp = call.variable(0);
    const value = call.value(1);
    const index = call.int(2);
    return (run) => {
      const at = index(run);
      const added = value(run);
      if (at === undefined || added === null) return -1;
      const values = [...(avp.all?.(run) ?? [])];
      values.splice(Math.min(Math.max(at, 0), values.length), 0, added);
      return writeAll(run, avp, values) ? 1 : -1;
    };
  },
};

const print: FunctionDefinition = {
  name: "avp_print",
  parameters: [],
  routes: ROUTES,
  bind: () => (run) => {
    const { scriptLog } = run.services;
    for (const name of run.avps.names()) {
      for (const value of run.avps.all(name)) scriptLog.line(3, "avpops", "avp_print", `$avp(${name}) = ${printed(value)}`);
    }
    return 1;
  },
};

/** All that need nothing but the AVPs themselves. */
export const avpFunctions: readonly FunctionDefinition[] = [isSet, remove, copy, check, operate, substitute, insert, print];
