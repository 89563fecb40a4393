// What the door needs of a compiled script.
import type { Signal } from "../compile/signal.ts";
import type { ScriptServices } from "../ports.ts";
import type { RouteKind } from "../routes.ts";
import type { Run } from "../run.ts";
import type { Value } from "../values.ts";

/** A block, ready to run. It returns a promise only where something in it waits. */
export interface Executable {
  execute(run: Run): Signal | Promise<Signal>;
}

/** A block that runs every so often. */
export interface TimerBlock {
  readonly name: string;
  readonly seconds: number;
  readonly route: Executable;
}

/** A block that runs when an event is raised. */
export interface EventBlock {
  readonly name: string;
  readonly route: Executable;
}

/** A compiled script as the door runs it. */
export interface DoorProgram {
  /** The main request route and blocks without a name are called "". */
  route(kind: RouteKind, name: string): Executable | undefined;
  readonly timers: readonly TimerBlock[];
  readonly events: readonly EventBlock[];
  /** First values of `$var` (`varset`). */
  readonly seeds: ReadonlyMap<string, Value>;
  /** Named reply routes see the AVPs of their transaction (`onreply_avp_mode`). */
  readonly sharesReplyAvps: boolean;
  /** Branches with this flag are not waited for (`minor_branch_flag`); "" for none. */
  readonly minorBranchFlag: string;
  attach(services: ScriptServices): void;
  detach(): void | Promise<void>;
}
