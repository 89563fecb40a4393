// What a proxy adds to the time from INVITE to 180 and 200, and from BYE to its 200.

import { probe } from "../probe.ts";
import type { ProbeReport } from "../prober.ts";
import type { ProxyName } from "../proxies.ts";
import { onStage } from "../stage.ts";

/** One run of one proxy, or of none. */
export interface LatencyRun {
  readonly proxy: ProxyName;
  readonly rate: number;
  readonly report: ProbeReport;
  readonly load: number;
  readonly command: string;
}

const RATE = 500;

/** Runs the prober through a proxy, or with `direct` from the caller straight to the callee: the floor. */
export function measureLatency(proxy: ProxyName, warmSeconds: number, seconds: number): Promise<LatencyRun> {
  return onStage(proxy, async ({ proxy: { port }, callerPort, ports, dir, loadBefore }) => {
    const load = { to: port, caller: callerPort, callee: ports.callee, rate: RATE, warmSeconds, seconds };
    return { proxy, rate: RATE, load: loadBefore, ...(await probe(load, dir)) };
  });
}
