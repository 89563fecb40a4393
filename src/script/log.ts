// Lines of scripts and of the modules they use, in the reference's formats (script-language 10).
import type { LogFormat } from "./globals/globals.ts";
import type { ScriptLog } from "./ports.ts";

/** Where finished lines go; text is latin1, one character for each byte. */
export interface LineSink {
  stderr(text: string): void;
  stdout(text: string): void;
  /** @param level - −3 alert … 4 debug. Absent: there is no syslog here */
  syslog?(level: number, text: string): void;
}

/** What a log is made of: the script's global parameters, or the command line's stand-ins before they are read. */
export interface LineLogOptions {
  readonly logLevel: number;
  readonly xlogLevel: number;
  readonly stderrEnabled: boolean;
  readonly stdoutEnabled: boolean;
  readonly syslogEnabled: boolean;
  readonly logPrefix: string;
  readonly stderrLevelFilter: number;
  readonly syslogLevelFilter: number;
  readonly stderrFormat: LogFormat;
  readonly syslogFormat: LogFormat;
  /** `pname` and `hostname` of the `json_cee` form. */
  readonly syslogName: string;
}

/** What the process lends a log. */
export interface LineLogHost {
  readonly pid: number;
  readonly hostname: string;
  /** The local time of now as `Mon DD HH:MM:SS`, the day padded with a blank. Asked for each line. */
  stamp(): string;
}

const LEVELS: Readonly<Record<number, string>> = {
  [-3]: "ALERT",
  [-2]: "CRITICAL",
  [-1]: "ERROR",
  1: "WARNING",
  2: "NOTICE",
  3: "INFO",
  4: "DBG",
};

/** The word of a level; levels outside the range count as the nearest, 0 as an error. */
export function levelWord(level: number): string {
  return LEVELS[level] ?? (level > 4 ? "DBG" : level < -3 ? "ALERT" : "ERROR");
}

/** The log of one running script. */
export class LineLog implements ScriptLog {
  readonly #sink: LineSink;
  readonly #host: LineLogHost;
  #options: LineLogOptions;
  #logLevel: number;
  #xlogLevel: number;

  constructor(sink: LineSink, host: LineLogHost, options: LineLogOptions) {
    this.#sink = sink;
    this.#host = host;
    this.#options = options;
    this.#logLevel = options.logLevel;
    this.#xlogLevel = options.xlogLevel;
  }

  /** Takes the settings of a script once it is read; levels set at run time are forgotten. */
  configure(options: LineLogOptions): void {
    this.#options = options;
    this.#logLevel = options.logLevel;
    this.#xlogLevel = options.xlogLevel;
  }

  line(level: number, module: string, routine: string, text: string): void {
    if (level <= this.#logLevel) this.#write(level, module, routine, text);
  }

  print(level: number, text: string): void {
    if (level <= this.#xlogLevel) this.#write(level, "", "", text);
  }

  printCore(level: number, text: string): void {
    if (level <= this.#logLevel) this.#write(level, "", "", text);
  }

  setLevel(which: "log" | "xlog", level: number | undefined): void {
    if (which === "log") this.#logLevel = level ?? this.#options.logLevel;
    else this.#xlogLevel = level ?? this.#options.xlogLevel;
  }

  getLevel(which: "log" | "xlog"): number {
    return which === "log" ? this.#logLevel : this.#xlogLevel;
  }

  #write(level: number, module: string, routine: string, text: string): void {
    const options = this.#options;
    const toStandard = (options.stderrEnabled || options.stdoutEnabled) && level <= options.stderrLevelFilter;
    const toSyslog = options.syslogEnabled && level <= options.syslogLevelFilter && this.#sink.syslog !== undefined;
    if (!toStandard && !toSyslog) return;
    const stamp = this.#host.stamp();
    if (toStandard) {
      const line = this.#form(options.stderrFormat, stamp, level, module, routine, text, true);
      if (options.stderrEnabled) this.#sink.stderr(line);
      if (options.stdoutEnabled) this.#sink.stdout(line);
    }
    // syslog stamps lines itself
    if (toSyslog) this.#sink.syslog?.(level, this.#form(options.syslogFormat, stamp, level, module, routine, text, false));
  }

  #form(format: LogFormat, stamp: string, level: number, module: string, routine: string, text: string, isStamped: boolean): string {
    const { logPrefix } = this.#options;
    const word = levelWord(level);
    const { pid } = this.#host;
    if (format === "plain_text") {
      const head = `${isStamped ? `${stamp} [${pid}] ` : ""}${logPrefix === "" ? "" : `${logPrefix}:`}${word}:`;
      // a script's own text ends where it says so (gotcha 21)
      return module === "" ? head + text : `${head}${module}:${routine}: ${text}\n`;
    }
    const message = quote(module === "" ? text : `${text}\n`);
    if (format === "json") {
      const origin = module === "" ? "" : `, "module": ${quote(module)}, "function": ${quote(routine)}`;
      const prefix = logPrefix === "" ? "" : `, "prefix": ${quote(logPrefix)}`;
      return `{"time": "${stamp}", "pid": ${pid}, "level": "${word}"${origin}${prefix}, "message": ${message}}\n`;
    }
    const native = logPrefix === "" ? "" : `, "native": {"log_prefix": ${quote(logPrefix)}}`;
    const name = quote(this.#options.syslogName === "" ? "dialoom" : this.#options.syslogName);
    return `{"time": "${stamp}", "proc": {"id": "${pid}"}, "pri": "${word}"${native}, "msg": ${message}, "pname": ${name}, "hostname": ${quote(this.#host.hostname)}}\n`;
  }
}

/** A JSON string; bytes above 127 stay as they are, so that UTF-8 in the text stays UTF-8. */
function quote(text: string): string {
  return JSON.stringify(text);
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * `Nov  3 17:05:09`: the stamp of a line.
 * @param month - 0 January … 11 December
 */
export function stampText(month: number, day: number, hour: number, minute: number, second: number): string {
  return `${MONTHS[month] ?? ""} ${String(day).padStart(2)} ${two(hour)}:${two(minute)}:${two(second)}`;
}

function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}
