// The script door: every request, reply and failure of the engine runs the block of the script that is for it (script-language 4).
import type { RequestContext, RequestRouter } from "../../proxy/index.ts";
import type { ScriptServices } from "../ports.ts";
import { runErrorRoute } from "./errors.ts";
import { Jobs } from "./jobs.ts";
import type { DoorProgram } from "./program.ts";
import { ScriptRoutes } from "./routes.ts";

/** Runs a compiled script on one engine. */
export class ScriptDoor implements RequestRouter {
  readonly door = "script";
  readonly wantsCancel = true;
  readonly #services: ScriptServices;
  #program: DoorProgram;
  #routes: ScriptRoutes;
  #jobs: Jobs;
  /** Request routes that wait. */
  readonly #waiting = new Set<Promise<unknown>>();

  constructor(program: DoorProgram, services: ScriptServices) {
    this.#services = services;
    this.#program = program;
    this.#routes = new ScriptRoutes(program, services);
    this.#jobs = new Jobs(this.#routes.runner);
  }

  /** Attaches the modules, runs the startup route to its end, and starts timers and event routes. */
  async start(): Promise<void> {
    this.#program.attach(this.#services);
    this.#install();
    await this.#jobs.startup();
    this.#jobs.start();
  }

  /**
   * Puts another script in place of the one that runs, with the same modules: later messages run it, what is under way finishes with the
   * old one. Timers and event routes start anew; the startup route does not run again.
   */
  replace(program: DoorProgram): void {
    this.#jobs.stop();
    this.#program = program;
    this.#routes = new ScriptRoutes(program, this.#services);
    this.#jobs = new Jobs(this.#routes.runner);
    this.#install();
    this.#jobs.start();
  }

  /** Stops timers and event routes and lets the modules go. */
  async stop(): Promise<void> {
    const { transactions, proxy } = this.#services;
    this.#jobs.stop();
    transactions.replyGate = undefined;
    transactions.localEditor = undefined;
    proxy.onMalformed = undefined;
    await this.#program.detach();
  }

  /** Resolves when no request route waits any more. */
  async settled(): Promise<void> {
    while (this.#waiting.size > 0) await Promise.allSettled(this.#waiting);
  }

  /** Every request that is no retransmission; CANCELs that match and ACKs of 2xx too. A script that decides nothing sends nothing (TM-19). */
  route(context: RequestContext): void | Promise<void> {
    const waits = this.#routes.request(context);
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

  /** Only what the script has a block for costs anything. */
  #install(): void {
    const { transactions, proxy } = this.#services;
    const { replies, locals, runner } = this.#routes;
    transactions.replyGate = replies.hasGlobal ? replies : undefined;
    transactions.localEditor = this.#program.route("local", "") === undefined ? undefined : locals;
    proxy.onMalformed = this.#program.route("error", "") === undefined ? undefined : (bad) => runErrorRoute(runner, bad);
  }
}
