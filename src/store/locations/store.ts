// Registrations in a database (side-modules 3.7): loaded at the start, written with each change or every so often. It hears the
// registrar's feed and nothing else; nobody waits for it.
import type { Clock, Counter, Defer, Log, Ms, Statistics, Timers } from "../../kit/index.ts";
import { Timer, type TimerOwner } from "../../kit/index.ts";
import type { Binding, LocationChange, LocationTable, Registrar } from "../../location/index.ts";
import type { OpenDatabase } from "../databases.ts";
import { isAway, LateStart } from "../late-start.ts";
import { BindingChange } from "./change.ts";
import type { LocationColumnNames } from "./columns.ts";
import { loadTable } from "./load.ts";
import { openTable, type TableNames, unseenTable } from "./open-table.ts";
import type { LocationStatements } from "./statements.ts";

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
  /** A database that is away does not keep us from starting: its rows are read when it comes. */
  readonly mayBeAway: boolean;
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
  statements: LocationStatements;
  /** Its rows could not be read yet: the database was away. */
  isUnseen: boolean;
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
  readonly #late: LateStart;
  readonly #loaded: Counter;
  readonly #broken: Counter;
  /** Bindings that a writer was given: they have a row, or will have one. */
  readonly #given = new WeakSet<Binding>();
  /** In line for the writer; each binding once, however often it changes during an outage. */
  readonly #queue = new Map<Binding, KeptTable>();
  #unsubscribe: () => void = () => {};

  constructor(deps: LocationStoreDeps) {
    this.#deps = deps;
    this.#interval = new Timer(this, INTERVAL);
    this.#push = new Timer(this, PUSH);
    const { statistics, timers, log } = deps;
    this.#late = new LateStart(timers, log, "stored registrations cannot be read", () => this.#openLate());
    this.#loaded = statistics.counter("usrloc", "stored_loaded");
    this.#broken = statistics.counter("usrloc", "stored_broken");
    statistics.gauge("usrloc", "stored_unwritten", () => this.unwritten);
  }

  /** Bindings whose rows wait for the next write-back. */
  get unwritten(): number {
    let sum = this.#queue.size;
    for (const { changed } of this.#tables.values()) sum += changed.size;
    return sum;
  }

  /**
   * Makes or checks the tables, brings their registrations back, and hears every change from here on. To be called before messages
   * are handled, and after the sockets are bound: contacts remember theirs.
   * @throws StoreError (rejects) when the database fails and has to be there, or a table is not what it has to be
   */
  async start(): Promise<void> {
    const { settings, registrar, timers } = this.#deps;
    for (const name of settings.tables) await this.#open(name);
    if (settings.mode === "read-only" || this.#late.isStopped) return;
    this.#unsubscribe = registrar.feed.subscribe((change) => this.#onChange(change));
    if (settings.mode === "write-back") timers.arm(this.#interval, settings.timerIntervalMs);
  }

  /** Hands what is unwritten to the writer now, piece by piece. */
  flush(): void {
    const wasIdle = this.#queue.size === 0;
    this.#collect();
    if (wasIdle) this.#pushAll();
  }

  /** Hands a whole table to it, or one address, whether it has changed or not. @param aor - undefined for all */
  sync(table: string, aor: string | undefined): void {
    const kept = this.#tables.get(table);
    if (kept === undefined || this.#deps.settings.mode === "read-only") return;
    const records = aor === undefined ? kept.table.records() : [kept.table.get(aor)];
    for (const record of records) for (const binding of record?.bindings ?? []) if (binding.parts.flags === 0) kept.changed.add(binding);
    this.flush();
  }

  /**
   * Hands everything that is unwritten to the writer; its `drain` says when it is there.
   * @param timeoutMs - a writer that takes nothing is not waited for any longer
   */
  async stop(timeoutMs: Ms): Promise<void> {
    const { timers, clock, open } = this.#deps;
    this.#late.stop();
    this.#unsubscribe();
    timers.disarm(this.#interval);
    timers.disarm(this.#push);
    const until = clock.monotonic() + timeoutMs;
    this.#collect();
    while (this.#queue.size > 0 && clock.monotonic() < until) {
      if (!this.#pushChunk()) await open.writer.drain(Math.min(RETRY_MS, until - clock.monotonic()));
      else await this.#turn();
    }
    if (this.#queue.size > 0) this.#deps.log.error({ count: this.#queue.size }, "registrations could not be written before the end");
  }

  onTimer(kind: number): void {
    if (kind === PUSH) this.#pushAll();
    else {
      this.#deps.timers.arm(this.#interval, this.#deps.settings.timerIntervalMs);
      this.flush();
    }
  }

  async #open(name: string): Promise<void> {
    const { open, settings, registrar } = this.#deps;
    const names = this.#names(name);
    const table = registrar.table(name);
    try {
      const statements = await openTable(open.database, names);
      this.#tables.set(name, { table, statements, changed: new Set(), isUnseen: false });
      if (settings.isLoaded) await this.#load(table, statements, false);
    } catch (error) {
      if (!settings.mayBeAway || !isAway(error)) throw error;
      this.#tables.set(name, { table, statements: unseenTable(open.database, names), changed: new Set(), isUnseen: true });
      this.#late.later();
    }
  }

  /** A database that was away may be there. What has registered since is newer than its rows. */
  async #openLate(): Promise<void> {
    const { open, settings } = this.#deps;
    for (const [name, kept] of this.#tables) {
      if (!kept.isUnseen || this.#late.isStopped) continue;
      kept.statements = await openTable(open.database, this.#names(name));
      if (settings.isLoaded) await this.#load(kept.table, kept.statements, true);
      kept.isUnseen = false;
    }
  }

  async #load(table: LocationTable, statements: LocationStatements, isLate: boolean): Promise<void> {
    const { open, settings, registrar, log } = this.#deps;
    const { loaded, expired, broken } = await loadTable(open, table, statements, {
      useDomain: registrar.settings.useDomain,
      removes: settings.mode !== "read-only",
      isLate,
      log,
      turn: () => this.#turn(),
    });
    this.#loaded.add(loaded);
    this.#broken.add(broken);
    log.info({ table: table.name, loaded, expired, broken, database: open.database.name }, "registrations loaded");
  }

  #names(table: string): TableNames {
    const { settings, registrar } = this.#deps;
    const { columns, versionTable } = settings;
    return { table, columns, versionTable, useDomain: registrar.settings.useDomain };
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
    else if (isGone && !this.#given.has(binding) && binding.state === "new") {
      kept.changed.delete(binding);
      this.#queue.delete(binding);
    } else kept.changed.add(binding);
  }

  #write(kept: KeptTable, binding: Binding): void {
    this.#given.add(binding);
    this.#deps.open.writer.write(new BindingChange(binding, kept.table, kept.statements));
  }

  /** Everything that has changed gets in line. */
  #collect(): void {
    for (const kept of this.#tables.values()) {
      for (const binding of kept.changed) this.#queue.set(binding, kept);
      kept.changed.clear();
    }
  }

  /** Piece by piece: a turn of the loop is never held up, and a writer that cannot write is not filled. */
  #pushAll(): void {
    if (this.#queue.size === 0) return;
    const { timers, defer } = this.#deps;
    if (this.#pushChunk()) defer(() => this.#pushAll());
    else timers.arm(this.#push, RETRY_MS);
  }

  /** @returns false when the writer has too much to do */
  #pushChunk(): boolean {
    if (this.#deps.open.writer.state.pending >= MOST_PENDING) return false;
    let room = CHUNK;
    for (const [binding, kept] of this.#queue) {
      if (room-- === 0) break;
      this.#queue.delete(binding);
      this.#write(kept, binding);
    }
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
