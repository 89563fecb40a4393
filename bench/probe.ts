// The prober as a process of its own: it must not share a loop with what it measures.

import { join } from "node:path";
import { startChild } from "./child.ts";
import type { ProbeReport } from "./prober.ts";

/** Which calls are placed, and where. */
export interface ProbeLoad {
  /** Port of the proxy, or of the callee for no proxy at all. */
  readonly to: number;
  readonly caller: number;
  readonly callee: number;
  /** Calls a second. */
  readonly rate: number;
  readonly warmSeconds: number;
  /** Measured for so long after that. */
  readonly seconds: number;
}

/** What came of it, and how it was called. */
export interface Probe {
  readonly report: ProbeReport;
  readonly command: string;
}

/** Longer than asked for by so much, and it hangs. */
const GRACE_SECONDS = 20;

/** Places calls for the whole time. @param dir - where its log goes */
export async function probe(load: ProbeLoad, dir: string): Promise<Probe> {
  const { to, caller, callee, rate, warmSeconds, seconds } = load;
  let line = "";
  const ports = ["--to", String(to), "--caller", String(caller), "--callee", String(callee)];
  const times = ["--rate", String(rate), "--seconds", String(seconds), "--warm", String(warmSeconds)];
  const log = join(dir, "prober.log");
  const prober = startChild(process.execPath, ["--max-semi-space-size=16", "bench/prober.ts", ...ports, ...times], {
    cwd: join(import.meta.dirname, ".."),
    log,
    onLine: (text) => {
      line = text;
    },
  });
  const watchdog = setTimeout(() => prober.signal("SIGKILL"), (warmSeconds + seconds + GRACE_SECONDS) * 1000);
  const code = await prober.ended;
  clearTimeout(watchdog);
  if (code !== 0 || line === "") throw new Error(`the prober ended with ${code}; see ${log}`);
  return { report: JSON.parse(line) as ProbeReport, command: prober.command.replace(process.execPath, "node") };
}
