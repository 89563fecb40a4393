// Flags of the message (that is, of its transaction) and of branches: script-language 8.2.
import { attributesOf, BranchAttributes, branchFlags, setBranchFlag } from "../branch-attributes.ts";
import { type Action, type BoundCall, type FunctionDefinition, may, must } from "../module.ts";
import { Routes } from "../routes.ts";
import type { Run } from "../run.ts";
import { textOf } from "../values.ts";

/** `setflag` … `isbflagset`. */
export function flagFunctions(): readonly FunctionDefinition[] {
  const flag = [must("flag", "value")];
  const branchFlag = [must("flag", "value"), may("branch", "int")];
  return [
    { name: "setflag", parameters: flag, routes: Routes.all, bind: (call) => bindFlag(call, setFlag) },
    { name: "resetflag", parameters: flag, routes: Routes.all, bind: (call) => bindFlag(call, resetFlag) },
    { name: "isflagset", parameters: flag, routes: Routes.all, resultMatters: true, bind: (call) => bindFlag(call, hasFlag) },
    {
      name: "setbflag",
      parameters: branchFlag,
      routes: Routes.all,
      bind: (call) => bindBranchFlag(call, (run, name, at) => put(run, name, at, true)),
    },
    {
      name: "resetbflag",
      parameters: branchFlag,
      routes: Routes.all,
      bind: (call) => bindBranchFlag(call, (run, name, at) => put(run, name, at, false)),
    },
    {
      name: "isbflagset",
      parameters: branchFlag,
      routes: Routes.all,
      resultMatters: true,
      bind: (call) => bindBranchFlag(call, hasBranchFlag),
    },
  ];
}

/** A flag is a name; old scripts write a number, which is a name too. */
function nameOf(call: BoundCall): (run: Run) => string | undefined {
  const literal = call.literal(0);
  if (literal !== undefined) {
    if (literal === "") call.fault(0, "a flag needs a name");
    return () => literal;
  }
  const value = call.value(0);
  return (run) => textOf(value(run));
}

function bindFlag(call: BoundCall, act: (run: Run, name: string) => number): Action {
  const name = nameOf(call);
  return (run) => {
    const text = name(run);
    return text === undefined || text === "" ? -1 : act(run, text);
  };
}

function setFlag({ scope }: Run, name: string): number {
  scope.flags ??= new Set();
  scope.flags.add(name);
  return 1;
}

function resetFlag({ scope }: Run, name: string): number {
  scope.flags?.delete(name);
  return 1;
}

function hasFlag({ scope }: Run, name: string): number {
  return scope.flags?.has(name) === true ? 1 : -1;
}

function bindBranchFlag(call: BoundCall, act: (run: Run, name: string, branch: number) => number): Action {
  const name = nameOf(call);
  const branch = call.has(1) ? call.int(1) : undefined;
  return (run) => {
    const text = name(run);
    const at = branch === undefined ? 0 : branch(run);
    return text === undefined || text === "" || at === undefined ? -1 : act(run, text, at);
  };
}

/** Branch 0 is the current one; the others are those of the set that waits to be sent. */
function put(run: Run, name: string, at: number, isSet: boolean): number {
  if (at === 0) {
    setBranchFlag(run, name, isSet);
    return 1;
  }
  const set = run.request?.branchSet;
  const target = set?.[at - 1];
  if (set === undefined || target === undefined) return -1;
  const attributes = new BranchAttributes(attributesOf(target.attributes)?.flags);
  attributes.flags ??= new Set();
  if (isSet) attributes.flags.add(name);
  else attributes.flags.delete(name);
  set[at - 1] = { ...target, attributes };
  return 1;
}

function hasBranchFlag(run: Run, name: string, at: number): number {
  const flags = at === 0 ? branchFlags(run) : attributesOf(run.request?.branchSet?.[at - 1]?.attributes)?.flags;
  return flags?.has(name) === true ? 1 : -1;
}
