// What this room needs of the machine and of the process; wired in server/, played by objects in tests.
import type { Ms } from "../kit/index.ts";

/** The process as an operator sees it. */
export interface SystemPort {
  /** `x.y.z`. */
  readonly version: string;
  /** What the sources are known by: a commit, or the version. */
  readonly revision: string;
  readonly pid: number;
  readonly argv: readonly string[];
  cwd(): string;
  /** What works in the process, one line each, as process types are named in `ps`: "attendant", "SIP receiver udp:127.0.0.1:5060", "timer". */
  workers(): readonly string[];
  /** Ends the process gracefully, after the answer to the command has left. */
  stop(): void;
  /** What is wrong with the process now; empty when nothing is. */
  ailments(): readonly string[];
}

/** How much the process says: −3 (alert) to 4 (debug). */
export interface LogLevelPort {
  get(): number;
  set(level: number): void;
}

/** Memory in bytes. */
export interface MemoryUsage {
  readonly heapLimit: number;
  readonly heapTotal: number;
  readonly heapUsed: number;
  readonly rss: number;
  readonly maxRss: number;
  /** What the machine, or the container, has in all. */
  readonly machineTotal: number;
}

/** What the runtime measures about itself. */
export interface MeterPort {
  memory(): MemoryUsage;
  /** Time that the event loop has spent working and waiting, both since its start. */
  eventLoop(): { readonly activeMs: Ms; readonly idleMs: Ms };
}
