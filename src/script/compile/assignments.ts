// `$x = …` and its compound forms.
import type { Assignment, AssignOperator, BinaryOperator } from "../language/ast.ts";
import type { Run } from "../run.ts";
import { textOf, type Value } from "../values.ts";
import { compileExpression, type Result } from "./expressions.ts";
import { computeCompound } from "./operators.ts";
import type { Scope } from "./scope.ts";
import { STOP, type Test, type Truth } from "./signal.ts";
import { bindVariable } from "./variables.ts";

const OPERATORS: Readonly<Partial<Record<AssignOperator, BinaryOperator>>> = {
  "+=": "+",
  "-=": "-",
  "*=": "*",
  "/=": "/",
  "%=": "%",
  "&=": "&",
  "|=": "|",
  "^=": "^",
};

/** Longest text that a variable takes. A script that appends to what it has kept would else grow until the process dies, and all calls with it. */
export const TEXT_MAX: number = 4 * 1024 * 1024;

/** Compiles one: 1 done (`$rc` 1), 0 failed (`$rc` −1, logged, the target as it was), or STOP when a call in it ended the script. */
export function compileAssignment(scope: Scope, assignment: Assignment): Test {
  const { operator, target } = assignment;
  const { problems } = scope;
  const reference = bindVariable(scope, target);
  if (target.transformations.length > 0) problems.error(target.span, "transformations not accepted in left side of assignment");
  else if (!reference.isWritable) problems.error(target.span, "invalid left operand in assignment", `${target.text} can only be read`);
  const value = compileExpression(scope, assignment.value);
  const where = scope.where(assignment.span);
  const isReplacing = operator === ":=";
  const { accessor } = reference;
  const compound = OPERATORS[operator];

  const assign = (run: Run, result: Result): Truth => {
    if (result === undefined) {
      if (run.isStopped) return STOP;
      run.warning("core", "do_assign", `no value in right expression at ${where}`);
      run.rc = -1;
      return 0;
    }
    if (isTooLong(result)) run.error("core", "do_assign", `a text longer than ${TEXT_MAX} bytes cannot be kept`);
    else if (accessor.write?.(run, result, isReplacing) === true) {
      run.rc = 1;
      return 1;
    }
    run.error("core", "do_action", `error at ${where}`);
    run.rc = -1;
    return 0;
  };
  if (compound === undefined) {
    return (run) => {
      const result = value.read(run);
      return result instanceof Promise ? result.then((one) => assign(run, one)) : assign(run, result);
    };
  }
  const change = (run: Run, right: Result): Truth => {
    if (right === undefined) return assign(run, undefined);
    const before: Value = accessor.read(run);
    return assign(run, computeCompound(run, compound, before, right));
  };
  return (run) => {
    const right = value.read(run);
    return right instanceof Promise ? right.then((one) => change(run, one)) : change(run, right);
  };
}

function isTooLong(value: Value): boolean {
  const text = typeof value === "number" ? undefined : textOf(value);
  return text !== undefined && text.length > TEXT_MAX;
}
