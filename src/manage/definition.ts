// What a command is: names, the lists of parameters it accepts, and what it does.
import type { MiError } from "./errors.ts";
import { isArray, type JsonObject, type JsonValue } from "./json.ts";
import type { Listing } from "./listing.ts";

export type ParameterType = "string" | "integer" | "array" | "json";

export interface Parameter {
  readonly name: string;
  readonly type: ParameterType;
  /** Another name that calls by name may use for it. */
  readonly alias?: string;
}

/** A parameter that takes a string, or a number written as one. */
export function text(name: string, alias?: string): Parameter {
  return alias === undefined ? { name, type: "string" } : { name, type: "string", alias };
}
/** A parameter that takes a whole number, also written as a decimal string. */
export function integer(name: string): Parameter {
  return { name, type: "integer" };
}
/** A parameter that takes an array of strings and numbers. */
export function list(name: string): Parameter {
  return { name, type: "array" };
}
/** A parameter that takes a string, an array or an object. */
export function json(name: string): Parameter {
  return { name, type: "json" };
}

/** What one argument may hold. */
export type ArgumentValue = string | number | readonly string[] | JsonObject | readonly JsonValue[];

/** The arguments of one call, checked against a form of the command. A name that the form lacks is `undefined`. */
export class Arguments {
  readonly #values: ReadonlyMap<string, ArgumentValue>;

  constructor(values: ReadonlyMap<string, ArgumentValue>) {
    this.#values = values;
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name);
    return typeof value === "string" ? value : undefined;
  }

  integer(name: string): number | undefined {
    const value = this.#values.get(name);
    return typeof value === "number" ? value : undefined;
  }

  list(name: string): readonly string[] | undefined {
    const value = this.#values.get(name);
    return isTextList(value) ? value : undefined;
  }

  /** Whatever was given for a `json` parameter. */
  json(name: string): JsonValue | undefined {
    return this.#values.get(name);
  }
}

function isTextList(value: ArgumentValue | undefined): value is readonly string[] {
  return isArray(value) && value.every((item) => typeof item === "string");
}

/** Where a call came from. */
export interface Peer {
  readonly transport: "http" | "fifo" | "datagram" | "internal";
  /** For people: an address and port, a file name. */
  readonly address: string;
}

/** What a command answers: data, a long list, or an error. `undefined` is a bug and answered as MI-4 says. */
export type Outcome = JsonValue | Listing | MiError | undefined;

export interface CommandDefinition {
  /** The name of the 3.2 generation: `dlg_list`. */
  readonly name: string;
  /** Its names in the 4.0 generation: `dialog:list`. */
  readonly modern: readonly string[];
  readonly module: string;
  /** One line for `help`. */
  readonly help: string;
  /**
   * Each is a complete ordered list of parameters; an empty list stands for a call without any. Two of the same length are told apart by
   * names only: calls by position are refused for them.
   */
  readonly forms: readonly (readonly Parameter[])[];
  /** Refuses positional calls. */
  readonly isNamedOnly?: boolean;
  run(args: Arguments, peer: Peer): Outcome | Promise<Outcome>;
}
