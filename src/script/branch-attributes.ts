// What scripts know of one branch: its flags. It travels in `BranchTarget.attributes` from where a branch is added (`$branch =`,
// `lookup`, `append_branch`) to its branch and reply routes.
import type { Run } from "./run.ts";

/** Script data of one branch target; whoever adds a branch with flags puts one into its `attributes`. */
export class BranchAttributes {
  flags: Set<string> | undefined;

  constructor(flags?: Iterable<string>) {
    this.flags = flags === undefined ? undefined : new Set(flags);
  }
}

/** The attributes of a target, where it has some. */
export function attributesOf(attributes: unknown): BranchAttributes | undefined {
  return attributes instanceof BranchAttributes ? attributes : undefined;
}

/**
 * Flags of the current branch: in branch and reply routes that of the branch, else those of the current target (branch 0).
 * @returns undefined when none is set
 */
export function branchFlags(run: Run): ReadonlySet<string> | undefined {
  const branch = run.branch ?? run.reply?.branch;
  const own = attributesOf(branch === undefined ? run.request?.attributes : branch.attributes);
  // the branch of the current target shares the scope's flags until it gets some of its own
  return own === undefined ? run.scope.branchFlags : own.flags;
}

/** Sets or resets a flag of the current branch. */
export function setBranchFlag(run: Run, name: string, isSet: boolean): void {
  const branch = run.branch ?? run.reply?.branch;
  if (branch === undefined) {
    const own = attributesOf(run.request?.attributes);
    if (own === undefined) run.scope.branchFlags = changed(run.scope.branchFlags, name, isSet);
    else own.flags = changed(own.flags, name, isSet);
    return;
  }
  let own = attributesOf(branch.attributes);
  if (own === undefined) {
    own = new BranchAttributes(run.scope.branchFlags);
    branch.attributes = own;
  }
  own.flags = changed(own.flags, name, isSet);
}

/** Names of flags as variables print them. */
export function flagNames(flags: ReadonlySet<string> | undefined): string {
  return flags === undefined ? "" : [...flags].join(",");
}

function changed(flags: Set<string> | undefined, name: string, isSet: boolean): Set<string> | undefined {
  if (!isSet) flags?.delete(name);
  else if (flags === undefined) return new Set([name]);
  else flags.add(name);
  return flags;
}
