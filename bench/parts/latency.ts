// What a proxy adds to the time from INVITE to 180 and 200, and from BYE to its 200.

import { join } from "node:path";
import { startChild } from "../child.ts";
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
  return onStage(proxy, async (stage) => {
    let line = "";
    // biome-ignore format: one option a line reads like the command
    const prober = startChild(process.execPath, [
      "--max-semi-space-size=16", "bench/prober.ts",
      "--to", String(stage.proxy.port), "--caller", String(stage.callerPort), "--callee", String(stage.ports.callee),
      "--rate", String(RATE), "--seconds", String(seconds), "--warm", String(warmSeconds),
    ], {
      cwd: join(import.meta.dirname, "../.."),
      log: join(stage.dir, "prober.log"),
      onLine: (text) => {
        line = text;
      },
    });
    const watchdog = setTimeout(() => prober.signal("SIGKILL"), (warmSeconds + seconds + 20) * 1000);
    const code = await prober.ended;
    clearTimeout(watchdog);
    if (code !== 0 || line === "") throw new Error(`the prober ended with ${code}; see ${stage.dir}/prober.log`);
    return {
      proxy,
      rate: RATE,
      report: JSON.parse(line) as ProbeReport,
      load: stage.loadBefore,
      command: prober.command.replace(process.execPath, "node"),
    };
  });
}
