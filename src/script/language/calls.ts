// Calls: functions, routes, and the statements that look like calls but take only what their grammar allows.
import type { Argument, Call, Command, NullLiteral, NumberLiteral, RouteCall, StringLiteral, Variable } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import type { Token } from "./lexer.ts";
import { nearest } from "./nearest.ts";
import { isNull, isNumber, routeTarget, signedNumber } from "./values.ts";

/** What a function takes at most. */
const MOST_ARGUMENTS = 8;
/** What a route takes at most. */
const MOST_ROUTE_ARGUMENTS = 9;

/** `name(…)`; the name has been taken, the `(` is in hand. */
export function parseCall(p: Cursor, name: Token): Call | undefined {
  const values: Argument[] = [];
  p.advance();
  if (!p.is(")")) {
    do {
      const value = p.is(",") || p.is(")") ? omitted(p) : argument(p, name.text);
      if (value === undefined) return undefined;
      values.push(value);
    } while (p.take(","));
  }
  if (!p.is(")")) return badArguments(p, name.text, values.length > 0);
  p.advance();
  if (values.length > MOST_ARGUMENTS) return p.error(name, "too many arguments in function", `<${name.text}>: at most ${MOST_ARGUMENTS}`);
  return { kind: "call", span: p.spanFrom(name.start), name: name.text, nameSpan: p.spanOf(name), arguments: values };
}

function omitted(p: Cursor): Argument {
  return { kind: "omitted", span: p.source.span(p.previous.end, p.previous.end) };
}

function argument(p: Cursor, name: string): Argument | undefined {
  if (p.is("string")) return p.string();
  if (p.is("variable")) return p.variable();
  if (isNumber(p)) return signedNumber(p);
  return badArguments(p, name, false);
}

/** An argument that is none: reported where it begins. */
function badArguments(p: Cursor, name: string, isAfterOne: boolean): undefined {
  if (p.is("end") || p.is("{") || p.is("}")) return p.unexpected(`a ')' is missing after ${name}(`);
  if (p.hasStrayString()) return p.unexpected();
  if (p.is(";")) return p.error(p.token, `bad arguments for command <${name}>`, "a ')' is missing");
  return p.error(p.token, `bad arguments for command <${name}>`, argumentHint(p, name, isAfterOne));
}

/** Words with parentheses that are no calls: they begin a statement with a body. */
export const HEADS = ["if", "while", "for", "switch"] as const;

function argumentHint(p: Cursor, name: string, isAfterOne: boolean): string {
  if (isAfterOne) {
    const head = nearest(name, HEADS);
    if (head !== undefined) return `did you mean ${head}?`;
    if (p.is("string") || p.is("variable")) return "a ',' is missing before this; texts are not joined here";
    return "an argument is a string, a number or a variable, never an expression: store its value in a variable first";
  }
  const meant = nearest(name, HEADS);
  if (meant !== undefined) return `did you mean ${meant}?`;
  if (p.is("word") && p.source.text[p.token.end] === "(") return "a call cannot be an argument: store its result in a variable first";
  if (isNull(p)) return "NULL cannot be an argument; leave the place empty to omit it";
  if (p.is("word")) return `an argument is a string, a number or a variable: write "${p.token.text}" for a text`;
  return "an argument is a string, a number or a variable";
}

/** `route(name, …)`; the word has been taken. */
export function parseRouteCall(p: Cursor, word: Token): RouteCall | undefined {
  if (!p.expect("(", "a '(' is expected after route")) return undefined;
  const target = routeTarget(p, "route");
  if (target === undefined) return undefined;
  const values: RouteCall["arguments"][number][] = [];
  while (p.take(",")) {
    const value = routeArgument(p);
    if (value === undefined) return undefined;
    values.push(value);
  }
  if (!p.is(")")) return badArguments(p, "route", true);
  p.advance();
  if (values.length > MOST_ROUTE_ARGUMENTS)
    return p.error(word, "too many arguments in function", `a route takes at most ${MOST_ROUTE_ARGUMENTS}`);
  return { kind: "routeCall", span: p.spanFrom(word.start), target, arguments: values };
}

function routeArgument(p: Cursor): StringLiteral | NumberLiteral | NullLiteral | Variable | undefined {
  if (p.is("string")) return p.string();
  if (p.is("variable")) return p.variable();
  if (isNumber(p)) return signedNumber(p);
  if (isNull(p)) return { kind: "null", span: p.spanOf(p.advance()) };
  if (p.is(",") || p.is(")"))
    return p.error(p.token, "bad arguments for command <route>", "an argument of a route cannot be left out; NULL can stand for it");
  return badArguments(p, "route", false);
}

/** `return`, `return n`, `return($v)`, `return(n, "a", $v)`; the word has been taken. */
export function parseReturn(p: Cursor, word: Token): Command | undefined {
  const values: (StringLiteral | NumberLiteral | NullLiteral | Variable)[] = [];
  if (p.is("(")) {
    p.advance();
    if (!p.is(")")) {
      do {
        const value = returned(p, values.length > 0);
        if (value === undefined) return undefined;
        values.push(value);
      } while (p.take(","));
    }
    if (!p.expect(")", RETURN_HINT)) return undefined;
  } else if (p.is("variable") || isNumber(p)) {
    const value = returned(p, false);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return { kind: "return", span: p.spanFrom(word.start), values };
}

/** What `return` takes. */
export const RETURN_HINT = "return takes a number or a variable, not an expression";

/** The code is a number or a variable; what follows it may be anything with a value. */
function returned(p: Cursor, isExtra: boolean): StringLiteral | NumberLiteral | NullLiteral | Variable | undefined {
  if (isExtra) return routeArgument(p);
  if (p.is("variable")) return p.variable();
  if (isNumber(p)) return signedNumber(p);
  return p.unexpected(RETURN_HINT);
}

/** `xlog([level,] "text" …)`, `xdbg("text" …)`; the word has been taken. */
export function parseXlog(p: Cursor, word: Token): Command | undefined {
  const name = word.text === "xdbg" ? "xdbg" : "xlog";
  if (!p.expect("(", `a '(' is expected after ${name}`)) return undefined;
  const first = text(p, name);
  if (first === undefined) return undefined;
  let level: StringLiteral | undefined;
  let message = first;
  if (name === "xlog" && p.is(",") && isOneString(p, first)) {
    p.advance();
    const second = text(p, name);
    if (second === undefined) return undefined;
    level = first;
    message = second;
  }
  if (!p.is(")")) return badArguments(p, name, true);
  p.advance();
  return { kind: "xlog", span: p.spanFrom(word.start), name, level, message };
}

/** Whether the text just read was one string and not several folded ones: a level is never folded. */
function isOneString(p: Cursor, literal: StringLiteral): boolean {
  return p.spanOf(p.previous).start === literal.span.start;
}

function text(p: Cursor, name: string): StringLiteral | undefined {
  if (p.is("string")) return p.strings();
  const hint = p.is("variable") ? `the text is a string in quotes: ${name}("${p.token.text}")` : "the text is a string in quotes";
  return p.error(p.token, `bad arguments for command <${name}>`, hint);
}

/** `log([level,] "text")`; the word has been taken. */
export function parseLog(p: Cursor, word: Token): Command | undefined {
  if (!p.expect("(", "a '(' is expected after log")) return undefined;
  let level: NumberLiteral | undefined;
  if (isNumber(p)) {
    level = signedNumber(p);
    if (level === undefined) return undefined;
    if (!p.is(",")) return badArguments(p, "log", true);
    p.advance();
  }
  if (!p.is("string")) return p.error(p.token, "bad arguments for command <log>", "log takes literal text only; xlog prints variables");
  const message = p.string();
  if (p.is(","))
    return p.error(p.token, "bad arguments for command <log>", 'the level of log is a number; that of xlog is a text like "L_INFO"');
  if (!p.is(")")) return badArguments(p, "log", true);
  p.advance();
  return { kind: "log", span: p.spanFrom(word.start), level, message };
}

/** `async(f(), route [, seconds])`, `launch(f() [, route [, "text"]])`; the word has been taken. */
export function parseAsync(p: Cursor, word: Token): Command | undefined {
  const name = word.text;
  if (!p.expect("(", `a '(' is expected after ${name}`)) return undefined;
  if (!p.is("word")) return p.error(p.token, `bad arguments for command <${name}>`, "the first argument is the call of a function");
  const function_ = p.advance();
  if (!p.is("(")) return p.error(function_, `bare word <${function_.text}> found, command calls need '()'`);
  const call = parseCall(p, function_);
  if (call === undefined) return undefined;
  if (name === "async" && !p.is(",")) return p.error(p.token, "bad arguments for command <async>", "the route to go on with is missing");
  let resume: RouteCall["target"] | undefined;
  if (p.take(",")) {
    resume = routeTarget(p, name);
    if (resume === undefined) return undefined;
  }
  let timeout: NumberLiteral | undefined;
  let parameter: StringLiteral | undefined;
  if (resume !== undefined && p.take(",")) {
    if (name === "async" && p.is("number")) timeout = signedNumber(p);
    else if (name === "launch" && p.is("string")) parameter = p.string();
    else
      return p.error(
        p.token,
        `bad arguments for command <${name}>`,
        name === "async" ? "a number of seconds is expected" : "a string is expected",
      );
  }
  if (!p.is(")")) return badArguments(p, name, true);
  p.advance();
  const span = p.spanFrom(word.start);
  if (name === "launch") return { kind: "launch", span, call, resume, parameter };
  return resume === undefined ? undefined : { kind: "async", span, call, resume, timeout };
}
