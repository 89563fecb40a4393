// The language's own door, for its neighbours in the room: reading, printing, places and messages.
export type * from "./ast.ts";
export { type FormatOptions, parseFormat, parseVariable } from "./format.ts";
export { nearest } from "./nearest.ts";
export { parseScript } from "./parser.ts";
export { type Position, positionOf } from "./positions.ts";
export { printScript } from "./print.ts";
export { formatProblems, type ProblemStyle } from "./problems.ts";
export type { FileReader } from "./source.ts";
