// A store over a database in memory, for the tests of this room.
import type { Dialog, DialogTracker } from "../../dialog/index.ts";
import { type Clock, type Log, Slices, Statistics, type Timers } from "../../kit/index.ts";
import { TestDatabase, TestWriter } from "../rows-harness.ts";
import { tableStatements } from "../schema/create.ts";
import { type DialogNames, dialogTable } from "../schema/index.ts";
import { DialogStore } from "./dialog-store.ts";
import { type LoadDeps, type LoadReport, loadCalls, syncCalls } from "./load.ts";
import { rewriteCalls } from "./rewrite.ts";
import { At, type FlagNaming, numberedFlags, type RowForm } from "./row-form.ts";
import type { DialogStoreSettings } from "./settings.ts";

const SETTINGS: DialogStoreSettings = { mode: "realtime", updatePeriodMs: 60_000, flushesValues: false, bulkDeletes: 1 };

/** What calls are tracked with. */
export interface Tracking {
  readonly tracker: DialogTracker;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** Whose table it is, and how it is written. */
export interface StoreOptions extends Partial<DialogStoreSettings> {
  readonly isOurs?: boolean;
  readonly version?: 11 | 12;
  readonly names?: DialogNames;
  readonly flagNaming?: FlagNaming;
}

/** One line of a log. */
export interface Line {
  readonly level: string;
  readonly fields: object;
  readonly text: string;
}

/** A store with its table. */
export class StoreHarness {
  readonly database: TestDatabase;
  readonly writer: TestWriter;
  readonly store: DialogStore;
  readonly form: RowForm;
  readonly lines: Line[] = [];
  readonly statistics: Statistics = new Statistics();
  /** Dialogs whose rows were written, in order. */
  readonly saved: Dialog[] = [];
  readonly #loading: LoadDeps;
  readonly #tracker: DialogTracker;

  /** @param database - one that was used before, with its table */
  constructor(tracking: Tracking, options: StoreOptions = {}, database?: TestDatabase) {
    const { isOurs = true, version = 12, names, flagNaming = numberedFlags, ...settings } = options;
    const { tracker, clock, timers } = tracking;
    const table = dialogTable(names, version);
    this.#tracker = tracker;
    this.database = database ?? new TestDatabase();
    if (database === undefined) this.database.transactNow(tableStatements("sqlite", table, isOurs ? "ours" : "reference"));
    this.writer = new TestWriter(this.database, false);
    this.form = { dialect: "sqlite", table, hasOwn: isOurs, widths: new Map(), flagNaming };
    const slices = new Slices(clock, setImmediate, (error) => this.#say("error", { error }, "a step threw"));
    const log = this.#log();
    const common = { dialogs: tracker, slices, statistics: this.statistics, log };
    const { writer, form } = this;
    this.store = new DialogStore({ ...common, writer, form, clock, timers, settings: { ...SETTINGS, ...settings } });
    this.#loading = { ...common, database: this.database, store: this.store };
    tracker.listeners.add({
      saved: (dialog) => {
        this.saved.push(dialog);
      },
    });
  }

  load(more: Partial<LoadDeps> = {}): Promise<LoadReport> {
    return loadCalls({ ...this.#loading, ...more });
  }

  sync(): Promise<LoadReport> {
    return syncCalls(this.#loading);
  }

  rewrite(): Promise<boolean> {
    const { database, writer, store } = this;
    return rewriteCalls({ database, writer, store, dialogs: this.#tracker }, 1000);
  }

  /** All rows, in the order of the table's columns, once what waits is written: the end of the turn. */
  rows(): readonly (readonly unknown[])[] {
    this.writer.flush();
    return this.database.rows(`SELECT * FROM "${this.form.table.name}" ORDER BY 1`);
  }

  /** Columns of the only row. */
  row<K extends keyof typeof At>(...columns: readonly K[]): readonly unknown[] {
    const [row] = this.rows();
    return columns.map((name) => {
      const value = row?.[At[name]];
      return value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value;
    });
  }

  /** How many changes the writer was given, which it writes now, and forgets it. */
  given(): number {
    this.writer.flush();
    const { given } = this.writer;
    this.writer.given = 0;
    return given;
  }

  #say(level: string, fields: object, text: string): void {
    this.lines.push({ level, fields, text });
  }

  #log(): Log {
    const at = (level: string) => (fields: object, text: string) => this.#say(level, fields, text);
    return { error: at("error"), warn: at("warn"), info: at("info"), debug: at("debug") };
  }
}
