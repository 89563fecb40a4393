// Functions on variables with several values, and those of the reference that have no meaning here.
import { randomUnit } from "../../../kit/index.ts";
import { type FunctionDefinition, must } from "../../module.ts";
import { Routes } from "../../routes.ts";
import type { Run } from "../../run.ts";
import { intOf, textOf, type Value } from "../../values.ts";

/** Counting, choosing and mixing values. */
export function valueFunctions(): readonly FunctionDefinition[] {
  return [shuffle, count, select, ...["abort", "pkg_status", "shm_status"].map(meaningless)];
}

const shuffle: FunctionDefinition = {
  name: "shuffle_avps",
  parameters: [must("name", "output")],
  routes: Routes.all,
  bind(call) {
    const avp = call.variable(0);
    return (run) => {
      const values = [...(avp.all?.(run) ?? [])];
      mix(run, values);
      // the first one written takes the place of all, each further one comes before it
      let isFirst = true;
      for (const value of values) {
        if (avp.write?.(run, value, isFirst) !== true) return -1;
        isFirst = false;
      }
      return 1;
    };
  },
};

// Fisher and Yates.
function mix(run: Run, values: Value[]): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(randomUnit(run.services.random) * (i + 1));
    const value = values[i] ?? null;
    values[i] = values[j] ?? null;
    values[j] = value;
  }
}

const count: FunctionDefinition = {
  name: "set_count",
  parameters: [must("var", "variable"), must("result", "output")],
  routes: Routes.all,
  bind(call) {
    const variable = call.variable(0);
    const result = call.variable(1);
    return (run) => {
      const values = variable.all?.(run) ?? [variable.read(run)].filter((value) => value !== null);
      return result.write?.(run, values.length, false) === true ? 1 : -1;
    };
  },
};

/** The index of one of several weights, each as likely as it is heavy. */
const select: FunctionDefinition = {
  name: "set_select_weight",
  parameters: [must("var", "variable")],
  routes: Routes.all,
  bind(call) {
    const variable = call.variable(0);
    return (run) => {
      const weights = (variable.all?.(run) ?? []).map(weightOf);
      let left = 0;
      for (const weight of weights) left += weight;
      left *= randomUnit(run.services.random);
      for (const [i, weight] of weights.entries()) {
        if (left < weight) return i;
        left -= weight;
      }
      return -1;
    };
  },
};

function weightOf(value: Value): number {
  const number = intOf(value) ?? Number(textOf(value) ?? "");
  return number > 0 && Number.isFinite(number) ? number : 0;
}

function meaningless(name: string): FunctionDefinition {
  return {
    name,
    parameters: [],
    routes: Routes.all,
    bind(call) {
      call.fault(-1, `function ${name} exists in OpenSIPS but is not supported by Dialoom`);
      return () => -1;
    },
  };
}
