// One proxy as a process: an engine on this machine's clocks and sockets, its management interface, and its orderly end.
import type { App, Injection, InjectResult, ListeningAddress } from "../app/index.ts";
import { DialoomError, ErrorCodes, type Log } from "../kit/index.ts";
import type { LogLevelPort } from "../manage/index.ts";
import type { RequestContext, RequestRouter } from "../proxy/index.ts";
import { type DnsClient, NodeNetwork, systemDns } from "../transport/index.ts";
import { Drain } from "./drain.ts";
import { createEngine, type Engine } from "./engine.ts";
import { InjectNetwork, SwitchableNetwork } from "./inject.ts";
import { createLogging } from "./logging.ts";
import { createManagement, type Management } from "./management.ts";
import type { Settings } from "./options.ts";
import { terminalProgress } from "./progress.ts";
import { endOfTurn, SystemAlarm, SystemClock, SystemRandom, systemHash } from "./shell.ts";

/** How long replies of the management interface that are under way may take at the end. */
const MI_GRACE_MS = 300;

/** Who routes in place of the TypeScript door: a script. */
export interface Door extends RequestRouter {
  /** Called once the sockets are bound; no message is routed before it is done. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Routes that have not decided yet; for messages that are injected. */
  settled(): Promise<void>;
}

/** Another door than the TypeScript one, and the level of its log. */
export interface DoorMaker {
  readonly logLevel: LogLevelPort;
  /** Called once, on an engine and its management interface that are ready. */
  make(engine: Engine, management: Management): Door;
}

/** A proxy on this machine. */
export class Server {
  readonly engine: Engine;
  readonly management: Management;
  /** Resolves when a management command has asked for the end. */
  readonly stopRequested: Promise<void>;
  readonly #network: SwitchableNetwork = new SwitchableNetwork(new NodeNetwork());
  readonly #alarm: SystemAlarm;
  readonly #dns: DnsClient;
  #injected: Promise<InjectNetwork> | undefined = undefined;
  #state: "new" | "listening" | "injecting" | "closed" = "new";
  #closing: Promise<void> | undefined = undefined;
  readonly #door: Door | undefined;
  #isDoorOpen = false;

  /** @param maker - left out, `app` decides about requests */
  constructor(settings: Settings, maker?: DoorMaker) {
    const clock = new SystemClock();
    const alarm = new SystemAlarm(clock);
    const { log, level } = createLogging(settings);
    const { client, hosts } = systemDns();
    const engine = createEngine({
      clock,
      alarm,
      defer: endOfTurn,
      random: new SystemRandom(),
      digest: systemHash,
      network: this.#network,
      dns: client,
      hosts,
      log,
      settings,
      progress: terminalProgress(),
      host: { listen: () => this.listen(), close: () => this.close(), inject: (message, injection) => this.#inject(message, injection) },
    });
    alarm.wakes(() => engine.timers.run());
    this.#alarm = alarm;
    this.#dns = client;
    this.engine = engine;
    const asked = Promise.withResolvers<void>();
    this.stopRequested = asked.promise;
    this.management = createManagement(engine, maker?.logLevel ?? level, () => {
      asked.resolve();
      void this.close();
    });
    this.#door = maker?.make(engine, this.management);
    if (this.#door !== undefined) engine.gate.router = new Waiting(this.#door);
  }

  get app(): App {
    return this.engine.app;
  }

  get log(): Log {
    return this.engine.log;
  }

  /** Names of the bound sockets: `udp:127.0.0.1:5060`. */
  get listeners(): readonly string[] {
    return this.engine.transport.listeners.map((one) => one.name);
  }

  /** Where the management interface listens; undefined when it does not. */
  get mi(): { readonly ip: string; readonly port: number } | undefined {
    return this.management.http?.address;
  }

  /** Where calls are kept, and how many came back from there; undefined for memory. */
  get store(): { readonly name: string; readonly calls: number } | undefined {
    return this.engine.calls.place;
  }

  /**
   * Binds every socket.
   * @throws DialoomError `DIALOOM_LISTEN_FAILED` listing all that could not be bound; nothing stays bound then
   */
  async listen(): Promise<readonly ListeningAddress[]> {
    if (this.#state !== "new") {
      throw new DialoomError(ErrorCodes.AlreadyListening, `listen() on an app that is ${this.#state}: make a new one with dialoom()`);
    }
    this.#state = "listening";
    const managed = this.management.listen();
    const bound = await Promise.allSettled([this.engine.start(() => managed.then(() => this.#openDoor())), managed]);
    const failures = new Set(bound.filter((one) => one.status === "rejected").map((one): unknown => one.reason));
    if (failures.size > 0) {
      if (this.#isDoorOpen) await this.#door?.stop();
      await this.#release();
      throw together([...failures]);
    }
    this.management.started();
    return this.engine.transport.listeners.map(({ transport, ip, port }) => ({ transport, ip, port }));
  }

  /** Ends in order: no new calls, answers for what was accepted, then the sockets. Takes at most 5 s. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.engine.gate.isClosed = true;
    if (this.#state === "listening") await new Drain(this.engine).wait();
    this.management.stopped();
    await this.#door?.stop();
    await this.#release();
  }

  async #openDoor(): Promise<void> {
    if (this.#door === undefined) return;
    this.#isDoorOpen = true;
    await this.#door.start();
    this.engine.gate.router = this.#door;
  }

  async #release(): Promise<void> {
    this.#state = "closed";
    await this.management.close(MI_GRACE_MS);
    await this.engine.stop();
    this.#dns.close();
    this.#alarm.close();
  }

  async #inject(message: string | Uint8Array, injection: Injection | undefined): Promise<InjectResult> {
    if (this.#state === "listening" || this.#state === "closed") {
      throw new DialoomError(ErrorCodes.AlreadyListening, `inject() on an app that is ${this.#state}: inject into one that never listens`);
    }
    this.#state = "injecting";
    this.#injected ??= this.#startInjecting();
    const network = await this.#injected;
    const text = typeof message === "string" ? message : Buffer.from(message).toString("latin1");
    network.arrive(text, injection);
    await (this.#door === undefined ? this.app.routesDecided() : this.#door.settled());
    // what was decided leaves at the end of the turn, after everything that waited for the decision
    await new Promise<void>(endOfTurn);
    this.engine.outbox.flush();
    return network.take();
  }

  async #startInjecting(): Promise<InjectNetwork> {
    const network = new InjectNetwork();
    this.#network.target = network;
    await this.engine.start(() => this.#openDoor());
    return network;
  }
}

/** Before a door is open nothing is answered: whoever asked asks again. */
class Waiting implements RequestRouter {
  readonly door: "typescript" | "script";
  readonly wantsCancel: boolean;

  constructor({ door, wantsCancel }: RequestRouter) {
    this.door = door;
    this.wantsCancel = wantsCancel;
  }

  route(context: RequestContext): void {
    context.drop();
  }
}

/** One error for all that went wrong at once. */
function together(failures: readonly unknown[]): unknown {
  const [first] = failures;
  if (failures.length === 1) return first;
  const problems = failures.flatMap((one) => (one instanceof DialoomError ? one.problems : [String(one)]));
  return new DialoomError(ErrorCodes.ListenFailed, problems.join("\n"), { cause: first, problems });
}
