// The kinds of blocks, and sets of them: where a function may be called.

/** Kinds of blocks. Sub-routes and dialog routes are `request`. */
export type RouteKind = "request" | "failure" | "onreply" | "branch" | "error" | "local" | "startup" | "timer" | "event";

/** A set of kinds: the reference's bits, which its error messages show. */
export const Routes: Readonly<Record<RouteKind | "all", number>> = Object.freeze({
  request: 1,
  failure: 2,
  onreply: 4,
  branch: 8,
  error: 16,
  local: 32,
  startup: 64,
  timer: 128,
  event: 256,
  all: 511,
});

/** The bit of a kind. */
export function routeBit(kind: RouteKind): number {
  return Routes[kind];
}

/** Reads a set as the documents write it: the letters R F O B X L S T E. */
export function routeSet(letters: string): number {
  const bits = { R: 1, F: 2, O: 4, B: 8, X: 16, L: 32, S: 64, T: 128, E: 256 };
  let set = 0;
  for (const [letter, bit] of Object.entries(bits)) if (letters.includes(letter)) set |= bit;
  return set;
}
