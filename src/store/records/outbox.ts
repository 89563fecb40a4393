// Records for a server, kept in a file of ours until the server has them (design: one commit for a call and its record). A record is in
// the file from the same transaction on in which its call goes from it, and leaves it when its row stands on the server.
import type { CallRecord } from "../../accounting/index.ts";
import { type Log, type Ms, Timer, type TimerOwner, type Timers } from "../../kit/index.ts";
import type { OpenDatabase } from "../databases.ts";
import type { Dialect, RowChange, SqlValue, Statement, StoreError } from "../ports.ts";
import { createTable, deleteText, quoteName, selectText, type TableShape, upsertText } from "../schema/index.ts";
import { RecordChange, type RecordWatch } from "./change.ts";
import { packRecord, unpackRecord } from "./packed.ts";
import type { RecordTables } from "./tables.ts";

/** What an outbox stands on. */
export interface OutboxDeps {
  /** The file. */
  readonly local: OpenDatabase;
  readonly remote: OpenDatabase;
  readonly tables: RecordTables;
  readonly timers: Timers;
  readonly log: Log;
  /** Told what became of records. */
  readonly watch: RecordWatch;
}

/** Most records that the server's writer holds; the others wait in the file. */
const WINDOW = 1_000;
const CHUNK_ROWS = 200;
const LOOK_EVERY_MS: Ms = 1_000;
const COLUMNS = ["id", "is_held", "record"];

const table: TableShape = {
  name: "dialoom_outbox",
  version: 1,
  key: "id",
  indexes: [],
  columns: [
    { name: "id", kind: "key", width: 64, isNullable: false, initial: undefined, isOwn: false },
    // its call has ended, and its values may still change: after a restart they will not
    { name: "is_held", kind: "integer", width: 0, isNullable: false, initial: 0, isOwn: false },
    { name: "record", kind: "text", width: 0, isNullable: false, initial: undefined, isOwn: false },
  ],
};

function releaseText(dialect: Dialect): string {
  const held = quoteName(dialect, "is_held");
  return `UPDATE ${quoteName(dialect, table.name)} SET ${held}=0 WHERE ${held}<>0`;
}

/** Carries records to a server by way of a file. */
export class RecordOutbox implements TimerOwner, RecordWatch {
  readonly #deps: OutboxDeps;
  readonly #upsert: string;
  readonly #delete: string;
  readonly #select: Statement;
  readonly #timer: Timer;
  /** With the server's writer, or refused by the server: not to be read again in this life. */
  readonly #handed = new Set<string>();
  #isReading = false;
  /** There is more in the file than the server's writer was given. */
  #hasMore = true;
  #isStopped = false;

  constructor(deps: OutboxDeps) {
    const { dialect } = deps.local.database;
    this.#deps = deps;
    this.#upsert = upsertText(dialect, table, COLUMNS);
    this.#delete = deleteText(dialect, table);
    // in the order in which they came
    this.#select = { text: `${selectText(dialect, table, COLUMNS)} ORDER BY rowid`, values: [] };
    this.#timer = new Timer(this, 0);
  }

  /**
   * Makes the table and begins with what an earlier life has left.
   * @throws StoreError (rejects)
   */
  async start(): Promise<void> {
    const { database } = this.#deps.local;
    await createTable(database, table);
    // those that were held belong to an earlier life: nothing changes them any more
    await database.transact([{ text: releaseText(database.dialect), values: [] }]);
    await this.#read();
    if (!this.#isStopped) this.#deps.timers.arm(this.#timer, LOOK_EVERY_MS);
  }

  /** What is left stays in the file. */
  stop(): void {
    this.#isStopped = true;
    this.#deps.timers.disarm(this.#timer);
  }

  /** @param isHeld - its values may still change, so it stays in the file for now */
  keep(id: string, record: () => CallRecord, isHeld: boolean): void {
    const { local } = this.#deps;
    local.writer.write(new Kept(id, record, isHeld, this.#upsert, (given) => this.#hand(id, given)));
  }

  onTimer(): void {
    this.#deps.timers.arm(this.#timer, LOOK_EVERY_MS);
    if (!this.#hasMore || this.#isReading || this.#isFull) return;
    this.#read().catch((error: unknown) => this.#deps.log.error({ err: error }, "records that wait cannot be read"));
  }

  written(id: string): void {
    const { local, watch } = this.#deps;
    // first the row goes, then the id may be forgotten: a look in between must not find one without the other
    local.writer.write(new Gone(id, this.#delete, () => this.#handed.delete(id)));
    watch.written(id);
  }

  refused(id: string, error: StoreError): void {
    this.#deps.log.error(
      { record: id, err: error },
      "a call record is refused by its database: it stays in the outbox until the next start",
    );
    this.#deps.watch.refused(id, error);
  }

  get #isFull(): boolean {
    return this.#deps.remote.writer.state.pending >= WINDOW;
  }

  /** A record is safe in the file: on to the server. */
  #hand(id: string, record: CallRecord): void {
    if (this.#isStopped || this.#handed.has(id)) return;
    if (this.#isFull) {
      this.#hasMore = true;
      return;
    }
    this.#handed.add(id);
    const { remote, tables } = this.#deps;
    remote.writer.write(new RecordChange(id, () => record, tables.of(record), this));
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    this.#hasMore = false;
    try {
      for await (const rows of this.#deps.local.database.select(this.#select, CHUNK_ROWS)) {
        for (const [id, isHeld, text] of rows) this.#take(String(id), Number(isHeld), text);
        if (this.#hasMore) break;
      }
    } finally {
      this.#isReading = false;
    }
  }

  #take(id: string, isHeld: number, text: SqlValue | undefined): void {
    if (isHeld !== 0) return;
    const record = typeof text === "string" ? unpackRecord(text) : undefined;
    if (record !== undefined) this.#hand(id, record);
    else if (!this.#handed.has(id)) {
      this.#handed.add(id);
      this.#deps.log.error({ record: id }, "a call record in the outbox cannot be read and stays where it is");
    }
  }
}

/** Puts a record into the file. */
class Kept implements RowChange {
  readonly realm: string = table.name;
  readonly row: string;
  readonly #record: () => CallRecord;
  readonly #isHeld: boolean;
  readonly #text: string;
  readonly #done: (record: CallRecord) => void;
  #given: CallRecord | undefined = undefined;

  constructor(id: string, record: () => CallRecord, isHeld: boolean, text: string, done: (record: CallRecord) => void) {
    this.row = id;
    this.#record = record;
    this.#isHeld = isHeld;
    this.#text = text;
    this.#done = done;
  }

  statements(): readonly Statement[] {
    this.#given = this.#record();
    return [{ text: this.#text, values: [this.row, this.#isHeld ? 1 : 0, packRecord(this.#given)] }];
  }

  written(): void {
    if (!this.#isHeld && this.#given !== undefined) this.#done(this.#given);
  }
}

/** Takes it out again. */
class Gone implements RowChange {
  readonly realm: string = table.name;
  readonly row: string;
  readonly #text: string;
  readonly #done: () => void;

  constructor(id: string, text: string, done: () => void) {
    this.row = id;
    this.#text = text;
    this.#done = done;
  }

  statements(): readonly Statement[] {
    return [{ text: this.#text, values: [this.row] }];
  }

  written(): void {
    this.#done();
  }
}
