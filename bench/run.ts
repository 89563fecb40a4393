// npm run bench: measures Dialoom beside Kamailio and writes the results page. See options.ts for the arguments.
// Everything happens on 127.0.0.1 and on ports that were free; only processes started here are ended.

import { killChildren } from "./child.ts";
import { databaseMissing } from "./databases.ts";
import { describeMachine, missingPrograms } from "./machine.ts";
import { type BenchOptions, fewerRuns, OWN_PARTS, type Part, proxiesOf, readOptions } from "./options.ts";
import { programText, renderPage, summary } from "./page.ts";
import { databaseSummary } from "./page-databases.ts";
import { type CpuRun, measureCpu } from "./parts/cpu.ts";
import { type LatencyRun, measureLatency } from "./parts/latency.ts";
import { type MemoryRun, measureMemory } from "./parts/memory.ts";
import { measureMicro, measureStores, type ProgramRun } from "./parts/programs.ts";
import { measureGenerator, measureRate, type RateRun } from "./parts/rate.ts";
import { measureSoak, type SoakRun } from "./parts/soak.ts";
import { DATABASE_OF, type ProxyName } from "./proxies.ts";
import { type Measured, type Results, readResults, writeResults } from "./store.ts";
import { figure, kilobytes } from "./table.ts";

const options = readOptions(process.argv.slice(2));
if (typeof options === "string") {
  console.error(options);
  process.exit(2);
}
process.on("exit", killChildren);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));
await bench(options);

async function bench(chosen: BenchOptions): Promise<void> {
  const missing = missingPrograms(chosen.proxies.some((proxy) => proxy.startsWith("kamailio")));
  if (missing.length > 0 && chosen.parts.some((part) => !OWN_PARTS.includes(part))) {
    console.error(`Not installed: ${missing.join(", ")}. On Debian: apt-get install sip-tester kamailio`);
    process.exit(2);
  }
  for (const proxy of new Set(chosen.parts.flatMap((part) => proxiesOf(part, chosen)))) {
    const kind = DATABASE_OF[proxy];
    const problem = kind === undefined ? undefined : databaseMissing(kind);
    if (problem === undefined) continue;
    console.error(problem);
    process.exit(2);
  }
  let results: Results = {};
  for (const part of chosen.parts) results = { ...results, ...(await measure(part, chosen)) };
  for (const figures of [summary(results), databaseSummary(results)]) if (figures !== "") console.log(`\n${figures}`);
  if (!chosen.writes) return;
  const all = { ...readResults(), ...results };
  writeResults(all, renderPage(all));
  console.log("\nWritten to bench/results.md");
}

async function measure(part: Part, chosen: BenchOptions): Promise<Results> {
  const { isQuick, runs } = chosen;
  const proxies = proxiesOf(part, chosen);
  const few = fewerRuns(runs);
  switch (part) {
    case "cpu": {
      const found = await alternate(runs, proxies, (proxy) => measureCpu(proxy, isQuick ? 5 : 15, isQuick ? 8 : 20), tellCpu);
      const isStored = ({ proxy }: CpuRun): boolean => DATABASE_OF[proxy] !== undefined;
      const others = found.filter((run) => !isStored(run));
      const stored = found.filter((run) => isStored(run) || run.proxy === "dialoom");
      return {
        // who is measured beside databases alone says nothing new about the others
        ...(found.some(isStored) && others.every((run) => run.proxy === "dialoom") ? {} : { cpu: measured(part, others) }),
        ...(found.some(isStored) ? { storedCpu: measured(part, stored) } : {}),
      };
    }
    case "rate": {
      const seconds = isQuick ? 5 : 6;
      const found = await alternate(isQuick ? 1 : few, proxies, (proxy) => measureRate(proxy, seconds), tellRate);
      const highest = Math.max(1_000, ...found.map((run) => run.highestClean));
      return { rate: { ...measured(part, found), generator: await measureGenerator(Math.round(highest * 1.25), seconds) } };
    }
    case "memory":
      return {
        memory: measured(part, await alternate(few, proxies, (proxy) => measureMemory(proxy, isQuick ? 5_000 : 20_000), tellMemory)),
      };
    case "latency":
      return {
        latency: measured(
          part,
          await alternate(few, ["direct", ...proxies], (proxy) => measureLatency(proxy, 5, isQuick ? 8 : 30), tellLatency),
        ),
      };
    case "soak": {
      // The question is about each proxy alone, so one run of the first choice of each is enough.
      const once = proxies.filter((proxy) => proxy !== "kamailioTuned");
      return { soak: measured(part, await alternate(1, once, (proxy) => measureSoak(proxy, isQuick ? 30_000 : 300_000, 1_000), tellSoak)) };
    }
    case "micro":
      return { micro: measured(part, await measureMicro(tellProgram)) };
    case "stores":
      return { stores: measured(part, await measureStores(tellProgram)) };
  }
}

/** Every proxy in turn, as many times over: what changes on the machine in an hour then meets all of them. */
async function alternate<T>(
  runs: number,
  proxies: readonly ProxyName[],
  run: (proxy: ProxyName) => Promise<T>,
  tell: (result: T) => string,
): Promise<T[]> {
  const results: T[] = [];
  for (let i = 0; i < runs; i++) {
    for (const proxy of proxies) {
      const result = await run(proxy);
      results.push(result);
      console.log(`${proxy}: ${tell(result)}`);
    }
  }
  return results;
}

function measured<T>(part: Part, runs: readonly T[]): Measured<T> {
  const at = `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`;
  return { at, command: `npm run bench -- --only ${part}`, machine: describeMachine(), runs };
}

function tellProgram(run: ProgramRun): void {
  console.log(`${programText(run)}\n`);
}

function tellCpu(run: CpuRun): string {
  return `${figure(run.microsecondsPerCall, 1)} µs a call${run.outcome.isClean ? "" : ", not clean"} (load ${figure(run.load, 2)}, foreign ${figure(run.usage.foreignCores, 2)} cores)`;
}

function tellRate(run: RateRun): string {
  return `clean up to ${figure(run.highestClean)} calls/s, then: ${run.limitedBy}`;
}

function tellMemory(run: MemoryRun): string {
  return (
    `${figure(kilobytes(run.pssPerCall), 2)} KB PSS a held call, ${figure(kilobytes(run.pssPerFurtherCall), 2)} a further one, ` +
    `${figure(kilobytes(run.livePerCall), 2)} live${run.outcome.isClean ? "" : ", not clean"}`
  );
}

function tellLatency({ report, load }: LatencyRun): string {
  const { p50, p99, p999 } = report.answer;
  return `INVITE to 200 p50 ${figure(p50, 2)}, p99 ${figure(p99, 2)}, p99.9 ${figure(p999, 2)} ms, ${report.lost} lost (load ${figure(load, 2)})`;
}

function tellSoak(run: SoakRun): string {
  return `${figure(run.calls)} calls, PSS ${figure(run.growthPerCall, 1)} and live ${figure(run.liveGrowthPerCall, 2)} bytes a call of growth`;
}
