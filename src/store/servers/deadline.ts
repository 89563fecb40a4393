// Nothing that a server is asked may hang: a limit on its silence, and one on the whole.
import { StoreError } from "../ports.ts";

/** How many silences, each just short of the limit, a server may line up. */
const PATIENCE = 6;

/** Says `away` when nothing has been heard for too long. */
export class Deadline {
  readonly #limitMs: number;
  readonly #until: number;
  #heardAt: number;
  #timer: NodeJS.Timeout | undefined = undefined;
  #onLate: () => void = () => {};

  /** @param limitMs - longest silence; the whole may take six times as long */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
    this.#heardAt = performance.now();
    this.#until = this.#heardAt + limitMs * PATIENCE;
  }

  /** The server has said something. Cheap: no timer is touched. */
  heard(): void {
    this.#heardAt = performance.now();
  }

  /**
   * Waits for what a server was asked.
   * @param giveUp - makes it let go: the connection is dropped
   * @throws StoreError `away` when it is too late; whatever `work` throws otherwise
   */
  async of<T>(what: string, work: Promise<T>, giveUp: () => void): Promise<T> {
    this.heard();
    const late = new Promise<never>((_, reject) => {
      this.#onLate = () => reject(new StoreError("away", `${what}: no answer within ${this.#limitMs} ms`));
    });
    this.#watch();
    try {
      return await Promise.race([work, late]);
    } catch (error) {
      if (this.#timer === undefined) {
        giveUp();
        // it ends later, with an error of the dropped connection that says nothing new
        work.catch(() => {});
      }
      throw error;
    } finally {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
  }

  #watch(): void {
    const leftMs = Math.min(this.#heardAt + this.#limitMs, this.#until) - performance.now();
    if (leftMs > 0) {
      this.#timer = setTimeout(() => this.#watch(), leftMs);
      return;
    }
    this.#timer = undefined;
    this.#onLate();
  }
}
