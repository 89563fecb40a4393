// Writes rows to a database whose commits wait for the disk (`db_synchronous=full`): a turn's datagrams are held until its rows are there.
// Turns that end while a commit is under way are committed together after it.
import type { Hold, Ms } from "../../kit/index.ts";
import type { RowChange } from "../ports.ts";
import { type Obstacle, WriterCore } from "./core.ts";
import type { QueuedChange } from "./queue.ts";

/** Longest time that datagrams wait for the disk: retransmissions begin after half of that. */
const HOLD_MS: Ms = 1000;
/** Changes of one transaction while a backlog is worked off. */
const BACKLOG_BATCH = 1000;
/** Changes of one transaction at any time: all of it is handed to the thread at once, whose memory is limited. */
const MOST_AT_ONCE = 5000;

/** The writer that commits beside the loop. */
export class AsideWriter extends WriterCore {
  protected readonly holdFault = "away";
  /** Of the commit that is under way, and of the turns since it began. */
  #underWay: Hold[] = [];
  #next: Hold[] = [];
  #commit: Promise<void> | undefined = undefined;
  /** Changes have come since the last turn's end. */
  #hasNews = false;

  override write(change: RowChange): void {
    this.#hasNews = true;
    super.write(change);
  }

  protected commitTurn(): void {
    if (this.#hasNews) this.#next.push(this.deps.outbox.hold());
    this.#hasNews = false;
    this.#begin();
  }

  protected tryAgain(): void {
    this.#begin();
  }

  protected letGo(): void {
    const holds = [...this.#underWay, ...this.#next];
    this.#underWay = [];
    this.#next = [];
    for (const hold of holds) hold.release();
  }

  protected async settled(): Promise<void> {
    await this.#commit;
  }

  #begin(): void {
    if (this.#commit !== undefined || this.queue.size === 0) return;
    this.#underWay = this.#next;
    this.#next = [];
    if (this.#underWay.length > 0) this.holdFor(HOLD_MS);
    this.#commit = this.#write(this.queue.first(this.isDegraded ? BACKLOG_BATCH : this.queue.size)).then((fault) => this.#ended(fault));
  }

  #ended(fault: Obstacle | undefined): void {
    this.#commit = undefined;
    this.holdEnded();
    const written = this.#underWay;
    this.#underWay = [];
    if (fault !== undefined) this.degrade(fault);
    else if (this.queue.size === 0) {
      this.recover();
      written.push(...this.#next.splice(0));
    }
    // the next commit is on its way before these leave: the disk does not wait for the network
    if (fault === undefined && !this.isClosed) this.#begin();
    for (const hold of written) hold.release();
    this.endDrains();
  }

  /** @returns what is in the way; undefined when every change is written or given up */
  async #write(changes: readonly QueuedChange[]): Promise<Obstacle | undefined> {
    let isOneByOne = false;
    let open = changes;
    while (open.length > 0) {
      const batch = this.gather(open.slice(0, isOneByOne ? 1 : MOST_AT_ONCE));
      try {
        if (batch.statements.length > 0) await this.deps.database.transact(batch.statements);
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
}
