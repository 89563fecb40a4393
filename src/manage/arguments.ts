// From the `params` of a request to the arguments of a command: choosing the form (MI-5), coercing the types (MI-6).
import { bad, good, type Parsed } from "../kit/index.ts";
import { Arguments, type ArgumentValue, type CommandDefinition, type Parameter } from "./definition.ts";
import { invalidParams, type MiError } from "./errors.ts";
import { isArray, isObject, type JsonValue } from "./json.ts";

/** Most entries of an array, whether of parameters or inside one (S-14). */
export const MAX_ITEMS = 64;

const NOT_THAT_MANY = "Too few or too many parameters";

/**
 * Finds the form of the command that the call fits, exactly.
 * @param params - as received; absent, null, `{}` and `[]` all mean none
 * @returns the arguments, or the error to answer with
 */
export function readArguments(command: CommandDefinition, params: JsonValue | undefined): Parsed<Arguments, MiError> {
  if (params === undefined || params === null) return positional(command, []);
  if (isArray(params)) {
    if (params.length > 0 && command.isNamedOnly === true) return bad(invalidParams("Command only supports named parameters"));
    return positional(command, params);
  }
  if (!isObject(params)) return bad(invalidParams());
  const entries = Object.entries(params);
  return entries.length === 0 ? positional(command, []) : named(command, new Map(entries));
}

function positional(command: CommandDefinition, values: readonly JsonValue[]): Parsed<Arguments, MiError> {
  let chosen: readonly Parameter[] | undefined;
  for (const form of command.forms) {
    if (form.length !== values.length) continue;
    if (chosen !== undefined) return bad(invalidParams("Ambiguous call, use named parameters instead"));
    chosen = form;
  }
  if (chosen === undefined) return bad(invalidParams(NOT_THAT_MANY));
  return coerceAll(chosen, (_parameter, index) => values[index]);
}

function named(command: CommandDefinition, values: ReadonlyMap<string, JsonValue>): Parsed<Arguments, MiError> {
  const chosen = command.forms.find((form) => form.length === values.size && form.every((parameter) => isGiven(parameter, values)));
  if (chosen === undefined) return bad(invalidParams("Named parameters do not match"));
  return coerceAll(chosen, ({ name, alias = name }) => values.get(values.has(name) ? name : alias));
}

function isGiven({ name, alias }: Parameter, values: ReadonlyMap<string, JsonValue>): boolean {
  return values.has(name) || (alias !== undefined && values.has(alias));
}

function coerceAll(
  form: readonly Parameter[],
  pick: (parameter: Parameter, index: number) => JsonValue | undefined,
): Parsed<Arguments, MiError> {
  const values = new Map<string, ArgumentValue>();
  for (const [index, parameter] of form.entries()) {
    const value = coerce(parameter, pick(parameter, index));
    if (!value.ok) return bad(invalidParams(`${value.fault} '${parameter.name}'`));
    values.set(parameter.name, value.value);
  }
  return good(new Arguments(values));
}

function coerce({ type }: Parameter, value: JsonValue | undefined): Parsed<ArgumentValue> {
  if (type === "json") {
    if (isArray(value) && value.length > MAX_ITEMS) return bad("Too many items in parameter");
    if (typeof value === "string" || isArray(value) || isObject(value)) return good(value);
    return bad("Bad type for parameter");
  }
  if (type === "array") {
    // a single string is never split into an array
    if (!isArray(value)) return bad("Bad type for parameter");
    if (value.length === 0) return bad("Empty array in parameter");
    if (value.length > MAX_ITEMS) return bad("Too many items in parameter");
    const items: string[] = [];
    for (const item of value) {
      const one = asText(item);
      if (one === undefined) return bad("Bad type for array item in parameter");
      items.push(one);
    }
    return good(items);
  }
  const coerced = type === "integer" ? asInteger(value) : asText(value);
  return coerced === undefined ? bad("Bad type for parameter") : good(coerced);
}

function asText(value: JsonValue | undefined): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value !== "number") return undefined;
  // large numbers are written out, not as 1e+21
  return Number.isInteger(value) ? BigInt(value).toString() : String(value);
}

function asInteger(value: JsonValue | undefined): number | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : undefined;
  if (typeof value !== "string") return undefined;
  const signed = value.startsWith("-") || value.startsWith("+") ? 1 : 0;
  if (value.length === signed || value.length > 17) return undefined;
  for (let i = signed; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < 0x30 || code > 0x39) return undefined;
  }
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}
