// Many calls through one engine, of all kinds and with all ends, and the proof that they leave nothing behind: at every rest all tables,
// timers and memberships are empty (`checkAtRest`), and the memory is that of the beginning.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type SimulationReport, simulate } from "./run.ts";

/** What to soak. */
export interface SoakOptions {
  readonly seed: number;
  readonly calls: number;
  readonly onProgress?: (done: number) => void;
}

/** Memory at rest, after a collection of garbage. */
export interface MemoryLevel {
  /** Calls so far. */
  readonly calls: number;
  /** Objects. */
  readonly heap: number;
  /** Buffers outside of the heap: the rings. */
  readonly buffers: number;
}

/** What came of it. */
export interface SoakReport {
  readonly simulation: SimulationReport;
  /** Before the first call that counts, and then at equal distances. */
  readonly levels: readonly MemoryLevel[];
  /** Growth from the first level to the last, per call between them. */
  readonly heapPerCall: number;
  readonly buffersPerCall: number;
  /** What did not hold; empty when all is well. */
  readonly failures: readonly string[];
}

/** Calls before the first look: code is compiled, tables have the size that they keep, rings are full. */
const WARM_UP_SHARE = 0.1;
const LEAST_WARM_UP = 3000;
const LOOKS = 20;
/** What a run may grow by whatever its length: code that is compiled late, and what the runtime keeps for itself. */
const NOISE_BYTES = 768 * 1024;
/** What a call may leave behind: less than the smallest object has. */
const BYTES_PER_CALL = 2;

/** Runs a soak to its end. */
export async function soak({ seed, calls, onProgress }: SoakOptions): Promise<SoakReport> {
  const collect = collector();
  const warmUp = Math.max(LEAST_WARM_UP, Math.floor(calls * WARM_UP_SHARE));
  const levels: MemoryLevel[] = [];
  let nextLook = warmUp;
  const simulation = await simulate({
    seed,
    calls: warmUp + calls,
    transports: "mixed",
    ...(onProgress === undefined ? {} : { onProgress }),
    onRest: (_world, done) => {
      const isLast = done >= warmUp + calls;
      if (done < nextLook && !isLast) return [];
      nextLook += Math.ceil(calls / LOOKS);
      levels.push(look(done, collect));
      return [];
    },
  });
  const first = levels[0];
  const last = levels.at(-1);
  const failures = simulation.problems.map(({ text }) => text);
  const between = first === undefined || last === undefined ? 0 : last.calls - first.calls;
  const heap = first === undefined || last === undefined ? 0 : last.heap - first.heap;
  const buffers = first === undefined || last === undefined ? 0 : last.buffers - first.buffers;
  if (failures.length === 0) {
    const allowed = NOISE_BYTES + between * BYTES_PER_CALL;
    if (heap > allowed) failures.push(`the heap has grown by ${heap} bytes over ${between} calls`);
    if (buffers > allowed) failures.push(`buffers have grown by ${buffers} bytes over ${between} calls`);
    for (const kind of simulation.ends.missing) failures.push(`no call has ended like this: ${kind}`);
  }
  return { simulation, levels, heapPerCall: heap / Math.max(1, between), buffersPerCall: buffers / Math.max(1, between), failures };
}

/** A report for people. */
export function describe({ simulation, levels, heapPerCall, buffersPerCall, failures }: SoakReport): string {
  const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(2);
  const ends = [...simulation.ends.counts].sort((a, b) => b[1] - a[1]).map(([kind, count]) => `  ${String(count).padStart(8)}  ${kind}`);
  return [
    `seed ${simulation.seed}: ${simulation.calls} calls, ${simulation.packets} packets, ${simulation.checks} rules checked`,
    "at rest, after a collection of garbage:",
    ...levels.map(
      ({ calls, heap, buffers }) => `  ${String(calls).padStart(8)} calls  heap ${megabytes(heap)} MB  buffers ${megabytes(buffers)} MB`,
    ),
    `growth per call: heap ${heapPerCall.toFixed(2)} bytes, buffers ${buffersPerCall.toFixed(2)} bytes`,
    "calls ended by:",
    ...ends,
    failures.length === 0 ? "nothing was left behind" : `FAILED:\n${failures.map((text) => `  ${text}`).join("\n")}`,
  ].join("\n");
}

function look(calls: number, collect: () => void): MemoryLevel {
  // the second one takes what the first one has only finalised
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { calls, heap: heapUsed, buffers: arrayBuffers };
}

/** The collector of garbage, which the runtime only lends on request. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  const found: unknown = runInNewContext("gc");
  if (typeof found !== "function") throw new TypeError("there is no collector to call");
  return () => {
    found();
  };
}
