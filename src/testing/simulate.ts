// `npm run simulate -- --seed N --calls N [--kind NAME] [--weather NAME]`: random calls through the whole engine in virtual time.
// With --soak: many calls through one engine, and the memory at rest before and after.
// Ends with 0 when every check held; else prints the seed, what broke, and the story of the call.
import { parseArgs } from "node:util";
import { CALL_KINDS, type CallKind } from "./simulation/draw.ts";
import { explain, simulate, WEATHERS, type Weather } from "./simulation/run.ts";
import { describe, soak } from "./simulation/soak.ts";
import type { Transports } from "./simulation/world.ts";

const USAGE = `usage: npm run simulate -- [--seed N] [--calls N] [--kind NAME] [--weather NAME] [--transports NAME] [--resets]
       npm run simulate -- --soak [--seed N] [--calls N]
soak: 300,000 calls when --calls is left out; nothing may be left of them, and each way to end a call must have occurred
transports: udp tcp mixed; left out, the seed decides
weather: ${Object.keys(WEATHERS).join(" ")}; left out, it changes every 250 calls
kinds: ${CALL_KINDS.join(" ")}`;

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readArguments();
  if (options === undefined) {
    console.error(USAGE);
    return 2;
  }
  if (options.isSoak) return runSoak(options);
  const started = performance.now();
  const isTerminal = process.stdout.isTTY;
  const report = await simulate({
    ...options,
    onProgress: (done) => {
      if (isTerminal) process.stdout.write(`\r${done} of ${options.calls} calls`);
    },
  });
  if (isTerminal) process.stdout.write("\r");
  if (report.problems.length > 0) {
    console.log(explain(report));
    return 1;
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const hours = (report.virtualMs / 3_600_000).toFixed(1);
  const statuses = [...report.statuses].sort((a, b) => a[0] - b[0]).map(([status, count]) => `${count}× ${status}`);
  console.log(
    `seed ${report.seed}: ${report.calls} calls, ${report.packets} packets, ${hours} virtual hours in ${seconds} s; all checks held`,
  );
  console.log(`ended with ${statuses.join(", ")}; ${report.checks} rules checked at the ends of calls`);
  console.log(`${report.own} requests of the proxy's own; ${report.forged.sent} forged ones, ${report.forged.refused} of them refused`);
  console.log(`${report.hidden} messages of hidden calls`);
  console.log(`trace ${report.hash}`);
  return 0;
}

/** One long run; a look at the memory after each twentieth of it. */
async function runSoak({ seed, calls }: Arguments): Promise<number> {
  const started = performance.now();
  const isTerminal = process.stdout.isTTY;
  const report = await soak({
    seed,
    calls,
    onProgress: (done) => {
      if (isTerminal) process.stdout.write(`\r${done} calls`);
    },
  });
  if (isTerminal) process.stdout.write("\r");
  if (report.simulation.problems.length > 0) console.log(explain(report.simulation));
  console.log(describe(report));
  console.log(`in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return report.failures.length === 0 ? 0 : 1;
}

interface Arguments {
  readonly isSoak: boolean;
  readonly seed: number;
  readonly calls: number;
  readonly kind?: CallKind;
  readonly weather?: Weather;
  readonly transports?: Transports;
  readonly resets: boolean;
}

function readArguments(): Arguments | undefined {
  const { values } = parseArgs({
    options: {
      seed: { type: "string" },
      calls: { type: "string" },
      soak: { type: "boolean", default: false },
      kind: { type: "string" },
      weather: { type: "string" },
      transports: { type: "string" },
      resets: { type: "boolean", default: false },
    },
  });
  const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
  const isSoak = values.soak;
  const calls = Number(values.calls ?? (isSoak ? 300_000 : 10_000));
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(calls) || calls < 1) return undefined;
  const kind = CALL_KINDS.find((name) => name === values.kind);
  const weather = (Object.keys(WEATHERS) as Weather[]).find((name) => name === values.weather);
  if (values.kind !== undefined && kind === undefined) return undefined;
  if (values.weather !== undefined && weather === undefined) return undefined;
  const transports = (["udp", "tcp", "mixed"] as const).find((name) => name === values.transports);
  if (values.transports !== undefined && transports === undefined) return undefined;
  const over = transports === undefined ? {} : { transports };
  return {
    seed,
    calls,
    isSoak,
    resets: values.resets,
    ...over,
    ...(kind === undefined ? {} : { kind }),
    ...(weather === undefined ? {} : { weather }),
  };
}
