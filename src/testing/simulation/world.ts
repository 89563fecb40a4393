// The stage of a simulation: one engine with routes, one agent that calls, four that are called, and the network between.
import type { App, Call, TrackedDialog } from "../../app/index.ts";
import { silentLog } from "../../kit/index.ts";
import { createEngine, type Engine, readSettings, systemHash } from "../../server/index.ts";
import type { DnsClient } from "../../transport/index.ts";
import { type AgentSocket, Checker, datagramSocket, type ShortAnswer, type ShortRequest, streamSocket, UserAgent } from "../agent/index.ts";
import { TestClock } from "../clock.ts";
import type { Conditions } from "../network/conditions.ts";
import { MemoryNetwork } from "../network/memory.ts";
import type { SeededRandom } from "../random.ts";
import { Curtain } from "./curtain.ts";
import type { CallPlan } from "./draw.ts";
import { Ends } from "./ends.ts";
import { FORGED_LINE, Forger, isForged } from "./forger.ts";
import { CallNames } from "./names.ts";
import { lineOf, Numbering } from "./numbering.ts";
import type { OwnStep } from "./route-plan.ts";
import { PASSWORD, REALM, USER } from "./shares.ts";
import { Trace } from "./trace.ts";

const PROXY = "10.0.0.1";
const CALLER = "10.0.0.2";
const CALLEES = ["10.0.1.1", "10.0.1.2", "10.0.1.3", "10.0.1.4", "10.0.1.5"] as const;
const PORT = 5060;

/** What the proxy knows of the callees' passwords. */
const CREDENTIALS = {
  right: [{ user: USER, realm: REALM, password: PASSWORD }],
  wrong: [{ user: USER, realm: REALM, password: "guess" }],
} as const;

/** Names no one asks for here: every address is a number. */
const NO_DNS: DnsClient = { query: (_name, _type, done) => done({ kind: "nothing" }), close: () => {} };

/** A request outside calls under way. */
export interface RunningMessage {
  readonly asked: ShortRequest;
  /** Undefined: nobody answers it. */
  readonly answer: ShortAnswer | undefined;
}

/** How the agents are connected: all the same way, or each as it comes. */
export type Transports = "udp" | "tcp" | "mixed";

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

/** What was heard of one dialog. */
export interface DialogStory {
  readonly callId: string;
  created: number;
  early: number;
  answered: number;
  /** Ended without, and after, an answer. */
  failed: number;
  ended: number;
}

/** Everything one simulation runs in. */
export class World {
  readonly clock: TestClock;
  readonly network: MemoryNetwork;
  readonly engine: Engine;
  readonly app: App;
  readonly caller: UserAgent;
  readonly callees: readonly UserAgent[];
  /** Where each callee is reached. */
  readonly uris: readonly string[];
  readonly isCallerOnStream: boolean;
  readonly checker: Checker;
  readonly trace: Trace;
  readonly numbering: Numbering;
  readonly forger: Forger;
  readonly names: CallNames;
  readonly curtain: Curtain;
  readonly ends: Ends = new Ends();
  /** Requests of the proxy's own that were asked for, and how many were said to be over. */
  asked: number = 0;
  answered: number = 0;
  readonly calls: Map<string, RunningCall> = new Map();
  /** Requests outside calls, by Call-ID. */
  readonly messages: Map<string, RunningMessage> = new Map();
  /** Routes that wait for something. */
  waiting: number = 0;
  /** Calls that were tracked, and those that failed, since the start. */
  tracked: number = 0;
  failed: number = 0;
  /** What the app was told of calls, by did: how often each event came. */
  readonly told: Map<string, DialogStory> = new Map();
  /** Told when either end of a call is over. */
  onEnd: (callId: string) => void = () => {};

  private constructor(
    parts: Pick<
      World,
      | "clock"
      | "network"
      | "engine"
      | "app"
      | "caller"
      | "callees"
      | "uris"
      | "isCallerOnStream"
      | "checker"
      | "trace"
      | "numbering"
      | "forger"
      | "names"
      | "curtain"
    >,
  ) {
    this.clock = parts.clock;
    this.network = parts.network;
    this.engine = parts.engine;
    this.app = parts.app;
    this.caller = parts.caller;
    this.callees = parts.callees;
    this.uris = parts.uris;
    this.isCallerOnStream = parts.isCallerOnStream;
    this.checker = parts.checker;
    this.trace = parts.trace;
    this.numbering = parts.numbering;
    this.forger = parts.forger;
    this.names = parts.names;
    this.curtain = parts.curtain;
  }

  /** Builds the stage. */
  static async build(random: SeededRandom, conditions: Conditions, transports: Transports = "udp"): Promise<World> {
    const clock = new TestClock();
    const names = new CallNames();
    const trace = new Trace((callId) => names.plain(callId));
    const curtain = new Curtain(CALLER, (ip) => CALLEES.some((callee) => callee === ip));
    const network = new MemoryNetwork({
      clock,
      random: random.fork(),
      conditions,
      interfaces: [{ name: "eth0", ip: PROXY, family: 4 }],
    });
    const numbering = new Numbering();
    let forger: Forger | undefined;
    let isKnown = (_callId: string): boolean => true;
    const hiding = (callId: string): CallPlan["route"]["hide"] => world?.calls.get(callId)?.plan.route.hide;
    let world: World | undefined;
    network.tap = (event) => {
      const { text, to, from, fate } = event;
      if (fate === "sent" && from.ip === PROXY) {
        names.sent(text);
        if (!isForged(text)) {
          numbering.sent(text, to.ip, event.at, isKnown);
          const shown = lineOf(text, "\r\nCall-ID: ");
          const callId = names.plain(shown);
          const hide = hiding(callId);
          if (hide !== undefined) curtain.passed(text, to.ip, callId, names.shown(callId), hide);
        }
        forger?.passed(text, to.ip, (callId) => names.plain(callId));
      }
      trace.packet(event);
    };
    const settings = readSettings({
      listen: [`udp:${PROXY}:${PORT}`, `tcp:${PROXY}:${PORT}`],
      profiles: ["group", { name: "all", withValue: false }],
      optionsPingInterval: 10,
      reinvitePingInterval: 15,
      // what is explained afterwards is kept in rings: small ones are full soon
      explainMemory: 1 << 20,
      explainMessageMemory: 1 << 20,
      slErrorRate: 1_000_000,
      slErrorRateTotal: 1_000_000,
    });
    const engine = createEngine({
      clock,
      alarm: clock,
      defer: clock.defer,
      random: random.fork(),
      digest: systemHash,
      network,
      dns: NO_DNS,
      hosts: "",
      log: silentLog,
      settings,
    });
    clock.wakes(() => engine.timers.run());
    await engine.start();
    const checker = new Checker();
    const isBad = (): boolean => network.conditions.loss > 0 || network.conditions.jitterMs > 0;
    checker.isOvertaken = (request, at) => isBad() && numbering.isOvertaken(request, at);
    checker.mayLoseReplies = isBad;
    checker.isForeign = (request) => request.text.includes(FORGED_LINE);
    checker.isHidden = ({ callId }) => hiding(names.plain(callId)) !== undefined;
    checker.hasLeftBefore = (message, at) => [CALLER, ...CALLEES].some((ip) => (numbering.leftAt(message, ip) ?? at + 1) <= at);
    checker.mayRenegotiate = ({ callId }) =>
      world?.calls.get(names.plain(callId))?.plan.route.own?.some(({ body }) => body === "challenge") === true;
    const time = clock;
    const common = { time, checker, isNumbered: true, proxy: { ip: PROXY, port: PORT } };
    const isStream = (): boolean => transports === "tcp" || (transports === "mixed" && random.chance(0.5));
    const bind = (ip: string, overStream: boolean): Promise<AgentSocket> =>
      overStream ? streamSocket(network, { ip, port: PORT }) : datagramSocket(network, { ip, port: PORT });
    const callerOnStream = isStream();
    const caller = new UserAgent({
      ...common,
      name: "caller",
      socket: await bind(CALLER, callerOnStream),
      random: random.fork(),
    });
    const callees: UserAgent[] = [];
    const uris: string[] = [];
    for (const [i, ip] of CALLEES.entries()) {
      const overStream = isStream();
      uris.push(`sip:u@${ip}:${PORT}${overStream ? ";transport=tcp" : ""}`);
      const agent = new UserAgent({
        ...common,
        name: `callee${i}`,
        socket: await bind(ip, overStream),
        random: random.fork(),
        answers: (_user, invite) => world?.calls.get(names.plain(invite.callId))?.plan.callees[i],
        serves: (request) => world?.messages.get(request.callId)?.answer,
      });
      callees.push(agent);
    }
    isKnown = (callId) => engine.dialogs.firstOf(names.plain(callId)) !== undefined;
    forger = await Forger.open(network, { ip: PROXY, port: PORT }, engine.dialogs);
    world = new World({
      clock,
      network,
      engine,
      app: engine.app,
      caller,
      callees,
      uris,
      isCallerOnStream: callerOnStream,
      checker,
      trace,
      numbering,
      forger,
      names,
      curtain,
    });
    world.#setRoutes();
    world.#watch();
    return world;
  }

  /** Places a call. */
  place(index: number, plan: CallPlan): RunningCall {
    const callId = `${index}-${plan.kind}@simulation`;
    const call: RunningCall = { index, callId, plan, isOverLimit: false, isRouteDone: false };
    this.calls.set(callId, call);
    const headers = this.names.placed(index, callId);
    this.caller.call(
      { callId, uri: this.uris[0] ?? "", fromUri: `sip:user${index % 50}@${CALLER}`, user: `c${index}`, withBody: true, headers },
      plan.caller,
    );
    const { endAfterMs, own = [], forged = [] } = plan.route;
    for (const step of own) this.clock.schedule(step.afterMs, () => this.#sendOwn(callId, step));
    for (const step of forged) this.clock.schedule(step.afterMs, () => this.forger.forge(callId, step, this.names.shown(callId)));
    if (endAfterMs !== undefined) this.clock.schedule(endAfterMs, () => this.#endFromOutside(call));
    return call;
  }

  /** Sends a MESSAGE to one of the callees. */
  send(index: number, callee: number, answer: ShortAnswer | undefined): void {
    const callId = `${index}-message@simulation`;
    const asked = this.caller.ask("MESSAGE", callId, this.uris[callee] ?? "", `sip:user${index}@${CALLER}`);
    this.messages.set(callId, { asked, answer });
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

  /** Whether every call is over for everybody who knows of it. */
  get isQuiet(): boolean {
    for (const callId of this.calls.keys()) {
      if (this.caller.callerOf(callId)?.isDone !== true) return false;
      for (const callee of this.callees) {
        for (const call of callee.calleesOf(this.names.shown(callId))) if (!call.isDone && !call.isSilent) return false;
      }
    }
    return true;
  }

  /** Forgets calls that are over. */
  forget(): void {
    for (const callId of this.calls.keys()) {
      this.caller.forget(callId);
      for (const callee of this.callees) callee.forget(this.names.shown(callId));
    }
    for (const agent of [this.caller, ...this.callees]) agent.forgetForGood();
    this.calls.clear();
    this.messages.clear();
    this.told.clear();
    this.names.forget();
    this.numbering.forget();
    this.forger.forget();
    this.trace.forgetStories();
  }

  #setRoutes(): void {
    const all = this.app.profile("all");
    const group = this.app.profile("group");
    const relay = (call: Call, running: RunningCall): unknown => {
      const { route, callees } = running.plan;
      if (route.isTracked) {
        this.tracked++;
        const dialog = call.track({
          lifetime: route.lifetimeMs / 1000,
          byeOnExpiry: route.byeOnExpiry,
          ...(route.ping === undefined ? {} : { ping: route.ping }),
          ...(route.endOnRace === true ? { endOnRace: true } : {}),
          ...(route.autoPrack === true ? { autoPrack: true } : {}),
        });
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
      const { hide, credentials } = route;
      if (hide !== undefined) call.hideTopology(route.isTracked ? hide : { keepUser: hide.keepUser });
      const targets = callees.map((_, i) => ({ requestUri: this.uris[i] ?? "" }));
      const known = credentials === undefined ? {} : { credentials: CREDENTIALS[credentials] };
      return call.relay(targets, { mode: route.mode, ...known });
    };
    this.app.sequential((request) => {
      const credentials = this.calls.get(request.callId)?.plan.route.credentials;
      if (credentials !== undefined) request.relay(undefined, { credentials: CREDENTIALS[credentials] });
    });
    this.app.request("MESSAGE", (request) => request.relay());
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

  #sendOwn(callId: string, { to, method, body }: OwnStep): void {
    const dialog = this.engine.dialogs.lookup(callId);
    // before the first reply there is no dialog at either end (RFC 3261 12.1)
    if (dialog === undefined || dialog.state === "unconfirmed") return;
    const done = (): void => {
      this.answered++;
    };
    let isAsked: boolean;
    if (body === "none") isAsked = dialog.send({ method, to, done });
    else {
      const isChallenge = body === "challenge";
      const kind = isChallenge ? "none" : body;
      isAsked = dialog.exchange({ mode: { to, isChallenge }, method, body: { kind }, done }) === "ok";
    }
    if (isAsked) this.asked++;
    this.trace.tell(callId, this.clock.monotonic(), `the proxy sends ${method} to the ${to} (${body})${isAsked ? "" : ": no"}`);
  }

  #endFromOutside({ callId, plan }: RunningCall): void {
    const dialog = this.app.dialogs.get(callId);
    if (dialog !== undefined) dialog.end(plan.route.endReason);
  }

  #storyOf({ did, callId }: TrackedDialog): DialogStory {
    let story = this.told.get(did);
    if (story === undefined) {
      story = { callId, created: 0, early: 0, answered: 0, failed: 0, ended: 0 };
      this.told.set(did, story);
    }
    return story;
  }

  #watch(): void {
    for (const event of ["created", "early", "answered"] as const) {
      this.app.on(event, (_detail, dialog) => {
        this.#storyOf(dialog)[event]++;
      });
    }
    this.app.on("ended", (end, dialog) => {
      this.#storyOf(dialog)[end.wasAnswered ? "ended" : "failed"]++;
      const running = this.calls.get(dialog.callId);
      this.ends.add(end.reason, end.wasAnswered, end.status, running?.isOverLimit === true || running?.isRouteDone === true);
      const why = end.wasAnswered ? `after ${end.seconds} s` : `with ${end.status}`;
      this.trace.tell(dialog.callId, this.clock.monotonic(), `dialog ${dialog.did} ended ${why}: ${end.reason}`);
    });
    const ended = (call: { readonly callId: string }): void => this.onEnd(call.callId);
    this.caller.watcher = { callerDone: ended };
    for (const callee of this.callees) callee.watcher = { calleeDone: ended };
  }
}
