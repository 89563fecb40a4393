// `dialoom -f FILE`, `dialoom -C -f FILE`, `dialoom check FILE…`: scripts on the command line, with the reference's words and statuses.
import { DialoomError, ErrorCodes } from "../kit/index.ts";
import { formatProblems, lintScript, type Problem, scriptRegistry } from "../script/index.ts";
import {
  createScriptLog,
  hasErrors,
  type LoadedScript,
  loadScript,
  readVersion,
  ScriptServer,
  type Server,
  systemFiles,
} from "../server/index.ts";
import { EXIT_NO_DATABASE } from "../store/index.ts";
import { systemPids, writePidFiles } from "./pid-files.ts";
import { serveUntilStopped } from "./process.ts";
import type { CheckInvocation, ScriptInvocation } from "./script-arguments.ts";
import { enterFolder } from "./system-reason.ts";

/** What a script that is wrong, or cannot start, ends with. */
export const CANNOT_START = 255;

/** What a start that failed ends with: a database that is not there may be there the next time. */
export function statusOf(error: unknown): number {
  return error instanceof DialoomError && error.code === ErrorCodes.StoreUnavailable ? EXIT_NO_DATABASE : CANNOT_START;
}

/** Levels of lines: those of the log. */
const CRITICAL = -2;
const ERROR = -1;
const WARNING = 1;
const NOTICE = 2;

/** Lines on standard error in the reference's form, before the script has said how it wants them. */
function early(): ReturnType<typeof createScriptLog> {
  return createScriptLog({
    logLevel: NOTICE,
    xlogLevel: NOTICE,
    stderrEnabled: true,
    stdoutEnabled: false,
    syslogEnabled: false,
    logPrefix: "",
    stderrLevelFilter: 4,
    syslogLevelFilter: 4,
    stderrFormat: "plain_text",
    syslogFormat: "plain_text",
    syslogName: "",
  });
}

/** Runs a script, or only checks it. @returns the status to end with; undefined while it runs */
export async function runScript(invocation: ScriptInvocation): Promise<number | undefined> {
  const log = early();
  const { file, folder, isCheckOnly } = invocation;
  const badFolder = folder === undefined ? undefined : enterFolder(folder);
  if (badFolder !== undefined) {
    log.line(ERROR, "core", "main", badFolder);
    return CANNOT_START;
  }
  const loaded = loadScript({
    file,
    reader: systemFiles(invocation.preprocessor),
    listen: invocation.listen,
    argv: invocation.argv,
    options: invocation.options,
    isDebug: invocation.isDebug,
  });
  tell(loaded.problems, log, file);
  if (hasErrors(loaded.problems)) return CANNOT_START;
  process.stdout.write(socketList(loaded));
  if (isCheckOnly) {
    for (const need of loaded.needs) log.line(WARNING, "core", "main", need);
    log.line(NOTICE, "core", "main", "config file ok, exiting...");
    return 0;
  }
  let script: ScriptServer | undefined;
  try {
    script = new ScriptServer(loaded);
    await script.server.listen();
    process.on("exit", writePidFiles(invocation.pidFile, invocation.pgidFile, systemPids()));
    serveUntilStopped(script.server);
    process.stdout.write(startedText(script.server));
    return undefined;
  } catch (error) {
    if (!(error instanceof DialoomError)) throw error;
    for (const problem of error.problems) log.line(ERROR, "core", "main", problem);
    log.line(NOTICE, "core", "main", "Exiting....");
    await script?.server.close();
    return statusOf(error);
  }
}

/** What runs where, once it does. */
function startedText({ listeners, mi }: Server): string {
  const management = mi === undefined ? "" : `management: http://${mi.ip.includes(":") ? `[${mi.ip}]` : mi.ip}:${mi.port}/mi\n`;
  return `version: dialoom ${readVersion()} (node ${process.versions.node})\nsip: ${listeners.join(" ")}\n${management}`;
}

/** Checks and lints scripts. @returns 0 when there is no error, 255 otherwise */
export function checkScripts({ files }: CheckInvocation): number {
  const functions = new Map<string, boolean>();
  const registry = scriptRegistry();
  const modules = registry.moduleNames().map((name) => registry.module(name));
  for (const make of modules) {
    if (typeof make === "function") for (const one of make().functions) functions.set(one.name, one.resultMatters === true);
  }
  let status = 0;
  for (const file of files) {
    const loaded = loadScript({ file, reader: systemFiles(undefined), mayLackSockets: true });
    const problems = [...loaded.problems];
    if (!hasErrors(problems)) problems.push(...lintScript(loaded.tree, { doesResultMatter: (name) => functions.get(name) === true }));
    process.stdout.write(formatProblems(problems, { context: "all" }), "latin1");
    const count = (severity: Problem["severity"]): string => {
      const number = problems.filter((one) => one.severity === severity).length;
      return `${number} ${severity}${number === 1 ? "" : "s"}`;
    };
    process.stdout.write(`${file}: ${count("error")}, ${count("warning")}, ${count("notice")}\n`);
    if (hasErrors(problems)) status = CANNOT_START;
  }
  return status;
}

/** Shows what a script says of itself, in the reference's words. */
function tell(problems: readonly Problem[], log: ReturnType<typeof createScriptLog>, file: string): void {
  const errors = problems.filter((one) => one.severity === "error");
  for (const one of problems) {
    if (one.severity === "error") continue;
    log.line(
      one.severity === "warning" ? WARNING : NOTICE,
      "core",
      "main",
      formatProblems([one], { context: "none" }).trimEnd().replaceAll("\n", "; "),
    );
  }
  if (errors.length === 0) return;
  for (const line of formatProblems(errors).split("\n")) {
    if (line !== "") log.line(CRITICAL, "core", "yyerror", line);
  }
  log.line(ERROR, "core", "parse_opensips_cfg", `bad config file (${errors.length} errors)`);
  log.line(ERROR, "core", "main", `failed to parse config file ${file}`);
  log.line(NOTICE, "core", "main", "Exiting....");
}

/** The list that the reference prints at every start: each entry 13 columns in, an empty line at its end (11.4). */
function socketList({ listen, program }: LoadedScript): string {
  const indent = " ".repeat(13);
  const lines = listen.map((text) => {
    const [address = ""] = text.split(" ");
    const colon = address.indexOf(":");
    const port = address.lastIndexOf(":");
    const host = address.slice(colon + 1, port > colon ? port : undefined);
    return `${indent}${address.slice(0, colon)}: ${host} [${host}]:${port > colon ? address.slice(port + 1) : "5060"}`;
  });
  const aliases = program.globals.options["alias"];
  const names = (Array.isArray(aliases) ? aliases.map(String) : []).map((text) => `${indent}${aliasText(text)}`);
  return `Listening on \n${lines.join("\n")}\nAliases: \n${names.map((line) => `${line}\n`).join("")}\n`;
}

/** `udp:example.com:5060` as `udp: example.com:5060`; what is left open is a star. */
function aliasText(text: string): string {
  const [first = "", ...rest] = text.split(":");
  const hasProtocol = ["udp", "tcp", "tls", "ws", "wss"].includes(first);
  const [host = "", port = "*"] = hasProtocol ? rest : [first, ...rest];
  return `${hasProtocol ? first : "*"}: ${host}:${port}`;
}
