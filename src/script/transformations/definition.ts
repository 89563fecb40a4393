// What a transformation is: `{class.name,parameters}` after a variable (script-language 7). NULL stays NULL through all of them.
import type { Site } from "../module.ts";
import type { Run } from "../run.ts";
import { IntOnly, textOf, type Value } from "../values.ts";

/** A bound transformation. */
export type Change = (value: Value, run: Run) => Value;
/** A parameter at run time. */
export type Parameter = (run: Run) => string;

/** One row of the table. */
export interface TransformationDefinition {
  /** Lower case. */
  readonly class: string;
  readonly name: string;
  /** Number of parameters. */
  readonly least: number;
  readonly most: number;
  /**
   * @param parameters - may hold variables
   * @param literals - text of those that hold none, undefined for the others
   * @returns undefined when a fault was reported
   */
  bind(parameters: readonly Parameter[], literals: readonly (string | undefined)[], site: Site): Change | undefined;
}

/** What a row is bound with. */
export interface Arguments {
  /** Text of a parameter; "" for one that is missing. */
  text(i: number): Parameter;
  /** Number of a parameter; undefined at run time when it is none. A literal that is none is a fault. `otherwise` for a missing one. */
  int(i: number, otherwise?: number): (run: Run) => number | undefined;
  /** Text known at load time. */
  literal(i: number): string | undefined;
  readonly site: Site;
}

/** A transformation without parameters. `change` gives NULL when it cannot, having logged why. */
export function simple(group: string, name: string, change: (text: string, run: Run) => Value): TransformationDefinition {
  return { class: group, name, least: 0, most: 0, bind: () => onText(change) };
}

/** A transformation with parameters. */
export function withParameters(
  group: string,
  name: string,
  least: number,
  most: number,
  make: (given: Arguments) => ((text: string, run: Run) => Value) | undefined,
): TransformationDefinition {
  return {
    class: group,
    name,
    least,
    most,
    bind(parameters, literals, site) {
      let isFaulty = false;
      const given: Arguments = {
        site,
        text: (i) => parameters[i] ?? empty,
        literal: (i) => literals[i],
        int(i, otherwise) {
          const parameter = parameters[i];
          if (parameter === undefined) return () => otherwise;
          const literal = literals[i];
          if (literal === undefined) return (run) => wholeNumber(parameter(run));
          const value = wholeNumber(literal);
          if (value === undefined) {
            isFaulty = true;
            site.fault(-1, `{${group}.${name}}: <${literal}> is no number`);
          }
          return () => value;
        },
      };
      const change = make(given);
      return change === undefined || isFaulty ? undefined : onText(change);
    },
  };
}

/** A name that exists in OpenSIPS and has no meaning here. */
export function unsupported(group: string, name: string): TransformationDefinition {
  return {
    class: group,
    name,
    least: 0,
    most: Number.POSITIVE_INFINITY,
    bind(_parameters, _literals, site) {
      site.fault(-1, `transformation {${group}.${name}} exists in OpenSIPS but is not supported by Dialoom`);
      return undefined;
    },
  };
}

function onText(change: (text: string, run: Run) => Value): Change {
  return (value, run) => {
    if (value === null) return null;
    const text = value instanceof IntOnly ? String(value.int) : textOf(value);
    return text === undefined ? null : change(text, run);
  };
}

const empty: Parameter = () => "";

/** Reads a decimal number with an optional sign, blanks around it allowed; undefined for anything else and beyond 32 bits. */
export function wholeNumber(text: string): number | undefined {
  const trimmed = text.trim();
  const sign = trimmed.charCodeAt(0);
  const from = sign === 45 || sign === 43 ? 1 : 0;
  if (trimmed.length === from || trimmed.length > 11) return undefined;
  let value = 0;
  for (let i = from; i < trimmed.length; i++) {
    const digit = trimmed.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  const signed = sign === 45 ? -value : value;
  return signed === (signed | 0) ? signed | 0 : undefined;
}

/** Logs why a transformation gives NULL. */
export function nothing(run: Run, name: string, why: string): null {
  run.error("core", `tr_eval_${name}`, why);
  return null;
}
