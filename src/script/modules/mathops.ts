// mathops: arithmetic with fractions on texts (script-language 8.8).
import { type BoundCall, type FunctionDefinition, type FunctionParameter, IntParameter, may, must, type ScriptModule } from "../module.ts";
import { Routes } from "../routes.ts";
import type { Run } from "../run.ts";
import { int32, type Value } from "../values.ts";
import { evaluate, evaluateRpn } from "./mathops/expression.ts";
import { fixed, readNumber, roundAway, roundTo, significant } from "./mathops/numbers.ts";

/** Makes the module. */
export function mathops(): ScriptModule {
  const digits = new IntParameter("decimal_digits", 6, 0, 100);
  const written = (value: number | undefined): Value => (value === undefined ? null : fixed(value, digits.value));
  const whole = (value: number | undefined): Value => (value === undefined ? null : int32(value));
  return {
    name: "mathops",
    parameters: [digits],
    variables: [],
    functions: [
      computing("math_eval", [], (_run, text) => written(evaluate(text))),
      computing("math_rpn", [], (_run, text) => written(evaluateRpn(text))),
      computing("math_trunc", [], (_run, text) => whole(mapped(text, Math.trunc))),
      computing("math_floor", [], (_run, text) => whole(mapped(text, Math.floor))),
      computing("math_ceil", [], (_run, text) => whole(mapped(text, Math.ceil))),
      computing("math_round", [may("decimals", "int")], (_run, text, decimals) => {
        const value = readNumber(text);
        if (value === undefined || decimals === undefined) return whole(mapped(text, roundAway));
        return decimals < 0 || decimals > 100 ? null : fixed(roundTo(value, decimals), decimals);
      }),
      computing("math_round_sf", [must("figures", "int")], (_run, text, figures = 0) => {
        const value = readNumber(text);
        return value === undefined || figures < 1 || figures > 100 ? null : significant(value, figures);
      }),
      compare,
    ],
  };
}

function mapped(text: string, map: (value: number) => number): number | undefined {
  const value = readNumber(text);
  return value === undefined ? undefined : map(value);
}

/** A function of a text and perhaps a number whose value goes into a variable; NULL stands for a failure. */
function computing(
  name: string,
  more: readonly FunctionParameter[],
  compute: (run: Run, text: string, number: number | undefined) => Value,
): FunctionDefinition {
  return {
    name,
    parameters: [must("expression", "text"), must("result_var", "output"), ...more],
    routes: Routes.all,
    bind(call) {
      const text = call.text(0);
      const output = call.variable(1);
      const number = call.has(2) ? call.int(2) : undefined;
      return (run) => {
        const expression = text(run);
        const extra = number?.(run);
        if (expression === undefined || (number !== undefined && extra === undefined)) return -1;
        const value = compute(run, expression, extra);
        if (value === null) return refuse(run, call, `cannot compute <${expression}>`);
        return output.write?.(run, value, false) === true ? 1 : -1;
      };
    },
  };
}

const compare: FunctionDefinition = {
  name: "math_compare",
  parameters: [must("exp1", "text"), must("exp2", "text"), must("result_var", "output")],
  routes: Routes.all,
  bind(call) {
    const first = call.text(0);
    const second = call.text(1);
    const output = call.variable(2);
    return (run) => {
      const left = first(run);
      const right = second(run);
      if (left === undefined || right === undefined) return -1;
      const a = evaluate(left);
      const b = evaluate(right);
      if (a === undefined || b === undefined) return refuse(run, call, `cannot compute <${a === undefined ? left : right}>`);
      return output.write?.(run, Math.sign(a - b), false) === true ? 1 : -1;
    };
  },
};

function refuse(run: Run, call: BoundCall, text: string): -1 {
  run.error("mathops", call.name, text);
  return -1;
}
