// The management interface of a process: commands, statistics of the process, the HTTP listener.

import { DialoomError, ErrorCodes, KeyValues, type Ms } from "../kit/index.ts";
import { LocationDirectory } from "../location/index.ts";
import {
  Commands,
  DatagramEvents,
  EventBus,
  type InternalCommands,
  internalCommands,
  LoadMeter,
  type LogLevelPort,
  MiDatagram,
  MiFifo,
  MiHttp,
  NodeMeter,
  RtpproxyListener,
  raiseDialogEvents,
  registerCacheCommands,
  registerConnectionCommands,
  registerCoreCommands,
  registerDialogBackendCommands,
  registerDialogChangeCommands,
  registerDialogCommands,
  registerEventCommands,
  registerInspectCommands,
  registerLocationCommands,
  registerProfileCommands,
  registerScriptCommands,
  registerSequentialCommand,
  registerStatisticsCommands,
  registerSystemStatistics,
  registerTransactionCommands,
  type ScriptPort,
  type SystemPort,
} from "../manage/index.ts";
import { connectionInfos } from "./connection-list.ts";
import type { Engine } from "./engine.ts";
import { HandmadeTransactions } from "./transaction-port.ts";
import { readVersion } from "./version.ts";

const MAX_LOOP_LAG_MS = 500;

/** Events that there are whether or not anybody raises them. */
const CORE_EVENTS = ["E_CORE_THRESHOLD", "E_CORE_PKG_THRESHOLD", "E_CORE_SHM_THRESHOLD", "E_CORE_PROC_AUTO_SCALE"];

/** The commands of one engine and where they can be called. */
export interface Management {
  readonly commands: Commands;
  /** The same for scripts. */
  readonly internal: InternalCommands;
  readonly events: EventBus;
  /** The key-value store of scripts and of `cache_store`. */
  readonly cache: KeyValues;
  /** Undefined when no address is set. */
  readonly http: MiHttp | undefined;
  /** Where RTPProxy tells of calls without media; undefined when no socket is set. */
  readonly media: RtpproxyListener | undefined;
  /** Commands about the script, once there is one. */
  script: ScriptPort | undefined;
  /**
   * Opens every way in that the settings name.
   * @throws (rejects) DialoomError `DIALOOM_LISTEN_FAILED` naming all that could not be opened
   */
  listen(): Promise<void>;
  /** Closes them. @param graceMs - for replies under way */
  close(graceMs: Ms): Promise<void>;
  /** Call once the sockets are bound: there is a number for each of them. */
  started(): void;
  stopped(): void;
}

/** @param stop - ends the process gracefully */
export function createManagement(engine: Engine, logLevel: LogLevelPort, stop: () => void): Management {
  const { clock, timers, log, statistics, dialogs, profiles, transport, outbox, slices } = engine;
  const version = readVersion();
  const meter = new NodeMeter();
  const load = new LoadMeter(clock, timers, meter);
  const system: SystemPort = {
    version,
    revision: version,
    pid: process.pid,
    argv: process.argv,
    cwd: () => process.cwd(),
    workers: () => ["attendant", ...transport.listeners.map((one) => workerName(one.transport, one.name)), "timer"],
    stop,
    ailments: () => {
      const problems: string[] = [];
      if (transport.listeners.length === 0) problems.push("no SIP socket is bound");
      if (load.lagMs() > MAX_LOOP_LAG_MS) problems.push(`the event loop is ${Math.round(load.lagMs())} ms late`);
      return problems;
    },
  };
  const commands = new Commands({ clock, timers, log });
  registerCoreCommands(commands, { clock, system, logLevel, isVersionCompatible: true, areBothNamesListed: false });
  registerStatisticsCommands(commands, statistics);
  registerDialogCommands(commands, dialogs, (dialog, context) => dialogs.listeners.listed(dialog, context));
  registerDialogChangeCommands(commands, dialogs, profiles);
  registerSequentialCommand(commands, dialogs);
  registerDialogBackendCommands(commands, {
    get store() {
      return engine.calls.port;
    },
  });
  registerInspectCommands(commands, dialogs, clock, slices);
  registerLocationCommands(commands, new LocationDirectory(engine.registrar), engine.rows);
  registerProfileCommands(commands, profiles, slices);
  const events = new EventBus({ clock, outbox, statistics, log });
  for (const name of CORE_EVENTS) events.define(name);
  raiseDialogEvents(dialogs.feed, events, engine.rooms.eventIdFormat);
  if (engine.hasDatabases) raiseDegradations(engine.degradations, events);
  const datagramEvents = new DatagramEvents(log);
  events.addTransport(datagramEvents);
  registerEventCommands(commands, events);
  const cache = new KeyValues(clock);
  registerCacheCommands(commands, cache);
  registerConnectionCommands(commands, () => connectionInfos(transport.connections(), clock.monotonic()));
  registerTransactionCommands(commands, new HandmadeTransactions(engine));

  const { mi, miFifo, miDatagram, rtpproxy } = engine.rooms;
  const common = { commands, outbox, timers, statistics, log };
  const http = mi === undefined ? undefined : new MiHttp({ ...common, settings: mi, slices, ailments: system.ailments });
  const fifo = miFifo === undefined ? undefined : new MiFifo({ ...common, settings: miFifo });
  const datagram = miDatagram === undefined ? undefined : new MiDatagram({ ...common, settings: miDatagram });
  const end = (did: string, reason: string): boolean => dialogs.byDid(did)?.end(reason) !== undefined;
  const media = rtpproxy === undefined ? undefined : new RtpproxyListener({ ...rtpproxy, events, statistics, log, end });
  let script: ScriptPort | undefined;
  return {
    commands,
    internal: internalCommands(commands),
    events,
    cache,
    http,
    media,
    get script() {
      return script;
    },
    set script(port: ScriptPort | undefined) {
      script = port;
      if (port !== undefined) registerScriptCommands(commands, port);
    },
    listen: async () => {
      const opened = await Promise.allSettled([http?.listen(), fifo?.listen(), datagram?.listen(), media?.listen()]);
      const failures = opened.filter((one) => one.status === "rejected").map((one): unknown => one.reason);
      if (failures.length > 0) throw together(failures);
    },
    close: async (graceMs) => {
      datagramEvents.close();
      await Promise.all([http?.close(graceMs), fifo?.close(), datagram?.close(), media?.close()]);
    },
    started: () => {
      registerSystemStatistics({ statistics, clock, meter, load, system });
      load.start();
    },
    stopped: () => load.stop(),
  };
}

/** `E_DB_DEGRADED`: a database stops taking rows, or has taken all of them again. */
function raiseDegradations(degradations: Engine["degradations"], events: EventBus): void {
  const event = events.define("E_DB_DEGRADED");
  degradations.subscribe(({ database, isDegraded, reason }) => {
    event.raise([
      ["database", database],
      ["degraded", isDegraded ? 1 : 0],
      ["reason", reason],
    ]);
  });
}

/** One error for all that went wrong at once. */
function together(failures: readonly unknown[]): unknown {
  const [first] = failures;
  if (failures.length === 1) return first;
  const problems = failures.map((one) => (one instanceof Error ? one.message : String(one)));
  return new DialoomError(ErrorCodes.ListenFailed, problems.join("\n"), { cause: first, problems });
}

/** As the workers of the reference are called, which its tools look for. */
function workerName(transport: string, name: string): string {
  return transport === "udp" ? `SIP receiver ${name}` : "TCP receiver";
}
