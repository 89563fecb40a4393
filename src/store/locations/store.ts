// Registrations in a database (side-modules 3.7): loaded at the start, written with each change or every so often. It hears the
// registrar's feed and nothing else; nobody waits for it.
import type { Clock, Counter, Defer, Log, Ms, Statistics, Timers } from "../../kit/index.ts";
import { Timer, type TimerOwner } from "../../kit/index.ts";
import type { Binding, LocationChange, LocationTable, Registrar } from "../../location/index.ts";
import type { OpenDatabase } from "../databases.ts";
import { StoreError } from "../ports.ts";
import { checkTable, createTable } from "../schema/index.ts";
import { BindingChange } from "./change.ts";
import { type LocationColumnNames, locationShape } from "./columns.ts";
import { loadTable } from "./load.ts";
import { LocationStatements } from "./statements.ts";

/**
 * When rows are written: `write-through` with the change itself, before the answer to the REGISTER leaves (where the database is a file
 * here; a server is given the row at once and not waited for); `write-back` every `timerIntervalMs` and at the end;
 * `read-only` never.
 */
export type LocationMode = "write-through" | "write-back" | "read-only";

/** How registrations are kept. */
export interface LocationStoreSettings {
  readonly mode: LocationMode;
  /** From one write-back to the next. */
  readonly timerIntervalMs: Ms;
  /** Tables that are kept; registrations in others stay in memory. */
  readonly tables: readonly string[];
  readonly columns: LocationColumnNames;
  /** Whether rows are read at the start. */
  readonly isLoaded: boolean;
  /** Name of the table of versions. */
  readonly versionTable: string;
}

/** What a store of registrations stands on. */
export interface LocationStoreDeps {
  readonly registrar: Registrar;
  readonly open: OpenDatabase;
  readonly settings: LocationStoreSettings;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly defer: Defer;
  readonly log: Log;
  readonly statistics: Statistics;
}

/** Changes that are handed to the writer in one turn of the loop. */
const CHUNK = 200;
/** A writer with so many waiting rows is given no more for the time being. */
const MOST_PENDING = 5_000;
const RETRY_MS: Ms = 100;
const INTERVAL = 0;
const PUSH = 1;

/** One table and what is to be written of it. */
interface KeptTable {
  readonly table: LocationTable;
  readonly statements: LocationStatements;
  /** Changed since they were written; for write-back. */
  readonly changed: Set<Binding>;
}

/** Keeps the rows of registrations. */
export class LocationStore implements TimerOwner {
  readonly #deps: LocationStoreDeps;
  readonly #tables = new Map<string, KeptTable>();
  readonly #strangers = new Set<string>();
  readonly #interval: Timer;
  readonly #push: Timer;
  readonly #loaded: Counter;
  readonly #broken: Counter;
  #queue: { readonly kept: KeptTable; readonly binding: Binding }[] = [];
  #unsubscribe: () => void = () => {};

  constructor(deps: LocationStoreDeps) {
    this.#deps = deps;
    this.#interval = new Timer(this, INTERVAL);
    this.#push = new Timer(this, PUSH);
    const { statistics } = deps;
    this.#loaded = statistics.counter("usrloc", "stored_loaded");
    this.#broken = statistics.counter("usrloc", "stored_broken");
    statistics.gauge("usrloc", "stored_unwritten", () => this.unwritten);
  }

  /** Bindings whose rows wait for the next write-back. */
  get unwritten(): number {
    let sum = this.#queue.length;
    for (const { changed } of this.#tables.values()) sum += changed.size;
    return sum;
  }

  /**
   * Makes or checks the tables, brings their registrations back, and hears every change from here on. To be called before messages
   * are handled, and after the sockets are bound: contacts remember theirs.
   * @throws StoreError (rejects) when the database fails, or a table is not what it has to be
   */
  async start(): Promise<void> {
    const { settings, registrar, timers } = this.#deps;
    for (const name of settings.tables) await this.#open(name);
    if (settings.mode === "read-only") return;
    this.#unsubscribe = registrar.feed.subscribe((change) => this.#onChange(change));
    if (settings.mode === "write-back") timers.arm(this.#interval, settings.timerIntervalMs);
  }

  /**
   * Hands everything that is unwritten to the writer; its `drain` says when it is there.
   * @param timeoutMs - a writer that takes nothing is not waited for any longer
   */
  async stop(timeoutMs: Ms): Promise<void> {
    const { timers, clock, open } = this.#deps;
    this.#unsubscribe();
    timers.disarm(this.#interval);
    timers.disarm(this.#push);
    const until = clock.monotonic() + timeoutMs;
    this.#collect();
    while (this.#queue.length > 0 && clock.monotonic() < until) {
      if (!this.#pushChunk()) await open.writer.drain(Math.min(RETRY_MS, until - clock.monotonic()));
      else await this.#turn();
    }
    if (this.#queue.length > 0) this.#deps.log.error({ count: this.#queue.length }, "registrations could not be written before the end");
  }

  onTimer(kind: number): void {
    if (kind === INTERVAL) {
      this.#deps.timers.arm(this.#interval, this.#deps.settings.timerIntervalMs);
      const wasIdle = this.#queue.length === 0;
      this.#collect();
      if (!wasIdle) return;
    }
    this.#pushAll();
  }

  async #open(name: string): Promise<void> {
    const { open, settings, registrar, log } = this.#deps;
    const { database } = open;
    const shape = locationShape(name, settings.columns);
    let check = await checkTable(database, shape, settings.versionTable);
    if (check.state === "absent" && database.dialect === "sqlite") {
      await createTable(database, shape, { versionTable: settings.versionTable });
      check = await checkTable(database, shape, settings.versionTable);
    }
    if (check.state !== "usable") {
      const problems = check.state === "absent" ? [`there is no table ${name}: run "dialoom db init"`] : check.problems;
      throw new StoreError("refused", `${database.name}: ${problems.join("; ")}`);
    }
    const { useDomain } = registrar.settings;
    const statements = new LocationStatements(database.dialect, shape, { columns: settings.columns, useDomain, widths: check.widths });
    const table = registrar.table(name);
    this.#tables.set(name, { table, statements, changed: new Set() });
    if (!settings.isLoaded) return;
    const { loaded, expired, broken } = await loadTable(open, table, statements, {
      useDomain,
      removesExpired: settings.mode !== "read-only",
      log,
      turn: () => this.#turn(),
    });
    this.#loaded.add(loaded);
    this.#broken.add(broken);
    log.info({ table: name, loaded, expired, broken, database: database.name }, "registrations loaded");
  }

  #onChange(change: LocationChange): void {
    const { binding } = change;
    if (binding === undefined) return;
    const kept = this.#tables.get(change.table);
    if (kept === undefined) {
      this.#tellStranger(change.table);
      return;
    }
    const isGone = change.kind === "removed" || change.kind === "expired";
    // what a REGISTER keeps in memory only never had a row, or keeps the one it had
    if (isGone ? binding.state === "new" && binding.parts.flags !== 0 : change.isMemoryOnly) return;
    if (this.#deps.settings.mode === "write-through") this.#write(kept, binding);
    else if (isGone && binding.state === "new") kept.changed.delete(binding);
    else kept.changed.add(binding);
  }

  #write(kept: KeptTable, binding: Binding): void {
    this.#deps.open.writer.write(new BindingChange(binding, kept.table, kept.statements));
  }

  /** Everything that has changed gets in line. */
  #collect(): void {
    for (const kept of this.#tables.values()) {
      for (const binding of kept.changed) this.#queue.push({ kept, binding });
      kept.changed.clear();
    }
  }

  /** Piece by piece: a turn of the loop is never held up, and a writer that cannot write is not filled. */
  #pushAll(): void {
    if (this.#queue.length === 0) return;
    const { timers, defer } = this.#deps;
    if (this.#pushChunk()) defer(() => this.#pushAll());
    else timers.arm(this.#push, RETRY_MS);
  }

  /** @returns false when the writer has too much to do */
  #pushChunk(): boolean {
    if (this.#deps.open.writer.state.pending >= MOST_PENDING) return false;
    for (const { kept, binding } of this.#queue.splice(0, CHUNK)) this.#write(kept, binding);
    return true;
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#deps.defer(resolve));
  }

  #tellStranger(table: string): void {
    if (this.#strangers.has(table)) return;
    this.#strangers.add(table);
    this.#deps.log.warn({ table }, "registrations in this table stay in memory: it is none of those that are stored");
  }
}
