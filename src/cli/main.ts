// The daemon: `dialoom [options]`. Status 0 after a graceful end, 255 when it cannot start, 1 when it ends otherwise.
import { DialoomError } from "../kit/index.ts";
import { type DialoomOptions, readSettings, readVersion, startServer, targetProblem } from "../server/index.ts";
import { banner } from "./banner.ts";
import { type RunInvocation, readCommandLine } from "./command-line.ts";
import { runDb } from "./db.ts";
import { runInjected } from "./inject.ts";
import { serveUntilStopped } from "./process.ts";
import { CANNOT_START, checkScripts, runScript, statusOf } from "./script.ts";
import type { RawOptions } from "./setting.ts";
import { enterFolder } from "./system-reason.ts";

const invocation = readCommandLine(process.argv.slice(2), process.env);
switch (invocation.kind) {
  case "help":
    process.stdout.write(invocation.text);
    break;
  case "version": {
    const machine = process.arch === "x64" ? "x86_64" : process.arch;
    process.stdout.write(`version: dialoom ${readVersion()} (${machine}/${process.platform})\nnode: ${process.versions.node}\n`);
    break;
  }
  case "script":
    refuseAny(invocation.problems);
    leave(await runScript(invocation));
    break;
  case "check":
    refuseAny(invocation.problems);
    leave(checkScripts(invocation));
    break;
  case "inject":
    refuseAny(invocation.problems);
    leave(await runInjected(invocation));
    break;
  case "db":
    refuseAny(invocation.problems);
    leave(
      await runDb(invocation, {
        say: (line) => process.stdout.write(`${line}\n`),
        complain: (line) => process.stderr.write(`dialoom: ${line}\n`),
      }),
    );
    break;
  case "run":
    await start(invocation);
    break;
}

/** Ends the process, unless something goes on running. */
function leave(status: number | undefined): void {
  if (status !== undefined) process.exit(status);
}

function refuseAny(problems: readonly string[]): void {
  if (problems.length > 0) refuse([...problems, "dialoom -h explains the options"]);
}

async function start(invocation: RunInvocation): Promise<void> {
  const { to, folder } = invocation;
  const problems = [...invocation.problems, ...mistakesIn(invocation.options)];
  const badTarget = to === undefined ? undefined : targetProblem(to);
  if (badTarget !== undefined) problems.push(badTarget);
  const badFolder = folder === undefined ? undefined : enterFolder(folder);
  if (badFolder !== undefined) problems.push(badFolder);
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

async function run({ options, to }: RunInvocation): Promise<void> {
  try {
    const server = await startServer(options as DialoomOptions, to); // checked by mistakesIn()
    serveUntilStopped(server);
    const { listeners, mi, store } = server;
    process.stdout.write(`${banner({ version: readVersion(), node: process.versions.node, listeners, mi, to, store })}\n`);
  } catch (error) {
    refuse(problemsOf(error), statusOf(error));
  }
}

function problemsOf(error: unknown): readonly string[] {
  if (error instanceof DialoomError) return error.problems;
  return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
}

/** All that is wrong, one line each. */
function refuse(problems: readonly string[], status: number = CANNOT_START): void {
  for (const problem of problems) process.stderr.write(`dialoom: ${problem}\n`);
  process.exit(status);
}
