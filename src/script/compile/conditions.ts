// Conditions: 1 true, 0 false, −1 an error that poisons the whole, or the signal of a command that ends more than the condition
// (script-language 5.5).
import type { Command, Condition } from "../language/ast.ts";
import type { Run } from "../run.ts";
import { isTrue } from "../values.ts";
import { compileAssignment } from "./assignments.ts";
import { actionTest, compileCall } from "./calls.ts";
import { compileComparison } from "./comparisons.ts";
import { compileExpression, type Result } from "./expressions.ts";
import { compileRouteCall } from "./route-calls.ts";
import type { Scope } from "./scope.ts";
import { scriptTraced } from "./script-trace.ts";
import { NEXT, type Signal, STOP, type Step, type Test, type Truth } from "./signal.ts";
import { bindVariable } from "./variables.ts";

/** Compiles one. @param command - compiles commands that are no calls or assignments */
export function compileCondition(scope: Scope, condition: Condition, command: (command: Command) => Step): Test {
  const inner = (one: Condition): Test => compileCondition(scope, one, command);
  switch (condition.kind) {
    case "and":
      return and(inner(condition.left), inner(condition.right));
    case "or":
      return or(inner(condition.left), inner(condition.right));
    case "not":
      return not(inner(condition.operand));
    case "group":
      return inner(condition.inner);
    case "comparison":
      return compileComparison(scope, condition);
    case "number": {
      const truth = condition.value === 0 ? 0 : 1;
      return () => truth;
    }
    case "variable": {
      const { read } = bindVariable(scope, condition);
      return (run) => (isTrue(read(run)) ? 1 : 0);
    }
    case "arithmetic": {
      const expression = compileExpression(scope, condition.inner);
      return (run) => {
        const value = expression.read(run);
        return value instanceof Promise ? value.then((one) => truthOf(run, one)) : truthOf(run, value);
      };
    }
    case "call":
      return scriptTraced(scope.shared, condition, actionTest(compileCall(scope, condition)));
    case "routeCall":
      return scriptTraced(scope.shared, condition, actionTest(compileRouteCall(scope, condition)));
    case "assignment":
      return scriptTraced(scope.shared, condition, compileAssignment(scope, condition));
    default:
      return scriptTraced(scope.shared, condition, commandTest(command(condition)));
  }
}

/** The right side only where the left is true. */
function and(left: Test, right: Test): Test {
  return (run) => {
    const truth = left(run);
    if (truth === 1) return right(run);
    return typeof truth === "number" ? truth : truth.then((one) => (one === 1 ? right(run) : one));
  };
}

/** The right side only where the left is false. */
function or(left: Test, right: Test): Test {
  return (run) => {
    const truth = left(run);
    if (truth === 0) return right(run);
    return typeof truth === "number" ? truth : truth.then((one) => (one === 0 ? right(run) : one));
  };
}

function not(operand: Test): Test {
  return (run) => {
    const truth = operand(run);
    return typeof truth === "number" ? negated(truth) : truth.then(negated);
  };
}

/** Errors and signals stay what they are. */
function negated(truth: Truth): Truth {
  return truth === 1 ? 0 : truth === 0 ? 1 : truth;
}

function truthOf(run: Run, value: Result): Truth {
  if (value === undefined) return run.isStopped ? STOP : -1;
  return isTrue(value) ? 1 : 0;
}

/** `xlog(…)` inside a condition is true; `exit` and its like do what they do anywhere. */
function commandTest(step: Step): Test {
  const truth = (signal: Signal): Truth => (signal === NEXT ? 1 : signal);
  return (run) => {
    const signal = step(run);
    return typeof signal === "number" ? truth(signal) : signal.then(truth);
  };
}
