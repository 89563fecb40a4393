// The stage of a simulation: one engine with routes, one agent that calls, four that are called, and the network between.
import type { App, Call } from "../../app/index.ts";
import { silentLog } from "../../kit/index.ts";
import { createEngine, type Engine, readSettings } from "../../server/index.ts";
import type { DnsClient } from "../../transport/index.ts";
import { Checker, datagramSocket, UserAgent } from "../agent/index.ts";
import { TestClock } from "../clock.ts";
import type { Conditions } from "../network/conditions.ts";
import { MemoryNetwork } from "../network/memory.ts";
import type { SeededRandom } from "../random.ts";
import type { CallPlan } from "./draw.ts";
import { Trace } from "./trace.ts";

const PROXY = "10.0.0.1";
const CALLER = "10.0.0.2";
const CALLEES = ["10.0.1.1", "10.0.1.2", "10.0.1.3", "10.0.1.4", "10.0.1.5"] as const;
const PORT = 5060;

/** Names no one asks for here: every address is a number. */
const NO_DNS: DnsClient = { query: (_name, _type, done) => done({ kind: "nothing" }), close: () => {} };

/** One call under way. */
export interface RunningCall {
  readonly index: number;
  readonly callId: string;
  readonly plan: CallPlan;
  /** The route refused it for its limit. */
  isOverLimit: boolean;
  /** It was answered by the route itself. */
  isRouteDone: boolean;
}

/** Everything one simulation runs in. */
export class World {
  readonly clock: TestClock;
  readonly network: MemoryNetwork;
  readonly engine: Engine;
  readonly app: App;
  readonly caller: UserAgent;
  readonly callees: readonly UserAgent[];
  readonly checker: Checker;
  readonly trace: Trace;
  readonly calls: Map<string, RunningCall> = new Map();
  /** Routes that wait for something. */
  waiting: number = 0;
  /** Told when either end of a call is over. */
  onEnd: (callId: string) => void = () => {};

  private constructor(parts: Pick<World, "clock" | "network" | "engine" | "app" | "caller" | "callees" | "checker" | "trace">) {
    this.clock = parts.clock;
    this.network = parts.network;
    this.engine = parts.engine;
    this.app = parts.app;
    this.caller = parts.caller;
    this.callees = parts.callees;
    this.checker = parts.checker;
    this.trace = parts.trace;
  }

  /** Builds the stage. */
  static async build(random: SeededRandom, conditions: Conditions): Promise<World> {
    const clock = new TestClock();
    const trace = new Trace();
    const network = new MemoryNetwork({
      clock,
      random: random.fork(),
      conditions,
      interfaces: [{ name: "eth0", ip: PROXY, family: 4 }],
    });
    network.tap = (event) => trace.packet(event);
    const settings = readSettings({
      listen: [`udp:${PROXY}:${PORT}`],
      profiles: ["group", { name: "all", withValue: false }],
      slErrorRate: 0,
      slErrorRateTotal: 0,
    });
    const engine = createEngine({
      clock,
      alarm: clock,
      defer: clock.defer,
      random: random.fork(),
      network,
      dns: NO_DNS,
      hosts: "",
      log: silentLog,
      settings,
    });
    clock.wakes(() => engine.timers.run());
    await engine.start();
    const checker = new Checker();
    const time = clock;
    const common = { time, checker, proxy: { ip: PROXY, port: PORT } };
    const caller = new UserAgent({
      ...common,
      name: "caller",
      socket: await datagramSocket(network, { ip: CALLER, port: PORT }),
      random: random.fork(),
    });
    const callees: UserAgent[] = [];
    for (const [i, ip] of CALLEES.entries()) {
      const agent = new UserAgent({
        ...common,
        name: `callee${i}`,
        socket: await datagramSocket(network, { ip, port: PORT }),
        random: random.fork(),
        answers: (_user, invite) => world.calls.get(invite.callId)?.plan.callees[i],
      });
      callees.push(agent);
    }
    const world = new World({ clock, network, engine, app: engine.app, caller, callees, checker, trace });
    world.#setRoutes();
    world.#watch();
    return world;
  }

  /** Places a call. */
  place(index: number, plan: CallPlan): RunningCall {
    const callId = `${index}-${plan.kind}@simulation`;
    const call: RunningCall = { index, callId, plan, isOverLimit: false, isRouteDone: false };
    this.calls.set(callId, call);
    this.caller.call({ callId, uri: uriOf(0), fromUri: `sip:user${index % 50}@${CALLER}`, user: `c${index}`, withBody: true }, plan.caller);
    const { endAfterMs } = plan.route;
    if (endAfterMs !== undefined) this.clock.schedule(endAfterMs, () => this.#endFromOutside(callId));
    return call;
  }

  /** Lets time pass; yields to waiting routes and to nothing else. */
  async advance(ms: number): Promise<void> {
    await this.clock.advanceAsync(ms, () => this.waiting > 0);
  }

  /** Closes every socket. */
  async close(): Promise<void> {
    this.waiting++;
    const closed = this.engine.stop().finally(() => this.waiting--);
    await this.advance(2000);
    await closed;
  }

  /** Forgets calls that are over. */
  forget(): void {
    for (const callId of this.calls.keys()) {
      this.caller.forget(callId);
      for (const callee of this.callees) callee.forget(callId);
    }
    this.calls.clear();
    this.trace.forgetStories();
  }

  #setRoutes(): void {
    const all = this.app.profile("all");
    const group = this.app.profile("group");
    const relay = (call: Call, running: RunningCall): unknown => {
      const { route, callees } = running.plan;
      if (route.isTracked) {
        const dialog = call.track({ lifetime: route.lifetimeMs / 1000, byeOnExpiry: route.byeOnExpiry });
        dialog.link(all);
        dialog.set("index", String(running.index));
        if (!dialog.link(group, route.group, route.max === undefined ? undefined : { max: route.max })) {
          running.isOverLimit = true;
          return call.reject(486, "Too Many Calls");
        }
      }
      if (route.refuseWith !== undefined) {
        running.isRouteDone = true;
        return call.reject(route.refuseWith);
      }
      const targets = callees.map((_, i) => ({ requestUri: uriOf(i) }));
      return call.relay(targets, { mode: route.mode });
    };
    this.app.invite((call) => {
      const running = this.calls.get(call.callId);
      if (running === undefined) return call.reject(404);
      const { waitMs } = running.plan.route;
      return waitMs === undefined ? relay(call, running) : this.#slowly(waitMs, call, () => relay(call, running));
    });
  }

  async #slowly(waitMs: number, call: Call, relay: () => unknown): Promise<void> {
    this.waiting++;
    await new Promise<void>((resolve) => {
      this.clock.schedule(waitMs, resolve);
    });
    try {
      if (!call.isDecided) await relay();
    } finally {
      this.waiting--;
    }
  }

  #endFromOutside(callId: string): void {
    const dialog = this.app.dialogs.get(callId);
    if (dialog !== undefined) dialog.end("Simulation");
  }

  #watch(): void {
    this.app.on("ended", (end, dialog) => {
      const why = end.wasAnswered ? `after ${end.seconds} s` : `with ${end.status}`;
      this.trace.tell(dialog.callId, this.clock.monotonic(), `dialog ${dialog.did} ended ${why}: ${end.reason}`);
    });
    const ended = (call: { readonly callId: string }): void => this.onEnd(call.callId);
    this.caller.watcher = { callerDone: ended };
    for (const callee of this.callees) callee.watcher = { calleeDone: ended };
  }
}

function uriOf(callee: number): string {
  return `sip:u@${CALLEES[callee] ?? CALLEES[0]}:${PORT}`;
}
