// Micro-benchmarks: every program in bench/micro/ runs for itself, and what it prints is the result.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { startChild } from "../child.ts";

/** What one micro-benchmark printed. */
export interface MicroRun {
  readonly name: string;
  readonly command: string;
  readonly output: string;
  readonly exitCode: number;
  /** Programs that wanted to run when it began, over the last minute. */
  readonly load: number;
}

const FOLDER = join(import.meta.dirname, "../micro");
const LIMIT_MS = 600_000;

/**
 * Runs them one after another, each for ten minutes at most. None there, none run.
 * @param tell - hears of each as it ends
 */
export async function measureMicro(tell: (run: MicroRun) => void): Promise<MicroRun[]> {
  const runs: MicroRun[] = [];
  for (const name of programs()) {
    const dir = mkdtempSync(join(tmpdir(), "dialoom-bench-"));
    const log = join(dir, "output");
    const [load = 0] = loadavg();
    const child = startChild(process.execPath, [`bench/micro/${name}`], { cwd: join(FOLDER, "../.."), log });
    const watchdog = setTimeout(() => child.signal("SIGKILL"), LIMIT_MS);
    const exitCode = await child.ended;
    clearTimeout(watchdog);
    const output = readFileSync(log, "utf8").trimEnd();
    rmSync(dir, { recursive: true, force: true });
    const run = { name, command: child.command.replace(process.execPath, "node"), output, exitCode, load };
    runs.push(run);
    tell(run);
  }
  return runs;
}

function programs(): string[] {
  try {
    return readdirSync(FOLDER)
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
      .sort();
  } catch {
    return [];
  }
}
