// The daemon: `dialoom [options]`. Status 0 after a graceful end, 255 when it cannot start, 1 when it ends otherwise.
import { DialoomError } from "../kit/index.ts";
import { type DialoomOptions, readSettings, readVersion, startServer, targetProblem } from "../server/index.ts";
import { banner } from "./banner.ts";
import { type Invocation, type RunInvocation, readCommandLine } from "./command-line.ts";
import { runDb } from "./db.ts";
import { endWith } from "./end.ts";
import { runInjected } from "./inject.ts";
import { serveUntilStopped } from "./process.ts";
import { CANNOT_START, checkScripts, runScript, statusOf } from "./script.ts";
import type { RawOptions } from "./setting.ts";
import { enterFolder } from "./system-reason.ts";

const invocation = readCommandLine(process.argv.slice(2), process.env);
const status = await obey(invocation);
if (status !== undefined) endWith(status);

/** @returns the status to end with; undefined while a server runs */
async function obey(invocation: Invocation): Promise<number | undefined> {
  switch (invocation.kind) {
    case "help":
      process.stdout.write(invocation.text);
      return 0;
    case "version": {
      const machine = process.arch === "x64" ? "x86_64" : process.arch;
      process.stdout.write(`version: dialoom ${readVersion()} (${machine}/${process.platform})\nnode: ${process.versions.node}\n`);
      return 0;
    }
    case "run":
      return await start(invocation);
  }
  if (invocation.problems.length > 0) return refuse([...invocation.problems, "dialoom -h explains the options"]);
  switch (invocation.kind) {
    case "script":
      return await runScript(invocation);
    case "check":
      return checkScripts(invocation);
    case "inject":
      return await runInjected(invocation);
    case "db":
      return await runDb(invocation, {
        say: (line) => process.stdout.write(`${line}\n`),
        complain: (line) => process.stderr.write(`dialoom: ${line}\n`),
      });
  }
}

async function start(invocation: RunInvocation): Promise<number | undefined> {
  const { to, folder } = invocation;
  const problems = [...invocation.problems, ...mistakesIn(invocation.options)];
  const badTarget = to === undefined ? undefined : targetProblem(to);
  if (badTarget !== undefined) problems.push(badTarget);
  const badFolder = folder === undefined ? undefined : enterFolder(folder);
  if (badFolder !== undefined) problems.push(badFolder);
  return problems.length > 0 ? refuse([...problems, "dialoom -h explains how settings are given"]) : await run(invocation);
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

async function run({ options, to }: RunInvocation): Promise<number | undefined> {
  try {
    const server = await startServer(options as DialoomOptions, to); // checked by mistakesIn()
    serveUntilStopped(server);
    const { listeners, mi, store } = server;
    process.stdout.write(`${banner({ version: readVersion(), node: process.versions.node, listeners, mi, to, store })}\n`);
    return undefined;
  } catch (error) {
    return refuse(problemsOf(error), statusOf(error));
  }
}

function problemsOf(error: unknown): readonly string[] {
  if (error instanceof DialoomError) return error.problems;
  return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
}

/** Prints all that is wrong, one line each. @returns the status to end with */
function refuse(problems: readonly string[], status: number = CANNOT_START): number {
  for (const problem of problems) process.stderr.write(`dialoom: ${problem}\n`);
  return status;
}
