// The process of a database server, with all the processes that it starts: stopped, killed and frozen by their ids. Whatever happens to
// the test, the server ends with it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Ms } from "../../kit/index.ts";
import { Child } from "../process/child.ts";
import type { Account } from "./folder.ts";

/** How a server is started. */
export interface ServerProcessOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly account: Account | undefined;
  readonly folder: string;
  /** What it says when it can be used. */
  readonly readyText: string;
  /** Asks it to end in an orderly way. */
  readonly stopSignal: NodeJS.Signals;
}

/** How long a server may take to be there: a busy machine included. */
const START_LIMIT_MS: Ms = 60_000;
/** How long it may take to end by itself; then it is killed. */
const STOP_LIMIT_MS: Ms = 10_000;

/** A running server. */
export class ServerProcess {
  readonly #child: Child;
  readonly #options: ServerProcessOptions;
  readonly #atExit = (): void => this.#killAll();

  private constructor(options: ServerProcessOptions) {
    this.#options = options;
    this.#child = new Child(commandFor(options));
    process.once("exit", this.#atExit);
    this.#child.ended.then(this.#forget, this.#forget);
  }

  /**
   * Starts one and waits until it can be used.
   * @throws Error with what it said when it cannot
   */
  static async start(options: ServerProcessOptions): Promise<ServerProcess> {
    const server = new ServerProcess(options);
    try {
      await server.#child.says(options.readyText, START_LIMIT_MS);
    } catch (error) {
      await server.kill();
      throw error;
    }
    return server;
  }

  get isRunning(): boolean {
    return this.#child.isRunning;
  }
  /** What it has logged. */
  get log(): string {
    return this.#child.output;
  }

  /** Lets it end in an orderly way. */
  async stop(): Promise<void> {
    if (!this.isRunning) return;
    this.thaw();
    this.#child.signal(this.#options.stopSignal);
    const timer = setTimeout(() => this.#killAll(), STOP_LIMIT_MS);
    try {
      await this.#child.ended;
    } finally {
      clearTimeout(timer);
    }
  }

  /** `kill -9`, with everything that it has started. */
  async kill(): Promise<void> {
    this.#killAll();
    await this.#child.ended.catch(() => undefined);
  }

  /** Stops it in mid-air (SIGSTOP): connections stay open, nobody answers. */
  freeze(): void {
    // the first one first: it could start another meanwhile
    for (const pid of this.#pids()) send(pid, "SIGSTOP");
    for (const pid of this.#pids()) send(pid, "SIGSTOP");
  }

  /** Lets it go on as if nothing had happened. */
  thaw(): void {
    for (const pid of this.#pids().reverse()) send(pid, "SIGCONT");
  }

  #killAll(): void {
    for (const pid of this.#pids()) send(pid, "SIGKILL");
  }

  /** The server itself, then its children and theirs. */
  #pids(): number[] {
    const first = this.#child.pid;
    if (first === undefined || !this.isRunning) return [];
    const pids = [first];
    const parents = parentsOfAll();
    for (let i = 0; i < pids.length; i++) {
      for (const [pid, parent] of parents) if (parent === pids[i]) pids.push(pid);
    }
    return pids;
  }

  readonly #forget = (): void => {
    process.off("exit", this.#atExit);
  };
}

function commandFor(options: ServerProcessOptions): { file: string; args: readonly string[]; cwd: string; env: Record<string, string> } {
  const env = { LC_ALL: "C", HOME: options.folder, TZ: "UTC" };
  const command = asAccount(options.account, [options.file, ...options.args]);
  return { ...command, cwd: options.folder, env };
}

/**
 * A command as somebody else.
 * `setpriv` has the kernel kill the server when the process that started it dies, even by `kill -9`.
 */
export function asAccount(account: Account | undefined, command: readonly string[]): { file: string; args: readonly string[] } {
  const [file = "", ...args] = command;
  const setpriv = findProgram("setpriv");
  if (setpriv !== undefined) {
    const who = account === undefined ? [] : [`--reuid=${account.uid}`, `--regid=${account.gid}`, "--clear-groups"];
    return { file: setpriv, args: [...who, "--pdeathsig", "KILL", "--", file, ...args] };
  }
  if (account === undefined) return { file, args };
  return { file: "runuser", args: ["-u", account.name, "--", file, ...args] };
}

/** The whole path of a program on the PATH or in one of `folders`. */
export function findProgram(name: string, folders: readonly string[] = []): string | undefined {
  const path = (process.env["PATH"] ?? "").split(":");
  return [...folders, ...path, "/usr/sbin", "/usr/bin"]
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
}

/** Every process with its parent, as /proc has them; empty where there is no /proc. */
function parentsOfAll(): ReadonlyMap<number, number> {
  const parents = new Map<number, number>();
  if (!existsSync("/proc")) return parents;
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    try {
      // "pid (name) state parent …"; the name may hold anything, closing brackets too
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      parents.set(pid, Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // it has ended meanwhile
    }
  }
  return parents;
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended meanwhile
  }
}
