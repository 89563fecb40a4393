// The script door: every request, reply and failure of the engine runs the block of the script that is for it (script-language 4).
import type { BranchContext, FailureContext, RelayCode, RelayOptions, RequestContext, RequestRouter } from "../../proxy/index.ts";
import { branchFlags } from "../branch-attributes.ts";
import type { ScriptServices } from "../ports.ts";
import { type RouteArming, type Run, TransactionScope } from "../run.ts";
import { runErrorRoute } from "./errors.ts";
import { Jobs } from "./jobs.ts";
import { LocalRoutes } from "./local.ts";
import type { DoorProgram } from "./program.ts";
import { ReplyRoutes } from "./replies.ts";
import { Runner } from "./runner.ts";

/** Runs one compiled script on one engine. */
export class ScriptDoor implements RequestRouter, RouteArming {
  readonly door = "script";
  readonly wantsCancel = true;
  readonly #runner: Runner;
  readonly #replies: ReplyRoutes;
  readonly #jobs: Jobs;
  /** Request routes that wait. */
  readonly #waiting = new Set<Promise<unknown>>();
  readonly #onBranch: (branch: BranchContext) => void = (branch) => this.#runBranch(branch);
  readonly #onFailure: (failure: FailureContext) => void | Promise<void> = (failure) => this.#runFailure(failure);

  constructor(program: DoorProgram, services: ScriptServices) {
    const runner = new Runner(program, services);
    this.#runner = runner;
    this.#replies = new ReplyRoutes(runner);
    this.#jobs = new Jobs(runner);
  }

  /** Attaches the modules, runs the startup route to its end, and starts timers and event routes. */
  async start(): Promise<void> {
    const { program, services } = this.#runner;
    const { transactions, proxy } = services;
    program.attach(services);
    if (this.#replies.hasGlobal) transactions.replyGate = this.#replies;
    if (program.route("local", "") !== undefined) transactions.localEditor = new LocalRoutes(this.#runner);
    if (program.route("error", "") !== undefined) proxy.onMalformed = (bad) => runErrorRoute(this.#runner, bad);
    await this.#jobs.startup();
    this.#jobs.start();
  }

  /** Stops timers and event routes and lets the modules go. Requests that still come find no route. */
  async stop(): Promise<void> {
    const { program, services } = this.#runner;
    this.#jobs.stop();
    services.transactions.replyGate = undefined;
    services.transactions.localEditor = undefined;
    services.proxy.onMalformed = undefined;
    await program.detach();
  }

  /** Resolves when no request route waits any more. */
  async settled(): Promise<void> {
    while (this.#waiting.size > 0) await Promise.allSettled(this.#waiting);
  }

  /** Every request that is no retransmission; CANCELs that match and ACKs of 2xx too. A script that decides nothing sends nothing (TM-19). */
  route(context: RequestContext): void | Promise<void> {
    const runner = this.#runner;
    const route = runner.program.route("request", "");
    if (route === undefined) return undefined;
    const scope = new TransactionScope();
    scope.arming = this;
    context.scope = scope;
    if (runner.minorBranchFlag !== "") context.onBranch = this.#onBranch;
    const run = runner.fresh("request", "", context.request, scope);
    run.request = context;
    run.source = context.source;
    run.messageId = runner.nextMessage();
    const waits = runner.execute(run, route);
    if (waits === undefined) return undefined;
    this.#waiting.add(waits);
    const done = (): void => {
      this.#waiting.delete(waits);
    };
    return waits.then(done, (error: unknown) => {
      done();
      throw error;
    });
  }

  // ── armed routes ─────────────────────────────────────────────────────────────────────────────────────────────────

  arm({ request, scope }: Run): void {
    if (request === undefined) return;
    const isMinor = this.#runner.minorBranchFlag !== "";
    request.onBranch = scope.onBranch === "" && !isMinor ? undefined : this.#onBranch;
    request.onReply = scope.onReply === "" ? undefined : this.#replies.onReply;
    request.onFailure = scope.onFailure === "" ? undefined : this.#onFailure;
  }

  armBranch({ branch }: Run, route: string): void {
    if (branch !== undefined) branch.onReply = this.#replies.ofBranch(route);
  }

  relay(run: Run, context: RequestContext, options: RelayOptions): RelayCode | undefined {
    const runner = this.#runner;
    const before = runner.current;
    runner.current = run;
    try {
      return context.relay(options);
    } finally {
      runner.current = before;
    }
  }

  #runBranch(branch: BranchContext): void {
    const runner = this.#runner;
    const { context } = branch;
    const { scope } = context;
    if (!(scope instanceof TransactionScope)) return;
    const { minorBranchFlag } = runner;
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
    const runner = this.#runner;
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
