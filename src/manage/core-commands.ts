// The commands about the process itself (proxy-core 7.6).
import type { Clock } from "../kit/index.ts";
import type { Commands } from "./commands.ts";
import { type Arguments, integer, type Outcome, text } from "./definition.ts";
import { fail, invalidParams } from "./errors.ts";
import type { LogLevelPort, SystemPort } from "./ports.ts";
import { ctime } from "./time.ts";

export interface CoreCommandsDeps {
  readonly clock: Clock;
  readonly system: SystemPort;
  readonly logLevel: LogLevelPort;
  /** Says OpenSIPS in `version`, so that its command line client accepts us (D-11). */
  readonly isVersionCompatible: boolean;
  /** Lists both generations of names in `which` (MI-7). */
  readonly areBothNamesListed: boolean;
}

const LOWEST_LEVEL = -3;
const HIGHEST_LEVEL = 4;

/** Adds `which help uptime version ps pwd arg kill log_level`. */
export function registerCoreCommands(commands: Commands, deps: CoreCommandsDeps): void {
  const { clock, system, logLevel } = deps;
  const startedAt = clock.now();
  const startedMonotonic = clock.monotonic();
  const add = (name: string, help: string, forms: Parameters<Commands["register"]>[0]["forms"], run: (args: Arguments) => Outcome): void =>
    commands.register({ name, modern: [`core:${name}`], module: "core", help, forms, run });

  add("which", "lists all commands, or the parameters that one of them takes", [[], [text("command")]], (args) => {
    const name = args.text("command");
    if (name === undefined) {
      const names = commands.list().flatMap((one) => (deps.areBothNamesListed ? [one.name, ...one.modern] : [one.name]));
      return names.sort();
    }
    const found = commands.find(name);
    if (!("run" in found)) return fail(404, "unknown MI command");
    return found.forms.map((form) => form.map((parameter) => parameter.name));
  });

  add("help", "says what a command does", [[], [text("mi_cmd")]], (args) => {
    const name = args.text("mi_cmd");
    if (name === undefined) return "Usage: help mi_cmd, where mi_cmd is one of the commands that `which` lists";
    const found = commands.find(name);
    return "run" in found ? { Help: found.help, "Exported by": found.module } : fail(404, "unknown MI command");
  });

  add("uptime", "says since when the process runs", [[]], () => ({
    Now: ctime(clock.now()),
    "Up since": ctime(startedAt),
    // the wall clock may have been set meanwhile
    "Up time": `${Math.trunc((clock.monotonic() - startedMonotonic) / 1000)} [sec]`,
  }));

  add("version", "says which version runs", [[], [text("revision")]], (args) => {
    const own = `Dialoom ${system.version} (node/linux)`;
    const server = deps.isVersionCompatible ? `OpenSIPS (3.2.0 compatible; ${own})` : own;
    return args.text("revision") === undefined ? { Server: server } : { Server: server, VERSIONTYPE: "git", THISREVISION: system.revision };
  });

  add("ps", "lists what works in the process", [[]], () => ({
    Processes: system.workers().map((type, id) => ({ ID: id, PID: system.pid, Type: type })),
  }));

  add("pwd", "says in which folder the process runs", [[]], () => ({ WD: system.cwd() }));
  add("arg", "says how the process was started", [[]], () => [...system.argv]);
  add("kill", "ends the process gracefully", [[]], () => {
    system.stop();
    return "OK";
  });

  add(
    "log_level",
    "shows or sets how much is logged, from -3 to 4",
    [[], [integer("level")], [integer("level"), integer("pid")]],
    (args) => {
      const level = args.integer("level");
      if (level === undefined) {
        const processes = system.workers().map((type) => ({ PID: system.pid, "Log level": logLevel.get(), Type: type }));
        return { Processes: processes };
      }
      const pid = args.integer("pid");
      if (pid !== undefined && pid !== system.pid) return invalidParams("Bad PID");
      logLevel.set(Math.min(Math.max(level, LOWEST_LEVEL), HIGHEST_LEVEL));
      return pid === undefined ? { "New global log level": logLevel.get() } : { "Log level": logLevel.get() };
    },
  );
}
