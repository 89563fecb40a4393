// What can stand between the two SIPps: Kamailio, Dialoom, or nothing at all (the floor).

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Child, startChild } from "./child.ts";
import { type DatabaseKind, makeDatabase } from "./databases.ts";
import { processTree } from "./meter.ts";
import { HOST } from "./ports.ts";

/**
 * `kamailio` is Kamailio as Debian ships it. `kamailioTuned` has the two changes that favour it most here: the fast
 * allocator (`-x fm`; the default one checks every fragment) and no 100 Trying for a callee that answers at once.
 * `dialoomScript` is Dialoom with opensips.cfg instead of routes in TypeScript; the others write every change of a call to a database.
 */
export type ProxyName = "kamailio" | "kamailioTuned" | "direct" | DialoomName;

type DialoomName = "dialoom" | "dialoomScript" | "dialoomSqlite" | "dialoomPostgres" | "dialoomMariadb";

/** Where those keep their calls that keep them anywhere but in memory. */
export const DATABASE_OF: Partial<Readonly<Record<ProxyName, DatabaseKind>>> = Object.freeze({
  dialoomSqlite: "sqlite",
  dialoomPostgres: "postgres",
  dialoomMariadb: "mariadb",
});

/** What a proxy says of its memory. `NaN` where it does not say. */
export interface MemoryFacts {
  /** Bytes in use: the heap and what hangs on it after a collection, or the shared memory that is allocated. */
  readonly liveBytes: number;
  /** Milliseconds spent collecting garbage since the start; 0 where there is no collector. */
  readonly gcMs: number;
}

/** A proxy that listens and relays. */
export interface RunningProxy {
  readonly name: ProxyName;
  /** Where the caller sends to. */
  readonly port: number;
  readonly command: string;
  /** All processes of the proxy; none for `direct`. */
  readonly pids: readonly number[];
  isRunning(): boolean;
  /** Dialogs that it holds now; `NaN` where it does not say. */
  activeDialogs(): Promise<number>;
  /** Asking collects garbage where there is any: only between measurements. */
  memory(): Promise<MemoryFacts>;
  stop(): Promise<void>;
}

/** The ports of one run. */
export interface Ports {
  readonly proxy: number;
  readonly callee: number;
  readonly management: number;
}

const ROOT = join(import.meta.dirname, "..");
const START_TIMEOUT_MS = 15_000;
const QUERY_TIMEOUT_MS = 5_000;

/** Starts a proxy and waits until it listens. Throws, with the log file's name, when it does not come up. */
export async function startProxy(name: ProxyName, ports: Ports, dir: string): Promise<RunningProxy> {
  if (name === "direct") return direct(ports);
  if (name === "kamailio" || name === "kamailioTuned") return startKamailio(name, ports, dir);
  const kind = DATABASE_OF[name];
  if (kind === undefined) return startDialoom(name, ports, dir);
  const database = await makeDatabase(kind, dir);
  try {
    const proxy = await startDialoom(name, ports, dir, database.url);
    return { ...proxy, stop: () => proxy.stop().finally(() => database.remove()) };
  } catch (error) {
    await database.remove();
    throw error;
  }
}

function direct(ports: Ports): RunningProxy {
  return {
    name: "direct",
    port: ports.callee,
    command: "",
    pids: [],
    isRunning: () => true,
    activeDialogs: () => Promise.resolve(Number.NaN),
    memory: () => Promise.resolve({ liveBytes: Number.NaN, gcMs: Number.NaN }),
    stop: () => Promise.resolve(),
  };
}

async function startKamailio(name: ProxyName, ports: Ports, dir: string): Promise<RunningProxy> {
  const home = join(dir, "kamailio");
  mkdirSync(home, { recursive: true });
  const log = join(dir, "kamailio.log");
  // biome-ignore format: one option a line reads like the command
  const child = startChild("kamailio", [
    "-DD", "-E", "-f", "bench/kamailio.cfg", "-w", home, "-Y", home,
    "-m", "2048", "-M", "16", "-b", "8388608",
    "--substdef", `!BENCH_LISTEN!udp:${HOST}:${ports.proxy}!`,
    "--substdef", `!BENCH_CALLEE!sip:${HOST}:${ports.callee}!`,
    "--substdef", `!BENCH_RPC!udp:${HOST}:${ports.management}!`,
    ...(name === "kamailioTuned" ? ["-x", "fm", "-A", "BENCH_NO_100"] : []),
  ], { cwd: ROOT, log });
  const statistics = (group: string): Promise<Map<string, number>> => kamailioStatistics(ports.management, group);
  await until(child, log, async () => (await statistics("dialog:")).size > 0);
  return {
    name,
    port: ports.proxy,
    command: child.command,
    pids: processTree(child.pid),
    isRunning: () => child.isRunning,
    activeDialogs: async () => (await statistics("dialog:")).get("dialog:active_dialogs") ?? Number.NaN,
    memory: async () => ({ liveBytes: (await statistics("shmem:")).get("shmem:used_size") ?? Number.NaN, gcMs: 0 }),
    stop: async () => {
      await child.stop("SIGTERM", 5_000);
    },
  };
}

/** The statistics of one group: `stats.get_statistics` over JSON-RPC in a datagram; empty when no answer comes. */
async function kamailioStatistics(port: number, group: string): Promise<Map<string, number>> {
  const socket = createSocket("udp4");
  try {
    const call = { jsonrpc: "2.0", id: 1, method: "stats.get_statistics", params: [group] };
    const timeout = AbortSignal.timeout(QUERY_TIMEOUT_MS);
    socket.connect(port, HOST);
    await once(socket, "connect", { signal: timeout });
    socket.send(JSON.stringify(call));
    const [reply] = await once(socket, "message", { signal: timeout });
    const { result } = JSON.parse(String(reply)) as { result?: string[] };
    return new Map((result ?? []).map((line) => [line.split(" = ")[0] ?? "", Number(line.split(" = ")[1])]));
  } catch {
    return new Map();
  } finally {
    socket.close();
  }
}

/** @param store - URL of the database of calls; left out, they are in memory only */
export async function startDialoom(name: DialoomName, ports: Ports, dir: string, store?: string): Promise<RunningProxy> {
  const log = join(dir, "dialoom.log");
  let isReady = false;
  let answered: (facts: MemoryFacts) => void = () => undefined;
  // --expose-gc only makes gc() callable; it is called between measurements, never during one.
  // biome-ignore format: one option a line reads like the command
  const child = startChild(process.execPath, [
    "--max-semi-space-size=8", "--expose-gc", name === "dialoomScript" ? "bench/dialoom-script.ts" : "bench/dialoom.ts",
    "--listen", `udp:${HOST}:${ports.proxy}`, "--to", `sip:${HOST}:${ports.callee}`, "--mi", String(ports.management),
    ...(store === undefined ? [] : ["--store", store]),
  ], {
    cwd: ROOT,
    log,
    onLine: (line) => {
      if (line === "ready") isReady = true;
      else if (line.startsWith("{")) answered(JSON.parse(line) as MemoryFacts);
    },
  });
  await until(child, log, () => Promise.resolve(isReady));
  return {
    name,
    port: ports.proxy,
    command: child.command.replace(process.execPath, "node").replace(/(:\/\/\w+):[^@]*@/, "$1:…@"),
    pids: processTree(child.pid),
    isRunning: () => child.isRunning,
    activeDialogs: () => activeDialogsOf(ports.management),
    memory: () =>
      new Promise<MemoryFacts>((resolve) => {
        answered = resolve;
        child.signal("SIGUSR2");
        setTimeout(() => resolve({ liveBytes: Number.NaN, gcMs: Number.NaN }), QUERY_TIMEOUT_MS).unref();
      }),
    stop: async () => {
      await child.stop("SIGTERM", 6_000);
    },
  };
}

/** `active_dialogs` over the management port; `NaN` when no answer comes. */
async function activeDialogsOf(port: number): Promise<number> {
  try {
    const response = await fetch(`http://${HOST}:${port}/mi`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "get_statistics", params: [["dialog:"]] }),
      signal: AbortSignal.timeout(QUERY_TIMEOUT_MS),
    });
    const { result } = (await response.json()) as { result?: Record<string, number> };
    return result?.["dialog:active_dialogs"] ?? Number.NaN;
  } catch {
    return Number.NaN;
  }
}

async function until(child: Child, log: string, isUp: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (child.isRunning && performance.now() < deadline) {
    if (await isUp()) return;
    await sleep(50);
  }
  await child.stop("SIGTERM", 1_000);
  throw new Error(`${child.command}\ndid not come up; see ${log}`);
}
