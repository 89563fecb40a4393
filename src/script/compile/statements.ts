// Statements and bodies.
import type { Body, Command, Condition, Statement } from "../language/ast.ts";
import type { Run } from "../run.ts";
import { intOf, type Value } from "../values.ts";
import { compileAssignment } from "./assignments.ts";
import { actionStep, compileCall, stop } from "./calls.ts";
import { compileCondition } from "./conditions.ts";
import { ForLoop, Switch, type SwitchCase, signalOf, WhileLoop } from "./loops.ts";
import { compileAssert, compileLog, compileXlog } from "./print.ts";
import { compileRouteCall } from "./route-calls.ts";
import type { Scope } from "./scope.ts";
import { scriptTraced } from "./script-trace.ts";
import { BREAK, NEXT, RETURN, type Signal, STOP, type Step, type Test, type Truth } from "./signal.ts";
import { bindVariable } from "./variables.ts";
import { compileAsync, compileLaunch } from "./waiting.ts";

type Of<K extends Statement["kind"]> = Extract<Statement, { readonly kind: K }>;

const nothing: Step = () => NEXT;

/** What ends without having done anything comes to 1. */
const done: Step = (run) => {
  run.rc = 1;
  return NEXT;
};

/** Compiles the statements of a block. */
export function compileBlock(scope: Scope, body: Body): Step {
  return compileBody(scope, body.statements, true);
}

/** @param isLast - what the statements come to is what the block comes to */
function compileBody(scope: Scope, statements: readonly Statement[], isLast: boolean): Step {
  const last = isLast ? statements.findLastIndex((one) => one.kind !== "empty" && one.kind !== "break") : -1;
  const steps: Step[] = [];
  for (const [i, statement] of statements.entries()) {
    if (statement.kind !== "empty") steps.push(traced(scope, statement, compileStatement(scope, statement, i === last)));
  }
  return isLast && last < 0 ? sequence([done, ...steps]) : sequence(steps);
}

/** One after the other, until one does not go on. Promises only from where one waits. */
function sequence(steps: readonly Step[]): Step {
  const [first, second, third] = steps;
  if (first === undefined) return nothing;
  if (second === undefined) return first;
  if (third === undefined) {
    return (run) => {
      const signal = first(run);
      if (signal === NEXT) return second(run);
      return typeof signal === "number" ? signal : signal.then((one) => (one === NEXT ? second(run) : one));
    };
  }
  const from = (run: Run, start: number): Signal | Promise<Signal> => {
    for (let i = start; i < steps.length; i++) {
      const step = steps[i];
      if (step === undefined) break;
      const signal = step(run);
      if (signal === NEXT) continue;
      return typeof signal === "number" ? signal : signal.then((one) => (one === NEXT ? from(run, i + 1) : one));
    }
    return NEXT;
  };
  return (run) => from(run, 0);
}

function traced(scope: Scope, statement: Statement, step: Step): Step {
  const { trace } = scope.shared;
  const said = scriptTraced(scope.shared, statement, step);
  if (trace === undefined) return said;
  return (run) => {
    trace({ type: "statement", run, span: statement.span });
    return said(run);
  };
}

function compileStatement(scope: Scope, statement: Statement, isLast: boolean): Step {
  switch (statement.kind) {
    case "empty":
      return nothing;
    case "if":
      return compileIf(scope, statement, isLast);
    case "while": {
      const test = conditionOf(scope, statement.condition);
      const body = nested(scope, () => compileBody(scope, statement.body.statements, isLast));
      const loop = new WhileLoop(test, body, scope.shared.globals.maxWhileLoops, isLast, scope.place(statement.span));
      return (run) => loop.run(run);
    }
    case "for":
      return compileFor(scope, statement, isLast);
    case "switch":
      return compileSwitch(scope, statement, isLast);
    default:
      return compileCommand(scope, statement);
  }
}

function compileCommand(scope: Scope, command: Command): Step {
  const { file, line } = scope.place(command.span);
  switch (command.kind) {
    case "call":
      return actionStep(compileCall(scope, command), file, line);
    case "routeCall":
      return actionStep(compileRouteCall(scope, command), file, line);
    case "assignment":
      return assignmentStep(compileAssignment(scope, command), file, line);
    case "exit":
      return stop;
    case "drop":
      return (run) => {
        run.isDropped = true;
        return stop(run);
      };
    case "break":
      if (scope.nested === 0) scope.problems.error(command.span, "break outside of a loop or switch");
      return () => BREAK;
    case "return":
      return compileReturn(scope, command);
    case "xlog":
      return compileXlog(scope, command);
    case "log":
      return compileLog(scope, command);
    case "assert":
      return compileAssert(scope, command, (condition) => conditionOf(scope, condition));
    case "async":
      return compileAsync(scope, command);
    case "launch":
      return compileLaunch(scope, command);
  }
}

function conditionOf(scope: Scope, condition: Condition): Test {
  return compileCondition(scope, condition, (command) => compileCommand(scope, command));
}

/** Inside, `break` is allowed. */
function nested(scope: Scope, compile: () => Step): Step {
  scope.nested++;
  const step = compile();
  scope.nested--;
  return step;
}

function assignmentStep(assign: Test, file: string, line: number): Step {
  const signal = (truth: Truth): Signal => (truth === STOP ? STOP : NEXT);
  return (run) => {
    run.file = file;
    run.line = line;
    const truth = assign(run);
    return typeof truth === "number" ? signal(truth) : truth.then(signal);
  };
}

function compileIf(scope: Scope, statement: Of<"if">, isLast: boolean): Step {
  const test = conditionOf(scope, statement.condition);
  const yes = compileBody(scope, statement.then.statements, isLast);
  const otherwise = isLast ? done : nothing;
  const no = statement.else === undefined ? otherwise : compileBody(scope, statement.else.statements, isLast);
  const { file, line } = scope.place(statement.span);
  const decide = (run: Run, truth: Truth): Signal | Promise<Signal> => {
    if (truth === 1) return yes(run);
    if (truth === 0) return no(run);
    if (truth !== -1) return signalOf(truth);
    run.warning("core", "do_action", `error in expression at ${file}:${line}`);
    return no(run);
  };
  return (run) => {
    run.file = file;
    run.line = line;
    const truth = test(run);
    if (truth === 1) return yes(run);
    if (truth === 0) return no(run);
    return typeof truth === "number" ? decide(run, truth) : truth.then((one) => decide(run, one));
  };
}

const ITERATORS: ReadonlySet<string> = new Set(["var", "avp", "json"]);

function compileFor(scope: Scope, statement: Of<"for">, isLast: boolean): Step {
  const { iterator, collection } = statement;
  if (!ITERATORS.has(iterator.name)) {
    scope.problems.error(iterator.span, "invalid iterator in for: only $var, $avp and $json can be one");
  }
  const target = bindVariable(scope, iterator);
  const before = scope.problems.count;
  const source = bindVariable(scope, collection);
  if (collection.index !== "*") {
    scope.problems.warning(
      collection.span,
      "this loop has nothing to go through",
      `write the collection with [*]: $(${bare(collection.text)}[*])`,
    );
  } else if (source.accessor.all === undefined && scope.problems.count === before) {
    scope.problems.error(collection.span, `$${collection.name} cannot be gone through`);
  }
  const body = nested(scope, () => compileBody(scope, statement.body.statements, isLast));
  const items = collection.index === "*" ? source.accessor : { read: () => null };
  const loop = new ForLoop(target.accessor, iterator.name === "json", items, body, isLast);
  const { file, line } = scope.place(statement.span);
  return (run) => {
    run.file = file;
    run.line = line;
    return loop.run(run);
  };
}

/** `$avp(x)` and `$(avp(x))` without what is around the name. */
function bare(text: string): string {
  return text.startsWith("$(") ? text.slice(2, -1) : text.slice(1);
}

function compileSwitch(scope: Scope, statement: Of<"switch">, isLast: boolean): Step {
  const { read } = bindVariable(scope, statement.subject);
  const cases: SwitchCase[] = [];
  const bodies: Step[] = [];
  const add = (statements: readonly Statement[]): void => {
    bodies.push(nested(scope, () => compileBody(scope, statements, isLast)));
  };
  for (const { label, body } of statement.cases) {
    const isNumber = label.kind === "number";
    cases.push({ int: isNumber ? label.value : undefined, text: isNumber ? "" : label.value, start: bodies.length });
    add(body);
  }
  const fallback = bodies.length;
  if (statement.default !== undefined) add(statement.default.statements);
  const compiled = new Switch(read, cases, bodies, fallback, isLast, scope.place(statement.span));
  return (run) => compiled.run(run);
}

/** `return(0)` ends the script; NULL counts as −1, what is no number as 1. */
function compileReturn(scope: Scope, statement: Of<"return">): Step {
  const [first, ...others] = statement.values;
  const code = first === undefined ? undefined : readerOf(scope, first);
  const values = others.map((one) => readerOf(scope, one));
  return (run) => {
    const value = code === undefined ? 1 : code(run);
    const result = value === null ? -1 : (intOf(value) ?? 1);
    if (values.length > 0) run.returned = values.map((read) => read(run));
    else if (run.returned.length > 0) run.returned = [];
    run.rc = result;
    return result === 0 ? stop(run) : RETURN;
  };
}

function readerOf(scope: Scope, value: Of<"return">["values"][number]): (run: Run) => Value {
  if (value.kind === "variable") return bindVariable(scope, value).read;
  const constant = value.kind === "null" ? null : value.value;
  return () => constant;
}
