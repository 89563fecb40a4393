// Flags of the message and of the current branch, by name.
import { branchFlags, flagNames, setBranchFlag } from "../branch-attributes.ts";
import type { VariableDefinition } from "../module.ts";
import type { Run } from "../run.ts";
import { isTrue, type Value } from "../values.ts";
import { named, plain } from "./define.ts";
import { truth } from "./message.ts";

/** Most message flags of one transaction: the reference has as many bits. */
export const MAX_FLAGS = 32;

/** `$mf $bf $msg.flag(name) $branch.flag(name)`. */
export function flagVariables(): readonly VariableDefinition[] {
  return [
    plain("mf", (run) => flagNames(run.scope.flags)),
    plain("msg.flags", (run) => flagNames(run.scope.flags)),
    plain("bf", (run) => flagNames(branchFlags(run))),
    named("msg.flag", (run, name) => truth(run.scope.flags?.has(name) === true), writeMessageFlag),
    named("branch.flag", (run, name) => truth(branchFlags(run)?.has(name) === true), writeBranchFlag),
    named("msg.branch.flag", (run, name) => truth(branchFlags(run)?.has(name) === true), writeBranchFlag),
  ];
}

function writeMessageFlag(run: Run, name: string, value: Value): boolean {
  const { scope } = run;
  if (!isTrue(value)) {
    scope.flags?.delete(name);
    return true;
  }
  scope.flags ??= new Set();
  if (scope.flags.size >= MAX_FLAGS && !scope.flags.has(name)) return tooMany(run, name);
  scope.flags.add(name);
  return true;
}

function writeBranchFlag(run: Run, name: string, value: Value): boolean {
  const isSet = isTrue(value);
  const flags = branchFlags(run);
  if (isSet && flags !== undefined && flags.size >= MAX_FLAGS && !flags.has(name)) return tooMany(run, name);
  setBranchFlag(run, name, isSet);
  return true;
}

function tooMany(run: Run, name: string): false {
  run.error("core", "pv_set_flag", `flag <${name}> would be one more than ${MAX_FLAGS}`);
  return false;
}
