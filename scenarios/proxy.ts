// The proxy under test: a process of its own, on free ports, built from this tree.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child, type ChildEnd, freePorts, Management } from "../src/testing/index.ts";

export const ROOT: string = dirname(dirname(fileURLToPath(import.meta.url)));

/** Builds the package into `dist/`, as it will be shipped. */
export function build(): void {
  const run = spawnSync(process.execPath, [join(ROOT, "scripts", "run.mjs"), "build"], { cwd: ROOT, encoding: "utf8" });
  if (run.status !== 0) throw new Error(`the build failed:\n${run.stdout}${run.stderr}`);
}

/** One running proxy. */
export interface RunningProxy {
  readonly ip: string;
  readonly port: number;
  readonly child: Child;
  readonly management: Management;
  stop(): Promise<ChildEnd>;
  /** Longest pause of its loop since the last time it was asked. */
  longestPauseMs(): Promise<number>;
}

/** Starts the routes of a scenario on UDP and TCP. @throws when it does not come up */
export async function startProxy(scenario: string, ip = "127.0.0.1"): Promise<RunningProxy> {
  const [port = 0, mi = 0] = await freePorts(2, ip);
  const host = ip.includes(":") ? `[${ip}]` : ip;
  const child = new Child({
    file: process.execPath,
    args: [
      ...["--max-semi-space-size=8", join(ROOT, "scenarios", "host.ts"), scenario],
      ...["--listen", `udp:${host}:${port}`, "--listen", `tcp:${host}:${port}`, "--mi", `127.0.0.1:${mi}`],
    ],
    cwd: ROOT,
  });
  await child.says("ready");
  return { ip, port, child, management: new Management(`127.0.0.1:${mi}`), stop: () => child.stop(), longestPauseMs: () => pauseOf(child) };
}

async function pauseOf(child: Child): Promise<number> {
  const before = child.output.length;
  child.signal("SIGUSR2");
  const until = performance.now() + 5000;
  for (;;) {
    const answer = child.output.slice(before).match(/"longestPauseMs":([0-9.]+)/);
    if (answer !== null) return Number(answer[1]);
    if (performance.now() > until) throw new Error("the proxy does not say how long its loop paused");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
