// One measuring run: a folder, ports, a proxy and the two SIPps around it, and the clean-up whatever happens.

import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { allCpuSince, allCpuTimes, cpuTime, loadNow, udpDrops } from "./meter.ts";
import { freePorts } from "./ports.ts";
import { type Ports, type ProxyName, type RunningProxy, startProxy } from "./proxies.ts";
import { type Sipp, type SippCounts, startCallee, startCaller } from "./sipp.ts";

/** A proxy that is up, with the ports around it. */
export interface Stage {
  readonly proxy: RunningProxy;
  readonly ports: Ports;
  readonly callerPort: number;
  readonly dir: string;
  readonly loadBefore: number;
}

/** Both user agents of a series of calls. */
export interface Pair {
  readonly caller: Sipp;
  readonly callee: Sipp;
}

/** How a series of calls went at both ends. */
export interface Outcome {
  readonly calls: number;
  readonly successful: number;
  readonly failed: number;
  readonly retransmissions: number;
  readonly unexpected: number;
  /** Datagrams lost in full receive buffers, at any of the three programs. */
  readonly drops: number;
  readonly isClean: boolean;
}

/** Who used the processor between two looks, in cores (1 is one core all the time); the idle share is of all cores. */
export interface Usage {
  readonly seconds: number;
  readonly proxyMicroseconds: number;
  readonly proxyCores: number;
  readonly callerCores: number;
  readonly calleeCores: number;
  /** Used by programs that are not of this bench. */
  readonly foreignCores: number;
  readonly idleShare: number;
}

/** Runs `work` beside a started proxy. Stops the proxy and removes the run's folder afterwards, unless the work fails: then the logs stay. */
export async function onStage<T>(name: ProxyName, work: (stage: Stage) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), "dialoom-bench-"));
  const [proxy = 0, callee = 0, management = 0, callerPort = 0] = await freePorts(4);
  const ports: Ports = { proxy, callee, management };
  const loadBefore = loadNow();
  const running = await startProxy(name, ports, dir);
  try {
    const result = await work({ proxy: running, ports, callerPort, dir, loadBefore });
    if (!running.isRunning()) throw new Error(`${name} ended during the run; see ${dir}`);
    await running.stop();
    rmSync(dir, { recursive: true, force: true });
    return result;
  } finally {
    await running.stop();
  }
}

/** Starts the callee and then the caller. Their ports are those of the stage: only one pair at a time. */
export async function startPair(stage: Stage, rate: number, calls: number, holdMs: number): Promise<Pair> {
  const callee = startCallee(stage.ports.callee, stage.dir);
  await sleep(300); // SIPp says nowhere that it listens
  const caller = startCaller({ to: stage.proxy.port, port: stage.callerPort, rate, calls, holdMs, dir: stage.dir });
  return { caller, callee };
}

/**
 * Waits until the caller has ended all its calls, then ends the callee.
 * @param patienceMs - after that the calls still open count as failed
 */
export async function endPair(stage: Stage, pair: Pair, dropsBefore: number, patienceMs: number): Promise<Outcome> {
  const timeout = new AbortController();
  await Promise.race([pair.caller.child.ended, sleep(patienceMs, undefined, { signal: timeout.signal }).catch(() => undefined)]);
  timeout.abort();
  const drops = dropsOf(stage) - dropsBefore;
  await pair.caller.child.stop("SIGTERM", 500);
  // A callee with no open call ends at once on SIGUSR1, and writes its last figures.
  await pair.callee.child.stop("SIGUSR1", 2_500);
  return outcome(pair.caller.counts(), pair.callee.counts(), Math.max(0, drops));
}

/** Lost datagrams so far at the proxy's port and both SIPps'. */
export function dropsOf(stage: Stage): number {
  return udpDrops([stage.ports.proxy, stage.ports.callee, stage.callerPort]);
}

function outcome(caller: SippCounts, callee: SippCounts, drops: number): Outcome {
  const calls = caller.created;
  const retransmissions = caller.retransmissions + callee.retransmissions;
  const unexpected = caller.unexpected + callee.unexpected;
  const failed = Math.max(caller.failed, calls - caller.successful);
  const isClean = calls > 0 && failed + callee.failed + retransmissions + unexpected + drops === 0;
  return { calls, successful: caller.successful, failed, retransmissions, unexpected, drops, isClean };
}

/** Looks at all processor clocks now; call the result to learn what was used since. */
export function watchUsage(stage: Stage, pair: Pair): () => Usage {
  const all = allCpuTimes();
  const proxy = cpuTime(stage.proxy.pids);
  const caller = cpuTime([pair.caller.child.pid]);
  const callee = cpuTime([pair.callee.child.pid]);
  const start = performance.now();
  return () => {
    const microseconds = (performance.now() - start) * 1000;
    const proxyMicroseconds = cpuTime(stage.proxy.pids) - proxy;
    const callerMicroseconds = cpuTime([pair.caller.child.pid]) - caller;
    const calleeMicroseconds = cpuTime([pair.callee.child.pid]) - callee;
    const busy = allCpuSince(all);
    return {
      seconds: microseconds / 1e6,
      proxyMicroseconds,
      proxyCores: proxyMicroseconds / microseconds,
      callerCores: callerMicroseconds / microseconds,
      calleeCores: calleeMicroseconds / microseconds,
      foreignCores: Math.max(0, busy - proxyMicroseconds - callerMicroseconds - calleeMicroseconds) / microseconds,
      idleShare: Math.max(0, 1 - busy / microseconds / availableParallelism()),
    };
  };
}
