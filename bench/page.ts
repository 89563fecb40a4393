// The results page: one table of figures against their goals, then how each came about.

import { median, type Spread, spread } from "./figures.ts";
import type { Machine } from "./machine.ts";
import { databaseSummary } from "./page-databases.ts";
import type { ProgramRun } from "./parts/programs.ts";
import type { ProxyName } from "./proxies.ts";
import { cpuSection, latencySection, memorySection, programSection, rateSection, soakSection } from "./sections.ts";
import type { Results } from "./store.ts";
import { figure, kilobytes, spreadText, table } from "./table.ts";

/** One line of the summary: a figure of each proxy, in runs. */
interface Line {
  readonly what: string;
  readonly digits: number;
  readonly of: (proxy: ProxyName) => readonly number[];
  readonly goal: string;
  readonly limit: string;
}

const COLUMNS: readonly ProxyName[] = ["dialoom", "dialoomScript", "kamailio", "kamailioTuned"];

/** The whole page as Markdown. */
export function renderPage(results: Results): string {
  const parts = [
    "# Bench results",
    "Written by `npm run bench` from `results.json`. Medians of alternating runs, the extremes in brackets. *Kamailio* is Kamailio as Debian\n" +
      "ships it, one worker, with the routing logic of `kamailio.cfg`; *tuned* has the two changes that favour it most here: the fast\n" +
      "allocator (`-x fm`; in the default one, qm, it spends more than half of its time looking for free memory) and no 100 Trying for a callee\n" +
      "that answers at once. SIPp is both user agents, on the same cores.",
    summary(results),
    databaseSummary(results),
    cpuSection(results.cpu),
    cpuSection(results.storedCpu, "CPU per call, with calls in databases"),
    rateSection(results.rate),
    memorySection(results.memory),
    latencySection(results.latency),
    soakSection(results.soak),
    programSection(results.micro, "Micro-benchmarks"),
    programSection(results.stores, "Databases: loading, changes, outages"),
    machineSection(results),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** What a program printed, for the terminal. */
export function programText({ command, output, exitCode }: ProgramRun): string {
  return `$ ${command}${exitCode === 0 ? "" : `   (exit code ${exitCode})`}\n${output}`;
}

/** The table of figures and goals alone; "" when no part was measured that has one. */
export function summary(results: Results): string {
  const rows = lines(results).map((line) => {
    const spreads = COLUMNS.map((proxy) => spread(line.of(proxy)));
    const ratio = (other: Spread | undefined): string => figure((spreads[0]?.median ?? Number.NaN) / (other?.median ?? Number.NaN), 2);
    return [line.what, ...spreads.map((of) => spreadText(of, line.digits)), ratio(spreads[2]), ratio(spreads[3]), line.goal, line.limit];
  });
  if (rows.length === 0) return "";
  return table([["what", "Dialoom", "with a script", "Kamailio", "tuned", "ratio", "ratio to tuned", "goal", "limited by"], ...rows]);
}

function lines(results: Results): Line[] {
  const { cpu, rate, memory, latency, soak } = results;
  const all: Line[] = [];
  const runsOf = <T extends { readonly proxy: ProxyName }>(runs: readonly T[], proxy: ProxyName): T[] =>
    runs.filter((run) => run.proxy === proxy);
  if (cpu !== undefined) {
    all.push({
      what: "CPU per call at 1,000 calls/s, µs",
      digits: 0,
      of: (proxy) => runsOf(cpu.runs, proxy).map((run) => run.microsecondsPerCall),
      goal: "≤ 0.45 × Kamailio",
      limit: cpu.runs.every((run) => run.outcome.isClean) ? "nothing: rate fixed, all calls clean" : "not all runs were clean",
    });
  }
  if (rate !== undefined) {
    all.push({
      what: "highest clean rate, calls/s",
      digits: 0,
      of: (proxy) => runsOf(rate.runs, proxy).map((run) => run.highestClean),
      goal: "1,500",
      limit: [...new Set(rate.runs.map((run) => run.limitedBy))].join(", "),
    });
  }
  if (memory !== undefined) {
    const held = figure(memory.runs[0]?.held ?? Number.NaN);
    all.push(
      {
        what: `memory per held call (PSS), ${held} held, KB`,
        digits: 1,
        of: (proxy) => runsOf(memory.runs, proxy).map((run) => kilobytes(run.pssPerCall)),
        goal: "≤ 5",
        limit: "–",
      },
      {
        what: `memory per further call (PSS), ${held} more, KB`,
        digits: 1,
        of: (proxy) => runsOf(memory.runs, proxy).map((run) => kilobytes(run.pssPerFurtherCall)),
        goal: "",
        limit: "–",
      },
      {
        what: "live bytes per held call, KB",
        digits: 1,
        of: (proxy) => runsOf(memory.runs, proxy).map((run) => kilobytes(run.livePerCall)),
        goal: "",
        limit: "–",
      },
    );
  }
  if (latency !== undefined) {
    const floor = (of: "p50" | "p99" | "p999"): number => median(runsOf(latency.runs, "direct").map((run) => run.report.answer[of]));
    for (const [of, name, goal] of [
      ["p50", "p50", ""],
      ["p99", "p99", "≤ 5"],
      ["p999", "p99.9", ""],
    ] as const) {
      all.push({
        what: `added latency INVITE to 200 at 500 calls/s, ${name}, ms`,
        digits: 2,
        of: (proxy) => runsOf(latency.runs, proxy).map((run) => run.report.answer[of] - floor(of)),
        goal,
        limit: "–",
      });
    }
  }
  if (soak !== undefined) {
    all.push({
      what: `growth over ${figure(soak.runs[0]?.calls ?? Number.NaN)} calls, second half, PSS bytes a call`,
      digits: 1,
      of: (proxy) => runsOf(soak.runs, proxy).map((run) => run.growthPerCall),
      goal: "flat",
      limit: "–",
    });
  }
  return all;
}

function machineSection(results: Results): string {
  const seen = new Map<string, { machine: Machine; parts: string[] }>();
  for (const [part, measured] of Object.entries(results)) {
    const { machine } = measured as { machine: Machine };
    const key = JSON.stringify(machine);
    const entry = seen.get(key);
    if (entry === undefined) seen.set(key, { machine, parts: [part] });
    else entry.parts.push(part);
  }
  const blocks = [...seen.values()].map(({ machine, parts }) =>
    [
      `Parts ${parts.join(", ")}:`,
      "",
      `- ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.virtualisation}; Linux ${machine.kernel}; receive buffers up to ${figure(machine.receiveBufferLimit)} bytes`,
      `- Dialoom at ${machine.dialoom}, Node ${machine.node}`,
      `- ${machine.kamailio}; ${machine.sipp}`,
      `- pinning: ${machine.pinning}`,
    ].join("\n"),
  );
  return `## Machine and versions\n\n${blocks.join("\n\n")}`;
}
