// The command line of scripts: that of the reference, as far as it makes sense for one process (script-language 11.5).
import { isIP } from "node:net";
import { Command, CommanderError } from "commander";
import type { RawOptions } from "./setting.ts";
import { parseSetting } from "./setting.ts";

/** Runs or checks a script. */
export interface ScriptInvocation {
  readonly kind: "script";
  /** `-` is standard input. */
  readonly file: string;
  readonly isCheckOnly: boolean;
  /** Sockets beside those of the script. */
  readonly listen: readonly string[];
  /** `name=value` for `$argv`. */
  readonly argv: ReadonlyMap<string, string>;
  /** A command that the text of each file is piped through. */
  readonly preprocessor: string | undefined;
  readonly folder: string | undefined;
  readonly pidFile: string | undefined;
  readonly pgidFile: string | undefined;
  readonly isDebug: boolean;
  /** Settings of the engine that win over the script's. */
  readonly options: RawOptions;
  readonly problems: readonly string[];
}

/** `dialoom check FILE`. */
export interface CheckInvocation {
  readonly kind: "check";
  readonly files: readonly string[];
  readonly problems: readonly string[];
}

/** `dialoom run FILE --inject MESSAGE`. */
export interface InjectInvocation {
  readonly kind: "inject";
  readonly file: string;
  /** Files with one message each; `-` is standard input. */
  readonly messages: readonly string[];
  /** Where the messages come from. */
  readonly from: { readonly ip: string; readonly port: number } | undefined;
  /** Sockets beside those of the script. */
  readonly listen: readonly string[];
  readonly argv: ReadonlyMap<string, string>;
  readonly problems: readonly string[];
}

interface Flags {
  readonly f?: string;
  readonly c?: boolean;
  readonly C?: boolean;
  readonly l?: readonly string[];
  readonly D?: boolean;
  readonly d?: boolean;
  readonly o?: readonly string[];
  readonly p?: string;
  readonly w?: string;
  readonly P?: string;
  readonly G?: string;
  readonly V?: boolean;
  readonly h?: boolean;
  readonly set?: readonly string[];
  readonly mi?: string;
  readonly inject?: readonly string[];
  readonly from?: string;
}

const repeated = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

/** Options of the reference that mean nothing in one process: with an argument, and without. */
const IGNORED_WITH_ARGUMENT = ["n", "N", "W", "m", "M", "a", "k", "s", "e", "b", "u", "g", "t", "i"] as const;
const IGNORED = ["A", "r", "R", "v"] as const;

/** Whether these arguments are about a script. */
export function isAboutScript(args: readonly string[]): boolean {
  return args.some((one) => /^-[A-Za-z]*[fCc]/.test(one) && !one.startsWith("--"));
}

/** The help of scripts, shown below that of the proxy without one. */
export function scriptHelp(): string {
  return `
Scripts (opensips.cfg):
  dialoom -f FILE            run it; -f - reads standard input
  dialoom -C -f FILE         check it only (-c is the same): status 0 when it is right, 255 when it is not
  dialoom check FILE…        check it and point out what is probably a mistake
  dialoom run FILE --inject MESSAGE [--from IP:PORT] [-l SOCKET] [-o NAME=VALUE]
                             send one message through it and print what each line did; MESSAGE is a file, - standard input
With -f:
  -l [proto:]host[:port]     listen there as well; may be repeated
  -o name=value              value of $argv(name); may be repeated
  -p COMMAND                 pipe each file through a command first
  -w DIR  -P FILE  -G FILE   working folder, file for the process id, for its group id
  -D  -d                     log everything      -F -E   accepted: one process, in the foreground, logging to standard error
  --set name=value           a setting of dialoom({…}); it wins over the script
`;
}

/** Reads the arguments of a script run. */
export function readScriptArguments(args: readonly string[]): ScriptInvocation | { readonly kind: "help" } | { readonly kind: "version" } {
  const problems: string[] = [];
  const flags = parse(scriptCommand(), args, problems);
  if (flags.h === true) return { kind: "help" };
  if (flags.V === true) return { kind: "version" };
  if (flags.f === undefined) problems.push("name the script with -f FILE");
  const options = new Map<string, unknown>();
  if (flags.mi !== undefined) options.set("mi", parseSetting("mi", flags.mi));
  for (const assignment of flags.set ?? []) {
    const equals = assignment.indexOf("=");
    if (equals < 1) problems.push(`--set ${assignment}: write it like --set frTimeout=5s`);
    else options.set(assignment.slice(0, equals), parseSetting(assignment.slice(0, equals), assignment.slice(equals + 1)));
  }
  return {
    kind: "script",
    file: flags.f ?? "",
    isCheckOnly: flags.c === true || flags.C === true,
    listen: flags.l ?? [],
    argv: readArgv(flags.o ?? [], problems),
    preprocessor: flags.p,
    folder: flags.w,
    pidFile: flags.P,
    pgidFile: flags.G,
    isDebug: flags.D === true || flags.d === true,
    options: Object.fromEntries(options),
    problems,
  };
}

/** Reads what follows `dialoom check`. */
export function readCheckArguments(args: readonly string[]): CheckInvocation {
  const problems: string[] = [];
  const files = args.filter((one) => {
    if (one.startsWith("-") && one !== "-") problems.push(`Unknown option \`${one}\`.`);
    return !one.startsWith("-") || one === "-";
  });
  if (files.length === 0) problems.push("dialoom check needs the name of a script");
  return { kind: "check", files, problems };
}

/** Reads what follows `dialoom run`. */
export function readInjectArguments(args: readonly string[]): InjectInvocation {
  const problems: string[] = [];
  const command = new Command("dialoom run")
    .option("--inject <message>", "", repeated)
    .option("--from <address>")
    .option("-l <socket>", "", repeated)
    .option("-o <assignment>", "", repeated);
  const flags = parse(command, args, problems, true);
  const [file, ...others] = command.args;
  if (file === undefined) problems.push("dialoom run needs the name of a script");
  for (const other of others) problems.push(`Unexpected argument \`${other}\`.`);
  if (flags.inject === undefined) problems.push("dialoom run needs a message: --inject FILE, or --inject - for standard input");
  return {
    kind: "inject",
    file: file ?? "",
    messages: flags.inject ?? [],
    from: flags.from === undefined ? undefined : readSource(flags.from, problems),
    listen: flags.l ?? [],
    argv: readArgv(flags.o ?? [], problems),
    problems,
  };
}

/** `ip`, `ip:port`, `[ip]:port`; the port is 5060 when it is left out. */
function readSource(text: string, problems: string[]): InjectInvocation["from"] {
  const colon = text.lastIndexOf(":");
  // an address of IPv6 without brackets is all address
  const hasPort = colon > 0 && isIP(text) === 0;
  const ip = (hasPort ? text.slice(0, colon) : text).replace(/^\[|\]$/g, "");
  const port = hasPort ? text.slice(colon + 1) : "5060";
  if (isIP(ip) !== 0 && /^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65_536) return { ip, port: Number(port) };
  problems.push(`--from ${text}: write it like --from 192.0.2.7:5060`);
  return undefined;
}

function readArgv(assignments: readonly string[], problems: string[]): ReadonlyMap<string, string> {
  const argv = new Map<string, string>();
  for (const assignment of assignments) {
    const equals = assignment.indexOf("=");
    if (equals < 1) problems.push(`-o ${assignment}: write it like -o name=value`);
    else argv.set(assignment.slice(0, equals), assignment.slice(equals + 1));
  }
  return argv;
}

function scriptCommand(): Command {
  const command = new Command("dialoom")
    .option("-f <file>")
    .option("-c")
    .option("-C")
    .option("-l <socket>", "", repeated)
    .option("-D")
    .option("-d")
    .option("-E")
    .option("-F")
    .option("-V")
    .option("-h")
    .option("-o <assignment>", "", repeated)
    .option("-p <command>")
    .option("-w <folder>")
    .option("-P <file>")
    .option("-G <file>")
    .option("--set <assignment>", "", repeated)
    .option("--mi <address>");
  for (const letter of IGNORED_WITH_ARGUMENT) command.option(`-${letter} <value>`);
  for (const letter of IGNORED) command.option(`-${letter}`);
  return command;
}

function parse(command: Command, args: readonly string[], problems: string[], takesFiles = false): Flags {
  command
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .exitOverride()
    .configureOutput({ writeErr: () => {}, writeOut: () => {} });
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError) || args.length === 0) throw error;
    // the only mistake that commander itself finds here: an option at the very end that lacks its argument
    problems.push(`Option \`${args.at(-1)}\` needs an argument.`);
    return command.opts<Flags>();
  }
  for (const stray of command.args) {
    if (stray.startsWith("-")) problems.push(`Unknown option \`${stray}\`.`);
    else if (!takesFiles) problems.push(`Unexpected argument \`${stray}\`.`);
  }
  return command.opts<Flags>();
}
