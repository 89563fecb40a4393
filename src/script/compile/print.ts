// `xlog`, `xdbg`, `log` and `assert`.
import type { Command, Condition } from "../language/ast.ts";
import { parseFormat } from "../language/index.ts";
import type { Run } from "../run.ts";
import { stop } from "./calls.ts";
import type { Scope } from "./scope.ts";
import { NEXT, type Step, type Test, type Truth } from "./signal.ts";
import { bindFormat, bindText } from "./variables.ts";

type Of<K extends Command["kind"]> = Extract<Command, { readonly kind: K }>;

/** The third character of a level word decides. */
const LEVELS: Readonly<Record<string, number>> = { A: -3, C: -2, E: -1, W: 1, N: 2, I: 3, D: 4 };
const DEBUG = 4;

function levelOf(word: string): number | undefined {
  return LEVELS[word.charAt(2)];
}

/** Compiles `xlog` and `xdbg`. A line that the level hides is not put together. */
export function compileXlog(scope: Scope, command: Of<"xlog">): Step {
  const { globals, problems } = scope.shared;
  const { format, problems: faults } = parseFormat(command.message.value, command.message.span);
  for (const problem of faults) problems.take(problem);
  const { expand } = bindFormat(scope, format, globals.xlogBufferSize);
  const { file, line } = scope.place(command.span);
  const level = compileLevel(scope, command);
  if (typeof level === "number") {
    return (run) => {
      run.file = file;
      run.line = line;
      const log = run.services.scriptLog;
      if (level <= log.getLevel("xlog")) log.print(level, expand(run));
      run.rc = 1;
      return NEXT;
    };
  }
  return (run) => {
    run.file = file;
    run.line = line;
    const word = level(run);
    const value = levelOf(word);
    if (value === undefined) {
      run.error("xlog", "xlog_2", `unknown log level <${word}>`);
      run.rc = -1;
      return NEXT;
    }
    const log = run.services.scriptLog;
    if (value <= log.getLevel("xlog")) log.print(value, expand(run));
    run.rc = 1;
    return NEXT;
  };
}

function compileLevel(scope: Scope, command: Of<"xlog">): number | ((run: Run) => string) {
  if (command.name === "xdbg") return DEBUG;
  if (command.level === undefined) return scope.shared.globals.xlogPrintLevel;
  const text = bindText(scope, command.level.value, command.level.span);
  if (text.literal === undefined) return text.expand;
  const level = levelOf(text.literal);
  if (level !== undefined) return level;
  scope.problems.error(
    command.level.span,
    `unknown log level <${text.literal}>`,
    "L_ALERT, L_CRIT, L_ERR, L_WARN, L_NOTICE, L_INFO or L_DBG",
  );
  return DEBUG;
}

/** Compiles `log`, whose text is literal. */
export function compileLog(scope: Scope, command: Of<"log">): Step {
  const level = command.level?.value ?? DEBUG;
  const text = command.message.value;
  const { file, line } = scope.place(command.span);
  return (run) => {
    run.file = file;
    run.line = line;
    run.services.scriptLog.printCore(level, text);
    run.rc = 1;
    return NEXT;
  };
}

/** Compiles `assert`: checked, and run only where `enable_asserts` is set. */
export function compileAssert(scope: Scope, command: Of<"assert">, condition: (condition: Condition) => Test): Step {
  const test = condition(command.condition);
  const where = scope.where(command.span);
  const { file, line } = scope.place(command.span);
  const text = command.message === undefined ? "" : `: ${command.message.value}`;
  if (!scope.shared.globals.assertsEnabled) return () => NEXT;
  const decide = (run: Run, truth: Truth): ReturnType<Step> => {
    if (truth === 1) {
      run.rc = 1;
      return NEXT;
    }
    if (truth >= 2) return stop(run);
    run.services.scriptLog.line(-2, "core", "do_action", `ASSERT FAILED at ${where}${text}`);
    return stop(run);
  };
  return (run) => {
    run.file = file;
    run.line = line;
    const truth = test(run);
    return typeof truth === "number" ? decide(run, truth) : truth.then((one) => decide(run, one));
  };
}
