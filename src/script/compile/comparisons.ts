// `$x == …`: each kind of right side has its own closure, so that running one looks at as little as it can.
import { keep } from "../../kit/index.ts";
import { equalsIgnoreCase, parseIpv4, parseIpv6 } from "../../sip/index.ts";
import type { AddressLiteral, Comparison } from "../language/ast.ts";
import type { Run } from "../run.ts";
import { intOf, textOf, type Value } from "../values.ts";
import { compareInts, compareTexts, compareValues, mismatch } from "./operators.ts";
import { PATTERN_MAX, posixRegex, searches } from "./regex.ts";
import type { Scope } from "./scope.ts";
import { bindVariable } from "./variables.ts";

/** A comparison, compiled: −1 error, 0 false, 1 true. It never waits. */
export type Compare = (run: Run) => -1 | 0 | 1;

/** Compiles one. */
export function compileComparison(scope: Scope, comparison: Comparison): Compare {
  const { operator, right } = comparison;
  const left = bindVariable(scope, comparison.left);
  const isEqual = operator === "==";
  const isDifferent = operator === "!=";
  switch (right.kind) {
    case "null":
      return isEqual ? (run) => (left.read(run) === null ? 1 : 0) : (run) => (left.read(run) === null ? 0 : 1);
    case "number": {
      const number = right.value;
      return (run) => {
        const value = left.read(run);
        if (value === null) return isDifferent ? 1 : 0;
        const int = typeof value === "number" ? value : intOf(value);
        if (int === undefined) return mismatch(run, operator, value, "NUMBER", undefined);
        return compareInts(operator, int, number);
      };
    }
    case "string": {
      if (operator === "=~" || operator === "!~") return literalMatch(scope, comparison, right.value, left.read);
      const text = right.value;
      if (isEqual || isDifferent) {
        const [same, other] = isEqual ? ([1, 0] as const) : ([0, 1] as const);
        return (run) => {
          const value = left.read(run);
          if (value === null) return isDifferent ? 1 : 0;
          const own = typeof value === "string" ? value : textOf(value);
          if (own === undefined) return mismatch(run, operator, value, "STRING", undefined);
          return equalsIgnoreCase(own, text) ? same : other;
        };
      }
      return (run) => {
        const value = left.read(run);
        if (value === null) return 0;
        const own = textOf(value);
        if (own === undefined) return mismatch(run, operator, value, "STRING", undefined);
        return compareTexts(operator, own, text);
      };
    }
    case "variable": {
      const other = bindVariable(scope, right);
      if (operator === "=~" || operator === "!~") return variableMatch(operator, left.read, other.read);
      return (run) => compareValues(run, operator, left.read(run), other.read(run));
    }
    case "address": {
      const isIn = network(right);
      if (isIn === undefined) {
        scope.problems.error(right.span, `bad IP address or network ${right.address}`);
        return () => -1;
      }
      return (run) => {
        const value = left.read(run);
        if (value === null) return isDifferent ? 1 : 0;
        const own = textOf(value);
        if (own === undefined) return mismatch(run, operator, value, "IP", undefined);
        return isIn(own) === isEqual ? 1 : 0;
      };
    }
  }
}

function literalMatch(scope: Scope, comparison: Comparison, pattern: string, read: (run: Run) => Value): Compare {
  const regex = posixRegex(pattern);
  if (typeof regex === "string") {
    scope.problems.error(comparison.right.span, `bad re "${pattern}"`, regex);
    return () => -1;
  }
  const { operator } = comparison;
  const [yes, no] = operator === "=~" ? ([1, 0] as const) : ([0, 1] as const);
  return (run) => {
    const value = read(run);
    if (value === null) return 0;
    const text = typeof value === "string" ? value : textOf(value);
    if (text === undefined) return mismatch(run, operator, value, "REGEXP", undefined);
    return searches(regex, text) ? yes : no;
  };
}

/** The pattern comes from a variable: the last one is kept compiled. */
function variableMatch(operator: "=~" | "!~", read: (run: Run) => Value, readPattern: (run: Run) => Value): Compare {
  const [yes, no] = operator === "=~" ? ([1, 0] as const) : ([0, 1] as const);
  let known: string | undefined;
  let regex: RegExp | string = "";
  return (run) => {
    const value = read(run);
    const pattern = readPattern(run);
    if (value === null || pattern === null) return 0;
    const [text, source] = [textOf(value), textOf(pattern)];
    if (text === undefined || source === undefined) return mismatch(run, operator, value, "SCRIPTVAR", pattern);
    if (source !== known) {
      regex = posixRegex(source);
      known = keep(source);
    }
    if (typeof regex === "string") {
      run.error("core", "comp_scriptvar", `bad re "${source.slice(0, PATTERN_MAX)}": ${regex}`);
      return -1;
    }
    return searches(regex, text) ? yes : no;
  };
}

/** Whether a text is an address in the network; undefined when the network is none. */
function network({ address, bits }: AddressLiteral): ((text: string) => boolean) | undefined {
  const plain = address.startsWith("[") ? address.slice(1, -1) : address;
  const v4 = parseIpv4(plain);
  if (v4 >= 0) {
    if (bits > 32) return undefined;
    const size = 2 ** (32 - (bits < 0 ? 32 : bits));
    const wanted = Math.floor(v4 / size);
    return (text) => {
      const own = parseIpv4(text);
      return own >= 0 && Math.floor(own / size) === wanted;
    };
  }
  const v6 = parseIpv6(plain);
  if (v6 === undefined || bits > 128) return undefined;
  const length = bits < 0 ? 128 : bits;
  return (text) => {
    const own = parseIpv6(text.startsWith("[") ? text.slice(1, -1) : text);
    return own !== undefined && samePrefix(own, v6, length);
  };
}

function samePrefix(a: readonly number[], b: readonly number[], bits: number): boolean {
  for (let i = 0; i < 8; i++) {
    const inGroup = Math.min(16, bits - i * 16);
    if (inGroup <= 0) return true;
    if ((a[i] ?? 0) >> (16 - inGroup) !== (b[i] ?? 0) >> (16 - inGroup)) return false;
  }
  return true;
}
