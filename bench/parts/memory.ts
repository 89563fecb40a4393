// Memory of one held, answered call: how much more the proxy occupies while 20,000 of them stand, and 20,000 more.

import { setTimeout as sleep } from "node:timers/promises";
import { proportionalSetSize } from "../meter.ts";
import { freePorts } from "../ports.ts";
import type { ProxyName } from "../proxies.ts";
import { startCaller } from "../sipp.ts";
import { dropsOf, endPair, type Outcome, onStage, type Stage, startPair } from "../stage.ts";

/** What the proxy occupies at one moment. */
export interface Footprint {
  /** Proportional set size of all its processes, bytes. */
  readonly pss: number;
  /** What is in use within that, as the proxy says, bytes; `NaN` where it was not asked. */
  readonly live: number;
  readonly dialogs: number;
}

/** One run of one proxy. */
export interface MemoryRun {
  readonly proxy: ProxyName;
  /** Calls in each of the two batches. */
  readonly held: number;
  readonly before: Footprint;
  readonly first: Footprint;
  readonly second: Footprint;
  readonly after: Footprint;
  /** Set size that the first batch brought, per call: with all that its transactions and its placing needed at the peak. */
  readonly pssPerCall: number;
  /** Set size that the second batch brought, per call: the room of finished transactions is there already. */
  readonly pssPerFurtherCall: number;
  /** What is in use, of both batches, per call. */
  readonly livePerCall: number;
  readonly outcome: Outcome;
  readonly load: number;
  readonly command: string;
}

const RATE = 1_000;
const WARM_RATE = 200;
/** Longer than a finished transaction is kept (5 s in both). */
const QUIET_MS = 8_000;
const LOOK_MS = 2_000;

/**
 * Warms the proxy with a few short calls, places two batches of calls and looks at it after each, then lets all end.
 * The set size never shrinks in a proxy that keeps what it has freed, so the order matters and every run is a new process.
 */
export function measureMemory(proxy: ProxyName, held: number): Promise<MemoryRun> {
  return onStage(proxy, async (stage) => {
    await endPair(stage, await startPair(stage, WARM_RATE, WARM_RATE * 5, 200), dropsOf(stage), 15_000);
    await sleep(QUIET_MS);
    const before = await footprint(stage);

    const drops = dropsOf(stage);
    const placingMs = (held / RATE) * 1000;
    const batchMs = placingMs + QUIET_MS + LOOK_MS;
    const pair = await startPair(stage, RATE, held, batchMs * 2);
    await sleep(placingMs + QUIET_MS);
    const first = await footprint(stage, false);

    const [port = 0] = await freePorts(1);
    const further = startCaller({ to: stage.proxy.port, port, rate: RATE, calls: held, holdMs: batchMs, dir: stage.dir });
    await sleep(placingMs + QUIET_MS);
    const second = await footprint(stage);

    await Promise.race([further.child.ended, sleep(batchMs + 10_000, undefined, { ref: false })]);
    await further.child.stop("SIGTERM", 500);
    const outcome = await endPair(stage, pair, drops, batchMs + 10_000);
    await sleep(QUIET_MS);
    const after = await footprint(stage);
    const more = further.counts();
    return {
      proxy,
      held,
      before,
      first,
      second,
      after,
      pssPerCall: (first.pss - before.pss) / held,
      pssPerFurtherCall: (second.pss - first.pss) / held,
      livePerCall: (second.live - before.live) / (2 * held),
      outcome: {
        ...outcome,
        calls: outcome.calls + more.created,
        successful: outcome.successful + more.successful,
        failed: outcome.failed + more.created - more.successful,
        isClean: outcome.isClean && more.retransmissions + more.unexpected === 0 && more.successful === held,
      },
      load: stage.loadBefore,
      command: stage.proxy.command,
    };
  });
}

/**
 * Looks at the proxy. The set size comes first: asking for the live bytes collects garbage and so changes it.
 * @param asksLive - false in the middle of a measurement that a collection would disturb
 */
export async function footprint(stage: Stage, asksLive = true): Promise<Footprint> {
  const pss = proportionalSetSize(stage.proxy.pids);
  const dialogs = await stage.proxy.activeDialogs();
  const live = asksLive ? (await stage.proxy.memory()).liveBytes : Number.NaN;
  return { pss, live, dialogs };
}
