// Blocks that no message starts: startup, timers, events, routes of dialogs. They run on the dummy message.
import type { Dialog } from "../../dialog/index.ts";
import { Timer, type TimerOwner } from "../../kit/index.ts";
import { dummyRequest } from "../compile/dummy.ts";
import type { RouteKind } from "../routes.ts";
import { type Run, TransactionScope } from "../run.ts";
import type { TimerBlock } from "./program.ts";
import type { Runner } from "./runner.ts";

/** The jobs of one script. */
export class Jobs {
  readonly #runner: Runner;
  readonly #timers: TimerJob[] = [];
  readonly #listening: (() => void)[] = [];

  constructor(runner: Runner) {
    this.#runner = runner;
  }

  /** Runs the startup route to its end. */
  async startup(): Promise<void> {
    const route = this.#runner.program.route("startup", "");
    if (route === undefined) return;
    await this.#runner.execute(this.#run("startup", ""), route);
  }

  /** Timers and events, from now on. */
  start(): void {
    const runner = this.#runner;
    const { program, services } = runner;
    services.dialogs.runRoute = (name, dialog) => this.#ofDialog(name, dialog);
    for (const block of program.timers) {
      if (block.seconds > 0) this.#timers.push(new TimerJob(runner, block, () => this.#run("timer", block.name)));
    }
    for (const { name, route } of program.events) {
      const stop = services.events.listen(name, (parameters) => {
        const run = this.#run("event", name);
        run.event = parameters;
        const waits = runner.execute(run, route);
        if (waits !== undefined) runner.detached(run, waits);
      });
      this.#listening.push(stop);
    }
  }

  stop(): void {
    for (const timer of this.#timers) timer.stop();
    for (const stop of this.#listening) stop();
    this.#timers.length = 0;
    this.#listening.length = 0;
    this.#runner.services.dialogs.runRoute = undefined;
  }

  /** `dlg_on_answer` and its kin. */
  #ofDialog(name: string, dialog: Dialog): void {
    const runner = this.#runner;
    const route = runner.program.route("request", name);
    if (route === undefined) {
      runner.services.scriptLog.line(-1, "dialog", "run_dlg_script_route", `route <${name}> does not exist`);
      return;
    }
    const run = this.#run("request", name);
    run.loadedDialog = dialog;
    const waits = runner.execute(run, route);
    if (waits !== undefined) runner.detached(run, waits);
  }

  #run(kind: RouteKind, name: string): Run {
    const run = this.#runner.fresh(kind, name, dummyRequest(), new TransactionScope());
    run.messageId = this.#runner.nextMessage();
    return run;
  }
}

/** A timer route. While one run of it waits, its next turns are left out. */
class TimerJob implements TimerOwner {
  readonly #runner: Runner;
  readonly #block: TimerBlock;
  readonly #make: () => Run;
  readonly #timer: Timer = new Timer(this, 0);
  #isWaiting = false;

  constructor(runner: Runner, block: TimerBlock, make: () => Run) {
    this.#runner = runner;
    this.#block = block;
    this.#make = make;
    this.#arm();
  }

  onTimer(): void {
    this.#arm();
    const { name, route } = this.#block;
    if (this.#isWaiting) {
      this.#runner.services.scriptLog.line(1, "core", "timer_ticker", `timer task <${name}> already scheduled, skipping it`);
      return;
    }
    const run = this.#make();
    const waits = this.#runner.execute(run, route);
    if (waits === undefined) return;
    this.#isWaiting = true;
    const done = (): void => {
      this.#isWaiting = false;
    };
    waits.then(done, done);
    this.#runner.detached(run, waits);
  }

  stop(): void {
    this.#runner.services.timers.disarm(this.#timer);
  }

  #arm(): void {
    this.#runner.services.timers.arm(this.#timer, this.#block.seconds * 1000);
  }
}
