// What was measured on, and with which programs: stands above every table.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";

/** The machine and the versions of everything that took part. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly virtualisation: string;
  readonly node: string;
  readonly sipp: string;
  readonly kamailio: string;
  readonly dialoom: string;
  /** Largest receive buffer that the kernel grants, bytes. */
  readonly receiveBufferLimit: number;
  readonly pinning: string;
}

/** Looks around. A program that is not installed is named as missing, not an error. */
export function describeMachine(): Machine {
  const virtual = firstLine("systemd-detect-virt", []);
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    virtualisation: virtual === "" ? (hasHypervisor() ? "virtual machine" : "none seen") : virtual,
    node: process.version,
    sipp: firstLine("sipp", ["-v"]) || "missing",
    kamailio: firstLine("kamailio", ["-v"]) || "missing",
    dialoom: commit(),
    receiveBufferLimit: Number(read("/proc/sys/net/core/rmem_max")),
    pinning: "none: the kernel places all three programs on all cores",
  };
}

/** Programs the bench cannot do without, which are not there. */
export function missingPrograms(needsKamailio: boolean): string[] {
  const needed = needsKamailio ? ["sipp", "kamailio"] : ["sipp"];
  return needed.filter((program) => firstLine(program, ["-v"]) === "");
}

function firstLine(program: string, args: readonly string[]): string {
  // SIPp ends with 99 after telling its version: what was printed counts, not the code.
  let output: string;
  try {
    output = execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], timeout: 5_000 });
  } catch (error) {
    const printed = error instanceof Error && "stdout" in error ? error.stdout : "";
    output = typeof printed === "string" ? printed : "";
  }
  return output.trim().split("\n", 1).join("").trim();
}

function commit(): string {
  const id = firstLine("git", ["-C", import.meta.dirname, "rev-parse", "--short", "HEAD"]);
  const changed = firstLine("git", ["-C", import.meta.dirname, "status", "--porcelain", "--", "../src"]);
  return `${id || "not a git checkout"}${changed === "" ? "" : " with changes in src/"}`;
}

function hasHypervisor(): boolean {
  return / hypervisor( |$)/m.test(read("/proc/cpuinfo"));
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
