// What the absence of a database server adds to the set-up of calls: the slowest hundredth of INVITE to 200 at 300 calls a second, first
// with the server there, then during each kind of outage, and how long its rows need afterwards. Run: node bench/stores/outages.ts
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type DatabaseServer, eventually, Management, Relay } from "../../src/testing/index.ts";
import { startChild } from "../child.ts";
import { type BenchDatabase, onDatabases } from "../databases.ts";
import { freePorts, HOST } from "../ports.ts";
import { probe } from "../probe.ts";

const RATE = 300;
const WARM_SECONDS = 4;
/** Measured for so long, all of it within the outage. */
const SECONDS = 10;
const OUTAGE_BEGINS_MS = 3_500;
const PATIENCE_MS = 60_000;

/** A kind of trouble: what brings it about, and what ends it. */
interface Trouble {
  readonly name: string;
  readonly begin: (server: DatabaseServer, relay: Relay) => unknown;
  readonly end: (server: DatabaseServer, relay: Relay) => unknown;
}

let cuts: NodeJS.Timeout | undefined;
const TROUBLES: readonly Trouble[] = [
  { name: "none", begin: () => {}, end: () => {} },
  { name: "stopped", begin: (server) => server.stop(), end: (server) => server.start() },
  { name: "killed", begin: (server) => server.kill(), end: (server) => server.start() },
  { name: "frozen", begin: (server) => server.freeze(), end: (server) => server.thaw() },
  { name: "750 ms away", begin: (_server, relay) => relay.delay(750), end: (_server, relay) => relay.delay(0) },
  { name: "30 s away", begin: (_server, relay) => relay.delay(30_000), end: (_server, relay) => relay.delay(0) },
  {
    name: "connections cut every 200 ms",
    begin: (_server, relay) => {
      cuts = setInterval(() => relay.cut(), 200);
    },
    end: () => clearInterval(cuts),
  },
];

await onDatabases(["postgres", "mariadb"], "", async (database, name) => {
  console.log(`${name}, ${RATE} calls a second:`);
  for (const trouble of TROUBLES) console.log(`  ${trouble.name}: ${await measure(database, trouble)}`);
});

/** One proxy through one outage. @returns what came of it */
async function measure({ url, server }: BenchDatabase, trouble: Trouble): Promise<string> {
  if (server === undefined) throw new Error("an outage needs a server");
  const dir = mkdtempSync(join(tmpdir(), "dialoom-bench-"));
  const relay = await Relay.start(server.port);
  const through = new URL(url);
  through.port = String(relay.port);
  const [sip = 0, mi = 0, caller = 0, callee = 0] = await freePorts(4);
  let isReady = false;
  const flags = ["--listen", `udp:${HOST}:${sip}`, "--to", `sip:${HOST}:${callee}`, "--mi", String(mi), "--store", through.href];
  const proxy = startChild(process.execPath, ["--max-semi-space-size=8", "bench/dialoom.ts", ...flags], {
    cwd: join(import.meta.dirname, "../.."),
    log: join(dir, "proxy.log"),
    onLine: (line) => {
      isReady ||= line === "ready";
    },
  });
  try {
    if (!(await eventually(async () => isReady, Boolean, 10_000))) throw new Error("the proxy does not start");
    const probing = probe({ to: sip, caller, callee, rate: RATE, warmSeconds: WARM_SECONDS, seconds: SECONDS }, dir);
    await pause(OUTAGE_BEGINS_MS);
    await trouble.begin(server, relay);
    const { report } = await probing;
    const management = new Management(`${HOST}:${mi}`);
    const waiting = (): Promise<Record<string, number>> => management.statistics(["store:pending", "store:dropped"]);
    const { "store:pending": most } = await waiting();
    await trouble.end(server, relay);
    const ended = performance.now();
    const after = await eventually(waiting, (state) => state["store:pending"] === 0, PATIENCE_MS);
    const { answer, calls, lost } = report;
    return (
      `99 of 100 within ${answer.p99.toFixed(2)} ms, half within ${answer.p50.toFixed(2)}, longest ${answer.max.toFixed(1)}; ${calls} calls, ${lost} lost; ` +
      `${most} rows waited at the end, ${after["store:pending"]} were left ${((performance.now() - ended) / 1000).toFixed(1)} s later, ${after["store:dropped"]} dropped`
    );
  } finally {
    clearInterval(cuts);
    await proxy.stop("SIGTERM", 8_000);
    server.thaw();
    await server.start();
    await relay.close();
    rmSync(dir, { recursive: true, force: true });
  }
}
