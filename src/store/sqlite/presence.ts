// Whether an open file still stands where it was opened. One that was removed, or replaced by another, goes on taking rows that nobody will
// ever read: better not to write them, and to say so.
import { statSync } from "node:fs";
import type { Log } from "../../kit/index.ts";
import { StoreError } from "../ports.ts";

/** Looks at a path now and then. */
export class Presence {
  readonly #path: string;
  readonly #log: Log;
  readonly #identity: string | undefined;
  readonly #timer: NodeJS.Timeout;
  #isGone = false;

  /** @param everyMs - from one look to the next; what is written in between may be lost */
  constructor(path: string, log: Log, everyMs: number) {
    this.#path = path;
    this.#log = log;
    this.#identity = identityOf(path);
    this.#timer = setInterval(() => this.#look(), everyMs).unref();
  }

  /** @throws StoreError `away` when the file is not there any more */
  check(): void {
    if (this.#isGone) throw new StoreError("away", `${this.#path} was removed or replaced while it was open`);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const identity = identityOf(this.#path);
    const isGone = identity !== this.#identity && identity !== undefined;
    if (isGone === this.#isGone) return;
    this.#isGone = isGone;
    if (isGone) {
      this.#log.error(
        { file: this.#path },
        "the database file was removed or replaced: nothing is kept until it is put back, or the proxy is started again",
      );
    } else this.#log.info({ file: this.#path }, "the database file is back");
  }
}

/** Empty for nothing at all; undefined when the system does not say. */
function identityOf(path: string): string | undefined {
  try {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    return found === undefined ? "" : `${found.dev}:${found.ino}`;
  } catch {
    return undefined;
  }
}
