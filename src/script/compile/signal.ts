// How a statement ends: what the statement around it does next.
import type { Run } from "../run.ts";

/** Goes on with the next statement. */
export const NEXT = 0;
/** `break`: leaves the loop or `switch`. */
export const BREAK = 2;
/** `return`: leaves the route; its value is `run.rc`. */
export const RETURN = 3;
/** `exit`, `drop`, or a function that gave back 0: ends the whole block. */
export const STOP = 4;

/** One of the four above. 1 is free, so that outcomes of conditions and signals are told apart by value. */
export type Signal = typeof NEXT | typeof BREAK | typeof RETURN | typeof STOP;

/** A statement, compiled. Promises only where a function in it waits. */
export type Step = (run: Run) => Signal | Promise<Signal>;

/** Of a condition: 0 false, 1 true, −1 error (which poisons the whole condition), or a signal of 2 and above. */
export type Truth = -1 | 0 | 1 | typeof BREAK | typeof RETURN | typeof STOP;

/** A condition, compiled. */
export type Test = (run: Run) => Truth | Promise<Truth>;
