// The numbers of the process itself, under the names that monitoring tools of OpenSIPS read: groups core, load, shmem, pkmem.
import type { Clock, Ms, Statistics } from "../kit/index.ts";
import type { LoadMeter } from "./load-meter.ts";
import type { MemoryUsage, MeterPort, SystemPort } from "./ports.ts";

/** Counters of group core that have to exist as keys even in an engine that never counts them. */
const CORE = [
  "rcv_requests",
  "rcv_replies",
  "fwd_requests",
  "fwd_replies",
  "drop_requests",
  "drop_replies",
  "err_requests",
  "err_replies",
  "bad_URIs_rcvd",
  "unsupported_methods",
  "bad_msg_hdr",
  "slow_messages",
] as const;

/** Memory is read once for all the numbers that one command asks for. */
const MEMORY_FRESH_MS = 50;

export interface SystemStatisticsDeps {
  readonly statistics: Statistics;
  readonly clock: Clock;
  readonly meter: MeterPort;
  readonly load: LoadMeter;
  readonly system: Pick<SystemPort, "workers">;
}

/** Registers them. Call it after the listeners exist: load has a number for each worker. */
export function registerSystemStatistics({ statistics, clock, meter, load, system }: SystemStatisticsDeps): void {
  const startedAt = clock.monotonic();
  for (const name of CORE) statistics.counter("core", name);
  statistics.gauge("core", "timestamp", () => (clock.monotonic() - startedAt) / 1000);

  // One loop carries all workers: each is as busy as the whole.
  const periods = [
    ["load", 1],
    ["load1m", 60],
    ["load10m", 600],
  ] as const;
  for (const suffix of ["", "-all"]) {
    for (const [name, seconds] of periods) statistics.gauge("load", `${name}${suffix}`, () => load.percent(seconds));
  }
  statistics.gauge("load", "processes_number", () => system.workers().length);
  for (const id of system.workers().keys()) {
    for (const [name, seconds] of periods) statistics.gauge("load", `${name}-proc-${id}`, () => load.percent(seconds));
  }

  const memory = freshMemory(clock, meter);
  let peak = 0;
  const used = (): number => {
    const { heapUsed } = memory();
    peak = Math.max(peak, heapUsed);
    return heapUsed;
  };
  statistics.gauge("shmem", "total_size", () => memory().heapLimit);
  statistics.gauge("shmem", "used_size", used);
  statistics.gauge("shmem", "real_used_size", () => memory().heapTotal);
  statistics.gauge("shmem", "max_used_size", () => Math.max(used(), peak));
  statistics.gauge("shmem", "free_size", () => memory().heapLimit - memory().heapUsed);
  statistics.gauge("shmem", "fragments", () => 0);

  statistics.gauge("pkmem", "1-total_size", () => memory().machineTotal);
  statistics.gauge("pkmem", "1-used_size", () => memory().rss);
  statistics.gauge("pkmem", "1-real_used_size", () => memory().rss);
  statistics.gauge("pkmem", "1-max_used_size", () => Math.max(memory().maxRss, memory().rss));
  statistics.gauge("pkmem", "1-free_size", () => memory().machineTotal - memory().rss);
  statistics.gauge("pkmem", "1-fragments", () => 0);
}

function freshMemory(clock: Clock, meter: MeterPort): () => MemoryUsage {
  let readAt: Ms = Number.NEGATIVE_INFINITY;
  let usage = meter.memory();
  return () => {
    const now = clock.monotonic();
    if (now - readAt > MEMORY_FRESH_MS) {
      usage = meter.memory();
      readAt = now;
    }
    return usage;
  };
}
