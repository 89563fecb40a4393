// What this room needs of the machine and of the process; wired in server/, played by objects in tests.
import type { Ms } from "../kit/index.ts";

/** The process as an operator sees it. */
export interface SystemPort {
  /** `x.y.z`. */
  readonly version: string;
  /** What the sources are known by: a commit, or the version. */
  readonly revision: string;
  readonly pid: number;
  readonly argv: readonly string[];
  cwd(): string;
  /** What works in the process, one line each, as process types are named in `ps`: "attendant", "SIP receiver udp:127.0.0.1:5060", "timer". */
  workers(): readonly string[];
  /** Ends the process gracefully, after the answer to the command has left. */
  stop(): void;
  /** What is wrong with the process now; empty when nothing is. */
  ailments(): readonly string[];
}

/** How much the process says: −3 (alert) to 4 (debug). */
export interface LogLevelPort {
  get(): number;
  set(level: number): void;
}

/** Memory in bytes. */
export interface MemoryUsage {
  readonly heapLimit: number;
  readonly heapTotal: number;
  readonly heapUsed: number;
  readonly rss: number;
  readonly maxRss: number;
  /** What the machine, or the container, has in all. */
  readonly machineTotal: number;
}

/** What the runtime measures about itself. */
export interface MeterPort {
  memory(): MemoryUsage;
  /** Time that the event loop has spent working and waiting, both since its start. */
  eventLoop(): { readonly activeMs: Ms; readonly idleMs: Ms };
}

/** What commands can do to the script that is running. */
export interface ScriptPort {
  /** How much of what `xlog` says is shown. */
  readonly xlogLevel: LogLevelPort;
  /** Reads the file again. @returns what is wrong with it, and then nothing has changed */
  reload(): Promise<string | undefined>;
}

/** One open stream connection. */
export interface ConnectionInfo {
  readonly id: number;
  /** `tcp`, `tls`, … */
  readonly type: string;
  /** In a word. */
  readonly state: string;
  /** `ip:port`. */
  readonly remote: string;
  readonly local: string;
  /** Seconds until an idle one is closed. */
  readonly lifetimeS: number;
  readonly aliasPort: number | undefined;
}

/** A request by hand; texts are latin1. */
export interface HandmadeRequest {
  readonly method: string;
  readonly requestUri: string;
  /** Complete lines, From and To among them. */
  readonly headers: string;
  /** A URI in place of what follows from the Request-URI and the Routes. */
  readonly nextHop: string | undefined;
  /** `udp:127.0.0.1:5060`: the socket to send from. */
  readonly socket: string | undefined;
  readonly body: string | undefined;
}

/** What became of it. */
export interface HandmadeResult {
  readonly status: number;
  readonly reason: string;
  readonly requestUri: string;
  readonly nextHop: string;
  readonly routes: readonly string[];
  /** The answer as it came; undefined when nobody has sent it. */
  readonly message: string | undefined;
}

/** Why a request by hand was not sent. */
export interface HandmadeFault {
  readonly code: number;
  readonly fault: string;
}

/** A reply by hand to a transaction that waits for one. */
export interface HandmadeReply {
  readonly hashIndex: number;
  readonly label: number;
  readonly code: number;
  readonly reason: string;
  /** "" for the transaction's own. */
  readonly toTag: string;
  /** Complete lines. */
  readonly headers: string;
  readonly body: string;
}

/** Transactions by hand. */
export interface TransactionPort {
  request(parts: HandmadeRequest): Promise<HandmadeResult | HandmadeFault>;
  /** Cancels an INVITE that `request` has sent. @returns whether there was one */
  cancel(callId: string, cseq: number): boolean;
  /** `refused`: it has its final answer already, or the text cannot be sent. */
  reply(parts: HandmadeReply): "sent" | "missing" | "refused";
  counts(): { readonly current: number; readonly total: number };
}
