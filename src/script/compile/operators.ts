// Arithmetic, concatenation and comparisons of values (script-language 5.2 to 5.6). Undefined is an error, told in the log.
import { equalsIgnoreCase } from "../../sip/index.ts";
import type { BinaryOperator, CompareOperator } from "../language/ast.ts";
import type { Run } from "../run.ts";
import { Dual, IntOnly, intOf, textOf, type Value } from "../values.ts";

/**
 * Applies an operator.
 * @param isPlain - a number on the right is a literal or itself computed: such numbers have no text to append
 * @returns undefined for an error
 */
export function compute(run: Run, operator: BinaryOperator, left: Value, right: Value, isPlain: boolean): Value | undefined {
  const a = intOf(left);
  if (a !== undefined) {
    const b = right === null ? 0 : intOf(right);
    if (b !== undefined) return calculate(run, operator, a, b);
    // `$rm` counts too, but what it says is its name
    if (operator === "+" && left instanceof Dual && typeof right === "string") return left.text + right;
    return fail(run, "invalid numeric operands");
  }
  if (operator === "+") return join(run, left, right, isPlain);
  if (operator === "&" || operator === "|" || operator === "^") {
    if (typeof left === "string" && typeof right === "string" && left.length === right.length) return bytewise(operator, left, right);
    return fail(run, "invalid string operands");
  }
  return fail(run, "Invalid operator");
}

function join(run: Run, left: Value, right: Value, isPlain: boolean): Value | undefined {
  if (right === null) return left;
  const text = isPlain && typeof right === "number" ? undefined : textOf(right);
  if (text === undefined) return fail(run, "invalid string operands");
  return left === null ? text : (textOf(left) ?? "") + text;
}

/** Of two integers: 32 bits with sign, wrapping. */
export function calculate(run: Run, operator: BinaryOperator, a: number, b: number): number {
  switch (operator) {
    case "+":
      return (a + b) | 0;
    case "-":
      return (a - b) | 0;
    case "*":
      return Math.imul(a, b);
    case "/":
      return b === 0 ? divideByZero(run) : (a / b) | 0;
    case "%":
      // the remainder of −2³¹ by −1 is −0
      return b === 0 ? divideByZero(run) : (a % b) | 0;
    case "&":
      return a & b;
    case "|":
      return a | b;
    case "^":
      return a ^ b;
    case "<<":
      return a << b;
    case ">>":
      return a >> b;
  }
}

function divideByZero(run: Run): number {
  run.error("core", "eval_elem", "divide by 0");
  return 0;
}

function bytewise(operator: "&" | "|" | "^", left: string, right: string): string {
  let out = "";
  for (let i = 0; i < left.length; i++) {
    const [a, b] = [left.charCodeAt(i), right.charCodeAt(i)];
    out += String.fromCharCode(operator === "&" ? a & b : operator === "|" ? a | b : a ^ b);
  }
  return out;
}

function fail(run: Run, text: string): undefined {
  run.error("core", "eval_elem", text);
  return undefined;
}

/**
 * `+=` and its like: integers with integers; texts with texts for `+=` only.
 * @returns undefined for an error
 */
export function computeCompound(run: Run, operator: BinaryOperator, left: Value, right: Value): Value | undefined {
  if (left === null || right === null) {
    run.error("core", "eval_elem", "NULL value(s) in complex assignment expressions (+=, -=, etc.)");
    return undefined;
  }
  const [a, b] = [intOf(left), intOf(right)];
  if (a !== undefined && b !== undefined) return calculate(run, operator, a, b);
  if (operator === "+" && typeof left === "string" && typeof right === "string") return left + right;
  run.error("core", "eval_elem", `unsupported operand type(s) for ${operator}=: ${valueType(left)} and ${valueType(right)}`);
  return undefined;
}

// ── comparisons ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** The reference's words for operators in messages. */
const OPERATION: Readonly<Record<CompareOperator, string>> = {
  "==": "EQUAL",
  "!=": "DIFFER",
  "<": "LESS_THAN",
  ">": "GREATER_THAN",
  "<=": "LESS_OR_EQUAL",
  ">=": "GREATER_OR_EQUAL",
  "=~": "MATCH",
  "!~": "NOT_MATCH",
};

/** Says that two values cannot be compared; the condition is an error then. */
export function mismatch(run: Run, operator: CompareOperator, left: Value, rightKind: string, right: Value | undefined): -1 {
  const other = right === undefined ? "NO_VAL" : valueType(right);
  run.warning(
    "core",
    "comp_scriptvar",
    `invalid ${OPERATION[operator]} operation: left is EXPRESSION/${valueType(left)}, right is ${rightKind}/${other}`,
  );
  return -1;
}

function valueType(value: Value): string {
  if (value === null) return "NULL_VAL";
  return typeof value === "number" || value instanceof IntOnly ? "INTEGER_VAL" : "STRING_VAL";
}

/** The six orderings of integers. */
export function compareInts(operator: CompareOperator, a: number, b: number): 0 | 1 {
  return holds(operator, a - b);
}

/** ASCII case ignored; order by bytes, then by length. */
export function compareTexts(operator: CompareOperator, a: string, b: string): 0 | 1 {
  if (operator === "==") return equalsIgnoreCase(a, b) ? 1 : 0;
  if (operator === "!=") return equalsIgnoreCase(a, b) ? 0 : 1;
  return holds(operator, orderIgnoringCase(a, b));
}

/** Of two values: as integers when both are, else as texts. NULL equals only NULL. */
export function compareValues(run: Run, operator: CompareOperator, left: Value, right: Value): -1 | 0 | 1 {
  if (left === null || right === null) {
    if (operator === "==") return left === right ? 1 : 0;
    if (operator === "!=") return left === right ? 0 : 1;
    return 0;
  }
  const [a, b] = [intOf(left), intOf(right)];
  if (a !== undefined && b !== undefined) return compareInts(operator, a, b);
  const [s, t] = [textOf(left), textOf(right)];
  if (s !== undefined && t !== undefined) return compareTexts(operator, s, t);
  return mismatch(run, operator, left, "SCRIPTVAR", right);
}

function holds(operator: CompareOperator, difference: number): 0 | 1 {
  switch (operator) {
    case "==":
      return difference === 0 ? 1 : 0;
    case "!=":
      return difference !== 0 ? 1 : 0;
    case "<":
      return difference < 0 ? 1 : 0;
    case ">":
      return difference > 0 ? 1 : 0;
    case "<=":
      return difference <= 0 ? 1 : 0;
    case ">=":
      return difference >= 0 ? 1 : 0;
    case "=~":
    case "!~":
      return 0;
  }
}

function orderIgnoringCase(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = lower(a.charCodeAt(i)) - lower(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function lower(code: number): number {
  return code >= 65 && code <= 90 ? code | 32 : code;
}
