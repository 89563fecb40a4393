// Programs under measurement as child processes. Only children started here are ever signalled, each by its own pid.

import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { processTree } from "./meter.ts";

/** A running program. */
export interface Child {
  readonly pid: number;
  /** As one would type it in the project's folder. */
  readonly command: string;
  /** Settles with the exit code, 128 + signal number after a signal, -1 when it could not be started. Never rejects. */
  readonly ended: Promise<number>;
  readonly isRunning: boolean;
  signal(name: NodeJS.Signals): void;
  /** Asks with `first`, and after `graceMs` no longer asks; settles when the process is gone. */
  stop(first: NodeJS.Signals, graceMs: number): Promise<number>;
  /** Ends it and everything it has started, without asking. */
  kill(): void;
}

/** Where a child runs and who reads its output. */
export interface ChildOptions {
  readonly cwd: string;
  /** Standard error, and standard output unless `onLine` reads it, go to the end of this file. */
  readonly log: string;
  readonly onLine?: (line: string) => void;
  readonly env?: Readonly<Record<string, string>>;
}

const running = new Set<number>();

/** Starts a program. What it writes goes to the log file, so that a failure can be read afterwards. */
export function startChild(program: string, args: readonly string[], options: ChildOptions): Child {
  const log = openSync(options.log, "a");
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", options.onLine === undefined ? log : "pipe", log],
  });
  closeSync(log);
  if (options.onLine !== undefined && child.stdout !== null) createInterface(child.stdout).on("line", options.onLine);
  const pid = child.pid ?? -1;
  if (pid > 0) running.add(pid);
  let isRunning = pid > 0;
  const ended = new Promise<number>((resolve) => {
    const finish = (code: number): void => {
      isRunning = false;
      running.delete(pid);
      resolve(code);
    };
    child.once("error", () => finish(-1));
    child.once("exit", (code, signal) => finish(code ?? (signal === "SIGKILL" ? 137 : 143)));
  });
  return {
    pid,
    command: [program, ...args].map(quote).join(" "),
    ended,
    get isRunning() {
      return isRunning;
    },
    signal: (name) => {
      if (isRunning) child.kill(name);
    },
    stop: async (first, graceMs) => {
      if (isRunning) {
        // Kamailio's workers are its own children: should it have to be killed, they must not stay behind.
        const tree = processTree(pid);
        child.kill(first);
        const timeout = new AbortController();
        await Promise.race([ended, sleep(graceMs, undefined, { signal: timeout.signal }).catch(() => undefined)]);
        timeout.abort();
        if (isRunning) for (const member of tree) kill(member);
      }
      return ended;
    },
    kill: () => {
      if (isRunning) for (const member of processTree(pid)) kill(member);
    },
  };
}

/** Ends what is still running, at once. For the last moment of the bench itself. */
export function killChildren(): void {
  for (const pid of running) for (const member of processTree(pid)) kill(member);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // already gone
  }
}

function quote(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
