// Executes blocks, one inside the other: who runs now is who a branch route or local route inherits its variables from (decision 9).
import type { SipMessage } from "../../sip/index.ts";
import type { ScriptServices } from "../ports.ts";
import type { RouteKind } from "../routes.ts";
import { Run, type TransactionScope } from "../run.ts";
import type { DoorProgram, Executable } from "./program.ts";

/** Runs the blocks of one script. */
export class Runner {
  readonly program: DoorProgram;
  readonly services: ScriptServices;
  /** The innermost block under way in this turn; undefined between blocks. */
  current: Run | undefined = undefined;
  #messages = 0;

  constructor(program: DoorProgram, services: ScriptServices) {
    this.program = program;
    this.services = services;
  }

  /** A number for each message that arrives (`$mi`). */
  nextMessage(): number {
    this.#messages = this.#messages === 0x7fffffff ? 1 : this.#messages + 1;
    return this.#messages;
  }

  /** A block with variables of its own. */
  fresh(kind: RouteKind, name: string, message: SipMessage, scope: TransactionScope): Run {
    const run = new Run(this.services, kind, name, message, scope);
    const { seeds } = this.program;
    if (seeds.size > 0) for (const [variable, value] of seeds) run.vars.set(variable, value);
    return run;
  }

  /** A block that runs inside another if there is one under way, and then shares its variables. It cannot wait. */
  inner(kind: RouteKind, name: string, message: SipMessage, scope: TransactionScope): Run {
    const { current } = this;
    const run = current === undefined ? this.fresh(kind, name, message, scope) : new Run(this.services, kind, name, message, scope);
    if (current !== undefined) {
      run.vars = current.vars;
      run.documents = current.documents;
      run.messageId = current.messageId;
    }
    run.mayWait = false;
    return run;
  }

  /** Executes a block. @returns undefined when it has ended, else a promise of its end */
  execute(run: Run, route: Executable): Promise<unknown> | undefined {
    const before = this.current;
    this.current = run;
    try {
      const signal = route.execute(run);
      return typeof signal === "number" ? undefined : signal;
    } finally {
      this.current = before;
    }
  }

  /** Executes a block that cannot wait. Functions in it know that; should one wait all the same, what is left of the block runs later. */
  executeNow(run: Run, route: Executable): void {
    const waits = this.execute(run, route);
    if (waits === undefined) return;
    run.error("core", "run_top_route", `a ${run.kind} route cannot wait: what follows in it comes too late`);
    this.detached(run, waits);
  }

  /** Lets a block go on by itself; what it throws is logged. */
  detached(run: Run, waits: Promise<unknown>): void {
    waits.catch((error: unknown) => {
      this.services.log.error({ err: error, route: run.frame.name, kind: run.kind }, "a route threw");
    });
  }
}
