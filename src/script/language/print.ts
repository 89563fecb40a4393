// A tree as text. Reading the text again gives the same tree, its spans apart.
import type {
  Argument,
  Block,
  Body,
  Case,
  Command,
  Comparison,
  Condition,
  Expression,
  GlobalAssignment,
  NullLiteral,
  NumberLiteral,
  RouteCall,
  ScriptTree,
  SocketValue,
  Statement,
  StringLiteral,
  TopLevel,
  Variable,
  Word,
} from "./ast.ts";
import { escaped } from "./escapes.ts";

/** The whole script in one file, each statement on a line of its own; comments and includes are gone. */
export function printScript(tree: ScriptTree): string {
  let text = "";
  for (const item of tree.items) text += `${printItem(item)}\n`;
  return text;
}

function printItem(item: TopLevel): string {
  switch (item.kind) {
    case "global":
      return `${item.name} = ${globalValue(item.value)}`;
    case "loadmodule":
      return `loadmodule ${string(item.path)}`;
    case "modparam":
      return `modparam(${string(item.module)}, ${string(item.parameter)}, ${value(item.value)})`;
    case "block":
      return block(item);
  }
}

function globalValue(given: GlobalAssignment["value"]): string {
  switch (given.kind) {
    case "socket":
      return socket(given);
    case "aliases":
      // quoted: a name may be one of the language's words
      return given.names.map((name) => `"${name.text}"`).join(" ");
    case "skipped":
      return given.text;
    default:
      return value(given);
  }
}

function socket(given: SocketValue): string {
  let text = `${given.protocol}:${host(given.host)}`;
  const ports = given.ports.filter((port) => port !== 0);
  if (ports.length > 0) text += `:${ports.join(",")}`;
  for (const option of given.options) {
    const [first, port] = option.values;
    text += ` ${option.name}`;
    if (option.name === "as" && first !== undefined) text += ` ${host(first)}${port === undefined ? "" : `:${port}`}`;
    else if (first !== undefined) text += ` "${first}"`;
  }
  return text;
}

function host(given: string): string {
  return given.includes(":") && !given.startsWith("[") ? `[${given}]` : `"${given}"`;
}

function block(given: Block): string {
  let head: string = given.block;
  if (given.name !== undefined) {
    const extra = given.seconds ?? given.mode;
    head += `["${escaped(given.name)}"${extra === undefined ? "" : `, ${extra}`}]`;
  }
  return `${head} ${body(given.body, "")}`;
}

// ── statements ───────────────────────────────────────────────────────────────────────────────────────────────────────

function body(given: Body, indent: string): string {
  if (!given.isBlock) return given.statements.map((one) => statement(one, indent)).join(" ");
  return `{\n${lines(given.statements, `${indent}  `)}${indent}}`;
}

function lines(statements: readonly Statement[], indent: string): string {
  let text = "";
  for (const one of statements) text += `${indent}${statement(one, indent)}\n`;
  return text;
}

function statement(given: Statement, indent: string): string {
  switch (given.kind) {
    case "empty":
      return ";";
    case "if":
      return `if (${condition(given.condition)}) ${body(given.then, indent)}${given.else === undefined ? "" : ` else ${body(given.else, indent)}`}`;
    case "while":
      return `while (${condition(given.condition)}) ${body(given.body, indent)}`;
    case "for":
      return `for (${given.iterator.text} in ${given.collection.text}) ${body(given.body, indent)}`;
    case "switch":
      return `switch (${given.subject.text}) {\n${given.cases.map((one) => switchCase(one, indent)).join("")}${otherwise(given.default, indent)}${indent}}`;
    default:
      return `${command(given)};`;
  }
}

function switchCase(given: Case, indent: string): string {
  return `${indent}  case ${value(given.label)}:\n${lines(given.body, `${indent}    `)}`;
}

function otherwise(given: Body | undefined, indent: string): string {
  return given === undefined ? "" : `${indent}  default:\n${lines(given.statements, `${indent}    `)}`;
}

function command(given: Command): string {
  switch (given.kind) {
    case "call":
      return `${given.name}(${given.arguments.map(value).join(", ")})`;
    case "routeCall":
      return `route(${[target(given.target), ...given.arguments.map(value)].join(", ")})`;
    case "assignment":
      return `${given.target.text} ${given.operator} ${expression(given.value)}`;
    case "exit":
    case "drop":
    case "break":
      return given.kind;
    case "return":
      return `return(${given.values.map(value).join(", ")})`;
    case "xlog":
      return `${given.name}(${given.level === undefined ? "" : `${string(given.level)}, `}${string(given.message)})`;
    case "log":
      return `log(${given.level === undefined ? "" : `${given.level.text}, `}${string(given.message)})`;
    case "assert":
      return `assert(${condition(given.condition)}${given.message === undefined ? "" : `, ${string(given.message)}`})`;
    case "async":
      return `async(${command(given.call)}, ${target(given.resume)}${given.timeout === undefined ? "" : `, ${given.timeout.text}`})`;
    case "launch": {
      const resume = given.resume === undefined ? "" : `, ${target(given.resume)}`;
      return `launch(${command(given.call)}${resume}${given.parameter === undefined ? "" : `, ${string(given.parameter)}`})`;
    }
  }
}

// ── conditions and expressions ───────────────────────────────────────────────────────────────────────────────────────

function condition(given: Condition): string {
  switch (given.kind) {
    case "and":
      return `${condition(given.left)} && ${condition(given.right)}`;
    case "or":
      return `${condition(given.left)} || ${condition(given.right)}`;
    case "not":
      return `!${condition(given.operand)}`;
    case "group":
      return `(${condition(given.inner)})`;
    case "arithmetic":
      return `[${expression(given.inner)}]`;
    case "comparison":
      return comparison(given);
    case "variable":
    case "number":
      return given.text;
    default:
      return command(given);
  }
}

function comparison(given: Comparison): string {
  const { right } = given;
  if (right.kind !== "address") return `${given.left.text} ${given.operator} ${value(right)}`;
  const address = right.address.includes(":") ? `[${right.address}]` : right.address;
  return `${given.left.text} ${given.operator} ${address}${right.bits < 0 ? "" : `/${right.bits}`}`;
}

function expression(given: Expression): string {
  switch (given.kind) {
    case "binary":
      return `${expression(given.left)} ${given.operator} ${expression(given.right)}`;
    case "complement":
      return `~${expression(given.operand)}`;
    case "group":
      return `(${expression(given.inner)})`;
    case "comparison":
      return comparison(given);
    case "call":
    case "routeCall":
      return command(given);
    default:
      return value(given);
  }
}

// ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function value(given: Argument | NullLiteral | Word | StringLiteral | NumberLiteral | Variable): string {
  switch (given.kind) {
    case "string":
      return string(given);
    case "null":
      return "NULL";
    case "omitted":
      return "";
    default:
      return given.text;
  }
}

function string(given: StringLiteral): string {
  return given.quote === "'" ? `'${given.value}'` : `"${escaped(given.value)}"`;
}

function target(given: RouteCall["target"]): string {
  return given.kind === "string" ? string(given) : given.text;
}
