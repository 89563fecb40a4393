// Comparing and computing with values, as `avp_check` and `avp_op` do it.
import { equalsIgnoreCase } from "../../../sip/index.ts";
import { posixRegex, searches } from "../../compile/regex.ts";
import { int32, intOf, textOf, type Value } from "../../values.ts";
import { globMatches } from "../glob.ts";

/** Operators of `avp_check`. */
export const CHECKS: readonly string[] = ["eq", "ne", "lt", "le", "gt", "ge", "re", "fm", "and", "or", "xor"];
/** Operators of `avp_op`. */
export const OPERATIONS: readonly string[] = ["add", "sub", "mul", "div", "mod", "and", "or", "xor", "not"];

/**
 * Compares two values: integers as integers, texts as texts.
 * @returns undefined when they cannot be compared that way
 */
export function holds(operator: string, left: Value, right: Value, ignoreCase: boolean): boolean | undefined {
  if (operator === "re" || operator === "fm") return matches(operator, left, right, ignoreCase);
  // what was stored as text is compared as text
  const a = typeof left === "string" ? undefined : intOf(left);
  const b = typeof right === "string" ? undefined : intOf(right);
  if (a !== undefined && b !== undefined) return holdsForInts(operator, a, b);
  const s = textOf(left);
  const t = textOf(right);
  if (s === undefined || t === undefined) return undefined;
  if (operator === "eq") return ignoreCase ? equalsIgnoreCase(s, t) : s === t;
  if (operator === "ne") return ignoreCase ? !equalsIgnoreCase(s, t) : s !== t;
  const order = compare(ignoreCase ? s.toLowerCase() : s, ignoreCase ? t.toLowerCase() : t);
  return holdsForInts(operator, order, 0, true);
}

function holdsForInts(operator: string, a: number, b: number, isOrder = false): boolean | undefined {
  switch (operator) {
    case "eq":
      return a === b;
    case "ne":
      return a !== b;
    case "lt":
      return a < b;
    case "le":
      return a <= b;
    case "gt":
      return a > b;
    case "ge":
      return a >= b;
  }
  if (isOrder) return undefined;
  if (operator === "and") return (a & b) !== 0;
  return operator === "or" ? (a | b) !== 0 : (a ^ b) !== 0;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function matches(operator: string, left: Value, right: Value, ignoreCase: boolean): boolean | undefined {
  const text = textOf(left);
  const pattern = textOf(right);
  if (text === undefined || pattern === undefined) return undefined;
  if (operator === "fm") return globMatches(pattern, text, ignoreCase);
  const regex = posixRegex(pattern, { isMultiline: true, isCaseSensitive: !ignoreCase });
  return typeof regex === "string" ? undefined : searches(regex, text);
}

/** Computes with integers of 32 bits; undefined for texts, and for a division by 0. */
export function computed(operator: string, left: Value, right: Value): number | undefined {
  const a = intOf(left);
  const b = intOf(right);
  if (a === undefined) return undefined;
  if (operator === "not") return ~a;
  if (b === undefined) return undefined;
  switch (operator) {
    case "add":
      return int32(a + b);
    case "sub":
      return int32(a - b);
    case "mul":
      return Math.imul(a, b);
    case "div":
      return b === 0 ? undefined : int32(a / b);
    case "mod":
      return b === 0 ? undefined : int32(a % b);
    case "and":
      return a & b;
    case "or":
      return a | b;
    default:
      return a ^ b;
  }
}
