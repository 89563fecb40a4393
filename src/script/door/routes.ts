// The blocks of one script as the proxy knows them: request routes, and what they arm. A transaction keeps those of the script that it
// began with, also after another script has taken its place.
import type { BranchContext, FailureContext, RelayCode, RelayOptions, RequestContext } from "../../proxy/index.ts";
import { branchFlags } from "../branch-attributes.ts";
import type { ScriptServices } from "../ports.ts";
import { type RouteArming, type Run, TransactionScope } from "../run.ts";
import { LocalRoutes } from "./local.ts";
import type { DoorProgram } from "./program.ts";
import { ReplyRoutes } from "./replies.ts";
import { Runner } from "./runner.ts";

/** One script on one engine. */
export class ScriptRoutes implements RouteArming {
  readonly runner: Runner;
  readonly replies: ReplyRoutes;
  readonly locals: LocalRoutes;
  readonly #onBranch: (branch: BranchContext) => void = (branch) => this.#runBranch(branch);
  readonly #onFailure: (failure: FailureContext) => void | Promise<void> = (failure) => this.#runFailure(failure);

  constructor(program: DoorProgram, services: ScriptServices) {
    this.runner = new Runner(program, services);
    this.replies = new ReplyRoutes(this.runner);
    this.locals = new LocalRoutes(this.runner);
  }

  /** Runs the main route. @returns undefined when it has ended */
  request(context: RequestContext): Promise<unknown> | undefined {
    const { runner } = this;
    const { program } = runner;
    const route = program.route("request", "");
    if (route === undefined) return undefined;
    const scope = new TransactionScope();
    scope.arming = this;
    context.scope = scope;
    if (program.minorBranchFlag !== "") context.onBranch = this.#onBranch;
    const run = runner.fresh("request", "", context.request, scope);
    run.request = context;
    run.source = context.source;
    run.messageId = runner.nextMessage();
    return runner.execute(run, route);
  }

  has(kind: "failure" | "onreply" | "branch", name: string): boolean {
    return this.runner.program.route(kind, name) !== undefined;
  }

  arm({ request, scope }: Run): void {
    if (request === undefined) return;
    const isMinor = this.runner.program.minorBranchFlag !== "";
    request.onBranch = scope.onBranch === "" && !isMinor ? undefined : this.#onBranch;
    request.onReply = scope.onReply === "" ? undefined : this.replies.onReply;
    request.onFailure = scope.onFailure === "" ? undefined : this.#onFailure;
  }

  armBranch({ branch }: Run, route: string): void {
    if (branch !== undefined) branch.onReply = this.replies.ofBranch(route);
  }

  relay(run: Run, context: RequestContext, options: RelayOptions): RelayCode | undefined {
    const { runner } = this;
    const before = runner.current;
    runner.current = run;
    try {
      return context.relay(options);
    } finally {
      runner.current = before;
    }
  }

  #runBranch(branch: BranchContext): void {
    const { runner } = this;
    const { context } = branch;
    const { scope } = context;
    // an ACK goes its way without branch routes
    if (!(scope instanceof TransactionScope) || context.transaction === undefined) return;
    const { minorBranchFlag } = runner.program;
    const route = scope.onBranch === "" ? undefined : runner.program.route("branch", scope.onBranch);
    if (route === undefined && minorBranchFlag === "") return;
    const run = runner.inner("branch", scope.onBranch, context.request, scope);
    run.request = context;
    run.branch = branch;
    run.source = context.source;
    if (route !== undefined) runner.executeNow(run, route);
    if (run.isDropped) branch.drop();
    if (minorBranchFlag !== "" && branchFlags(run)?.has(minorBranchFlag) === true) branch.isMinor = true;
  }

  /** Disarmed before it runs: what fails next needs a `t_on_failure` of its own. */
  #runFailure(failure: FailureContext): void | Promise<void> {
    const { runner } = this;
    const { context } = failure;
    const { scope } = context;
    if (!(scope instanceof TransactionScope)) return undefined;
    const name = scope.onFailure;
    scope.onFailure = "";
    const route = name === "" ? undefined : runner.program.route("failure", name);
    if (route === undefined) return undefined;
    const run = runner.fresh("failure", name, context.request, scope);
    run.request = context;
    run.failure = failure;
    run.source = context.source;
    run.messageId = runner.nextMessage();
    return runner.execute(run, route)?.then(() => undefined);
  }
}
