// What stands right of an assignment. Expressions that call nothing are plain functions; only those with calls look out for promises.
import type { BinaryOperator, Expression } from "../language/ast.ts";
import type { Action } from "../module.ts";
import type { Run } from "../run.ts";
import { intOf, type Value } from "../values.ts";
import { compileCall, stop, wait } from "./calls.ts";
import { compileComparison } from "./comparisons.ts";
import { compute } from "./operators.ts";
import { compileRouteCall } from "./route-calls.ts";
import type { Scope } from "./scope.ts";
import { bindVariable } from "./variables.ts";

/** Undefined: an error, which has been logged, or the script was ended (`run.isStopped`). */
export type Result = Value | undefined;

/** An expression, compiled. */
export interface Evaluation {
  /** Its numbers are literals or computed, and have no text that could be appended to another. */
  readonly isPlain: boolean;
  /** Calls something, so that `read` may give a promise. */
  readonly mayWait: boolean;
  read(run: Run): Result | Promise<Result>;
}

interface Immediate extends Evaluation {
  readonly mayWait: false;
  read(run: Run): Result;
}

/** Compiles one. */
export function compileExpression(scope: Scope, expression: Expression): Evaluation {
  switch (expression.kind) {
    case "string":
    case "number": {
      const { value } = expression;
      return immediate(true, () => value);
    }
    case "null":
      return immediate(true, () => null);
    case "variable":
      return immediate(false, bindVariable(scope, expression).read);
    case "call":
      return calling(compileCall(scope, expression));
    case "routeCall":
      return calling(compileRouteCall(scope, expression));
    case "comparison": {
      const compare = compileComparison(scope, expression);
      return immediate(true, (run) => {
        const truth = compare(run);
        return truth < 0 ? undefined : truth;
      });
    }
    case "group":
      return compileExpression(scope, expression.inner);
    case "complement":
      return complement(compileExpression(scope, expression.operand));
    case "binary": {
      const left = compileExpression(scope, expression.left);
      const right = compileExpression(scope, expression.right);
      return binary(expression.operator, left, right);
    }
  }
}

function immediate(isPlain: boolean, read: (run: Run) => Result): Immediate {
  return { isPlain, mayWait: false, read };
}

function isImmediate(one: Evaluation): one is Immediate {
  return !one.mayWait;
}

/** The return code is the value; 0 ends the script. */
function calling(action: Action): Evaluation {
  const take = (run: Run, code: number): Result => {
    run.rc = code;
    if (code !== 0) return code;
    stop(run);
    return undefined;
  };
  return {
    isPlain: true,
    mayWait: true,
    read: (run) => {
      const outcome = action(run);
      if (typeof outcome === "number") return take(run, outcome);
      const waited = wait(run, outcome);
      return typeof waited === "number" ? take(run, waited) : waited.then((code) => take(run, code));
    },
  };
}

function complement(operand: Evaluation): Evaluation {
  const apply = (run: Run, value: Result): Result => {
    if (value === undefined) return undefined;
    const int = value === null ? 0 : intOf(value);
    if (int !== undefined) return ~int;
    run.error("core", "eval_elem", "invalid numeric operands");
    return undefined;
  };
  if (isImmediate(operand)) return immediate(true, (run) => apply(run, operand.read(run)));
  return { isPlain: true, mayWait: true, read: (run) => after(operand.read(run), (value) => apply(run, value)) };
}

function binary(operator: BinaryOperator, left: Evaluation, right: Evaluation): Evaluation {
  const { isPlain } = right;
  if (isImmediate(left) && isImmediate(right)) {
    return immediate(true, (run) => {
      const a = left.read(run);
      if (a === undefined) return undefined;
      const b = right.read(run);
      return b === undefined ? undefined : compute(run, operator, a, b, isPlain);
    });
  }
  const read = (run: Run): Result | Promise<Result> =>
    after(left.read(run), (a) => {
      if (a === undefined) return undefined;
      return after(right.read(run), (b) => (b === undefined ? undefined : compute(run, operator, a, b, isPlain)));
    });
  return { isPlain: true, mayWait: true, read };
}

/** Goes on with a value that may still be waited for. */
function after(value: Result | Promise<Result>, then: (value: Result) => Result | Promise<Result>): Result | Promise<Result> {
  return value instanceof Promise ? value.then(then) : then(value);
}
