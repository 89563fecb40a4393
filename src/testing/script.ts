// A script on an engine in virtual time: it is parsed, compiled and started, messages go in, and what it logged and sent comes out.
import { setTimeout as pause } from "node:timers/promises";
import { KeyValues, type Log } from "../kit/index.ts";
import {
  type CommandPort,
  compileScript,
  type EventParameters,
  type EventPort,
  type Problem,
  type Program,
  parseScript,
  positionOf,
  type Registry,
  ScriptDoor,
  type ScriptLog,
  type ScriptServices,
  scriptRegistry,
  type Tracer,
} from "../script/index.ts";
import { type DialoomOptions, type Engine, rowWords } from "../server/index.ts";
import { type Database, openDatabase } from "../store/index.ts";
import type { DatagramSocket } from "../transport/index.ts";
import { TestClock } from "./clock.ts";
import type { MemoryNetwork } from "./network/memory.ts";
import { virtualEngine } from "./virtual-engine.ts";

/** Where the script listens, and who talks to it unless a test says otherwise. */
export const SCRIPT_IP = "10.0.0.1";
export const PEER_IP = "10.0.0.2";
const PORT = 5060;

/** How a script is tested. */
export interface ScriptTestOptions {
  /** Sent right after the start, from 10.0.0.2:5060. */
  readonly request?: string;
  /** What it may name; everything there is when left out. */
  readonly registry?: Registry;
  /** Further files, by path; the script itself is `test.cfg`. */
  readonly files?: Readonly<Record<string, string>>;
  /** Options of the engine beside those of the script. */
  readonly options?: DialoomOptions;
  readonly commands?: CommandPort;
  readonly argv?: ReadonlyMap<string, string>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly trace?: Tracer;
  readonly seed?: number;
  /** What stands in for parts of the bench, made of its engine before the script starts. */
  readonly services?: (engine: Engine) => Partial<ScriptServices>;
}

/** One line of the log. `module` is "" for what `xlog` and `log` print. */
export interface ScriptLine {
  readonly level: number;
  readonly module: string;
  readonly routine: string;
  readonly text: string;
}

/** One message that left. */
export interface SentMessage {
  readonly to: string;
  readonly text: string;
}

/** Problems of a script as one line each: `error 3:5 unknown command <f>, missing loadmodule? (hint)`. */
export function checkScript(text: string, options: Pick<ScriptTestOptions, "registry" | "files"> = {}): readonly string[] {
  return compileText(text, options).problems.map(problemLine);
}

/**
 * Starts a script.
 * @throws Error (rejects) naming every problem when the script has errors
 */
export async function testScript(text: string, options: ScriptTestOptions = {}): Promise<ScriptBench> {
  const { program, problems } = compileText(text, options);
  const errors = problems.filter((one) => one.severity === "error");
  if (errors.length > 0) throw new Error(`the script has errors:\n${errors.map(problemLine).join("\n")}`);
  const bench = new ScriptBench(program, problems, options);
  await bench.start();
  if (options.request !== undefined) bench.receive(options.request);
  await bench.advance(0);
  return bench;
}

/** Runs statements in a `startup_route` and gives what they print, texts of `xlog` as they are. */
export async function runStatements(statements: string, options: ScriptTestOptions & { readonly head?: string } = {}): Promise<string> {
  const bench = await testScript(`${options.head ?? ""}\nstartup_route {\n${statements}\n}\nroute { exit; }\n`, options);
  await bench.close();
  return bench.printed;
}

function compileText(text: string, options: ScriptTestOptions): { readonly program: Program; readonly problems: readonly Problem[] } {
  const { files = {}, registry = scriptRegistry(), trace } = options;
  const reader = { read: (path: string) => (path === "test.cfg" ? text : files[path]) };
  const parsed = parseScript(reader, "test.cfg");
  const compiled = compileScript(parsed.tree, registry, {
    hasSyntaxErrors: parsed.problems.some((one) => one.severity === "error"),
    ...(trace === undefined ? {} : { trace }),
  });
  return { program: compiled.program, problems: [...parsed.problems, ...compiled.problems] };
}

function problemLine({ severity, span, message, hint }: Problem): string {
  const at = span === undefined ? undefined : positionOf(span);
  const place = at === undefined ? "" : ` ${at.path === "test.cfg" ? "" : `${at.path}:`}${at.line}:${at.column}`;
  return `${severity}${place} ${message}${hint === undefined ? "" : ` (${hint})`}`;
}

/** A running script and everything around it. */
export class ScriptBench {
  readonly clock: TestClock = new TestClock();
  readonly network: MemoryNetwork;
  readonly engine: Engine;
  readonly program: Program;
  readonly problems: readonly Problem[];
  readonly services: ScriptServices;
  readonly door: ScriptDoor;
  readonly events: BenchEvents;
  readonly #log = new BenchLog();
  /** Every datagram that left the script's sockets, in order. */
  readonly sent: SentMessage[] = [];
  readonly #peers = new Map<string, DatagramSocket>();
  /** Databases that are being opened: real ones take real time. */
  #opening = 0;

  /** @internal made by `testScript` */
  constructor(program: Program, problems: readonly Problem[], options: ScriptTestOptions) {
    this.program = program;
    this.problems = problems;
    const settings = { listen: [`udp:${SCRIPT_IP}:${PORT}`], ...program.options(), ...options.options };
    const { engine, network } = virtualEngine(this.clock, SCRIPT_IP, settings, options.seed ?? 1, (url, log) => this.#connect(url, log));
    this.engine = engine;
    this.network = network;
    this.network.tap = ({ fate, from, to, text }) => {
      if (fate === "sent" && from.ip === SCRIPT_IP) this.sent.push({ to: `${to.ip}:${to.port}`, text });
    };
    this.events = new BenchEvents(this.clock);
    this.#log.levels.log = program.globals.logLevel;
    this.#log.levels.xlog = program.globals.xlogLevel;
    this.services = {
      ...this.engine,
      commands: options.commands ?? NO_COMMANDS,
      events: this.events,
      scriptLog: this.#log,
      argv: options.argv ?? new Map(),
      env: options.env ?? {},
      cache: new KeyValues(this.clock),
      pid: 4242,
      ...options.services?.(this.engine),
    };
    this.engine.calls.words = rowWords(() => program);
    this.door = new ScriptDoor(program, this.services);
    this.engine.gate.router = this.door;
  }

  /** @internal Binds the sockets and runs the startup route. */
  async start(): Promise<void> {
    const started = this.engine.start().then(() => this.door.start());
    let isDone = false;
    const settled = started.finally(() => {
      isDone = true;
    });
    settled.catch(() => {}); // told below
    // a startup route may wait: time passes for it, up to a minute
    for (let i = 0; i < 600 && !isDone; i++) {
      await this.clock.advanceAsync(i < 4 ? 0 : 100);
      while (this.#opening > 0) await pause(1);
    }
    await settled;
  }

  async #connect(url: string, log: Log): Promise<Database> {
    this.#opening++;
    try {
      return await openDatabase(url, { log });
    } finally {
      this.#opening--;
    }
  }

  /** Lines of the core and of modules, and what was printed, in order. */
  get lines(): readonly ScriptLine[] {
    return this.#log.lines;
  }

  /** What `xlog` and `log` printed, run together as it is. */
  get printed(): string {
    return this.#log.lines
      .filter((line) => line.module === "")
      .map((line) => line.text)
      .join("");
  }

  /** Texts of the core's and modules' lines: `ERROR text` for a level and so on would hide what matters, so texts only. */
  get complaints(): readonly string[] {
    return this.#log.lines.filter((line) => line.module !== "").map((line) => line.text);
  }

  /** Sends a message to the script; line ends may be plain. Its effects are there after `advance`. */
  receive(text: string, from: string = `${PEER_IP}:${PORT}`): void {
    const crlf = text.replaceAll("\r\n", "\n").replaceAll("\n", "\r\n");
    this.#peer(from)
      .then((socket) => socket.send(crlf, SCRIPT_IP, PORT, undefined, 0))
      .catch((error: unknown) => {
        throw error;
      });
  }

  /** Lets time pass; routes that wait get their turns. */
  async advance(ms: number): Promise<void> {
    let turns = 0;
    // a few turns of the real loop for promises, then only as long as something happens
    await this.clock.advanceAsync(ms, () => turns++ < 20);
  }

  /** Everything sent since the last call of this. */
  take(): readonly SentMessage[] {
    return this.sent.splice(0);
  }

  async close(): Promise<void> {
    let isDone = false;
    const closed = this.door
      .stop()
      .then(() => this.engine.stop())
      .finally(() => {
        isDone = true;
      });
    // connections take a moment to say goodbye
    for (let i = 0; i < 100 && !isDone; i++) await this.clock.advanceAsync(i < 4 ? 0 : 100);
    await closed;
    for (const socket of this.#peers.values()) socket.close();
  }

  /** Listens at an address, so that what the script sends there arrives somewhere. */
  async #peer(address: string): Promise<DatagramSocket> {
    const known = this.#peers.get(address);
    if (known !== undefined) return known;
    const colon = address.lastIndexOf(":");
    const socket = await this.network.bindDatagram(
      { ip: address.slice(0, colon), port: Number(address.slice(colon + 1)), receiveBuffer: 0 },
      { datagram: () => {}, sendFailed: () => {}, failed: () => {} },
    );
    this.#peers.set(address, socket);
    return socket;
  }
}

const NO_COMMANDS: CommandPort = {
  execute: () => '{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":1}',
  has: () => false,
  forms: () => undefined,
  parameterType: () => undefined,
};

/** The log of a bench: everything is kept. */
class BenchLog implements ScriptLog {
  readonly lines: ScriptLine[] = [];
  readonly levels = { log: 2, xlog: 2 };
  #configured: { readonly log: number; readonly xlog: number } | undefined = undefined;

  line(level: number, module: string, routine: string, text: string): void {
    if (level <= this.levels.log) this.lines.push({ level, module, routine, text });
  }

  print(level: number, text: string): void {
    if (level <= this.levels.xlog) this.lines.push({ level, module: "", routine: "", text });
  }

  printCore(level: number, text: string): void {
    if (level <= this.levels.log) this.lines.push({ level, module: "", routine: "", text });
  }

  setLevel(which: "log" | "xlog", level: number | undefined): void {
    this.#configured ??= { ...this.levels };
    this.levels[which] = level ?? this.#configured[which];
  }

  getLevel(which: "log" | "xlog"): number {
    return this.levels[which];
  }
}

/** A bus of events: what is raised is kept, and told at the end of the turn. */
export class BenchEvents implements EventPort {
  readonly raised: { readonly name: string; readonly parameters: EventParameters }[] = [];
  readonly subscribed: { readonly name: string; readonly socket: string; readonly expireS: number }[] = [];
  readonly #known = new Set<string>();
  readonly #listeners = new Map<string, Set<(parameters: EventParameters) => void>>();
  readonly #clock: TestClock;

  constructor(clock: TestClock) {
    this.#clock = clock;
  }

  isKnown(name: string): boolean {
    return this.#known.has(name);
  }

  define(name: string): void {
    this.#known.add(name);
  }

  raise(name: string, parameters: EventParameters): void {
    this.raised.push({ name, parameters });
    this.#clock.defer(() => {
      for (const listener of this.#listeners.get(name) ?? []) listener(parameters);
    });
  }

  listen(name: string, listener: (parameters: EventParameters) => void): () => void {
    let listeners = this.#listeners.get(name);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(name, listeners);
    }
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  subscribe(name: string, socket: string, expireS: number): string | undefined {
    this.subscribed.push({ name, socket, expireS });
    return undefined;
  }
}
