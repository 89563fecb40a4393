// The loop's side of the thread that keeps a file.
import { Worker } from "node:worker_threads";
import { type Statement, StoreError } from "../ports.ts";
import type { KeeperReport, KeeperRequest, KeeperStart } from "./keeper-messages.ts";

/** Code, a connection's page cache and the rows of one commit: more would be a mistake. */
const LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 4 };

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: StoreError) => void;
}

/** What the file turned out to be. */
export type OpenReport = KeeperReport & { readonly kind: "open" };

/** One thread. */
export class KeeperThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #opened = Promise.withResolvers<OpenReport>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #onTrouble: (message: string) => void;
  #nextId = 1;
  #isOpen = false;
  #isClosing = false;
  #hasEnded = false;

  /** @param onTrouble - told when a checkpoint did not work, or when the thread died */
  constructor(start: KeeperStart, onTrouble: (message: string) => void) {
    this.#onTrouble = onTrouble;
    // compiled, the neighbour has another name
    const file = new URL(import.meta.url.endsWith(".ts") ? "./keeper.ts" : "./keeper.js", import.meta.url);
    this.#worker = new Worker(file, { workerData: start, resourceLimits: LIMITS });
    this.#worker.on("message", (report: KeeperReport) => this.#hear(report));
    this.#worker.on("error", (error: Error) => this.#end(`the thread that keeps the file died: ${error.message}`));
    this.#worker.on("exit", () => this.#end("the thread that keeps the file has ended"));
  }

  /** @throws StoreError when the file cannot be used */
  get opened(): Promise<OpenReport> {
    return this.#opened.promise;
  }

  /** The process may end while the thread runs. */
  unref(): void {
    this.#worker.unref();
  }

  /** Commits on the thread, waiting for the disk. @throws StoreError */
  commit(statements: readonly Statement[]): Promise<void> {
    if (this.#hasEnded) return Promise.reject(new StoreError("away", "the file is closed"));
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.set(id, { resolve, reject });
    this.#worker.ref(); // somebody waits for the answer
    this.#say({ kind: "commit", id, statements });
    return promise;
  }

  /** Brings everything into the file and ends the thread. */
  close(): Promise<void> {
    this.#isClosing = true;
    if (!this.#hasEnded) {
      this.#worker.ref();
      this.#say({ kind: "close" });
    }
    return this.#ended.promise;
  }

  #say(request: KeeperRequest): void {
    this.#worker.postMessage(request);
  }

  #hear(report: KeeperReport): void {
    switch (report.kind) {
      case "open":
        this.#isOpen = true;
        this.#opened.resolve(report);
        break;
      case "failed":
        this.#opened.reject(new StoreError(report.fault, report.message));
        break;
      case "committed":
        this.#take(report.id)?.resolve();
        break;
      case "refused":
        this.#take(report.id)?.reject(new StoreError(report.fault, report.message, report.at));
        break;
      case "trouble":
        this.#onTrouble(report.message);
        break;
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#worker.unref();
    return waiting;
  }

  #end(message: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const error = new StoreError("away", message);
    this.#opened.reject(error);
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#ended.resolve();
    // the log of the file grows from now on, and nobody would know why
    if (this.#isOpen && !this.#isClosing) this.#onTrouble(message);
  }
}
