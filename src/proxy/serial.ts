// Serial forking: targets in groups of equal preference, the best group first (TM-26).

import type { BranchTarget } from "./ports.ts";

const DEFAULT_Q = 1000;

/**
 * Orders targets by q, highest first; those of equal q keep their order and form one parallel group.
 * @param targets - q in thousandths, absent counts as 1000
 */
export function groupByQ(targets: readonly BranchTarget[]): BranchTarget[][] {
  const groups = new Map<number, BranchTarget[]>();
  for (const target of targets) {
    const q = target.q ?? DEFAULT_Q;
    const group = groups.get(q);
    if (group === undefined) groups.set(q, [target]);
    else group.push(target);
  }
  return [...groups.entries()].sort((a, b) => b[0] - a[0]).map((entry) => entry[1]);
}
