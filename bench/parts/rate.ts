// The highest rate at which no call fails and nothing is sent twice, with both SIPps on the same cores.

import { setTimeout as sleep } from "node:timers/promises";
import { loadNow } from "../meter.ts";
import type { ProxyName } from "../proxies.ts";
import { dropsOf, endPair, type Outcome, onStage, type Stage, startPair, type Usage, watchUsage } from "../stage.ts";

/** One rate that was tried. */
export interface RateStep {
  readonly rate: number;
  readonly isClean: boolean;
  /** Calls a second that SIPp really placed in the middle of the step. */
  readonly placed: number;
  readonly outcome: Outcome;
  readonly usage: Usage;
}

/** One search on one proxy. */
export interface RateRun {
  readonly proxy: ProxyName;
  /** 0 when not even the first rate was clean. */
  readonly highestClean: number;
  readonly steps: readonly RateStep[];
  /** Who gave out first at the rate that was not clean any more. */
  readonly limitedBy: "proxy" | "generator" | "machine" | "other programs" | "not reached";
  readonly load: number;
  readonly command: string;
}

/** Every rate a quarter above the one before. 1,500 is in the row because it is a goal. */
const RATES = [1_000, 1_250, 1_500, 2_000, 2_500, 3_000, 3_750, 4_750, 6_000, 7_500, 9_500, 12_000] as const;
/** The search ends when the clean rate and the one that was not are this close. */
const CLOSE = 0.08;
const GRAIN = 50;
const HOLD_MS = 500;
/** A program that used more of one core than this was itself the limit: it has one thread that works. */
const SATURATED = 0.9;
/** More than this used by programs that are not ours spoils the try. */
const FOREIGN = 0.25;

/**
 * Goes up by quarters until two tries at one rate are not clean, then halves the gap until it is small.
 * @param seconds - of one try; each has its own SIPps
 */
export async function measureRate(proxy: ProxyName, seconds: number): Promise<RateRun> {
  const steps: RateStep[] = [];
  const load = loadNow();
  let command = "";
  let clean = 0;
  let unclean = 0;
  /** Tries rates one after another up to the first that is not clean. @returns that rate, or 0 */
  const climb = async (rates: readonly number[]): Promise<number> => {
    const climbed = await climbFresh(proxy, rates, seconds);
    command = climbed.command;
    for (const step of climbed.steps) {
      steps.push(step);
      if (!step.isClean) return step.rate;
      clean = step.rate;
    }
    return 0;
  };
  for (let failed = await climb(RATES); failed > 0 && unclean === 0; ) {
    const again = await climb(RATES.filter((rate) => rate >= failed));
    if (again === failed) unclean = failed;
    failed = again;
  }
  while (clean > 0 && unclean > clean * (1 + CLOSE)) {
    const middle = Math.round((clean + unclean) / 2 / GRAIN) * GRAIN;
    if ((await climb([middle])) > 0 && (await climb([middle])) > 0) unclean = middle;
  }
  const limitedBy = unclean === 0 ? "not reached" : whoGaveOut(steps.filter((step) => step.rate === unclean));
  return { proxy, highestClean: clean, steps, limitedBy, load, command };
}

/** Starts a new proxy, for one that has lost something goes on repeating it; warms it; goes up to the first rate that is not clean. */
function climbFresh(proxy: ProxyName, rates: readonly number[], seconds: number): Promise<{ steps: RateStep[]; command: string }> {
  return onStage(proxy, async (stage) => {
    const steps: RateStep[] = [];
    await tryRate(stage, RATES[0], seconds); // warm-up, not judged
    for (const rate of rates) {
      const step = await tryRate(stage, rate, seconds);
      steps.push(step);
      if (!step.isClean) break;
    }
    return { steps, command: stage.proxy.command };
  });
}

/** One rate straight from SIPp to SIPp: shows whether the generator itself can do what a proxy was asked. */
export function measureGenerator(rate: number, seconds: number): Promise<RateStep> {
  return onStage("direct", (stage) => tryRate(stage, rate, seconds));
}

async function tryRate(stage: Stage, rate: number, seconds: number): Promise<RateStep> {
  const drops = dropsOf(stage);
  const pair = await startPair(stage, rate, rate * seconds, HOLD_MS);
  await sleep(1_500);
  const startedAt = Date.now();
  const usageSince = watchUsage(stage, pair);
  await sleep((seconds - 2) * 1000);
  const usage = usageSince();
  const endedAt = Date.now();
  const outcome = await endPair(stage, pair, drops, 6_000);
  const placed = ((pair.caller.successfulAt(endedAt) - pair.caller.successfulAt(startedAt)) * 1000) / (endedAt - startedAt);
  // A generator that falls behind its rate has not tested it.
  const isClean = outcome.isClean && placed > rate * 0.98;
  return { rate, isClean, placed: Math.round(placed), outcome, usage };
}

function whoGaveOut(steps: readonly RateStep[]): RateRun["limitedBy"] {
  const most = (of: (usage: Usage) => number): number => Math.max(...steps.map((step) => of(step.usage)));
  const proxy = most((usage) => usage.proxyCores);
  const generator = most((usage) => Math.max(usage.callerCores, usage.calleeCores));
  if (Math.max(proxy, generator) >= SATURATED) return proxy >= generator ? "proxy" : "generator";
  if (most((usage) => usage.foreignCores) > FOREIGN) return "other programs";
  return Math.min(...steps.map((step) => step.usage.idleShare)) < 0.1 ? "machine" : "proxy";
}
