// `script_trace`: a line for each statement, from the call that turns it on to the one that turns it off, or to the end of the block.
import type { Statement } from "../language/ast.ts";
import { positionOf } from "../language/index.ts";
import type { Run } from "../run.ts";
import type { Names } from "./names.ts";
import type { Shared } from "./scope.ts";

/** Puts the line in front of a statement, or of a command in a condition; nothing in scripts that never call `script_trace`. */
export function scriptTraced<R>({ names, hasScriptTrace }: Shared, statement: Statement, step: (run: Run) => R): (run: Run) => R {
  if (!hasScriptTrace) return step;
  const at = `[line ${positionOf(statement.span).line}]`;
  const what = `[${labelOf(names, statement)}]`;
  return (run) => {
    if (run.trace !== undefined) write(run, at, what);
    return step(run);
  };
}

function write(run: Run, at: string, what: string): void {
  const { trace, services } = run;
  const log = services.scriptLog;
  if (trace === undefined || trace.level > log.getLevel("log")) return;
  const info = trace.info === "" ? "" : `[${trace.info}]`;
  log.printCore(trace.level, `${at}${info}${what} -> (${trace.text(run) ?? ""})\n`);
}

/** As the reference has it: whose the action is, and its name. */
function labelOf(names: Names, statement: Statement): string {
  if (statement.kind === "assignment") return "assign equal";
  if (statement.kind === "routeCall") return "core route";
  if (statement.kind !== "call") return `core ${statement.kind}`;
  const isOfModule = (names.functions.get(statement.name)?.module ?? "") !== "";
  return `${isOfModule ? "module" : "core"} ${statement.name}`;
}
