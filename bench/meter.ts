// What the kernel says about processes: CPU time, memory, lost datagrams. Linux only: everything is read from /proc.

import { readdirSync, readFileSync } from "node:fs";
import { loadavg } from "node:os";

// USER_HZ is 100 on every Linux that Node runs on; the sum of user and system time is exact to one tick.
const TICK_MICROSECONDS = 10_000;

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return ""; // the process has ended meanwhile
  }
}

/** CPU time of the calling thread, ms: other work on the machine does not change it. */
export function threadCpu(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** The fields of /proc/PID/stat after the command's name: 0 state, 1 parent, 11 user ticks, 12 system ticks. */
function statFields(pid: number): string[] {
  const text = read(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** A process and everything it started, by process id. Processes that end meanwhile are left out. */
export function processTree(root: number): number[] {
  const childrenOf = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const parent = Number(statFields(pid)[1]);
    const siblings = childrenOf.get(parent);
    if (siblings === undefined) childrenOf.set(parent, [pid]);
    else siblings.push(pid);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(childrenOf.get(pid) ?? []));
  return tree;
}

/** User and system time that these processes, all their threads included, have used so far, in microseconds. */
export function cpuTime(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const fields = statFields(pid);
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }
  return ticks * TICK_MICROSECONDS;
}

/** Proportional set size of these processes together, in bytes: a page that n processes share counts 1/n in each. */
export function proportionalSetSize(pids: readonly number[]): number {
  let kilobytes = 0;
  for (const pid of pids) {
    const text = read(`/proc/${pid}/smaps_rollup`);
    const at = text.indexOf("\nPss:");
    if (at >= 0) kilobytes += Number.parseInt(text.slice(at + 5), 10);
  }
  return kilobytes * 1024;
}

/**
 * CPU time of every process by pid, in microseconds. /proc/stat would be shorter, but it samples at clock ticks and misses
 * programs that wake by the same tick and sleep before the next one, as SIPp does.
 */
export function allCpuTimes(): Map<number, number> {
  const times = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (Number.isInteger(pid)) times.set(pid, cpuTime([pid]));
  }
  return times;
}

/** What all processes used since an earlier look; those that have ended since are missed. */
export function allCpuSince(before: ReadonlyMap<number, number>): number {
  let used = 0;
  for (const [pid, time] of allCpuTimes()) used += Math.max(0, time - (before.get(pid) ?? 0));
  return used;
}

/** Datagrams that the kernel threw away because the receive buffer of a socket on one of these local UDP ports was full. */
export function udpDrops(ports: readonly number[]): number {
  let drops = 0;
  for (const line of read("/proc/net/udp").split("\n").slice(1)) {
    const fields = line.trim().split(/\s+/);
    const port = Number.parseInt(fields[1]?.split(":")[1] ?? "", 16);
    if (ports.includes(port)) drops += Number(fields.at(-1) ?? 0);
  }
  return drops;
}

/** The one-minute load average, which stands beside every run: a busy neighbour explains an odd figure. */
export function loadNow(): number {
  return loadavg()[0] ?? Number.NaN;
}
