// Calls of functions: the name is known here, may be used in this kind of block, and gets what it takes.

import type { Call } from "../language/ast.ts";
import { nearest } from "../language/index.ts";
import type { Action, FunctionDefinition, Outcome } from "../module.ts";
import { routeBit } from "../routes.ts";
import type { Run } from "../run.ts";
import { bindArguments } from "./arguments.ts";
import type { Scope } from "./scope.ts";
import { NEXT, type Signal, STOP, type Step, type Test, type Truth } from "./signal.ts";

/** Stands for a call with a fault: a script with faults never runs. */
const nothing: Action = () => -1;

/** Compiles a call. @param isAsync - it stands in `async` or `launch` */
export function compileCall(scope: Scope, call: Call, isAsync = false): Action {
  const definition = functionOf(scope, call, isAsync);
  if (definition === undefined) return nothing;
  if ((definition.routes & routeBit(scope.kind)) === 0) {
    scope.problems.error(call.nameSpan, `Command <${call.name}> cannot be used in the block`, whereInstead(definition.routes));
    return nothing;
  }
  scope.route.calls.push({ name: call.name, routes: definition.routes, span: call.nameSpan });
  const bound = bindArguments(scope, call, definition);
  return bound === undefined ? nothing : definition.bind(bound);
}

function functionOf(scope: Scope, call: Call, isAsync: boolean): FunctionDefinition | undefined {
  const { names, problems } = scope.shared;
  const known = names.functions.get(call.name);
  const isKnown = known !== undefined && known.since < scope.order;
  if (isKnown && (!isAsync || known.definition.isAsync === true)) return known.definition;
  const message = `unknown ${isAsync ? "async " : ""}command <${call.name}>, missing loadmodule?`;
  let hint: string | undefined;
  if (isKnown) hint = `${call.name} never waits: call it without async`;
  else if (known !== undefined) hint = `${call.name} belongs to module ${known.module}, which is loaded further down`;
  else {
    const provider = names.registry.providerOf(call.name);
    if (provider !== undefined && names.failed.has(provider)) return undefined;
    const close = provider === undefined ? nearest(call.name, [...names.functions.keys()]) : undefined;
    if (provider !== undefined) hint = `${call.name} is provided by module ${provider}: loadmodule "${provider}.so"`;
    else if (close !== undefined) hint = `did you mean ${close}?`;
    else if (names.failed.size > 0) hint = `it may belong to a module that could not be loaded: ${[...names.failed].join(", ")}`;
  }
  problems.error(call.nameSpan, message, hint);
  return undefined;
}

function whereInstead(routes: number): string {
  const words = ["route", "failure_route", "onreply_route", "branch_route", "error_route", "local_route"];
  const others = ["startup_route", "timer_route", "event_route"];
  const allowed = [...words, ...others].filter((_, i) => (routes & (1 << i)) !== 0);
  return `it may be used in ${allowed.join(", ")}`;
}

/** Ends the script, as a function that gives back 0 does. */
export function stop(run: Run): typeof STOP {
  run.isStopped = true;
  return STOP;
}

/** As a statement: 0 ends the script, anything else is `$rc`. */
export function actionStep(action: Action, file: string, line: number): Step {
  return (run) => {
    run.file = file;
    run.line = line;
    let outcome = action(run);
    if (typeof outcome !== "number") {
      outcome = wait(run, outcome);
      if (typeof outcome !== "number") return outcome.then((code) => stepOf(run, code));
    }
    run.rc = outcome;
    return outcome === 0 ? stop(run) : NEXT;
  };
}

/** In a condition: above 0 is true, below is false. */
export function actionTest(action: Action): Test {
  return (run) => {
    let outcome = action(run);
    if (typeof outcome !== "number") {
      outcome = wait(run, outcome);
      if (typeof outcome !== "number") return outcome.then((code) => truthOf(run, code));
    }
    run.rc = outcome;
    return outcome > 0 ? 1 : outcome < 0 ? 0 : stop(run);
  };
}

function stepOf(run: Run, code: number): Signal {
  run.rc = code;
  return code === 0 ? stop(run) : NEXT;
}

function truthOf(run: Run, code: number): Truth {
  run.rc = code;
  return code > 0 ? 1 : code < 0 ? 0 : stop(run);
}

/**
 * What a function that waits comes to. In a block that cannot wait it is −1 at once; what the function still does is its own business.
 * A function that breaks counts as −1 too: the script goes on.
 */
export function wait(run: Run, outcome: Promise<number>): Outcome {
  const settled = outcome.catch((error: unknown) => {
    run.services.log.error({ err: error }, "a function of a script broke");
    return -1;
  });
  if (run.mayWait) return settled;
  run.error("core", "do_action", `a function at ${run.file}:${run.line} would have to wait, which is not possible in this block`);
  return -1;
}
