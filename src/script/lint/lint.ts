// What is legal in a script and probably a mistake all the same. Everything here is a warning.

import type { Condition, Problem, ScriptTree, Span, Statement, Variable } from "../language/ast.ts";
import { parseFormat } from "../language/format.ts";
import { lintDialogs } from "./dialogs.ts";
import { type Visitor, walkFormat, walkScript } from "./walk.ts";

/** What the linter asks about functions. */
export interface LintContext {
  /** Whether a script that ignores the result of this function probably has a mistake. */
  doesResultMatter(functionName: string): boolean;
}

/** Goes over a script that has no errors. */
export function lintScript(tree: ScriptTree, context: LintContext): readonly Problem[] {
  const problems: Problem[] = [
    ...lintUnreachable(tree),
    ...lintIgnoredResults(tree, context),
    ...lintAssignments(tree),
    ...lintUnusedRoutes(tree),
    ...lintVariables(tree),
    ...lintDialogs(tree),
  ];
  return problems.sort(inOrder(tree));
}

/** @internal a warning at a place */
export function warning(span: Span, message: string, hint?: string): Problem {
  return { severity: "warning", span, message, hint };
}

function inOrder(tree: ScriptTree): (a: Problem, b: Problem) => number {
  const place = (one: Problem): number => (one.span === undefined ? -1 : tree.files.indexOf(one.span.file));
  return (a, b) => place(a) - place(b) || (a.span?.start ?? 0) - (b.span?.start ?? 0);
}

/** Statements that nothing can reach. */
function lintUnreachable(tree: ScriptTree): readonly Problem[] {
  const problems: Problem[] = [];
  walkScript(tree, {
    statements(statements) {
      const end = statements.findIndex(neverGoesOn);
      const next = end < 0 ? undefined : statements.slice(end + 1).find((one) => one.kind !== "empty");
      const last = statements[end];
      // `return; break;` at the end of a case is a habit, not a mistake
      if (next === undefined || last === undefined || next.kind === "break") return;
      problems.push(warning(next.span, `unreachable: what stands before it always ends with ${endingOf(last)}`));
    },
  });
  return problems;
}

function neverGoesOn(statement: Statement): boolean {
  switch (statement.kind) {
    case "exit":
    case "drop":
    case "return":
    case "break":
    case "async":
      return true;
    case "if":
      return statement.else !== undefined && statement.then.statements.some(neverGoesOn) && statement.else.statements.some(neverGoesOn);
    default:
      return false;
  }
}

function endingOf(statement: Statement): string {
  return statement.kind === "if" ? "exit, drop, return or break on both ways" : `${statement.kind}`;
}

function lintIgnoredResults(tree: ScriptTree, context: LintContext): readonly Problem[] {
  const problems: Problem[] = [];
  walkScript(tree, {
    call(call, isStatement) {
      if (!isStatement || !context.doesResultMatter(call.name)) return;
      problems.push(warning(call.nameSpan, `the result of ${call.name}() is ignored`, `write if (!${call.name}(…)) { … }, or look at $rc`));
    },
  });
  return problems;
}

/** `if ($var(x) = 1)`: true whatever the value is. */
function lintAssignments(tree: ScriptTree): readonly Problem[] {
  const problems: Problem[] = [];
  const look = (condition: Condition): void => {
    if (condition.kind === "assignment" && condition.operator === "=") {
      problems.push(
        warning(condition.span, "an assignment stands as a condition: it is true whenever it succeeds", "to compare, write =="),
      );
    } else if (condition.kind === "and" || condition.kind === "or") {
      look(condition.left);
      look(condition.right);
    } else if (condition.kind === "not") look(condition.operand);
    else if (condition.kind === "group") look(condition.inner);
  };
  walkScript(tree, { condition: look });
  return problems;
}

/** Functions that name a route, and which argument names it. */
const ROUTE_ARGUMENTS: ReadonlyMap<string, readonly [block: string, index: number]> = new Map([
  ["t_on_failure", ["failure_route", 0]],
  ["t_on_reply", ["onreply_route", 0]],
  ["t_on_branch", ["branch_route", 0]],
  ["dlg_on_answer", ["route", 0]],
  ["dlg_on_timeout", ["route", 0]],
  ["dlg_on_hangup", ["route", 0]],
]);

/** Routes that nothing calls or arms. A dynamic name may mean any of them. */
function lintUnusedRoutes(tree: ScriptTree): readonly Problem[] {
  const used = new Set<string>();
  const anyOf = new Set<string>();
  const take = (block: string, name: string | undefined): void => {
    if (name === undefined || name.includes("$")) anyOf.add(block);
    else used.add(`${block} ${name}`);
  };
  walkScript(tree, {
    routeCall: ({ target }) => take("route", nameOf(target)),
    command(command) {
      if (command.kind !== "async" && command.kind !== "launch") return;
      if (command.resume !== undefined) take("route", nameOf(command.resume));
    },
    call(call) {
      const [block, index] = ROUTE_ARGUMENTS.get(call.name) ?? [];
      const argument = index === undefined ? undefined : call.arguments[index];
      if (block === undefined || argument === undefined || argument.kind === "omitted") return;
      take(block, argument.kind === "string" ? argument.value : undefined);
    },
  });
  const problems: Problem[] = [];
  for (const item of tree.items) {
    if (item.kind !== "block" || item.name === undefined || item.nameSpan === undefined) continue;
    if (!["route", "failure_route", "onreply_route", "branch_route"].includes(item.block)) continue;
    if (item.block === "route" && item.name === "0") continue;
    if (anyOf.has(item.block) || used.has(`${item.block} ${item.name}`)) continue;
    problems.push(warning(item.nameSpan, `${item.block}[${item.name}] is never used`));
  }
  return problems;
}

function nameOf(target: { readonly kind: string; readonly value?: unknown; readonly text?: string }): string | undefined {
  if (target.kind === "variable") return undefined;
  return target.kind === "string" ? String(target.value) : target.text;
}

/** `$var`s that are read and never given a value: always NULL. */
function lintVariables(tree: ScriptTree): readonly Problem[] {
  const written = new Set<string>();
  const read = new Map<string, Span>();
  let isAnyWritten = false;
  const visitor: Visitor = {
    variable(variable, isWritten) {
      if (variable.name !== "var") return;
      const name = staticName(variable);
      if (name === undefined) {
        isAnyWritten ||= isWritten;
        return;
      }
      if (isWritten) written.add(name);
      else if (!read.has(name)) read.set(name, variable.span);
    },
    format: (literal) => walkFormat(parseFormat(literal.value, literal.span).format, visitor),
    // a variable that stands alone as an argument may be an output
    call(call) {
      for (const one of call.arguments) {
        const name = one.kind === "variable" && one.name === "var" ? staticName(one) : undefined;
        if (name !== undefined) written.add(name);
      }
    },
  };
  walkScript(tree, visitor);
  for (const item of tree.items) if (item.kind === "modparam" && item.parameter.value === "varset") isAnyWritten = true;
  if (isAnyWritten) return [];
  return [...read]
    .filter(([name]) => !written.has(name))
    .map(([name, span]) => warning(span, `$var(${name}) is never given a value: it is always NULL`));
}

function staticName({ inner }: Variable): string | undefined {
  const [only] = inner ?? [];
  return inner?.length === 1 && typeof only === "string" ? only : undefined;
}
