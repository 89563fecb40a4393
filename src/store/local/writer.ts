// Writes rows to a database inside the process: what changed in a turn of the loop is committed before that turn's datagrams leave. Turns
// that end shortly after a commit share the next one, because a commit of a turn's own is dear under load: little of the database's code
// and data is left in the processor's caches when its turn has come. While the file is locked datagrams wait a moment; when the disk is
// full they go, and the rows are written later.
import type { Hold, Ms } from "../../kit/index.ts";
import { type LocalWriterDeps, type Obstacle, WriterCore } from "./core.ts";
import type { QueuedChange } from "./queue.ts";

/** Longest time that datagrams wait for somebody else's lock, and how often it is tried meanwhile. */
const HOLD_MS: Ms = 100;
const BUSY_RETRY_MS: Ms = 5;
/** Changes of one transaction while a backlog is worked off: some milliseconds of the loop. */
const BACKLOG_BATCH = 200;

/** The writer that commits on the loop. */
export class LocalWriter extends WriterCore {
  protected readonly holdFault = "busy";
  readonly #commitEveryMs: Ms;
  #committedAt: Ms = Number.NEGATIVE_INFINITY;
  /** What the turns that share the next commit have to send. */
  #hold: Hold | undefined = undefined;
  /** Somebody else's lock is waited for. */
  #isLockedOut = false;

  constructor(deps: LocalWriterDeps) {
    super(deps);
    this.#commitEveryMs = deps.commitEveryMs ?? 0;
  }

  protected commitTurn(): void {
    const now = this.deps.clock.monotonic();
    if (now - this.#committedAt >= this.#commitEveryMs) this.#commit(now);
    else if (this.#hold === undefined) {
      this.#hold = this.deps.outbox.hold();
      this.retryAfter(this.#commitEveryMs);
    }
  }

  protected override commitAtOnce(): void {
    this.#commit(this.deps.clock.monotonic());
  }

  protected tryAgain(): void {
    const fault = this.#write(this.queue.first(BACKLOG_BATCH));
    if (fault !== undefined) this.degrade(fault);
    else if (this.queue.size > 0) this.retryAfter(0);
    else this.recover();
    this.endDrains();
  }

  protected letGo(): void {
    this.#isLockedOut = false;
    const hold = this.#hold;
    this.#hold = undefined;
    hold?.release();
  }

  protected async settled(): Promise<void> {}

  #commit(now: Ms): void {
    this.#committedAt = now;
    const fault = this.#write(this.queue.first(this.queue.size));
    if (fault === undefined) {
      this.holdEnded();
      this.letGo();
      this.endDrains();
    } else if (fault === "busy") this.#waitForLock();
    else this.degrade(fault);
  }

  /** @returns what is in the way; undefined when every change is written or given up */
  #write(changes: readonly QueuedChange[]): Obstacle | undefined {
    let isOneByOne = false;
    let open = changes;
    while (open.length > 0) {
      const batch = this.gather(isOneByOne ? open.slice(0, 1) : open);
      try {
        if (batch.statements.length > 0) this.deps.database.transactNow(batch.statements);
        this.finish(batch);
      } catch (error) {
        const outcome = this.failed(batch, error);
        if (outcome === "singly") isOneByOne = true;
        else if (outcome !== "again") return outcome;
      }
      open = open.filter((one) => !one.isDone);
    }
    return undefined;
  }

  /** Somebody else writes: everything that would leave waits a moment, and what later turns change goes into the same transaction. */
  #waitForLock(): void {
    this.#hold ??= this.deps.outbox.hold();
    if (!this.#isLockedOut) this.holdFor(HOLD_MS);
    this.#isLockedOut = true;
    this.retryAfter(BUSY_RETRY_MS);
  }
}
