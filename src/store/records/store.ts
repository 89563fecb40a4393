// Call records in a database (side-modules 2.4): a backend of accounting. A record of a call that is kept in a file of ours is written in
// the transaction in which the call goes from it; one for a server waits in that file, or in the server's queue where there is no file.
import { type CallRecord, type RecordSink, RecordType } from "../../accounting/index.ts";
import { type Counter, type Log, type Random, randomHex, type Statistics, type Timers } from "../../kit/index.ts";
import type { OpenDatabase } from "../databases.ts";
import { isAway, LateStart } from "../late-start.ts";
import type { StoreError } from "../ports.ts";
import { RecordChange, type RecordWatch } from "./change.ts";
import { RecordOutbox } from "./outbox.ts";
import type { RecordLayout } from "./statements.ts";
import { type RecordTableNames, RecordTables } from "./tables.ts";

/** How records are kept. */
export interface RecordStoreSettings {
  readonly tables: RecordTableNames;
  readonly layout: RecordLayout;
  /** Name of the table of versions. */
  readonly versionTable: string;
  /** A database that is away does not keep us from starting. */
  readonly mayBeAway: boolean;
}

/** What a store of records stands on. */
export interface RecordStoreDeps {
  readonly open: OpenDatabase;
  /** The file that calls are kept in, where they are; records for a server go through it. */
  readonly callsIn: OpenDatabase | undefined;
  readonly settings: RecordStoreSettings;
  readonly random: Random;
  readonly timers: Timers;
  readonly log: Log;
  readonly statistics: Statistics;
}

/** BYEs that are not answered yet, at most; each of them has a transaction. */
const MOST_FORESEEN = 100_000;
/** What is written before its time counts when its time has come. */
const UNWATCHED: RecordWatch = { written: () => {}, refused: () => {} };

/** Writes records into tables. */
export class RecordStore implements RecordSink, RecordWatch {
  readonly type: number = RecordType.db | RecordType.app;
  readonly #deps: RecordStoreDeps;
  readonly #tables: RecordTables;
  readonly #outbox: RecordOutbox | undefined;
  readonly #written: Counter;
  readonly #refused: Counter;
  /** Ids of records without one of their own: this life and a number. */
  readonly #life: string;
  /** Of calls whose BYE is not answered yet. */
  readonly #foreseen = new Map<string, RecordChange>();
  readonly #late: LateStart;
  #serial = 0;

  constructor(deps: RecordStoreDeps) {
    const { open, callsIn, settings, log, timers, statistics } = deps;
    this.#deps = deps;
    this.#tables = new RecordTables(open, settings.tables, settings.layout, log);
    this.#late = new LateStart(timers, log, "the tables of call records cannot be used", () => this.#tables.start(settings.versionTable));
    const isElsewhere = callsIn !== undefined && callsIn.database !== open.database && "transactNow" in callsIn.database;
    this.#outbox = isElsewhere
      ? new RecordOutbox({ local: callsIn, remote: open, tables: this.#tables, timers, log, watch: this })
      : undefined;
    this.#written = statistics.counter("acc", "stored_records");
    this.#refused = statistics.counter("acc", "refused_records");
    this.#life = randomHex(deps.random, 8);
  }

  /**
   * Makes or checks the tables. To be called before the first call is handled.
   * @throws StoreError (rejects) when the database fails, or a table is not what it has to be
   */
  async start(): Promise<void> {
    const { versionTable, mayBeAway } = this.#deps.settings;
    try {
      await this.#tables.start(versionTable);
    } catch (error) {
      if (!mayBeAway || !isAway(error)) throw error;
      this.#late.later();
    }
    if (!this.#late.isStopped) await this.#outbox?.start();
  }

  stop(): void {
    this.#late.stop();
    this.#outbox?.stop();
  }

  write(record: CallRecord): void {
    const id = record.id === "" ? this.#nextId() : record.id;
    if (this.#outbox !== undefined) {
      this.#outbox.keep(id, () => record, false);
      return;
    }
    const before = this.#foreseen.get(id);
    this.#foreseen.delete(id);
    if (before?.hasWritten(record) === true) this.written();
    else this.#deps.open.writer.write(new RecordChange(id, () => record, this.#tables.of(record), this));
  }

  foresee(id: string, record: () => CallRecord): void {
    if (this.#outbox !== undefined) this.#outbox.keep(id, record, true);
    // a table that cannot tell one record from another gets it once, when nothing changes any more
    else if ("transactNow" in this.#deps.open.database && this.#foreseen.size < MOST_FORESEEN) {
      const statements = this.#tables.of(record());
      if (!statements.hasOwn) return;
      const change = new RecordChange(id, record, statements, UNWATCHED);
      this.#foreseen.set(id, change);
      this.#deps.open.writer.write(change);
    }
  }

  written(): void {
    this.#written.add();
  }

  refused(id: string, error: StoreError): void {
    this.#refused.add();
    if (this.#outbox === undefined) this.#deps.log.error({ record: id, err: error }, "a call record is refused by its database and lost");
  }

  #nextId(): string {
    this.#serial++;
    return `${this.#life}-${this.#serial.toString(36)}`;
  }
}
