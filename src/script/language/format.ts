// Variables and the formats they stand in: `$name(inner)`, `$(<context>name(inner)[index]{class.name,parameters})`.
// One reader for both: the parser uses it for variables in the code, the checker for strings that are formats.
import type { Format, Problem, Span, Transformation, Variable } from "./ast.ts";
import { valueOffsets } from "./escapes.ts";
import { closingBracket, closingParenthesis, isDigit, isNameChar, LONGEST_VARIABLE, variableEnd } from "./scan.ts";

/** How deep variables may stand inside each other. */
const MOST_NESTED = 16;

/** What `parseFormat` may be told. */
export interface FormatOptions {
  /** A `$` that begins no variable stands for itself (the end of a line in a regular expression) instead of being an error. */
  readonly isLoose?: boolean;
}

/**
 * Reads a text with variables in it. `$$` is one `$`.
 * @param text - a string's value, escapes done
 * @param span - where the string stands, quotes included; problems and variables point into it where its text allows that
 * @returns the format; what is no variable is an error and stays in the format as text
 */
export function parseFormat(
  text: string,
  span: Span,
  options: FormatOptions = {},
): { readonly format: Format; readonly problems: readonly Problem[] } {
  if (!text.includes("$")) return { format: text === "" ? [] : [text], problems: [] };
  const reader = new VariableReader(
    text,
    placementOf(text, span),
    (part) => `unknown script var ${part}, maybe a 'loadmodule' statement is missing?`,
  );
  return { format: reader.format(0, text.length, options.isLoose === true), problems: reader.problems };
}

/**
 * Reads one variable of the code.
 * @param text - from the `$` to its end
 * @param span - where exactly this text stands
 * @returns no variable when it has errors
 */
export function parseVariable(
  text: string,
  span: Span,
): { readonly variable: Variable | undefined; readonly problems: readonly Problem[] } {
  // a span that was cut at the end of a file does not hold this text
  const isThere = span.end - span.start === text.length;
  const place = (from: number, to: number): Span => (isThere ? { file: span.file, start: span.start + from, end: span.start + to } : span);
  const reader = new VariableReader(text, place, () => "unknown script variable");
  const variable = reader.variable(0, text.length);
  return { variable: reader.problems.length > 0 ? undefined : variable, problems: reader.problems };
}

type Placement = (from: number, to: number) => Span;

/** Where parts of a string's value stand in its file: exactly if the file's text allows it, else the whole string. */
function placementOf(text: string, span: Span): Placement {
  const { file } = span;
  if (span.end - span.start === text.length + 2 && file.text.startsWith(text, span.start + 1)) {
    return (from, to) => ({ file, start: span.start + 1 + from, end: span.start + 1 + to });
  }
  const offsets = valueOffsets(file, span.start, span.end, text);
  if (offsets === undefined) return () => span;
  return (from, to) => ({
    file,
    start: offsets[from] ?? span.start,
    end: to > from ? (offsets[to - 1] ?? span.end) + 1 : (offsets[to] ?? span.end),
  });
}

class VariableReader {
  readonly problems: Problem[] = [];
  readonly #text: string;
  readonly #place: Placement;
  readonly #messageOf: (part: string) => string;
  #depth = 0;

  constructor(text: string, place: Placement, messageOf: (part: string) => string) {
    this.#text = text;
    this.#place = place;
    this.#messageOf = messageOf;
  }

  /** `text[from … to)` as a format. */
  format(from: number, to: number, isLoose: boolean): Format {
    const text = this.#text;
    const parts: (string | Variable)[] = [];
    let literal = "";
    let start = from;
    let at = text.indexOf("$", from);
    while (at >= 0 && at < to) {
      literal += text.slice(start, at);
      if (text[at + 1] === "$" && at + 1 < to) {
        literal += "$";
        start = at + 2;
      } else {
        const end = this.#end(at, to);
        const variable = end === at + 1 && isLoose ? undefined : this.#read(at, end);
        if (variable === undefined) literal += text.slice(at, end);
        else {
          if (literal !== "") parts.push(literal);
          literal = "";
          parts.push(variable);
        }
        start = end;
      }
      at = text.indexOf("$", start);
    }
    literal += text.slice(start, to);
    if (literal !== "") parts.push(literal);
    return parts;
  }

  /** `text[from … to)` as one variable and nothing else. */
  variable(from: number, to: number): Variable | undefined {
    const end = this.#end(from, to);
    if (end < to) this.#fault(from, to, this.#text[to - 1] === "(" ? "a ')' is missing" : undefined);
    return end < to ? undefined : this.#read(from, end);
  }

  /** Where the variable at `at` ends; just its name when it is not closed, which is an error. */
  #end(at: number, to: number): number {
    const text = this.#text;
    const end = variableEnd(text, at, Math.min(to, at + LONGEST_VARIABLE));
    if (end >= 0) return end;
    let nameEnd = at + 1;
    while (nameEnd < to && (isNameChar(text.charCodeAt(nameEnd)) || text[nameEnd] === "(")) nameEnd++;
    this.#fault(at, nameEnd, `a ')' is missing after ${text.slice(at, nameEnd)}`);
    return nameEnd;
  }

  #read(at: number, end: number): Variable | undefined {
    if (this.#depth >= MOST_NESTED) return this.#fault(at, end, `variables stand in each other at most ${MOST_NESTED} deep`);
    this.#depth++;
    const variable = this.#text[at + 1] === "(" ? this.#long(at, end) : this.#short(at, end);
    this.#depth--;
    return variable;
  }

  /** `$name`, `$name(inner)`. */
  #short(at: number, end: number): Variable | undefined {
    const nameEnd = this.#nameEnd(at + 1, end);
    if (nameEnd === at + 1) return this.#fault(at, end, "a '$' alone is written $$");
    const hasInner = nameEnd < end;
    // what was not closed has been reported
    if (hasInner && this.#text[end - 1] !== ")") return undefined;
    return {
      kind: "variable",
      span: this.#place(at, end),
      text: this.#text.slice(at, end),
      name: this.#text.slice(at + 1, nameEnd),
      inner: hasInner ? this.#inner(nameEnd + 1, end - 1) : undefined,
      index: undefined,
      context: undefined,
      transformations: [],
    };
  }

  /** `$(<context>name(inner)[index]{…}{…})`. */
  #long(at: number, end: number): Variable | undefined {
    const text = this.#text;
    const last = end - 1;
    if (text[last] !== ")" || last <= at + 1) return undefined;
    let from = at + 2;
    let context: Variable["context"];
    if (text[from] === "<") {
      const close = this.#find(">", from, last);
      const word = text.slice(from + 1, close);
      if (close === last || (word !== "request" && word !== "reply" && word !== "branch")) {
        return this.#fault(at, end, "a context is <request>, <reply> or <branch>");
      }
      context = word;
      from = close + 1;
    }
    const nameEnd = this.#nameEnd(from, last);
    if (nameEnd === from) return this.#fault(at, end, "a name is expected after '$('");
    let next = nameEnd;
    let inner: Format | undefined;
    if (text[next] === "(" && next < last) {
      const close = closingParenthesis(text, next, last);
      if (close < 0) return this.#fault(at, end, "a ')' is missing");
      inner = this.#inner(next + 1, close);
      next = close + 1;
    }
    let index: Variable["index"];
    if (text[next] === "[" && next < last) {
      const close = closingBracket(text, next, last);
      if (close < 0) return this.#fault(at, end, "a ']' is missing");
      index = this.#index(next + 1, close);
      if (index === undefined) return undefined;
      next = close + 1;
    }
    const transformations: Transformation[] = [];
    while (text[next] === "{" && next < last) {
      const close = closingBracket(text, next, last);
      if (close < 0) return this.#fault(at, end, "a '}' is missing");
      const transformation = this.#transformation(next, close);
      if (transformation === undefined) return undefined;
      transformations.push(transformation);
      next = close + 1;
    }
    if (next < last) return this.#fault(at, end, `'${text[next]}' is not expected after ${text.slice(at, next)}`);
    const name = text.slice(from, nameEnd);
    return { kind: "variable", span: this.#place(at, end), text: text.slice(at, end), name, inner, index, context, transformations };
  }

  /** Where a character stands between two offsets; `to` when it does not. */
  #find(character: string, from: number, to: number): number {
    let at = from;
    while (at < to && this.#text[at] !== character) at++;
    return at;
  }

  #nameEnd(from: number, to: number): number {
    let at = from;
    while (at < to && isNameChar(this.#text.charCodeAt(at))) at++;
    return at;
  }

  #inner(from: number, to: number): Format {
    const [start, end] = this.#trimmed(from, to);
    return this.format(start, end, false);
  }

  #index(from: number, to: number): NonNullable<Variable["index"]> | undefined {
    const [start, end] = this.#trimmed(from, to);
    const text = this.#text.slice(start, end);
    if (text === "*" || text === "append") return text;
    if (text.startsWith("$")) return this.variable(start, end);
    const digits = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
    let value = 0;
    for (let i = digits; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (!isDigit(c) || i - digits > 9) return this.#fault(from - 1, to + 1, "an index is a number, '*', 'append' or a variable");
      value = value * 10 + c - 48;
    }
    if (text.length === digits) return this.#fault(from - 1, to + 1, "an index is a number, '*', 'append' or a variable");
    return text.startsWith("-") ? -value | 0 : value | 0;
  }

  /** `{class.name,p1,p2}` between the braces at `open` and `close`. */
  #transformation(open: number, close: number): Transformation | undefined {
    const text = this.#text;
    const comma = this.#find(",", open, close);
    const [start, end] = this.#trimmed(open + 1, comma);
    const dot = this.#find(".", start, end);
    if (dot === start || dot >= end - 1 || this.#transformationEnd(start, end) < end) {
      const part = text.slice(open, close + 1);
      return this.#problem(
        open,
        close + 1,
        `unknown transformation: ${part}`,
        "a transformation is {class.name} or {class.name,parameters}",
      );
    }
    const group = text.slice(start, dot).toLowerCase();
    const name = text.slice(dot + 1, end).toLowerCase();
    const parameters: Format[] = [];
    let from = comma + 1;
    while (from <= close) {
      const to = this.#parameterEnd(from, close, isLastParameter(group, name, parameters.length));
      parameters.push(this.format(from, to, true));
      from = to + 1;
    }
    return { span: this.#place(open, close + 1), class: group, name, parameters };
  }

  // Names of transformations may have a hyphen in them: `sdp.stream-delete`.
  #transformationEnd(from: number, to: number): number {
    let at = from;
    while (at < to && (this.#text[at] === "-" || isNameChar(this.#text.charCodeAt(at)))) at++;
    return at;
  }

  /** The next comma outside of variables, or the end. */
  #parameterEnd(from: number, close: number, isLast: boolean): number {
    if (isLast) return close;
    const text = this.#text;
    let at = from;
    while (at < close && text[at] !== ",") {
      const end = text[at] === "$" ? variableEnd(text, at, close) : at + 1;
      at = end < 0 ? at + 1 : end;
    }
    return at;
  }

  #trimmed(from: number, to: number): readonly [number, number] {
    let start = from;
    let end = to;
    while (start < end && isBlank(this.#text.charCodeAt(start))) start++;
    while (end > start && isBlank(this.#text.charCodeAt(end - 1))) end--;
    return [start, end];
  }

  #fault(from: number, to: number, hint: string | undefined): undefined {
    return this.#problem(from, to, this.#messageOf(this.#text.slice(from, to)), hint);
  }

  #problem(from: number, to: number, message: string, hint: string | undefined): undefined {
    this.problems.push({ severity: "error", span: this.#place(from, to), message, hint });
  }
}

/** Whether a parameter takes all that is left: a substitution's expression, the separator of a select (which may be a comma). */
function isLastParameter(group: string, name: string, index: number): boolean {
  return (group === "re" && name === "subst") || (group === "s" && name === "select" && index === 1);
}

function isBlank(c: number): boolean {
  return c === 32 || (c >= 9 && c <= 13);
}
