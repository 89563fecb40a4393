// A script as a process: checked, turned into settings, and put behind an engine's gate as its door.
import { DialoomError, ErrorCodes } from "../kit/index.ts";
import {
  compileScript,
  type FileReader,
  type LineLog,
  type OwnSetting,
  type Problem,
  type Program,
  parseScript,
  ScriptDoor,
  type ScriptServices,
  type ScriptTree,
  scriptRegistry,
  type Tracer,
} from "../script/index.ts";
import { parseSocket } from "../transport/index.ts";
import type { RowWords } from "./calls.ts";
import type { Engine } from "./engine.ts";
import type { Management } from "./management.ts";
import type { DialoomOptions, Settings } from "./options.ts";
import { settingInfos } from "./schema.ts";
import { createScriptLog, engineLog, levelPort } from "./script-log.ts";
import { Server } from "./server.ts";
import { describe, readSettings } from "./settings.ts";

/** What a script is made of, before it is known to be right. */
export interface ScriptSource {
  readonly file: string;
  readonly reader: FileReader;
  /** Sockets beside those of the script: `[proto:]host[:port]`. */
  readonly listen?: readonly string[];
  /** It is only checked: its sockets may stand on the command line that will run it. */
  readonly mayLackSockets?: boolean;
  /** Values of `$argv`. */
  readonly argv?: ReadonlyMap<string, string>;
  /** Options that win over the script's. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly isDebug?: boolean;
  /** Told what each line does; it costs time. */
  readonly trace?: Tracer;
}

/** A script that was read. */
export interface LoadedScript {
  readonly source: ScriptSource;
  readonly tree: ScriptTree;
  readonly program: Program;
  /** Everything to tell the author; an error keeps it from starting. */
  readonly problems: readonly Problem[];
  /** What keeps it from starting and not from being right: settings whose backend is not there yet. */
  readonly needs: readonly string[];
  /** Every socket, `proto:host:port …`. */
  readonly listen: readonly string[];
}

/** Reads and checks a script. Nothing is opened or started. */
export function loadScript(source: ScriptSource): LoadedScript {
  const parsed = parseScript(source.reader, source.file);
  const compiled = compileScript(parsed.tree, scriptRegistry(ownSettings()), {
    hasSyntaxErrors: hasErrors(parsed.problems),
    ...(source.trace === undefined ? {} : { trace: source.trace }),
  });
  const { program } = compiled;
  const listen = socketsOf(program, source.listen ?? []);
  const problems = inOrder(parsed.tree, [...parsed.problems, ...compiled.problems]);
  // a file that could not be read has no sockets either: one error is enough
  if (problems.every((one) => one.severity !== "error")) problems.push(...checkSockets(program, listen, source.mayLackSockets === true));
  return { source, tree: parsed.tree, program, problems, needs: program.needs(), listen };
}

/** In the order of the text; what has no place comes last. */
function inOrder(tree: ScriptTree, problems: Problem[]): Problem[] {
  const file = ({ span }: Problem): number => (span === undefined ? tree.files.length : tree.files.indexOf(span.file));
  return problems.sort((a, b) => file(a) - file(b) || (a.span?.start ?? 0) - (b.span?.start ?? 0));
}

/** Whether a script may start, or be called right. */
export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((one) => one.severity === "error");
}

/** A running script. */
export class ScriptServer {
  readonly server: Server;
  readonly log: LineLog;
  #loaded: LoadedScript;
  readonly #door: { current: ScriptDoor | undefined } = { current: undefined };

  /**
   * @param loaded - without errors
   * @throws DialoomError `DIALOOM_CONFIG_INVALID` when the settings that follow from it are wrong, or need what is not there yet
   */
  constructor(loaded: LoadedScript) {
    if (loaded.needs.length > 0) throw new DialoomError(ErrorCodes.ConfigInvalid, loaded.needs.join("\n"), { problems: loaded.needs });
    const { source, program } = loaded;
    const { globals } = program;
    this.#loaded = loaded;
    this.log = createScriptLog(source.isDebug === true || globals.debugMode ? { ...globals, logLevel: 4, stderrEnabled: true } : globals);
    if (globals.syslogEnabled)
      this.log.line(1, "core", "init", "syslog is not offered: lines go to standard error and standard output only");
    const settings = settingsOf(loaded, this.log);
    this.server = new Server(settings, {
      logLevel: levelPort(this.log, "log"),
      make: (engine, management) => {
        management.script = { xlogLevel: levelPort(this.log, "xlog"), reload: () => this.reload() };
        engine.calls.words = rowWords(() => this.#loaded.program);
        const door = new ScriptDoor(program, this.#services(engine, management));
        this.#door.current = door;
        return door;
      },
    });
  }

  /**
   * Reads the file again and lets later messages run what it says now.
   * @returns what is wrong with it, and then the script that runs goes on; undefined when it was taken
   */
  async reload(): Promise<string | undefined> {
    const { source } = this.#loaded;
    const parsed = parseScript(source.reader, source.file);
    const compiled = compileScript(parsed.tree, scriptRegistry(ownSettings()), { reuse: this.#loaded.program });
    const errors = [...parsed.problems, ...compiled.problems].filter((one) => one.severity === "error");
    const [first] = errors;
    if (first !== undefined) return errors.length === 1 ? first.message : `${first.message} (and ${errors.length - 1} more)`;
    await this.#door.current?.replace(compiled.program);
    this.#loaded = { ...this.#loaded, tree: parsed.tree, program: compiled.program };
    return undefined;
  }

  #services(engine: Engine, management: Management): ScriptServices {
    return {
      ...engine,
      commands: management.internal,
      events: management.events,
      cache: management.cache,
      scriptLog: this.log,
      argv: this.#loaded.source.argv ?? new Map(),
      env: process.env,
      pid: process.pid,
      startedAt: engine.clock.now(),
      zoneOffset: (at) => -new Date(at).getTimezoneOffset(),
      isColoured: this.#loaded.program.globals.forceColor || process.stderr.isTTY,
    };
  }
}

/** What a script says of what stands in rows of calls. @param current - the program that runs now */
export function rowWords(current: () => Program): RowWords {
  return { hasRoute: (name) => current().route("request", name) !== undefined, flagNaming: current().flagNaming };
}

/** The settings of `dialoom({…})` as `modparam("dialoom", …)` takes them. */
function ownSettings(): readonly OwnSetting[] {
  // sockets are the script's own `socket`
  return settingInfos
    .filter(({ name }) => name !== "listen")
    .map(({ name, type }) => ({
      name,
      read: (value) => {
        const candidates: unknown[] = value === 0 || value === 1 ? [value, value === 1] : [value];
        // what the TypeScript door takes as an array is a list with commas here
        if (typeof value === "string") candidates.push(value.split(",").map((item) => item.trim()));
        let fault: string | undefined;
        let wrongKind: string | undefined;
        for (const candidate of candidates) {
          const said = type.safeParse(candidate);
          if (said.success) return { ok: true, value: candidate };
          const [issue] = said.error.issues;
          const [text] = issue === undefined ? [] : describe(issue);
          // a wrong value of the right kind says more than a wrong kind
          if (issue?.code === "invalid_type") wrongKind ??= text;
          else fault ??= text;
        }
        return { ok: false, fault: fault ?? wrongKind ?? "is not what it takes" };
      },
    }));
}

function settingsOf(loaded: LoadedScript, log: LineLog): Settings {
  const options: DialoomOptions = {
    ...loaded.program.options(),
    listen: loaded.listen,
    ...loaded.source.options,
    log: engineLog(log),
  };
  return readSettings(options);
}

/** The script's sockets and those of the command line; the same socket from both is one. */
function socketsOf(program: Program, extra: readonly string[]): readonly string[] {
  const all = new Map<string, string>();
  const own = program.globals.options["listen"];
  const texts = [...(Array.isArray(own) ? own.map(String) : []), ...extra.map((one) => (hasProtocol(one) ? one : `udp:${one}`))];
  for (const text of texts) {
    const spec = parseSocket(text);
    const key = spec.ok ? `${spec.value.transport}:${spec.value.host}:${spec.value.port}` : text;
    if (!all.has(key)) all.set(key, text);
  }
  return [...all.values()];
}

function hasProtocol(text: string): boolean {
  return ["udp", "tcp", "tls", "ws", "wss"].includes(text.slice(0, text.indexOf(":")).toLowerCase());
}

/** What the reference says of sockets and the modules that serve them. */
function checkSockets(program: Program, listen: readonly string[], mayLackSockets: boolean): readonly Problem[] {
  const problems: Problem[] = [];
  const say = (severity: Problem["severity"], message: string, hint?: string): void => {
    problems.push({ severity, span: undefined, message, hint });
  };
  const loaded = new Set(program.modules.map((one) => one.name));
  const served = new Set<string>();
  for (const text of listen) {
    const spec = parseSocket(text);
    if (!spec.ok) {
      say("error", spec.fault);
      continue;
    }
    const { transport } = spec.value;
    served.add(transport);
    if (!loaded.has(`proto_${transport}`)) {
      say("error", `listeners found for protocol ${transport}, but no module can handle it`, `add loadmodule "proto_${transport}.so"`);
    }
  }
  if (listen.length === 0 && !mayLackSockets)
    say("error", "no transport protocol loaded: the script has no socket", "add socket=udp:127.0.0.1:5060, or -l udp:127.0.0.1:5060");
  for (const name of loaded) {
    const transport = name.startsWith("proto_") ? name.slice(6) : undefined;
    if (transport !== undefined && !served.has(transport) && listen.length > 0)
      say("warning", `module ${name} is loaded and no socket uses it`);
  }
  return problems;
}
