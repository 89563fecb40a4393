// References to variables and texts with variables in them: looked up once, read many times.

import { isCleanHeaderText } from "../../sip/index.ts";
import type { Format, Span, Transformation, Variable } from "../language/ast.ts";
import { nearest, parseFormat } from "../language/index.ts";
import type { Accessor, BoundVariable, VariableDefinition } from "../module.ts";
import type { Run } from "../run.ts";
import { intOf, printed, textOf, type Value } from "../values.ts";
import type { Scope, Tracer } from "./scope.ts";

/** A variable with its transformations. */
export interface Reference {
  readonly variable: Variable;
  /** Without the transformations. */
  readonly accessor: Accessor;
  readonly isWritable: boolean;
  read(run: Run): Value;
}

/** A text that may have variables in it. */
export interface Text {
  /** The whole text when it has none. */
  readonly literal: string | undefined;
  /** The variable when the text is exactly one. */
  readonly single: Reference | undefined;
  /** NULL prints as `<null>`. */
  expand(run: Run): string;
  /**
   * The same for header lines (decision 27): line ends come from the script's own text only, but for one at the very end of the whole.
   * Undefined when a variable brings CR, LF or NUL.
   */
  expandHeader(run: Run): string | undefined;
}

const NOTHING: Accessor = { read: () => null };

/** Looks a variable up. Faults are reported; what comes back then reads as NULL. */
export function bindVariable(scope: Scope, variable: Variable): Reference {
  const definition = definitionOf(scope, variable);
  const inner = definition === undefined ? undefined : innerOf(scope, variable);
  const index = definition === undefined ? undefined : indexOf(scope, variable);
  const change = bindTransformations(scope, variable.transformations);
  let accessor = NOTHING;
  const isBound = definition !== undefined && isInnerRight(scope, variable, definition.inner);
  if (isBound) {
    const site = scope.site(variable.span);
    const reference: BoundVariable = { ...site, name: variable.name, inner, index, context: variable.context };
    accessor = definition.bind(reference);
  }
  // what has been reported is not reported twice
  const isWritable = !isBound || (definition.isWritable && accessor.write !== undefined);
  const traced = scope.shared.trace === undefined ? accessor : tracing(scope.shared.trace, variable.text, accessor);
  const read = change === undefined ? (run: Run) => traced.read(run) : (run: Run) => change(traced.read(run), run);
  return { variable, accessor: traced, isWritable, read };
}

/**
 * Reads a text as a format: its faults are reported at `span`.
 * @param isLoose - a `$` that begins no variable stands for itself
 */
export function bindText(scope: Scope, text: string, span: Span, isLoose = false): Text {
  const { format, problems } = parseFormat(text, span, { isLoose });
  for (const problem of problems) scope.problems.take(problem);
  return bindFormat(scope, format, scope.shared.globals.formatBufferSize);
}

/** A text without variables. */
export function plainText(literal: string): Text {
  const expand = (): string => literal;
  return { literal, single: undefined, expand, expandHeader: expand };
}

/** @param limit - characters; a longer result is cut, with one warning for the script */
export function bindFormat(scope: Scope, format: Format, limit: number): Text {
  const [first] = format;
  if (format.every((part) => typeof part === "string")) return plainText(format.join(""));
  const single = format.length === 1 && first !== undefined && typeof first !== "string" ? bindVariable(scope, first) : undefined;
  const parts = single === undefined ? format.map((part) => (typeof part === "string" ? part : bindVariable(scope, part))) : [single];
  const { shared } = scope;
  const cut = (run: Run, text: string): string => {
    if (!shared.hasWarnedOfLength)
      run.warning("core", "pv_printf", `buffer too small: a text of ${text.length} characters was cut to ${limit}`);
    shared.hasWarnedOfLength = true;
    return text.slice(0, limit);
  };
  const expandParts = (run: Run): string => {
    let text = "";
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i];
      if (typeof part === "string") text += part;
      else if (part !== undefined) text += printed(part.read(run));
    }
    return text.length > limit ? cut(run, text) : text;
  };
  const expandSingle = (run: Run): string => {
    const text = single === undefined ? "" : printed(single.read(run));
    return text.length > limit ? cut(run, text) : text;
  };
  const expandHeader = (run: Run): string | undefined => {
    let text = "";
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i];
      const own = typeof part === "string" ? part : printed(part?.read(run) ?? null);
      if (typeof part !== "string" && !isCleanHeaderText(i === parts.length - 1 ? withoutLineEnd(own) : own)) return undefined;
      text += own;
    }
    return text.length > limit ? cut(run, text) : text;
  };
  return { literal: undefined, single, expand: single === undefined ? expandParts : expandSingle, expandHeader };
}

function withoutLineEnd(text: string): string {
  return text.endsWith("\r\n") ? text.slice(0, -2) : text;
}

function definitionOf(scope: Scope, variable: Variable): VariableDefinition | undefined {
  const { names, problems } = scope.shared;
  const known = names.variables.get(variable.name);
  if (known !== undefined && known.since < scope.order) return known.definition;
  const provider = names.failed.size === 0 ? undefined : names.providerOfVariable(variable.name);
  if (provider !== undefined && names.failed.has(provider)) return undefined;
  const message = `unknown script var $${variable.name}, maybe a 'loadmodule' statement is missing?`;
  problems.error(variable.span, message, hintFor(scope, variable.name, known?.module));
  return undefined;
}

/** Names of other dialects, and what stands for them here. */
const DIALECTS: ReadonlyMap<string, string> = new Map([
  ["su", "$si and $sp"],
  ["rz", "$(ru{uri.schema})"],
  ["dlg_var", "$dlg_val"],
  ["dlg", "$DLG_did and its like"],
  ["sht", "$shv, or cache_store() and cache_fetch()"],
]);

function hintFor(scope: Scope, name: string, loadedLater: string | undefined): string | undefined {
  if (loadedLater !== undefined) return `$${name} belongs to module ${loadedLater}, which is loaded further down`;
  const { names } = scope.shared;
  const provider = names.providerOfVariable(name);
  if (provider !== undefined) return `$${name} is provided by module ${provider}: loadmodule "${provider}.so"`;
  const other = DIALECTS.get(name);
  if (other !== undefined) return `OpenSIPS has no $${name}: use ${other}`;
  // a name takes in dots: `"call $ci."` asks for `ci.`
  const plain = name.replace(/\.+$/, "");
  if (plain !== name && names.variables.has(plain)) return `write $(${plain}) where a dot follows`;
  // of two letters every other name is near
  const close = name.length < 3 ? undefined : nearest(name, [...names.variables.keys()]);
  return close === undefined ? undefined : `did you mean $${close}?`;
}

function isInnerRight(scope: Scope, variable: Variable, wanted: "required" | "optional" | "none"): boolean {
  if (wanted === "required" && variable.inner === undefined) {
    scope.problems.error(variable.span, `$${variable.name} needs a name: $${variable.name}(...)`);
    return false;
  }
  if (wanted === "none" && variable.inner !== undefined) {
    scope.problems.error(variable.span, `$${variable.name} takes no name in parentheses`, `write $${variable.name}`);
    return false;
  }
  return true;
}

function innerOf(scope: Scope, variable: Variable): string | ((run: Run) => string | undefined) | undefined {
  if (variable.inner === undefined) return undefined;
  const text = bindFormat(scope, variable.inner, scope.shared.globals.formatBufferSize);
  if (text.literal !== undefined) return text.literal;
  const { single } = text;
  return single === undefined ? text.expand : (run) => textOf(single.read(run));
}

function indexOf(scope: Scope, variable: Variable): BoundVariable["index"] {
  const { index } = variable;
  if (typeof index !== "object") return index;
  const reference = bindVariable(scope, index);
  return (run) => intOf(reference.read(run));
}

type Change = (value: Value, run: Run) => Value;

function bindTransformations(scope: Scope, list: readonly Transformation[]): Change | undefined {
  const changes = list.map((one) => bindTransformation(scope, one));
  const [first, second] = changes;
  if (first === undefined) return undefined;
  if (second === undefined) return first;
  return (value, run) => {
    let changed = value;
    for (let i = 0; i < changes.length; i++) changed = changes[i]?.(changed, run) ?? null;
    return changed;
  };
}

const unchanged: Change = (value) => value;

function bindTransformation(scope: Scope, one: Transformation): Change {
  const { names, problems, globals } = scope.shared;
  const name = `${one.class}.${one.name}`;
  const definition = names.transformations.get(name);
  if (definition === undefined) {
    const close = nearest(name, [...names.transformations.keys()]);
    problems.error(one.span, `unknown transformation: {${name}}`, close === undefined ? undefined : `did you mean {${close}}?`);
    return unchanged;
  }
  const count = one.parameters.length;
  if (count < definition.least || count > definition.most) {
    const { least, most } = definition;
    const wanted = least === most ? String(least) : most === Number.POSITIVE_INFINITY ? `at least ${least}` : `${least} to ${most}`;
    problems.error(one.span, `{${name}} takes ${wanted} parameter${wanted === "1" ? "" : "s"}, not ${count}`);
    return unchanged;
  }
  const texts = one.parameters.map((format) => bindFormat(scope, format, globals.formatBufferSize));
  const bound = definition.bind(
    texts.map((text) => text.expand),
    texts.map((text) => text.literal),
    scope.site(one.span),
  );
  return bound ?? unchanged;
}

/** Tells the tracer of each write. */
function tracing(trace: Tracer, name: string, accessor: Accessor): Accessor {
  if (accessor.write === undefined) return accessor;
  return {
    ...accessor,
    read: (run) => accessor.read(run),
    all: accessor.all === undefined ? undefined : (run) => accessor.all?.(run) ?? [],
    write: (run, value, isReplacing) => {
      const isDone = accessor.write?.(run, value, isReplacing) === true;
      if (isDone) trace({ type: "write", run, name, value: accessor.read(run) });
      return isDone;
    },
  };
}
