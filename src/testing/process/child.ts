// A program of ours as a child process: its output, its end, and nothing left running when the test is over.
import { type ChildProcess, spawn } from "node:child_process";
import type { Ms } from "../../kit/index.ts";

/** How a program is started. */
export interface ChildOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** How a program ended. */
export interface ChildEnd {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How long a program may take to end by itself once asked. */
const GRACE_MS = 5000;

/** A running program. */
export class Child {
  readonly #process: ChildProcess;
  #stdout = "";
  #stderr = "";
  #waiting: (() => void)[] = [];
  #end: ChildEnd | undefined = undefined;
  /** Settles when the program has ended; never rejects unless it could not be started. */
  readonly ended: Promise<ChildEnd>;

  constructor(options: ChildOptions) {
    const child = spawn(options.file, options.args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    this.#process = child;
    child.stdout?.on("data", (chunk: Buffer) => {
      this.#stdout += chunk.toString("latin1");
      this.#wake();
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      this.#stderr += chunk.toString("latin1");
      this.#wake();
    });
    this.ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => {
        this.#end = { code, signal, stdout: this.#stdout, stderr: this.#stderr };
        resolve(this.#end);
        this.#wake();
      });
    });
    this.ended.catch(() => this.#wake());
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }
  get isRunning(): boolean {
    return this.#end === undefined && this.#process.exitCode === null;
  }
  /** What it has said on standard output so far. */
  get stdout(): string {
    return this.#stdout;
  }
  /** Everything it has said so far. */
  get output(): string {
    return this.#stdout + this.#stderr;
  }

  /**
   * Waits until the program has said something.
   * @throws Error with all of its output when it ends, or `limitMs` pass, before
   */
  async says(text: string, limitMs: Ms = 15_000): Promise<void> {
    const until = performance.now() + limitMs;
    while (!this.output.includes(text)) {
      const left = until - performance.now();
      if (left <= 0 || !this.isRunning) {
        throw new Error(`"${text}" was never said; ${this.isRunning ? "still running" : "it has ended"}:\n${this.output}`);
      }
      await this.#change(left);
    }
  }

  /** Sends a signal to this program and no other. */
  signal(name: NodeJS.Signals): void {
    if (this.isRunning) this.#process.kill(name);
  }

  /** Asks the program to end, and kills it when it does not. */
  async stop(): Promise<ChildEnd> {
    this.signal("SIGTERM");
    const timer = setTimeout(() => this.signal("SIGKILL"), GRACE_MS);
    try {
      return await this.ended;
    } finally {
      clearTimeout(timer);
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #change(limitMs: Ms): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/**
 * Asks again and again until the answer is the wanted one.
 * @returns the last answer, wanted or not, when `limitMs` have passed
 */
export async function eventually<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean, limitMs: Ms = 10_000): Promise<T> {
  const until = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer) || performance.now() > until) return answer;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
