// What a scenario is, beside its SIPp files, routes and script: who takes part, and what the proxy must say meanwhile and afterwards.
import type { ListedDialog, Management } from "../src/testing/index.ts";
import type { Difference } from "./trace.ts";

/** Something that the management interface must say while calls are under way; asked again until it does. */
export interface Moment {
  /** For people: `ringing`, `talking`. */
  readonly name: string;
  /** Dialogs that must be there in this state, one for each call. */
  readonly state: 1 | 2 | 3 | 4 | 5;
  /** Numbers that must stand so at the same time, by their full names; functions of the number of calls. */
  readonly statistics: Readonly<Record<string, (calls: number) => number>>;
  /** Further claims about each of these dialogs. @returns what does not hold */
  readonly check?: (dialog: ListedDialog, run: ScenarioRun) => readonly string[];
}

/** The run a claim is about. */
export interface ScenarioRun {
  readonly calls: number;
  readonly transport: "udp" | "tcp";
  readonly management: Management;
  readonly proxyPort: number;
  readonly callerPort: number;
  readonly calleePorts: readonly number[];
}

/** One scenario. */
export interface Expectation {
  readonly about: string;
  /** Loopback address of everybody; 127.0.0.1 when left out. */
  readonly ip?: string;
  /** Both when left out. */
  readonly transports?: readonly ("udp" | "tcp")[];
  readonly calls: number;
  /** SIPp files of the called side, besides `uas.xml`; each at a port of its own, given to the caller as `[also]`. */
  readonly others?: readonly string[];
  readonly moments: readonly Moment[];
  /** Numbers once all is over. */
  readonly after: Readonly<Record<string, (calls: number) => number>>;
  /** Where the doors may differ; nowhere when left out. */
  readonly differences?: readonly Difference[];
}

/** As many as there are calls. */
export const each = (calls: number): number => calls;
/** None at all. */
export const none = (): number => 0;
