// One call through a proxy that dies in the middle of it and starts again on what its file holds: phones and network live on.
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setImmediate as turn } from "node:timers/promises";
import { silentLog } from "../../kit/index.ts";
import { createEngine, type Engine, readSettings, systemHash } from "../../server/index.ts";
import type { DnsClient } from "../../transport/index.ts";
import { type CallerCall, Checker, datagramSocket, UserAgent } from "../agent/index.ts";
import { TestClock } from "../clock.ts";
import { MemoryNetwork } from "../network/memory.ts";
import { type SeededRandom, seededRandom } from "../random.ts";
import type { CallPlan } from "../simulation/draw.ts";
import { CallNames } from "../simulation/names.ts";
import { lineOf, Numbering } from "../simulation/numbering.ts";
import { Trace } from "../simulation/trace.ts";
import { PlainFile } from "./file.ts";
import { Life } from "./life.ts";

const PROXY = "10.0.0.1";
const CALLER = "10.0.0.2";
const CALLEES = ["10.0.1.1", "10.0.1.2"] as const;
const PORT = 5060;
export const CALL_ID = "call@crash";

/** How long a process takes to be there again. */
const RESTART_MS = 300;

const NO_DNS: DnsClient = { query: (_name, _type, done) => done({ kind: "nothing" }), close: () => {} };

/**
 * When a process dies: something has been handled (a datagram, or what was due), nothing of it is written or sent; its rows are written,
 * its datagrams have not left; both are done.
 */
export type Moment = "handled" | "committed" | "left";

/** The n-th thing that is handled in one life, counted from 1, and where in its turn the process dies. */
export interface Kill {
  readonly step: number;
  readonly moment: Moment;
}

/** What was seen of the call from outside. */
export interface Sightings {
  /** When the first 2xx to the INVITE left for the caller, and when the first and the last BYE passed; −1 for never. */
  answeredAt: number;
  firstByeAt: number;
  lastByeAt: number;
  /** Restarts so far, when that 2xx left. */
  answeredInLife: number;
}

/** Everything around one call. */
export class CrashWorld {
  readonly clock: TestClock = new TestClock();
  readonly checker: Checker = new Checker();
  readonly numbering: Numbering = new Numbering();
  readonly names: CallNames = new CallNames();
  readonly trace: Trace = new Trace((callId) => this.names.plain(callId));
  readonly network: MemoryNetwork;
  readonly seen: Sightings = { answeredAt: -1, firstByeAt: -1, lastByeAt: -1, answeredInLife: -1 };
  readonly #random: SeededRandom;
  readonly #plan: CallPlan;
  readonly #kills: readonly Kill[];
  readonly #folder: string;
  readonly #databases: PlainFile[] = [];
  #caller: UserAgent | undefined = undefined;
  readonly #callees: UserAgent[] = [];
  #life: Life | undefined = undefined;
  #engine: Engine | undefined = undefined;
  #lives = 0;
  #isStarting = false;
  /** What went wrong while a process started. */
  #failure: unknown;

  /** @param delayMs - of the network: below a millisecond several turns share a commit */
  constructor(plan: CallPlan, kills: readonly Kill[], seed: number, delayMs: number) {
    this.#plan = plan;
    this.#kills = kills;
    this.#random = seededRandom(seed);
    this.network = new MemoryNetwork({
      clock: this.clock,
      random: this.#random.fork(),
      conditions: { delayMs, jitterMs: 0, loss: 0, duplication: 0, reordering: 0, reorderMs: 0 },
      interfaces: [{ name: "eth0", ip: PROXY, family: 4 }],
    });
    this.#folder = mkdtempSync(join(tmpdir(), "dialoom-crash-"));
    this.#watch();
  }

  /** Things handled in the present life. */
  get steps(): number {
    return this.#life?.steps ?? 0;
  }

  get lives(): number {
    return this.#lives;
  }

  get engine(): Engine {
    if (this.#engine === undefined) throw new Error("nobody has started");
    return this.#engine;
  }

  get call(): CallerCall | undefined {
    return this.#caller?.callerOf(CALL_ID);
  }

  get callees(): readonly UserAgent[] {
    return this.#callees;
  }

  /** Starts, places the call, dies as asked for, and waits until the call is over for everybody. @param limitMs - virtual */
  async run(limitMs: number): Promise<void> {
    await this.#agents();
    await this.#start();
    this.#caller?.call(
      {
        callId: CALL_ID,
        uri: `sip:u@${CALLEES[0]}:${PORT}`,
        fromUri: `sip:alice@${CALLER}`,
        user: "alice",
        withBody: true,
        headers: this.names.placed(1, CALL_ID),
      },
      this.#plan.caller,
    );
    const { own = [], endAfterMs } = this.#plan.route;
    for (const { afterMs, to, method } of own) this.clock.schedule(afterMs, () => void this.#dialog()?.send({ method, to }));
    if (endAfterMs !== undefined) this.clock.schedule(endAfterMs, () => void this.#dialog()?.end("Crash Test"));
    const until = this.clock.monotonic() + limitMs;
    while (this.clock.monotonic() < until && !this.#isOver()) {
      if (this.#life?.isAlive !== true) await this.#restart();
      this.clock.advance(Math.max(0, Math.min(until, this.clock.nextAt) - this.clock.monotonic()));
    }
    // what rests in the proxy for a while (transactions, copies) goes too
    const rest = this.clock.monotonic() + 150_000;
    while (this.clock.monotonic() < rest && this.clock.nextAt <= rest) {
      if (this.#life?.isAlive !== true) await this.#restart();
      this.clock.advance(this.clock.nextAt - this.clock.monotonic());
    }
  }

  /** Rows as they stand in the file. */
  rows(sql: string): readonly Record<string, unknown>[] {
    const file = new DatabaseSync(this.#file(this.#lives));
    try {
      return file.prepare(sql).all();
    } finally {
      file.close();
    }
  }

  /** Ends whoever is still there and takes the files away. */
  async close(): Promise<void> {
    this.#life?.kill();
    for (const database of this.#databases) await database.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #isOver(): boolean {
    if (this.call?.isDone !== true) return false;
    const shown = this.names.shown(CALL_ID);
    for (const agent of this.#callees) for (const call of agent.calleesOf(shown)) if (!call.isDone && !call.isSilent) return false;
    return this.#engine?.dialogs.count === 0;
  }

  #dialog(): ReturnType<Engine["dialogs"]["lookup"]> {
    return this.#life?.isAlive === true && !this.#isStarting ? this.#engine?.dialogs.lookup(CALL_ID) : undefined;
  }

  // ---- lives

  async #restart(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const dead = this.#file(this.#lives);
    const next = this.#file(this.#lives + 1);
    // what the system has of a killed process: the file and its log, as the last write left them
    for (const end of ["", "-wal"]) if (existsSync(dead + end)) copyFileSync(dead + end, next + end);
    this.clock.advance(RESTART_MS);
    await this.#start();
  }

  async #start(): Promise<void> {
    const life = new Life(this.network, this.clock);
    this.#life = life;
    this.#lives++;
    this.#isStarting = true;
    const { hide, ping } = this.#plan.route;
    const settings = readSettings({
      listen: [`udp:${PROXY}:${PORT}`],
      store: `sqlite://${this.#file(this.#lives)}`,
      recordStore: true,
      profiles: ["group", { name: "all", withValue: false }],
      explainMemory: 65_536,
      explainMessages: "none",
      hashSize: 64,
      optionsPingInterval: 10,
      reinvitePingInterval: 15,
    });
    const engine = createEngine({
      clock: this.clock,
      alarm: life,
      defer: life.defer,
      random: this.#random.fork(),
      digest: systemHash,
      network: life,
      dns: NO_DNS,
      hosts: "",
      log: silentLog,
      connect: () => {
        const database = new PlainFile(this.#file(this.#lives));
        this.#databases.push(database);
        return Promise.resolve(database);
      },
      settings,
    });
    life.wakes(
      () => engine.timers.run(),
      () => engine.outbox.pending,
    );
    this.#engine = engine;
    engine.app.invite((call) => {
      const { route, callees } = this.#plan;
      const dialog = call.track({
        lifetime: route.lifetimeMs / 1000,
        byeOnExpiry: route.byeOnExpiry,
        ...(ping === undefined ? {} : { ping }),
      });
      dialog.link(engine.app.profile("group"), route.group);
      dialog.link(engine.app.profile("all"));
      dialog.set("made", `in life ${this.#lives}`);
      engine.app.records.of(call, { atEnd: true, values: {} });
      if (hide !== undefined) call.hideTopology(hide);
      return call.relay(
        callees.map((_, i) => ({ requestUri: `sip:u@${CALLEES[i] ?? ""}:${PORT}` })),
        { mode: route.mode },
      );
    });
    const started = engine.start().then(
      () => {
        this.#isStarting = false;
      },
      (error: unknown) => {
        this.#failure = error;
        this.#isStarting = false;
      },
    );
    while (this.#isStarting) {
      this.clock.advance(0);
      await turn();
    }
    await started;
    if (this.#failure !== undefined) throw this.#failure;
    this.#arm(life, engine, this.#kills[this.#lives - 1]);
  }

  #arm(life: Life, engine: Engine, kill: Kill | undefined): void {
    life.steps = 0;
    if (kill === undefined) return;
    let isDue = false;
    const die = (): void => {
      if (isDue) this.#kill(life, kill);
    };
    // the commit may be one of several turns; what changes nothing has none
    for (const database of this.#databases) database.onCommit = die;
    engine.outbox.beforeLeaving(() => {
      if (engine.statistics.find("store:pending")?.read() === 0) die();
    });
    life.onHandled = (step) => {
      if (step !== kill.step) return;
      if (kill.moment === "handled") this.#kill(life, kill);
      else if (kill.moment === "committed") {
        isDue = true;
        engine.outbox.schedule();
      }
      // behind what the turn has queued for its end
      else this.clock.defer(() => this.#kill(life, kill));
    };
  }

  #kill(life: Life, { step, moment }: Kill): void {
    this.trace.tell(CALL_ID, this.clock.monotonic(), `the proxy dies at step ${step}, ${moment}`);
    life.kill();
  }

  #file(life: number): string {
    return join(this.#folder, `calls-${life}.db`);
  }

  // ---- phones

  async #agents(): Promise<void> {
    const agent = async (name: string, ip: string, index: number): Promise<UserAgent> =>
      new UserAgent({
        name,
        time: this.clock,
        checker: this.checker,
        isNumbered: true,
        proxy: { ip: PROXY, port: PORT },
        socket: await datagramSocket(this.network, { ip, port: PORT }),
        random: this.#random.fork(),
        answers: () => this.#plan.callees[index],
      });
    this.#caller = await agent("caller", CALLER, -1);
    for (const [i, ip] of CALLEES.entries()) this.#callees.push(await agent(`callee${i}`, ip, i));
  }

  #watch(): void {
    this.checker.isHidden = () => this.#plan.route.hide !== undefined;
    this.checker.hasLeftBefore = () => true;
    this.network.tap = (event) => {
      const { at, fate, from, to, text } = event;
      this.trace.packet(event);
      if (fate === "arrived") return;
      if (text.startsWith("BYE ") && (from.ip === PROXY || to.ip === PROXY)) {
        if (this.seen.firstByeAt < 0) this.seen.firstByeAt = at;
        this.seen.lastByeAt = at;
      }
      if (from.ip !== PROXY) return;
      this.names.sent(text);
      this.numbering.sent(text, to.ip, at, () => this.#engine?.dialogs.firstOf(CALL_ID) !== undefined);
      if (this.seen.answeredAt < 0 && to.ip === CALLER && text.startsWith("SIP/2.0 2") && lineOf(text, "\r\nCSeq: ").endsWith(" INVITE")) {
        this.seen.answeredAt = at;
        this.seen.answeredInLife = this.#lives;
      }
    };
  }
}
