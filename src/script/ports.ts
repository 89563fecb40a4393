// What a running script is handed: the rooms below, and the few things of the process that scripts can reach.
import type { App } from "../app/index.ts";
import type { Dialog, DialogTracker } from "../dialog/index.ts";
import type { Clock, EpochMs, Hash, KeyValues, Log, Random, Slices, Statistics, Timers } from "../kit/index.ts";
import type { Profiles } from "../profile/index.ts";
import type { SipProxy } from "../proxy/index.ts";
import type { TransactionLayer } from "../transaction/index.ts";
import type { Resolver, TransportLayer } from "../transport/index.ts";

/** Parameters of an event, in order. */
export type EventParameters = readonly (readonly [name: string, value: string | number])[];

/** The bus of events (E_…): raised by rooms and scripts, heard by event routes and subscribers. */
export interface EventPort {
  /** Whether somebody has said that this event can come. */
  isKnown(name: string): boolean;
  /** Says that it can come. */
  define(name: string): void;
  /** Tells everyone who listens; routes run at the end of the turn in the order raised. */
  raise(name: string, parameters: EventParameters): void;
  /** @returns what stops it */
  listen(name: string, listener: (parameters: EventParameters) => void): () => void;
  /**
   * Adds a subscriber by its socket, `udp:127.0.0.1:8888`.
   * @param expireS - seconds; 0 for ever
   * @returns undefined, or what is wrong
   */
  subscribe(name: string, socket: string, expireS: number): string | undefined;
}

/** One parameter of a management command. */
export interface CommandParameter {
  readonly name: string;
  readonly type: "string" | "integer" | "array";
}

/** Management commands from inside: `mi()`. */
export interface CommandPort {
  /** Runs one JSON-RPC request and gives the reply as text. */
  execute(request: string): string | Promise<string>;
  /** Parameter names of the first form of a command that has these; undefined when there is no such command. */
  has(name: string): boolean;
  /** The lists of parameters that a command accepts, in order; undefined when there is no such command. */
  forms(name: string): readonly (readonly CommandParameter[])[] | undefined;
  /** What a parameter of this command is: for the conversion of texts. */
  parameterType(command: string, parameter: string): "string" | "integer" | "array" | undefined;
}

/** Where lines of scripts and modules go; script-language 10. */
export interface ScriptLog {
  /** Of core and modules: shown when `level` is at most `log_level`. −3 alert … 4 debug. */
  line(level: number, module: string, routine: string, text: string): void;
  /** Of `xlog`: shown when `level` is at most `xlog_level`; no line end is added. */
  print(level: number, text: string): void;
  /** Of `log()`: like `print`, under `log_level`. */
  printCore(level: number, text: string): void;
  /** undefined restores the configured one. */
  setLevel(which: "log" | "xlog", level: number | undefined): void;
  getLevel(which: "log" | "xlog"): number;
}

/** Everything a running script may use. */
export interface ScriptServices {
  readonly app: App;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly slices: Slices;
  readonly random: Random;
  /** Digests of text: `{s.md5}` and its kin, digest authentication. */
  readonly digest: Hash;
  readonly statistics: Statistics;
  readonly transport: TransportLayer;
  readonly resolver: Resolver;
  readonly transactions: TransactionLayer;
  readonly proxy: SipProxy;
  readonly profiles: Profiles<Dialog>;
  readonly dialogs: DialogTracker;
  readonly commands: CommandPort;
  readonly events: EventPort;
  /** Texts under names, for `cache_store` and its kin; absent where nobody made one. */
  readonly cache?: KeyValues;
  readonly log: Log;
  readonly scriptLog: ScriptLog;
  /** `name=value` of the command line's `-o`. */
  readonly argv: ReadonlyMap<string, string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  /** Minutes that local time is ahead of UTC at that moment; without it local time is UTC. */
  readonly zoneOffset?: ((at: EpochMs) => number) | undefined;
  /** When the process began; the present without it. */
  readonly startedAt?: EpochMs | undefined;
  /** Whether `$C` gives colours; no without it. */
  readonly isColoured?: boolean | undefined;
}
