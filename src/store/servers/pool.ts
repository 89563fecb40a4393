// A few connections, made when they are needed, kept while they live. Who finds all of them in use waits in line, but not for ever.
import { StoreError } from "../ports.ts";
import type { Session } from "./session.ts";

interface Waiting {
  readonly resolve: (session: Session | undefined) => void;
  readonly timer: NodeJS.Timeout;
}

/** Connections to one server for one purpose. */
export class SessionPool {
  readonly #open: () => Promise<Session>;
  readonly #size: number;
  readonly #waitMs: number;
  readonly #idle: Session[] = [];
  readonly #inUse = new Set<Session>();
  readonly #waiting: Waiting[] = [];
  /** Those in use, and those being opened. */
  #taken = 0;
  #isClosed = false;

  /**
   * @param open - makes a connection; throws StoreError
   * @param size - how many there may be at once
   * @param waitMs - how long somebody waits for one of the others
   */
  constructor(open: () => Promise<Session>, size: number, waitMs: number) {
    this.#open = open;
    this.#size = size;
    this.#waitMs = waitMs;
  }

  /**
   * A connection for oneself, until it is given back.
   * @throws StoreError `away`
   */
  async acquire(): Promise<Session> {
    if (this.#isClosed) throw closed();
    if (this.#taken >= this.#size) {
      const handed = await this.#wait();
      if (handed !== undefined) return handed;
    } else {
      this.#taken++;
    }
    return this.#fresh();
  }

  /** Gives it back. One that broke is dropped, and its place is free. */
  release(session: Session): void {
    this.#inUse.delete(session);
    const isKept = session.isUsable && !this.#isClosed;
    const next = this.#waiting.shift();
    if (next !== undefined) {
      clearTimeout(next.timer);
      if (isKept) this.#inUse.add(session);
      else session.destroy();
      next.resolve(isKept ? session : undefined);
      return;
    }
    this.#taken--;
    if (isKept) this.#idle.push(session);
    else session.destroy();
  }

  /** Says good-bye on idle connections and drops those in use. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const session of this.#inUse) session.destroy();
    for (const { resolve, timer } of this.#waiting.splice(0)) {
      clearTimeout(timer);
      resolve(undefined);
    }
    await Promise.all(this.#idle.splice(0).map((session) => session.close()));
  }

  /** One that lies idle, or a new one; the place is ours already. */
  async #fresh(): Promise<Session> {
    let session = this.#idle.pop();
    while (session !== undefined && !session.isUsable) {
      session.destroy();
      session = this.#idle.pop();
    }
    try {
      if (this.#isClosed) throw closed();
      session ??= await this.#open();
      if (this.#isClosed) {
        session.destroy();
        throw closed();
      }
    } catch (error) {
      this.#passOn();
      throw error;
    }
    this.#inUse.add(session);
    return session;
  }

  /** The place that we could not fill is the next one's. */
  #passOn(): void {
    const next = this.#waiting.shift();
    if (next === undefined) {
      this.#taken--;
      return;
    }
    clearTimeout(next.timer);
    next.resolve(undefined);
  }

  /** @returns a connection, or undefined for a place without one */
  #wait(): Promise<Session | undefined> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const at = this.#waiting.findIndex((one) => one.timer === timer);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(new StoreError("away", `no connection was free within ${this.#waitMs} ms`));
      }, this.#waitMs);
      this.#waiting.push({ resolve, timer });
    });
  }
}

function closed(): StoreError {
  return new StoreError("away", "the database is closed");
}
