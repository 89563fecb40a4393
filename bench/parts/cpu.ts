// CPU time of the proxy for one complete call at a steady rate.

import { setTimeout as sleep } from "node:timers/promises";
import type { ProxyName } from "../proxies.ts";
import { dropsOf, endPair, type Outcome, onStage, startPair, type Usage, watchUsage } from "../stage.ts";

/** One run of one proxy. */
export interface CpuRun {
  readonly proxy: ProxyName;
  readonly rate: number;
  readonly microsecondsPerCall: number;
  /** What both SIPps together used for a call: the cost of the traffic itself. */
  readonly generatorMicrosecondsPerCall: number;
  /** Collector time per call, of all that the proxy used. */
  readonly gcMicrosecondsPerCall: number;
  readonly measuredCalls: number;
  readonly outcome: Outcome;
  readonly usage: Usage;
  readonly load: number;
  readonly command: string;
}

/** Calls last this long, so that at 1,000 calls/s a thousand of them stand at any time. */
const HOLD_MS = 1_000;
const RATE = 1_000;

/**
 * Lets the proxy get warm, then measures in the steady part: clocks are read while calls come and go at the same rate.
 * @param warmSeconds - long enough for the compiler of a JavaScript engine to have settled
 */
export function measureCpu(proxy: ProxyName, warmSeconds: number, seconds: number): Promise<CpuRun> {
  return onStage(proxy, async (stage) => {
    const before = await stage.proxy.memory();
    const drops = dropsOf(stage);
    const tailSeconds = 3; // calls go on until both clocks have been read
    const calls = RATE * (warmSeconds + seconds + tailSeconds);
    const pair = await startPair(stage, RATE, calls, HOLD_MS);
    await sleep(warmSeconds * 1000);
    const startedAt = Date.now();
    const usageSince = watchUsage(stage, pair);
    await sleep(seconds * 1000);
    const usage = usageSince();
    const endedAt = Date.now();
    const outcome = await endPair(stage, pair, drops, 15_000);
    const after = await stage.proxy.memory();
    const measuredCalls = pair.caller.successfulAt(endedAt) - pair.caller.successfulAt(startedAt);
    const generatorCores = usage.callerCores + usage.calleeCores;
    return {
      proxy,
      rate: RATE,
      microsecondsPerCall: usage.proxyMicroseconds / measuredCalls,
      generatorMicrosecondsPerCall: (generatorCores * usage.seconds * 1e6) / measuredCalls,
      gcMicrosecondsPerCall: ((after.gcMs - before.gcMs) * 1000) / outcome.calls,
      measuredCalls: Math.round(measuredCalls),
      outcome,
      usage,
      load: stage.loadBefore,
      command: stage.proxy.command,
    };
  });
}
