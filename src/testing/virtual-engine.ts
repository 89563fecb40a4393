// An engine at one address of a network in memory, in virtual time.
import { type Log, silentLog } from "../kit/index.ts";
import { createEngine, type DialoomOptions, type Engine, readSettings, systemHash } from "../server/index.ts";
import type { Database } from "../store/index.ts";
import type { DnsClient } from "../transport/index.ts";
import type { TestClock } from "./clock.ts";
import { MemoryNetwork } from "./network/memory.ts";
import { SeededRandom } from "./random.ts";

const NO_DNS: DnsClient = { query: (_name, _type, done) => done({ kind: "nothing" }), close: () => {} };

/**
 * Not started.
 * @param ip - the only address it has
 * @param options - with sockets at that address
 * @param connect - opens databases, where there are any; left out, as the engine does it
 */
export function virtualEngine(
  clock: TestClock,
  ip: string,
  options: DialoomOptions,
  seed: number,
  connect?: (url: string, log: Log) => Promise<Database>,
): { readonly engine: Engine; readonly network: MemoryNetwork } {
  const random = new SeededRandom(seed);
  const network = new MemoryNetwork({ clock, random: random.fork(), interfaces: [{ name: "eth0", ip, family: 4 }] });
  const log: Log = options.log ?? silentLog;
  const engine = createEngine({
    clock,
    alarm: clock,
    defer: clock.defer,
    random: random.fork(),
    digest: systemHash,
    network,
    dns: NO_DNS,
    hosts: "",
    connect: connect === undefined ? undefined : (url) => connect(url, log),
    log,
    settings: readSettings(options),
  });
  clock.wakes(() => engine.timers.run());
  return { engine, network };
}
