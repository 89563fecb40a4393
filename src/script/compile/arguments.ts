// The arguments of a call: checked against what the function declares, and read in the form that the module asks for.
import { keep } from "../../kit/index.ts";
import { isCleanHeaderText } from "../../sip/index.ts";
import type { Argument, Call, Span } from "../language/ast.ts";
import type { Accessor, BoundCall, FunctionDefinition, FunctionParameter, Site } from "../module.ts";
import type { RouteKind } from "../routes.ts";
import type { Run } from "../run.ts";
import { intOf, textOf, type Value } from "../values.ts";
import { posixRegex } from "./regex.ts";
import type { Scope } from "./scope.ts";
import { bindText, bindVariable, plainText, type Reference, type Text } from "./variables.ts";

/** Most arguments of a function. */
const ARGUMENTS_MAX = 8;

/** One argument after the check. */
type Bound =
  | { readonly kind: "omitted" }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "text"; readonly text: Text; readonly raw: string }
  | { readonly kind: "variable"; readonly reference: Reference };

const OMITTED: Bound = { kind: "omitted" };
const NO_ACCESSOR: Accessor = { read: () => null };

/** A call whose number and types of arguments are right; undefined when they are not, which has been reported. */
export function bindArguments(scope: Scope, call: Call, definition: FunctionDefinition): BoundCall | undefined {
  const { problems } = scope;
  const { parameters } = definition;
  const list = call.arguments;
  if (list.length > ARGUMENTS_MAX) {
    problems.error(list[ARGUMENTS_MAX]?.span ?? call.span, "too many arguments in function", `at most ${ARGUMENTS_MAX}`);
    return undefined;
  }
  const usage = `it is written ${signature(definition)}`;
  if (list.length > parameters.length) {
    problems.error(call.nameSpan, `too many parameters for command <${call.name}>`, usage);
    return undefined;
  }
  let isRight = true;
  const bound: Bound[] = [];
  for (const [i, parameter] of parameters.entries()) {
    const argument = list[i];
    if (argument === undefined || argument.kind === "omitted") {
      bound.push(OMITTED);
      if (parameter.isOptional) continue;
      isRight = false;
      if (argument !== undefined) problems.error(argument.span, `mandatory parameter omitted for command <${call.name}>`, usage);
      else if (list.length < least(parameters)) {
        problems.error(call.nameSpan, `too few parameters for command <${call.name}>`, usage);
        break;
      }
      continue;
    }
    const one = bindArgument(scope, argument, parameter, i);
    if (one === undefined) isRight = false;
    bound.push(one ?? OMITTED);
  }
  return isRight ? new CallSite(scope, call, bound) : undefined;
}

/** How many arguments must be there at least. */
function least(parameters: readonly FunctionParameter[]): number {
  return parameters.findLastIndex((one) => !one.isOptional) + 1;
}

function signature({ name, parameters }: FunctionDefinition): string {
  return `${name}(${parameters.map((one) => (one.isOptional ? `[${one.name}]` : one.name)).join(", ")})`;
}

/** @returns undefined when the argument cannot be that */
function bindArgument(
  scope: Scope,
  argument: Exclude<Argument, { kind: "omitted" }>,
  parameter: FunctionParameter,
  i: number,
): Bound | undefined {
  const { type } = parameter;
  const refuse = (wanted: string, hint?: string): undefined => {
    scope.problems.error(argument.span, `Param [${i + 1}] expected to be ${wanted}`, hint);
    return undefined;
  };
  switch (argument.kind) {
    case "string":
      switch (type) {
        case "text":
        case "value":
        case "flags":
          return { kind: "text", text: bindText(scope, argument.value, argument.span), raw: argument.value };
        case "static": {
          const text = bindText(scope, argument.value, argument.span);
          if (text.literal === undefined) return refuse("a string without variables");
          return { kind: "text", text, raw: argument.value };
        }
        case "raw":
          return { kind: "text", text: plainText(argument.value), raw: argument.value };
        case "regex":
          return { kind: "text", text: pattern(scope, argument.value, argument.span), raw: argument.value };
        case "int":
          return refuse("an integer or variable", isNumber(argument.value) ? `write ${argument.value} without quotes` : undefined);
        case "variable":
        case "output":
          return refuse("a variable", argument.value.startsWith("$") ? `write ${argument.value} without quotes` : undefined);
      }
      break;
    case "number":
      if (type === "int" || type === "value" || type === "flags") return { kind: "number", value: argument.value };
      if (type === "variable" || type === "output") return refuse("a variable");
      return refuse(type === "static" || type === "raw" ? "a string" : "a string or variable", `write "${argument.text}"`);
    case "variable": {
      if (type === "static" || type === "raw") return refuse("a string");
      const reference = bindVariable(scope, argument);
      if (type === "output" && !reference.isWritable) return refuse("a variable that can be written");
      if (type === "output" && argument.transformations.length > 0) return refuse("a variable without transformations");
      return { kind: "variable", reference };
    }
  }
  return undefined;
}

function isNumber(text: string): boolean {
  return text !== "" && String(Number.parseInt(text, 10)) === text;
}

/** A pattern: a `$` that begins no variable is the end of the line. */
function pattern(scope: Scope, text: string, span: Span): Text {
  const bound = bindText(scope, text, span, true);
  if (bound.literal === undefined) return bound;
  const regex = posixRegex(text, { isMultiline: true });
  if (typeof regex === "string") scope.problems.error(span, `bad re "${text}"`, regex);
  return plainText(text);
}

/** What a module sees of one call. */
class CallSite implements BoundCall {
  readonly span: Span;
  readonly name: string;
  readonly route: RouteKind;
  readonly fault: Site["fault"];
  readonly warn: Site["warn"];
  readonly #scope: Scope;
  readonly #arguments: readonly Bound[];
  readonly #spans: readonly Span[];
  readonly #failed: string;

  constructor(scope: Scope, call: Call, bound: readonly Bound[]) {
    this.span = call.nameSpan;
    this.name = call.name;
    this.route = scope.kind;
    this.#scope = scope;
    this.#arguments = bound;
    this.#spans = call.arguments.map((one) => one.span);
    const site = scope.site(call.nameSpan, this.#spans);
    this.fault = site.fault;
    this.warn = site.warn;
    const { file, line } = scope.place(call.nameSpan);
    this.#failed = `Failed to get fixups for command <${call.name}> in ${file}, line ${line}`;
  }

  has(i: number): boolean {
    return this.#at(i).kind !== "omitted";
  }

  literal(i: number): string | undefined {
    const one = this.#at(i);
    if (one.kind === "text") return one.text.literal;
    return one.kind === "number" ? String(one.value) : undefined;
  }

  text(i: number): (run: Run) => string | undefined {
    const one = this.#at(i);
    switch (one.kind) {
      case "omitted":
        return () => undefined;
      case "number": {
        const text = String(one.value);
        return () => text;
      }
      case "text": {
        const { literal, expand } = one.text;
        return literal === undefined ? expand : () => literal;
      }
      case "variable": {
        const { reference } = one;
        return (run) => {
          const value = reference.read(run);
          const text = typeof value === "string" ? value : textOf(value);
          return text ?? this.#miss(run, i, "string");
        };
      }
    }
  }

  int(i: number): (run: Run) => number | undefined {
    const one = this.#at(i);
    switch (one.kind) {
      case "omitted":
        return () => undefined;
      case "number": {
        const { value } = one;
        return () => value;
      }
      case "text":
        // a text is never read as a number
        return (run) => this.#miss(run, i, "integer");
      case "variable": {
        const { reference } = one;
        return (run) => intOf(reference.read(run)) ?? this.#miss(run, i, "integer");
      }
    }
  }

  value(i: number): (run: Run) => Value {
    const one = this.#at(i);
    switch (one.kind) {
      case "omitted":
        return () => null;
      case "number": {
        const { value } = one;
        return () => value;
      }
      case "text": {
        const { literal, expand } = one.text;
        return literal === undefined ? expand : () => literal;
      }
      case "variable": {
        const { reference } = one;
        return (run) => reference.read(run);
      }
    }
  }

  variable(i: number): Accessor {
    const one = this.#at(i);
    if (one.kind !== "variable") return NO_ACCESSOR;
    const { reference } = one;
    // with transformations it can be read only
    return reference.variable.transformations.length === 0 ? reference.accessor : { read: (run) => reference.read(run) };
  }

  regex(i: number): (run: Run) => RegExp | undefined {
    const literal = this.literal(i);
    if (literal !== undefined) {
      const regex = posixRegex(literal, { isMultiline: true });
      // a bad one has been reported by the check
      const known = typeof regex === "string" ? undefined : regex;
      return () => known;
    }
    const text = this.text(i);
    let source: string | undefined;
    let known: RegExp | undefined;
    return (run) => {
      const wanted = text(run);
      if (wanted === undefined) return undefined;
      if (wanted === source) return known;
      const regex = posixRegex(wanted, { isMultiline: true });
      source = keep(wanted);
      known = typeof regex === "string" ? undefined : regex;
      if (typeof regex === "string") run.error("core", this.name, `bad re "${wanted.slice(0, 256)}": ${regex}`);
      return known;
    };
  }

  headerText(i: number): (run: Run) => string | undefined {
    const one = this.#at(i);
    const refuse = (run: Run): undefined => {
      run.error("core", this.name, `a variable in param [${i + 1}] would bring a line end into a header: ${this.#failed}`);
      return undefined;
    };
    if (one.kind === "text") {
      const { literal, expandHeader } = one.text;
      return literal === undefined ? (run) => expandHeader(run) ?? refuse(run) : () => literal;
    }
    const text = this.text(i);
    return (run) => {
      const value = text(run);
      if (value === undefined) return undefined;
      return isCleanHeaderText(value.endsWith("\r\n") ? value.slice(0, -2) : value) ? value : refuse(run);
    };
  }

  format(i: number, text: string): (run: Run) => string {
    return bindText(this.#scope, text, this.#spans[i] ?? this.span).expand;
  }

  lookup(i: number, text: string): Accessor | undefined {
    const span = this.#spans[i] ?? this.span;
    const { single } = bindText(this.#scope, text, span);
    if (single === undefined) {
      this.fault(i, `"${text}" is no variable`);
      return undefined;
    }
    return single.variable.transformations.length === 0 ? single.accessor : { read: (run) => single.read(run) };
  }

  needsRoute(i: number, kind: "request" | "failure" | "onreply" | "branch"): void {
    const name = this.literal(i);
    if (name === undefined || name === "") return;
    const words = { request: "route", failure: "failure route", onreply: "onreply route", branch: "branch route" }[kind];
    this.#scope.shared.routes.want(kind, name, this.#spans[i] ?? this.span, `${words} <${name}> does not exist`);
  }

  #at(i: number): Bound {
    return this.#arguments[i] ?? OMITTED;
  }

  /** A variable has no value of the form that is needed: the function is not called. */
  #miss(run: Run, i: number, form: "string" | "integer"): undefined {
    run.error("core", "get_cmd_fixups", `Variable in param [${i + 1}] is not ${form === "string" ? "a string" : "an integer"}`);
    run.error("core", "do_action", this.#failed);
    return undefined;
  }
}
