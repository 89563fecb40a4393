// How avpops writes its arguments: `$avp(name)/flags`, `$avp(a)/$avp(b)/g`, `eq/i:5/g`.
import type { Accessor, BoundCall } from "../../module.ts";
import type { Run } from "../../run.ts";
import { int32, type Value } from "../../values.ts";

/** A variable and the letters behind it. */
export interface FlaggedVariable {
  readonly variable: Accessor;
  /** Lower case. */
  readonly flags: string;
}

/**
 * Splits at slashes outside of parentheses; at most `most` pieces, the last of which takes the rest.
 */
export function splitSpec(text: string, most: number): readonly string[] {
  const pieces: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < text.length && pieces.length < most - 1; i++) {
    const c = text.charAt(i);
    if (c === "(" || c === "{") depth++;
    else if ((c === ")" || c === "}") && depth > 0) depth--;
    else if (c === "/" && depth === 0) {
      pieces.push(text.slice(from, i).trim());
      from = i + 1;
    }
  }
  pieces.push(text.slice(from).trim());
  return pieces;
}

/** Argument `i`, `$var/flags`; undefined after a fault. */
export function flaggedVariable(call: BoundCall, i: number, known: string): FlaggedVariable | undefined {
  const [name = "", letters = ""] = splitSpec(call.literal(i) ?? "", 2);
  const flags = letters.toLowerCase();
  if (!hasOnly(flags, known)) {
    call.fault(i, `unknown flags <${letters}>`, `there are ${[...known].join(", ")}`);
    return undefined;
  }
  const variable = call.lookup(i, name);
  return variable === undefined ? undefined : { variable, flags };
}

/** Argument `i`, `$source/$target/flags`; without a target the source is meant. Undefined after a fault. */
export function sourceAndTarget(
  call: BoundCall,
  i: number,
  known: string,
): { readonly source: Accessor; readonly target: Accessor; readonly flags: string } | undefined {
  const [from = "", to = "", letters = ""] = splitSpec(call.literal(i) ?? "", 3);
  const flags = letters.toLowerCase();
  if (!hasOnly(flags, known)) {
    call.fault(i, `unknown flags <${letters}>`, `there are ${[...known].join(", ")}`);
    return undefined;
  }
  const source = call.lookup(i, from);
  const target = to === "" ? source : call.lookup(i, to);
  return source === undefined || target === undefined ? undefined : { source, target, flags };
}

/** `operator/value/flags`. */
export interface OperatorSpec {
  readonly operator: string;
  readonly value: (run: Run) => Value;
  readonly flags: string;
}

/** Argument `i`; undefined after a fault. A value is `i:5`, `s:text`, a variable, or text. */
export function operatorSpec(call: BoundCall, i: number, operators: readonly string[], known: string): OperatorSpec | undefined {
  const text = call.literal(i) ?? "";
  const [operator = "", ...rest] = splitSpec(text, Number.POSITIVE_INFINITY);
  if (!operators.includes(operator.toLowerCase())) {
    call.fault(i, `unknown operator <${operator}>`, `there are ${operators.join(", ")}`);
    return undefined;
  }
  const last = rest.at(-1)?.toLowerCase() ?? "";
  // the last piece is flags when it can be: a pattern may have slashes of its own
  const hasFlags = rest.length > 1 && hasOnly(last, known);
  const written = (hasFlags ? rest.slice(0, -1) : rest).join("/");
  const value = operand(call, i, written);
  return value === undefined ? undefined : { operator: operator.toLowerCase(), value, flags: hasFlags ? last : "" };
}

function operand(call: BoundCall, i: number, text: string): ((run: Run) => Value) | undefined {
  if (text.startsWith("$")) {
    const variable = call.lookup(i, text);
    return variable === undefined ? undefined : (run) => variable.read(run);
  }
  if (text.startsWith("s:")) return constant(text.slice(2));
  const isNumber = text.startsWith("i:");
  const digits = isNumber ? text.slice(2) : text;
  const number = readInteger(digits);
  if (number !== undefined) return constant(number);
  if (!isNumber) return constant(text);
  call.fault(i, `<${digits}> is no integer`);
  return undefined;
}

function constant(value: Value): () => Value {
  return () => value;
}

function readInteger(text: string): number | undefined {
  const digits = text.startsWith("-") ? text.slice(1) : text;
  const isHex = digits.startsWith("0x") || digits.startsWith("0X");
  const known = isHex ? "0123456789abcdefABCDEF" : "0123456789";
  const body = isHex ? digits.slice(2) : digits;
  if (body === "" || body.length > 10 || ![...body].every((c) => known.includes(c))) return undefined;
  return int32(Number(digits) * (text.startsWith("-") ? -1 : 1));
}

function hasOnly(text: string, known: string): boolean {
  return [...text].every((c) => known.includes(c));
}
