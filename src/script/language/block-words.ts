// Words that what stands in a file begins with.

/** Keywords of blocks. */
export const BLOCK_WORDS = [
  "route",
  "branch_route",
  "failure_route",
  "onreply_route",
  "error_route",
  "local_route",
  "startup_route",
  "timer_route",
  "event_route",
] as const;

/** Those, and the words that load and set modules. */
export const ITEM_WORDS: ReadonlySet<string> = new Set([...BLOCK_WORDS, "loadmodule", "modparam"]);
