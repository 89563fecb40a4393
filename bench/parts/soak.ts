// Flat memory: what the proxy occupies while hundreds of thousands of calls come and go.

import { setTimeout as sleep } from "node:timers/promises";
import { slope } from "../figures.ts";
import { proportionalSetSize } from "../meter.ts";
import type { ProxyName } from "../proxies.ts";
import { dropsOf, endPair, type Outcome, onStage, startPair } from "../stage.ts";
import { type Footprint, footprint } from "./memory.ts";

/** One run of one proxy. */
export interface SoakRun {
  readonly proxy: ProxyName;
  readonly calls: number;
  readonly rate: number;
  /** Set size every few seconds, bytes, against the calls placed so far. */
  readonly samples: readonly { readonly calls: number; readonly pss: number }[];
  readonly before: Footprint;
  readonly after: Footprint;
  /** Growth of the set size over the second half, by straight line, bytes a call. */
  readonly growthPerCall: number;
  /** The same of what is live, from the warm start to the end. */
  readonly liveGrowthPerCall: number;
  readonly outcome: Outcome;
  readonly load: number;
  readonly command: string;
}

const HOLD_MS = 1_000;
const QUIET_MS = 8_000;
const SAMPLE_MS = 2_000;

/** Warms the proxy with a tenth of the calls, then places them all at a steady rate. */
export function measureSoak(proxy: ProxyName, calls: number, rate: number): Promise<SoakRun> {
  return onStage(proxy, async (stage) => {
    const warmCalls = Math.round(calls / 10);
    const warm = await startPair(stage, rate, warmCalls, HOLD_MS);
    await endPair(stage, warm, dropsOf(stage), (warmCalls / rate) * 1000 + 15_000);
    await sleep(QUIET_MS);
    const before = await footprint(stage);

    const drops = dropsOf(stage);
    const pair = await startPair(stage, rate, calls, HOLD_MS);
    const samples: { calls: number; pss: number }[] = [];
    const start = performance.now();
    const deadline = start + (calls / rate) * 1000 + 30_000;
    while (pair.caller.child.isRunning && performance.now() < deadline) {
      await sleep(SAMPLE_MS);
      const placed = Math.min(calls, Math.round(((performance.now() - start) / 1000) * rate));
      samples.push({ calls: placed, pss: proportionalSetSize(stage.proxy.pids) });
    }
    const outcome = await endPair(stage, pair, drops, 1_000);
    await sleep(QUIET_MS);
    const after = await footprint(stage);
    const secondHalf = samples.filter((sample) => sample.calls >= calls / 2);
    return {
      proxy,
      calls,
      rate,
      samples,
      before,
      after,
      growthPerCall: slope(secondHalf.map((sample) => ({ x: sample.calls, y: sample.pss }))),
      liveGrowthPerCall: (after.live - before.live) / calls,
      outcome,
      load: stage.loadBefore,
      command: stage.proxy.command,
    };
  });
}
