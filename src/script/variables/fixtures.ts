// A run made by hand, and a way to let a few statements run on it, for the tests of this room.
import { type Hash, invariant, Statistics } from "../../kit/index.ts";
import { defaultProxySettings, RequestContext } from "../../proxy/index.ts";
import { parseMessage, type SipMessage, SipRequest } from "../../sip/index.ts";
import type { Listener, Source } from "../../transport/index.ts";
import { compileScript } from "../compile/program.ts";
import { parseScript } from "../language/index.ts";
import type { Accessor, VariableDefinition } from "../module.ts";
import type { ScriptLog, ScriptServices } from "../ports.ts";
import type { RouteKind } from "../routes.ts";
import { Run, TransactionScope } from "../run.ts";
import { transformations } from "../transformations/index.ts";
import type { Value } from "../values.ts";
import {
  cfgutilsVariables,
  coreVariables,
  jsonVariables,
  rrVariables,
  signalingVariables,
  statisticsVariables,
  tmVariables,
} from "./index.ts";

/** The INVITE of script-language 14.2. */
export const INVITE: string = message(
  "INVITE sip:bob@127.0.0.1:5071;x=y SIP/2.0",
  "Via: SIP/2.0/UDP 127.0.0.1:5080;branch=z9hG4bK-1",
  'From: "Al Ice" <sip:alice@a.com:5999>;tag=ft1',
  "To: <sip:bob@b.com>",
  "Call-ID: c1@a.com",
  "CSeq: 7 INVITE",
  "Max-Forwards: 70",
  "X-A: one",
  "X-A: two, 2b",
  "Contact: <sip:alice@127.0.0.1:5080;ob>;q=0.5;expires=60, <sip:alice@10.0.0.1>",
  "Content-Length: 0",
);

/** Lines of a head as a message without a body. */
export function message(...lines: readonly string[]): string {
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** A UDP socket as the transport would make it. */
export function socket(ip: string, port: number, tag?: string): Listener {
  const name = `udp:${ip}:${port}`;
  const host = `${ip}:${port}`;
  return {
    index: 0,
    transport: "udp",
    ip,
    port,
    family: 4,
    name,
    sentBy: host,
    uriHost: host,
    advertisedHost: ip,
    advertisedPort: port,
    tag,
    isReliable: false,
  };
}

/** What a bench may be given. */
export interface BenchParts {
  readonly kind?: RouteKind;
  readonly text?: string;
  /** Epoch milliseconds. */
  readonly now?: number;
  readonly zoneOffset?: number;
  readonly digest?: Hash;
  readonly variables?: readonly VariableDefinition[];
}

/** One run and what it printed. */
export class Bench {
  readonly run: Run;
  readonly request: RequestContext | undefined;
  readonly statistics: Statistics = new Statistics();
  readonly shared: Map<string, Value> = new Map();
  /** Lines of core and modules, `level module:routine: text`. */
  readonly lines: string[] = [];
  readonly listeners: readonly Listener[] = [socket("127.0.0.1", 5031, "in"), socket("127.0.0.1", 5032)];
  #out = "";
  readonly #variables: readonly VariableDefinition[];

  constructor(parts: BenchParts = {}) {
    const parsed = parse(parts.text ?? INVITE);
    const levels = { log: 2, xlog: 2 };
    const log: ScriptLog = {
      line: (level, module, routine, text) => void this.lines.push(`${level} ${module}:${routine}: ${text}`),
      print: (_level, text) => {
        this.#out += text;
      },
      printCore: () => {},
      setLevel: (which, level) => {
        levels[which] = level ?? 2;
      },
      getLevel: (which) => levels[which],
    };
    // only what variables ask for; a test that needs more is no test of this room
    const services = {
      clock: { now: () => parts.now ?? 0, monotonic: () => 0 },
      random: { uint32: () => 0xffff_ffff },
      statistics: this.statistics,
      transport: {
        listeners: this.listeners,
        listenerFor: (host: string, port: number) => this.listeners.find((one) => one.ip === host && one.port === port),
      },
      resolver: { resolve: () => undefined },
      digest: parts.digest,
      scriptLog: log,
      argv: new Map([["who", "me"]]),
      env: { HOME: "/root" },
      pid: 4711,
      zoneOffset: () => parts.zoneOffset ?? 0,
    } as unknown as ScriptServices;
    const scope = new TransactionScope();
    this.run = new Run(services, parts.kind ?? "request", "main", parsed, scope);
    if (parsed instanceof SipRequest) {
      this.request = contextOf(parsed, { listener: socket("127.0.0.1", 5031, "in"), ip: "127.0.0.1", port: 5080, flow: 0 });
      this.run.request = this.request;
      this.run.source = this.request.source;
    }
    this.#variables = [
      ...coreVariables(),
      ...tmVariables({ frTimeout: { value: 30 }, frInvTimeout: { value: 120 } }),
      ...jsonVariables(),
      ...cfgutilsVariables({ shared: this.shared }),
      ...statisticsVariables(),
      ...rrVariables(),
      ...signalingVariables(),
      ...(parts.variables ?? []),
    ];
  }

  /** Runs statements and gives what they printed; throws what the compiler finds wrong. */
  script(statements: string): string {
    const { program, problems } = this.#compile(statements);
    invariant(!problems.some((problem) => problem.severity === "error"), problems.map((problem) => problem.message).join("; "));
    this.#out = "";
    const done = program.route("request", "")?.execute(this.run);
    invariant(!(done instanceof Promise), "these statements do not wait");
    return this.#out;
  }

  /** A format as xlog prints it. */
  print(format: string): string {
    return this.script(`xlog("${format}");`);
  }

  /** The accessor of a variable that stands alone. */
  accessor(name: string): Accessor {
    const definition = this.#variables.find((one) => one.name === name);
    invariant(definition !== undefined, `$${name} is known`);
    const nowhere = { file: { path: "", text: "", includedAt: undefined }, start: 0, end: 0 };
    return definition.bind({
      name,
      inner: undefined,
      index: undefined,
      context: undefined,
      span: nowhere,
      fault: () => {},
      warn: () => {},
    });
  }

  /** Error messages of the compiler. */
  faults(statements: string): readonly string[] {
    return this.#compile(statements)
      .problems.filter((problem) => problem.severity === "error")
      .map((problem) => problem.message);
  }

  #compile(statements: string): ReturnType<typeof compileScript> {
    const { tree, problems } = parseScript({ read: () => `route {\n${statements}\n}\n` }, "test.cfg");
    const faults = problems.filter((problem) => problem.severity === "error");
    invariant(faults.length === 0, faults.map((problem) => problem.message).join("; "));
    return compileScript(tree, {
      module: () => undefined,
      preloaded: () => [],
      moduleNames: () => [],
      core: { functions: [], variables: this.#variables, transformations },
      providerOf: () => undefined,
      knownParameter: () => undefined,
      knownParameters: () => [],
    });
  }
}

/** Reads a message that must be good. */
export function parse(text: string): SipMessage {
  const parsed = parseMessage(text);
  invariant(parsed.ok, "the test's message parses");
  return parsed.value;
}

/** A request context that can be changed and not sent. */
export function contextOf(request: SipRequest, source: Source): RequestContext {
  const services = {
    settings: defaultProxySettings,
    relay: () => undefined,
    reply: () => false,
    drop: () => {},
    decided: () => {},
    looseRoute: () => -1 as const,
    toTag: () => "ours",
  };
  return new RequestContext(services, request, source, undefined, undefined);
}
