// The management interface of a process: commands, statistics of the process, the HTTP listener.
import { LocationDirectory } from "../location/index.ts";
import {
  Commands,
  LoadMeter,
  type LogLevelPort,
  MiHttp,
  NodeMeter,
  registerCoreCommands,
  registerDialogCommands,
  registerLocationCommands,
  registerProfileCommands,
  registerStatisticsCommands,
  registerSystemStatistics,
  type SystemPort,
} from "../manage/index.ts";
import type { Engine } from "./engine.ts";
import { readVersion } from "./version.ts";

const MAX_LOOP_LAG_MS = 500;

/** The commands of one engine and where they can be called. */
export interface Management {
  readonly commands: Commands;
  /** Undefined when no address is set. */
  readonly http: MiHttp | undefined;
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
  registerDialogCommands(commands, dialogs);
  registerLocationCommands(commands, new LocationDirectory(engine.registrar));
  registerProfileCommands(commands, profiles, slices);
  const settings = engine.rooms.mi;
  const http =
    settings === undefined
      ? undefined
      : new MiHttp({ commands, settings, outbox, slices, timers, statistics, log, ailments: system.ailments });
  return {
    commands,
    http,
    started: () => {
      registerSystemStatistics({ statistics, clock, meter, load, system });
      load.start();
    },
    stopped: () => load.stop(),
  };
}

/** As the workers of the reference are called, which its tools look for. */
function workerName(transport: string, name: string): string {
  return transport === "udp" ? `SIP receiver ${name}` : "TCP receiver";
}
