// `route(name, …)`: calls of sub-routes with their parameters.
import type { RouteCall } from "../language/ast.ts";
import { nearest } from "../language/index.ts";
import type { Action, Outcome } from "../module.ts";
import type { RouteKind } from "../routes.ts";
import type { Frame, Run } from "../run.ts";
import { printed, type Value } from "../values.ts";
import type { Scope } from "./scope.ts";
import { STOP } from "./signal.ts";
import type { CompiledRoute, RouteTable } from "./table.ts";
import { bindText, bindVariable } from "./variables.ts";

/** How deep routes may call each other. */
const DEPTH_MAX = 100;
/** Most parameters of a route. */
const PARAMETERS_MAX = 9;

/** One called route; counts how many are around it. */
class CallFrame implements Frame {
  readonly name: string;
  readonly kind: RouteKind;
  readonly parameters: readonly Value[];
  readonly caller: Frame;
  readonly depth: number;

  constructor(name: string, kind: RouteKind, parameters: readonly Value[], caller: Frame) {
    this.name = name;
    this.kind = kind;
    this.parameters = parameters;
    this.caller = caller;
    this.depth = caller instanceof CallFrame ? caller.depth + 1 : 1;
  }
}

const NONE: readonly Value[] = [];

/** How a route is named: known at load time, or found when it runs. */
export type RouteName = { readonly name: string; readonly find: undefined } | { readonly name: undefined; find(run: Run): string };

/** Reads the place where a route's name stands. A string with variables in it is a format. */
export function compileRouteName(scope: Scope, target: RouteCall["target"]): RouteName {
  switch (target.kind) {
    case "word":
      return { name: target.text, find: undefined };
    case "number":
      return { name: target.text, find: undefined };
    case "string": {
      const text = bindText(scope, target.value, target.span);
      return text.literal === undefined ? { name: undefined, find: text.expand } : { name: text.literal, find: undefined };
    }
    case "variable": {
      const { read } = bindVariable(scope, target);
      return { name: undefined, find: (run) => printed(read(run)) };
    }
  }
}

/** Compiles a call; 0 says that the script ended in it. */
export function compileRouteCall(scope: Scope, call: RouteCall): Action {
  const { routes } = scope.shared;
  if (call.arguments.length > PARAMETERS_MAX) {
    scope.problems.error(call.span, `too many parameters for route(): at most ${PARAMETERS_MAX}`);
  }
  const read = compileParameters(scope, call);
  const { name, find } = compileRouteName(scope, call.target);
  if (name === undefined) return (run) => callNamed(routes, find(run), run, read(run));
  routes.want("request", name, call.target.span, `called route [${name}] is not defined`);
  scope.route.targets.push({ name, span: call.target.span });
  let target: CompiledRoute | undefined;
  return (run) => {
    // the route may stand further down in the text
    target ??= routes.find("request", name);
    return target === undefined ? -1 : enter(target, run, read(run));
  };
}

function compileParameters(scope: Scope, call: RouteCall): (run: Run) => readonly Value[] {
  const values = call.arguments.map((one) => (one.kind === "null" || one.kind === "variable" ? null : one.value));
  if (values.length === 0) return () => NONE;
  if (call.arguments.every((one) => one.kind !== "variable")) return () => values;
  const list = call.arguments.map((one, i) => {
    if (one.kind === "variable") return bindVariable(scope, one).read;
    const value = values[i] ?? null;
    return (): Value => value;
  });
  return (run) => {
    const given: Value[] = [];
    for (let i = 0; i < list.length; i++) given.push(list[i]?.(run) ?? null);
    return given;
  };
}

/** Calls a route by a name that came up at run time. @returns −1 when there is none, which is logged */
export function callNamed(routes: RouteTable, name: string, run: Run, parameters: readonly Value[]): Outcome {
  const route = routes.find("request", name);
  if (route !== undefined) return enter(route, run, parameters);
  const close = nearest(name, routes.names("request"));
  run.error("core", "do_action", `called route [${name}] is not defined${close === undefined ? "" : `, did you mean ${close}?`}`);
  return -1;
}

/** Runs a route in its own frame. @returns its value; 0 when the script ended in it */
export function enter(route: CompiledRoute, run: Run, parameters: readonly Value[]): Outcome {
  const caller = run.frame;
  const frame = new CallFrame(route.name, run.kind, parameters, caller);
  if (frame.depth > DEPTH_MAX) {
    run.error("core", "run_actions", `too many recursive routing table lookups (${frame.depth}), giving up!`);
    run.isStopped = true;
    return 0;
  }
  run.frame = frame;
  const signal = route.body(run);
  if (typeof signal !== "number") return signal.then((end) => leave(run, caller, end));
  return leave(run, caller, signal);
}

function leave(run: Run, caller: Frame, signal: number): number {
  run.frame = caller;
  return signal === STOP ? 0 : run.rc;
}
