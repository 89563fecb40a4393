// The raw figures of all parts in results.json, so that parts measured at different times stand on one page.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "./machine.ts";
import type { CpuRun } from "./parts/cpu.ts";
import type { LatencyRun } from "./parts/latency.ts";
import type { MemoryRun } from "./parts/memory.ts";
import type { ProgramRun } from "./parts/programs.ts";
import type { RateRun, RateStep } from "./parts/rate.ts";
import type { SoakRun } from "./parts/soak.ts";

/** One part with where and when it was measured. */
export interface Measured<T> {
  readonly at: string;
  readonly command: string;
  readonly machine: Machine;
  readonly runs: readonly T[];
}

/** Everything that has been measured so far. */
export interface Results {
  readonly cpu?: Measured<CpuRun>;
  /** Of Dialoom with its calls in memory and in databases, measured in turn. */
  readonly storedCpu?: Measured<CpuRun>;
  readonly rate?: Measured<RateRun> & { readonly generator: RateStep };
  readonly memory?: Measured<MemoryRun>;
  readonly latency?: Measured<LatencyRun>;
  readonly soak?: Measured<SoakRun>;
  readonly micro?: Measured<ProgramRun>;
  readonly stores?: Measured<ProgramRun>;
}

const FILE = join(import.meta.dirname, "results.json");

/** What earlier runs left; nothing when there is no file yet. */
export function readResults(): Results {
  try {
    return JSON.parse(readFileSync(FILE, "utf8")) as Results;
  } catch {
    return {};
  }
}

/** Writes the raw figures, and the page made from them. */
export function writeResults(results: Results, page: string): void {
  writeFileSync(FILE, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(join(import.meta.dirname, "results.md"), page);
}
