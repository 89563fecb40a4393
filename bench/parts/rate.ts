// The highest rate at which no call fails and nothing is sent twice, with both SIPps on the same cores.

import { setTimeout as sleep } from "node:timers/promises";
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
  readonly limitedBy: "proxy" | "generator" | "machine" | "not reached";
  readonly load: number;
  readonly command: string;
}

/** Every rate a quarter above the one before. 1,500 is in the row because it is a goal. */
const RATES = [1_000, 1_250, 1_500, 2_000, 2_500, 3_000, 3_750, 4_750, 6_000, 7_500, 9_500, 12_000] as const;
/** The search ends when the clean rate and the one that was not are this close. */
const CLOSE = 0.05;
const GRAIN = 50;
const HOLD_MS = 500;
/** A program that used more of one core than this was itself the limit: it has one thread that works. */
const SATURATED = 0.9;

/**
 * Goes up by quarters until two tries at one rate are not clean, then halves the gap until it is a twentieth.
 * @param seconds - of one step; each has its own SIPps, the proxy stays warm
 */
export function measureRate(proxy: ProxyName, seconds: number): Promise<RateRun> {
  return onStage(proxy, async (stage) => {
    const steps: RateStep[] = [];
    const isCleanAt = async (rate: number): Promise<boolean> => {
      for (let tries = 0; tries < 2; tries++) {
        const step = await tryRate(stage, rate, seconds);
        steps.push(step);
        if (step.isClean) return true;
        await sleep(1_000); // let what the failed step left behind time out of the sockets
      }
      return false;
    };
    await tryRate(stage, RATES[0], seconds); // warm-up, not judged
    let clean = 0;
    let unclean = 0;
    for (const rate of RATES) {
      if (await isCleanAt(rate)) clean = rate;
      else unclean = rate;
      if (unclean > 0) break;
    }
    while (clean > 0 && unclean > clean * (1 + CLOSE)) {
      const middle = Math.round((clean + unclean) / 2 / GRAIN) * GRAIN;
      if (await isCleanAt(middle)) clean = middle;
      else unclean = middle;
    }
    const limitedBy = unclean === 0 ? "not reached" : whoGaveOut(steps.filter((step) => step.rate === unclean));
    return { proxy, highestClean: clean, steps, limitedBy, load: stage.loadBefore, command: stage.proxy.command };
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
  return Math.min(...steps.map((step) => step.usage.idleShare)) < 0.1 ? "machine" : "proxy";
}
