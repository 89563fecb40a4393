// Programs that measure one thing each: every file of a folder runs for itself, and what it prints is the result.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { startChild } from "../child.ts";

/** What one program printed. */
export interface ProgramRun {
  readonly name: string;
  readonly command: string;
  readonly output: string;
  readonly exitCode: number;
  /** Programs that wanted to run when it began, over the last minute. */
  readonly load: number;
}

const BENCH = join(import.meta.dirname, "..");

/** Micro-benchmarks, each for two minutes at most. @param tell - hears of each as it ends */
export function measureMicro(tell: (run: ProgramRun) => void): Promise<ProgramRun[]> {
  return measurePrograms("micro", 120_000, tell);
}

/** What calls cost that are kept in databases, each program for ten minutes at most: they wait for outages. @param tell - as above */
export function measureStores(tell: (run: ProgramRun) => void): Promise<ProgramRun[]> {
  return measurePrograms("stores", 600_000, tell);
}

/** Runs them one after another. None there, none run. */
async function measurePrograms(folder: string, limitMs: number, tell: (run: ProgramRun) => void): Promise<ProgramRun[]> {
  const runs: ProgramRun[] = [];
  for (const name of programs(folder)) {
    const dir = mkdtempSync(join(tmpdir(), "dialoom-bench-"));
    const log = join(dir, "output");
    const [load = 0] = loadavg();
    const child = startChild(process.execPath, [`bench/${folder}/${name}`], { cwd: join(BENCH, ".."), log });
    const watchdog = setTimeout(() => child.kill(), limitMs);
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

function programs(folder: string): string[] {
  try {
    return readdirSync(join(BENCH, folder))
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
      .sort();
  } catch {
    return [];
  }
}
