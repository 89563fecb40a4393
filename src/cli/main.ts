// The daemon: `dialoom [options]`. Status 0 after a graceful end, 255 when it cannot start, 1 when it ends otherwise.
import { existsSync } from "node:fs";
import { DialoomError } from "../kit/index.ts";
import { type DialoomOptions, readSettings, readVersion, startServer, targetProblem } from "../server/index.ts";
import { banner } from "./banner.ts";
import { type RunInvocation, readCommandLine } from "./command-line.ts";
import type { RawOptions } from "./setting.ts";
import { Shutdown } from "./shutdown.ts";

const CANNOT_START = 255;

const invocation = readCommandLine(process.argv.slice(2), process.env);
if (invocation.kind === "help") process.stdout.write(invocation.text);
else if (invocation.kind === "version") {
  const machine = process.arch === "x64" ? "x86_64" : process.arch;
  process.stdout.write(`version: dialoom ${readVersion()} (${machine}/${process.platform})\nnode: ${process.versions.node}\n`);
} else {
  const { to, folder } = invocation;
  const problems = [...invocation.problems, ...mistakesIn(invocation.options)];
  const badTarget = to === undefined ? undefined : targetProblem(to);
  if (badTarget !== undefined) problems.push(badTarget);
  if (folder !== undefined && !existsSync(folder)) problems.push(`-w: there is no folder ${folder}`);
  if (problems.length > 0) refuse([...problems, "dialoom -h explains how settings are given"]);
  else await run(invocation);
}

/** What is wrong with the settings, before anything is started. */
function mistakesIn(options: RawOptions): readonly string[] {
  try {
    readSettings(options as DialoomOptions); // which is what it finds out
    return [];
  } catch (error) {
    return problemsOf(error);
  }
}

async function run({ options, folder, to }: RunInvocation): Promise<void> {
  try {
    if (folder !== undefined) process.chdir(folder);
    const server = await startServer(options as DialoomOptions, to); // checked by mistakesIn()
    const shutdown = new Shutdown({
      close: () => server.close(),
      exit: (status) => process.exit(status),
      say: (text) => server.log.info({}, text),
      monotonic: () => performance.now(),
      after: (ms, go) => setTimeout(go, ms).unref(),
    });
    process.on("SIGTERM", () => shutdown.signal("SIGTERM"));
    process.on("SIGINT", () => shutdown.signal("SIGINT"));
    // a closed terminal takes the proxy with it; a daemon has none, and the signal asks it to do nothing yet
    process.on("SIGHUP", () => process.stdout.isTTY && shutdown.signal("SIGHUP"));
    // instead of Node's own meaning, which is to open a debugger
    process.on("SIGUSR1", () => server.log.info({ memory: process.memoryUsage() }, "memory"));
    process.on("SIGUSR2", () => {});
    const fatal = (error: unknown): void => {
      server.log.error({ err: error }, "a bug: ending");
      shutdown.begin("uncaught error", 1);
    };
    process.on("uncaughtException", fatal);
    process.on("unhandledRejection", fatal);
    server.stopRequested.then(() => shutdown.begin("management command", 0));
    const { listeners, mi } = server;
    process.stdout.write(`${banner({ version: readVersion(), node: process.versions.node, listeners, mi, to })}\n`);
  } catch (error) {
    refuse(problemsOf(error));
  }
}

function problemsOf(error: unknown): readonly string[] {
  if (error instanceof DialoomError) return error.problems;
  return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
}

/** All that is wrong, one line each. */
function refuse(problems: readonly string[]): void {
  for (const problem of problems) process.stderr.write(`dialoom: ${problem}\n`);
  process.exit(CANNOT_START);
}
