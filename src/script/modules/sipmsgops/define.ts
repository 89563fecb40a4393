// Small makers for the tables of sipmsgops.
import { type Edit, edit, type HeaderId } from "../../../sip/index.ts";
import type { Action, BoundCall } from "../../module.ts";
import { routeSet } from "../../routes.ts";
import type { Run } from "../../run.ts";
import { headerKey } from "./headers.ts";

/** Where nearly all functions may be called. */
export const ANY: number = routeSet("RFOBL");
/** Those that need a request. */
export const REQUESTS: number = routeSet("RFBL");

/** True and false for scripts. */
export function result(isDone: boolean): 1 | -1 {
  return isDone ? 1 : -1;
}

/** Says why a function did nothing. */
export function refuse(run: Run, routine: string, text: string): -1 {
  run.error("sipmsgops", routine, text);
  return -1;
}

/** Changes the message that leaves. @returns false where none does */
export function editOf(run: Run, act: (change: Edit) => boolean): boolean {
  const change = run.edit;
  if (change !== undefined) return act(change);
  run.error("sipmsgops", "edit", `a ${run.kind} route has no message to change`);
  return false;
}

/** For `editOf`: changes that cannot fail. */
export function done(act: () => void): true {
  act();
  return true;
}

/** The body as it stands now, for tests. */
export function bodyOf(run: Run): Edit {
  return run.edit ?? edit(run.message);
}

/** A function of one text. */
export function withText(act: (run: Run, text: string) => boolean): (call: BoundCall) => Action {
  return (call) => {
    const text = call.text(0);
    return (run) => {
      const value = text(run);
      return value === undefined ? -1 : result(act(run, value));
    };
  };
}

/** A function of one regular expression. */
export function withRegex(act: (run: Run, regex: RegExp) => boolean): (call: BoundCall) => Action {
  return (call) => {
    const regex = call.regex(0);
    return (run) => {
      const value = regex(run);
      return value === undefined ? -1 : result(act(run, value));
    };
  };
}

/** A function of one header name. */
export function withHeader(act: (run: Run, name: HeaderId | string) => boolean): (call: BoundCall) => Action {
  return (call) => {
    const name = keyOf(call, 0);
    return (run) => {
      const key = name(run);
      return key === undefined ? -1 : result(act(run, key));
    };
  };
}

/** Argument `i` as the name of a header; one that is literal is looked up once. */
export function keyOf(call: BoundCall, i: number): (run: Run) => HeaderId | string | undefined {
  const literal = call.literal(i);
  if (literal !== undefined) {
    const key = headerKey(literal.trim());
    return () => key;
  }
  const text = call.text(i);
  return (run) => text(run)?.trim();
}
