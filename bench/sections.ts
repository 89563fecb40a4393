// How each figure came about: the runs one by one, what else was on the machine, and the commands.

import type { LatencyRun } from "./parts/latency.ts";
import type { RateRun, RateStep } from "./parts/rate.ts";
import type { ProxyName } from "./proxies.ts";
import type { Results } from "./store.ts";
import { figure, kilobytes, megabytes, table } from "./table.ts";

const NAMES: Readonly<Record<ProxyName, string>> = {
  dialoom: "Dialoom",
  dialoomScript: "Dialoom, script",
  dialoomSqlite: "Dialoom, SQLite",
  dialoomPostgres: "Dialoom, PostgreSQL",
  dialoomMariadb: "Dialoom, MariaDB",
  kamailio: "Kamailio",
  kamailioTuned: "Kamailio tuned",
  direct: "none",
};

/** CPU per call. */
export function cpuSection(part: Results["cpu"], title: string = "CPU per call"): string {
  if (part === undefined) return "";
  const rows = part.runs.map((run) => [
    NAMES[run.proxy],
    figure(run.microsecondsPerCall, 1),
    figure(run.gcMicrosecondsPerCall, 1),
    figure(run.generatorMicrosecondsPerCall, 1),
    figure(run.measuredCalls),
    trouble(run.outcome),
    figure(run.usage.idleShare * 100),
    figure(run.usage.foreignCores, 2),
    figure(run.load, 2),
  ]);
  const header = ["proxy", "µs a call", "of it GC", "both SIPps µs", "calls", "trouble", "idle %", "foreign cores", "load before"];
  return [
    heading(title, part),
    "User and system time of all processes of the proxy in the steady part, divided by the calls that ended meanwhile. Calls last one second.\n" +
      "*Trouble* counts failed calls, retransmissions, unexpected messages and lost datagrams; *foreign cores* is what other programs used.",
    table([header, ...rows]),
    commands(part.runs),
  ].join("\n\n");
}

/** Highest clean rate. */
export function rateSection(part: Results["rate"]): string {
  if (part === undefined) return "";
  const step = (run: RateRun, at: RateStep): string[] => [
    NAMES[run.proxy],
    figure(at.rate),
    figure(at.placed),
    at.isClean ? "clean" : trouble(at.outcome),
    figure(at.usage.proxyCores, 2),
    figure(at.usage.callerCores, 2),
    figure(at.usage.calleeCores, 2),
    figure(at.usage.idleShare * 100),
    figure(at.usage.foreignCores, 2),
  ];
  const rows = part.runs.flatMap((run) => run.steps.map((at) => step(run, at)));
  const header = ["proxy", "rate", "ended a second", "outcome", "proxy cores", "caller cores", "callee cores", "idle %", "foreign cores"];
  const { generator } = part;
  return [
    heading("Highest clean rate", part),
    "A rate is clean when no call failed, nothing was sent twice, nothing came unexpected, no datagram was lost, and SIPp kept the rate; a rate\n" +
      `that fails is tried once more. SIPp straight to SIPp at ${figure(generator.rate)} calls/s: ${generator.isClean ? "clean" : trouble(generator.outcome)},` +
      ` with ${figure(generator.usage.idleShare * 100)} % of the machine idle.`,
    part.runs.map((run) => `- ${NAMES[run.proxy]}: ${figure(run.highestClean)}, then the limit was: ${run.limitedBy}`).join("\n"),
    details(`${rows.length} steps`, table([header, ...rows])),
    commands(part.runs),
  ].join("\n\n");
}

/** Memory per held call. */
export function memorySection(part: Results["memory"]): string {
  if (part === undefined) return "";
  const rows = part.runs.map((run) => [
    NAMES[run.proxy],
    ...[run.before, run.first, run.second, run.after].flatMap((at) => [figure(megabytes(at.pss), 1), figure(megabytes(at.live), 1)]),
    `${figure(run.first.dialogs)} / ${figure(run.second.dialogs)} / ${figure(run.after.dialogs)}`,
    figure(kilobytes(run.pssPerCall), 2),
    figure(kilobytes(run.pssPerFurtherCall), 2),
    figure(kilobytes(run.livePerCall), 2),
    trouble(run.outcome),
  ]);
  const header = ["proxy", "PSS before", "live", "PSS 1st", "live", "PSS 2nd", "live", "PSS after", "live", "dialogs seen"];
  return [
    heading("Memory per held call", part),
    "Two batches of answered calls, placed at 1,000 calls/s; each look comes 8 s after the last call of a batch, when its transactions are gone.\n" +
      "PSS of all processes and live memory in MB; per call in KB. *Live* is the heap and what hangs on it after a collection (Dialoom), or the\n" +
      "shared memory in use (Kamailio). The first batch carries what its transactions needed at the peak; the further calls do not.",
    table([[...header, "KB a call", "KB a further call", "KB live", "trouble"], ...rows]),
    commands(part.runs),
  ].join("\n\n");
}

/** Added latency. */
export function latencySection(part: Results["latency"]): string {
  if (part === undefined) return "";
  const of = (run: LatencyRun): string[] => [
    NAMES[run.proxy],
    ...[run.report.ringing, run.report.answer, run.report.hangUp].flatMap((at) => [at.p50, at.p99, at.p999].map((ms) => figure(ms, 2))),
    figure(run.report.lost),
    figure(run.load, 2),
  ];
  const kinds = ["180", "200", "BYE"].flatMap((kind) => [`${kind} p50`, "p99", "p99.9"]);
  return [
    heading("Latency", part),
    "Milliseconds from INVITE to 180, INVITE to 200 and BYE to its 200 at 500 calls/s, with no proxy and with each. Measured by `prober.ts`, caller and\n" +
      "callee in one process: SIPp's own clock moves in steps of 4 ms. The figures above are the differences of the percentiles.",
    table([["proxy", ...kinds, "lost", "load before"], ...part.runs.map(of)]),
    commands(part.runs),
  ].join("\n\n");
}

/** Flat memory. */
export function soakSection(part: Results["soak"]): string {
  if (part === undefined) return "";
  const blocks = part.runs.map((run) => {
    const every = Math.max(1, Math.floor(run.samples.length / 12));
    const rows = run.samples.filter((_, i) => i % every === 0).map((at) => [figure(at.calls), figure(megabytes(at.pss), 1)]);
    const live = `${figure(megabytes(run.before.live), 1)} MB before, ${figure(megabytes(run.after.live), 1)} MB after`;
    return [
      `${NAMES[run.proxy]}: ${figure(run.calls)} calls at ${figure(run.rate)} calls/s, ${trouble(run.outcome)}; live ${live} (${figure(run.liveGrowthPerCall, 2)} bytes a call);` +
        ` dialogs left ${figure(run.after.dialogs)}.`,
      table([["calls", "PSS, MB"], ...rows]),
    ].join("\n\n");
  });
  return [heading("Flat memory", part), ...blocks, commands(part.runs)].join("\n\n");
}

/** Programs, as they print themselves. */
export function programSection(part: Results["micro"], title: string): string {
  if (part === undefined || part.runs.length === 0) return "";
  const blocks = part.runs.map(
    (run) =>
      `\`${run.command}\`${run.exitCode === 0 ? "" : ` (exit code ${run.exitCode})`}, load ${figure(run.load, 1)} before\n\n\`\`\`text\n${run.output}\n\`\`\``,
  );
  return [heading(title, part), ...blocks].join("\n\n");
}

function heading(title: string, part: { readonly at: string; readonly command: string }): string {
  return `## ${title}\n\n\`${part.command}\`, ${part.at}`;
}

function trouble(outcome: RateStep["outcome"]): string {
  const { failed, retransmissions, unexpected, drops } = outcome;
  const counts = { failed, retransmissions, unexpected, drops };
  const seen = Object.entries(counts).filter(([, count]) => count > 0);
  return seen.length === 0 ? "none" : seen.map(([name, count]) => `${figure(count)} ${name}`).join(", ");
}

/** The commands as they ran, with the folder of the run and this checkout's place in them shortened. */
function commands(runs: readonly { readonly proxy: ProxyName; readonly command: string }[]): string {
  const seen = new Map<ProxyName, string>();
  for (const run of runs) if (run.command !== "") seen.set(run.proxy, run.command.replaceAll(/\/\S*dialoom-bench-\w+/g, "DIR"));
  return `\`\`\`sh\n${[...seen.values()].join("\n")}\n\`\`\``;
}

function details(title: string, text: string): string {
  return `<details><summary>${title}</summary>\n\n${text}\n\n</details>`;
}
