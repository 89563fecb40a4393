// `async` and `launch`: functions that take their time, and the routes that go on when they are done (script-language 5.9).
import { Timer, type TimerOwner } from "../../kit/index.ts";
import type { Command } from "../language/ast.ts";
import type { Action } from "../module.ts";
import { Run, TransactionScope } from "../run.ts";
import type { Value } from "../values.ts";
import { compileCall, stop } from "./calls.ts";
import { dummyRequest } from "./dummy.ts";
import { callNamed, compileRouteName, enter, type RouteName } from "./route-calls.ts";
import type { Scope } from "./scope.ts";
import { NEXT, type Step } from "./signal.ts";
import type { CompiledRoute, RouteTable } from "./table.ts";
import { bindText } from "./variables.ts";

type Of<K extends Command["kind"]> = Extract<Command, { readonly kind: K }>;

/** What the function's result counts as when it did not come in time. */
const TIMED_OUT = -2;

/** Compiles `async`: the resume route goes on with the same message, and nothing of this block comes after it. */
export function compileAsync(scope: Scope, command: Of<"async">): Step {
  const action = compileCall(scope, command.call, true);
  const resume = compileResume(scope, command.resume);
  const timeoutMs = (command.timeout?.value ?? 0) * 1000;
  const { file, line } = scope.place(command.span);
  const waits = scope.kind === "request" || scope.kind === "onreply";
  return (run) => {
    run.file = file;
    run.line = line;
    if (!waits) run.warning("core", "do_action", `async detected in non-request or reply route (${file}:${line})`);
    const outcome = action(run);
    if (typeof outcome === "number") return goOn(run, outcome, resume);
    if (!run.mayWait) {
      outcome.catch((error: unknown) => broken(run, error));
      run.error("core", "do_action", `async at ${file}:${line} cannot wait in this block`);
      return goOn(run, -1, resume);
    }
    const inTime = timeoutMs > 0 ? limited(run, outcome, timeoutMs) : outcome;
    return inTime.catch((error: unknown) => broken(run, error)).then((code) => goOn(run, code, resume));
  };
}

/** Compiles `launch`: the job runs beside the script, its resume route on a request of nobody. */
export function compileLaunch(scope: Scope, command: Of<"launch">): Step {
  const action = compileCall(scope, command.call, true);
  const resume = command.resume === undefined ? undefined : compileResume(scope, command.resume);
  const text = command.parameter === undefined ? undefined : bindText(scope, command.parameter.value, command.parameter.span).expand;
  const { file, line } = scope.place(command.span);
  return (run) => {
    run.file = file;
    run.line = line;
    // the string is expanded now: the message is gone when the job is done
    const parameters: readonly Value[] = text === undefined ? [] : [text(run)];
    const outcome = action(run);
    run.rc = 1;
    const done = (code: number): void | Promise<void> => {
      if (resume !== undefined) return finish(run, code, resume, parameters);
    };
    // also what is done at once is told after the statements that follow
    const job = typeof outcome === "number" ? Promise.resolve(outcome) : outcome;
    job
      .catch((error: unknown) => broken(run, error))
      .then(done)
      .catch((error: unknown) => broken(run, error));
    return NEXT;
  };
}

/** A route to go on with. */
interface Resume {
  readonly routes: RouteTable;
  readonly name: RouteName;
  route: CompiledRoute | undefined;
}

function compileResume(scope: Scope, target: Of<"async">["resume"]): Resume {
  const name = compileRouteName(scope, target);
  const { routes } = scope.shared;
  if (name.name !== undefined) routes.want("request", name.name, target.span, `resume route [${name.name}] is not defined`);
  return { routes, name, route: undefined };
}

function enterResume(run: Run, { routes, name, route }: Resume, parameters: readonly Value[]): ReturnType<Action> {
  const known = route ?? (name.name === undefined ? undefined : routes.find("request", name.name));
  if (known !== undefined) return enter(known, run, parameters);
  return callNamed(routes, name.name ?? name.find(run), run, parameters);
}

/** Runs the resume route; then the block is over. */
function goOn(run: Run, code: number, resume: Resume): ReturnType<Step> {
  run.rc = code;
  const outcome = enterResume(run, resume, []);
  return typeof outcome === "number" ? stop(run) : outcome.then(() => stop(run));
}

/** The resume route of a launched job: no transaction and no dialog, but the `$var`s that the job wrote. */
async function finish(launcher: Run, code: number, resume: Resume, parameters: readonly Value[]): Promise<void> {
  const run = new Run(launcher.services, "request", "", dummyRequest(), new TransactionScope());
  run.vars = launcher.vars;
  run.documents = launcher.documents;
  run.rc = code;
  await enterResume(run, resume, parameters);
}

function broken(run: Run, error: unknown): number {
  run.services.log.error({ err: error }, "a job of a script broke");
  return -1;
}

/** What an outcome comes to within a time, else −2. A result that is late is dropped. */
function limited(run: Run, outcome: Promise<number>, afterMs: number): Promise<number> {
  const { timers } = run.services;
  return new Promise((resolve, reject) => {
    const owner: TimerOwner = {
      onTimer: () => {
        run.error("core", "do_action", `async at ${run.file}:${run.line} timed out`);
        resolve(TIMED_OUT);
      },
    };
    const timer = new Timer(owner, 0);
    timers.arm(timer, afterMs);
    outcome.then(
      (code) => {
        timers.disarm(timer);
        resolve(code);
      },
      (error: unknown) => {
        timers.disarm(timer);
        reject(error);
      },
    );
  });
}
