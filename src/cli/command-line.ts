// From argv and the environment to options of the proxy. Every mistake is found at once; nothing is started here.
import { Command, CommanderError } from "commander";
import { type DbInvocation, readDbArguments } from "./db-arguments.ts";
import {
  type CheckInvocation,
  type InjectInvocation,
  isAboutScript,
  readCheckArguments,
  readInjectArguments,
  readScriptArguments,
  type ScriptInvocation,
  scriptHelp,
} from "./script-arguments.ts";
import { parseSetting, type RawOptions, settingOf } from "./setting.ts";

/** Start a proxy. */
export interface RunInvocation {
  readonly kind: "run";
  /** Not checked yet. */
  readonly options: RawOptions;
  /** Where calls go; undefined for wherever their Request-URI says. */
  readonly to: string | undefined;
  /** Where to run. */
  readonly folder: string | undefined;
  /** What is wrong with the command line itself. */
  readonly problems: readonly string[];
}

/** What the command line asks for. */
export type Invocation =
  | RunInvocation
  | ScriptInvocation
  | CheckInvocation
  | InjectInvocation
  | DbInvocation
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "version" };

interface Flags {
  readonly listen?: readonly string[];
  readonly mi?: string;
  readonly set?: readonly string[];
  readonly to?: string;
  readonly debug?: boolean;
  readonly workdir?: string;
  readonly version?: boolean;
  readonly help?: boolean;
}

const EXAMPLES = `
Examples:
  dialoom                                      UDP and TCP on 127.0.0.1:5060, management on 127.0.0.1:8888/mi
  dialoom -l udp:127.0.0.1:5070 --mi off
  dialoom -l udp:*:5060 --to sip:10.0.0.20:5080
  dialoom --set frTimeout=5s --set profiles=caller,trunk

Every setting of dialoom({…}) can be given as --set name=value, or in the environment as DIALOOM_NAME
(DIALOOM_LISTEN, DIALOOM_MI, DIALOOM_FR_TIMEOUT). The command line goes before the environment.
`;

const DATABASES = `
Databases:
  dialoom db init|check|migrate URL    make, check or migrate their tables; dialoom db -h explains
`;

/**
 * Reads both.
 * @param args - without the program's own name
 */
export function readCommandLine(args: readonly string[], environment: Readonly<Record<string, string | undefined>>): Invocation {
  const [word, ...rest] = args;
  const isTool = word === "check" || word === "run";
  if (isTool && rest.some((one) => one === "-h" || one === "--help")) return { kind: "help", text: help(describe()) };
  if (word === "check") return readCheckArguments(rest);
  if (word === "run") return readInjectArguments(rest);
  if (word === "db") return readDbArguments(rest);
  if (isAboutScript(args)) {
    const script = readScriptArguments(args);
    return script.kind === "help" ? { kind: "help", text: help(describe()) } : script;
  }
  const problems: string[] = [];
  const command = describe();
  const flags = parse(command, args, problems);
  if (flags.help === true) return { kind: "help", text: help(command) };
  if (flags.version === true) return { kind: "version" };

  // everybody else's DIALOOM_… (a container's links, say) is none of our business
  const options = new Map<string, unknown>([["mi", "127.0.0.1:8888"]]);
  for (const [variable, text] of Object.entries(environment)) {
    const name = settingOf(variable);
    if (name !== undefined && text !== undefined) options.set(name, parseSetting(name, text));
  }
  if (flags.listen !== undefined) options.set("listen", flags.listen);
  if (flags.mi !== undefined) options.set("mi", parseSetting("mi", flags.mi));
  if (flags.debug === true) options.set("logLevel", "debug");
  for (const assignment of flags.set ?? []) {
    const equals = assignment.indexOf("=");
    if (equals < 1) problems.push(`--set ${assignment}: write it like --set frTimeout=5s`);
    else {
      const name = assignment.slice(0, equals);
      options.set(name, parseSetting(name, assignment.slice(equals + 1)));
    }
  }
  return { kind: "run", options: Object.fromEntries(options), to: flags.to, folder: flags.workdir, problems };
}

function help(command: Command): string {
  return command.helpInformation() + EXAMPLES + scriptHelp() + DATABASES;
}

function describe(): Command {
  const repeated = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];
  return new Command("dialoom")
    .description(
      "A dialog-stateful SIP proxy. Without a configuration it relays requests from this machine to wherever their Request-URI says.",
    )
    .option("-l, --listen <socket>", "listen on proto:host:port, as in udp:127.0.0.1:5060; may be repeated", repeated)
    .option("-t, --to <uri>", "where calls go, as in sip:10.0.0.20:5080; left out, wherever their Request-URI says, from this machine only")
    .option("--mi <address>", "management interface on host:port, or off (127.0.0.1:8888)")
    .option("--set <name=value>", "any other setting; may be repeated", repeated)
    .option("-D, --debug", "log everything")
    .option("-d", "same as -D")
    .option("-E", "log to standard error: it always does")
    .option("-F", "stay in the foreground: it always does")
    .option("-w, --workdir <folder>", "run in this folder")
    .option("-V, --version", "print the version and end")
    .option("-h, --help", "print this and end")
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .exitOverride()
    .configureOutput({ writeErr: () => {}, writeOut: () => {} });
}

function parse(command: Command, args: readonly string[], problems: string[]): Flags {
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError) || args.length === 0) throw error;
    // the only mistake that commander itself finds here: an option at the very end that lacks its argument
    problems.push(`Option \`${args.at(-1)}\` needs an argument.`);
    return parse(describe(), args.slice(0, -1), problems);
  }
  for (const stray of command.args) {
    problems.push(stray.startsWith("-") ? `Unknown option \`${stray}\`.` : `Unexpected argument \`${stray}\`.`);
  }
  const flags = command.opts<Flags & { readonly d?: boolean }>();
  return flags.d === true ? { ...flags, debug: true } : flags;
}
