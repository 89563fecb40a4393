// Reads the calls of a table and brings them back, piece by piece (dialog-behaviour 12.6): the whole table is never in memory, and the
// loop turns in between. What is no call is reported with its id and left where it is.
import type { DialogSnapshot } from "../../dialog/index.ts";
import { formatDid } from "../../dialog/index.ts";
import type { Log, Slices, Statistics } from "../../kit/index.ts";
import { type Database, type SqlRow, type SqlValue, StoreError } from "../ports.ts";
import type { DialogStore, StoredDialogs } from "./dialog-store.ts";
import { sliced } from "./dialog-store.ts";
import { type RowCall, readRow, readShortRow, SHORT } from "./read-row.ts";

/** What a load needs. */
export interface LoadDeps {
  readonly database: Database;
  readonly store: DialogStore;
  readonly dialogs: StoredDialogs;
  readonly slices: Slices;
  readonly statistics: Statistics;
  readonly log: Log;
  /** Whether there is a route of this name; left out, names are kept as they are. */
  hasRoute?(name: string): boolean;
  /** Told now and then. @param total - rows that there were at the beginning */
  progress?(done: number, total: number): void;
  /** Ends the reading between two pieces. */
  readonly signal?: AbortSignal;
}

/** What came of a load. */
export interface LoadReport {
  /** Calls that are here now and were not before. */
  readonly loaded: number;
  /** Calls that were here and learnt something. */
  readonly merged: number;
  /** Rows that were left as they are. */
  readonly broken: number;
  /** Rows of calls that are over. */
  readonly ended: number;
}

const CHUNK_ROWS = 500;
/** Rows that are fetched by their ids at once. */
const WHOLE_ROWS = 100;
/** Rows of which each is told by itself; the others are counted. */
const MAX_TOLD = 100;

/**
 * Brings back every call of the table. Rows of calls that are over are removed; with the mode `shutdown` all of them are.
 * @throws StoreError when the table cannot be read, or `signal` has ended it; what was read is there then
 */
export async function loadCalls(deps: LoadDeps): Promise<LoadReport> {
  const { database, store, log } = deps;
  if (!store.form.hasOwn) {
    log.warn(
      { table: store.form.table.name },
      "the dialog table has no column dialoom: calls come back with what the other columns hold, one callee and no history of numbers",
    );
  }
  const total = await countRows(deps);
  const reader = new RowReader(deps, false);
  let done = 0;
  await reader.readAll((rows) => {
    done += rows;
    deps.progress?.(done, Math.max(total, done));
  });
  if (store.settings.mode === "shutdown") await database.transact([store.statements.clear()]);
  else if (reader.ended > 0 && !store.form.hasOwn) await database.transact([store.statements.removeEnded()]);
  reader.finish();
  return reader;
}

/**
 * Takes over what others have written (`dlg_db_sync`, 12.7): calls that are not here come back, those that are here learn what is newer.
 * Nothing is removed.
 * @throws StoreError as `loadCalls`
 */
export async function syncCalls(deps: LoadDeps): Promise<LoadReport> {
  const { store } = deps;
  store.isReading = true;
  try {
    const reader = new RowReader(deps, true);
    await reader.readAll(() => {});
    reader.finish();
    return reader;
  } finally {
    store.isReading = false;
  }
}

async function countRows({ database, store }: LoadDeps): Promise<number> {
  for await (const rows of database.select(store.statements.count(), 1)) return Number(rows[0]?.[0] ?? 0);
  return 0;
}

class RowReader implements LoadReport {
  loaded = 0;
  merged = 0;
  broken = 0;
  ended = 0;
  /** Rows that go now. */
  readonly over: bigint[] = [];
  readonly #deps: LoadDeps;
  readonly #isSync: boolean;
  #unreadable = 0;
  readonly #routesMissed = new Set<string>();

  constructor(deps: LoadDeps, isSync: boolean) {
    this.#deps = deps;
    this.#isSync = isSync;
  }

  /** Every row of the table. @param chunk - told how many rows are done, chunk by chunk */
  async readAll(chunk: (rows: number) => void): Promise<void> {
    const { database, store } = this.#deps;
    const { statements, form } = store;
    const all = form.hasOwn ? statements.some(SHORT) : statements.all();
    for await (const rows of database.select(all, CHUNK_ROWS)) {
      if (this.#deps.signal?.aborted === true) throw new StoreError("away", "the end came while calls came back");
      if (form.hasOwn) await this.#readShort(rows);
      else await this.#read(rows);
      if (this.over.length > 0) await database.transact(this.over.splice(0).map((id) => statements.remove(id)));
      chunk(rows.length);
    }
  }

  /** Rows of ours in short; those that somebody else has changed are fetched as a whole. */
  async #readShort(rows: readonly SqlRow[]): Promise<void> {
    const { database, store, slices } = this.#deps;
    const changed: SqlValue[] = [];
    let at = 0;
    await sliced(slices, () => {
      const row = rows[at++];
      const call = row === undefined ? undefined : readShortRow(row, store.form);
      if (call !== undefined) this.#take(call);
      else if (row !== undefined) changed.push(row[0] ?? null);
      return at < rows.length;
    });
    for (let from = 0; from < changed.length; from += WHOLE_ROWS) {
      const ids = changed.slice(from, from + WHOLE_ROWS);
      for await (const whole of database.select(store.statements.byIds(ids), WHOLE_ROWS)) await this.#read(whole);
    }
  }

  async #read(rows: readonly SqlRow[]): Promise<void> {
    let at = 0;
    await sliced(this.#deps.slices, () => {
      const row = rows[at++];
      if (row !== undefined) this.#row(row);
      return at < rows.length;
    });
  }

  /** What was not told one by one. */
  finish(): void {
    const { log, statistics } = this.#deps;
    statistics.counter("store", "loaded_dialogs").add(this.loaded);
    statistics.counter("store", "broken_rows").add(this.broken);
    if (this.broken > MAX_TOLD) log.error({ rows: this.broken, told: MAX_TOLD }, "more rows of the dialog table were left as they are");
    if (this.#unreadable > 0) {
      log.error({ rows: this.#unreadable }, "the column dialoom of rows cannot be read: their calls have only what the other columns hold");
    }
  }

  #row(row: SqlRow): void {
    const read = readRow(row, this.#deps.store.form);
    if (!read.ok) {
      this.#broken(read.fault.id, read.fault.reason);
      return;
    }
    if (read.value.kind === "unreadable") this.#unreadable++;
    this.#take(read.value);
  }

  #take(call: RowCall): void {
    const { id, snapshot } = call;
    if (snapshot.state === "ended") this.#over(call);
    else if (this.#isSync) this.#sync(call);
    else this.#restore(id, snapshot);
  }

  /** One of ours comes back for a short while, and its row goes with it; any other row has nothing more to say. */
  #over({ id, snapshot, kind }: RowCall): void {
    this.ended++;
    const { store, dialogs } = this.#deps;
    if (!store.form.hasOwn || this.#isSync || store.settings.mode === "shutdown") return;
    if (kind !== "whole" || !store.loading(() => dialogs.restore(snapshot)).ok) this.over.push(id);
  }

  #restore(id: bigint, snapshot: DialogSnapshot): void {
    const { store, dialogs } = this.#deps;
    const result = store.loading(() => dialogs.restore(this.#withRoutes(snapshot)));
    if (result.ok) this.loaded++;
    else this.#broken(String(id), result.reason);
  }

  #sync({ id, snapshot }: RowCall): void {
    const { store, dialogs } = this.#deps;
    if (store.isOver(id)) return;
    const known = dialogs.inAnyState(formatDid(snapshot.entry, snapshot.id));
    if (known === undefined) this.#restore(id, snapshot);
    else if (known.callId !== snapshot.callId || known.fromTag !== snapshot.legs[0]?.tag)
      this.#broken(String(id), "its id is that of another call");
    else if (dialogs.merge(known, snapshot)) this.merged++;
  }

  #broken(dlgId: string, reason: string): void {
    this.broken++;
    if (this.broken <= MAX_TOLD) this.#deps.log.error({ dlgId, reason }, "a row of the dialog table was left as it is");
  }

  /** A route that the script no longer has is none. */
  #withRoutes(snapshot: DialogSnapshot): DialogSnapshot {
    const { answer, timeout, hangup } = snapshot.routes;
    if (this.#deps.hasRoute === undefined || (answer === "" && timeout === "" && hangup === "")) return snapshot;
    const routes = { answer: this.#known(answer), timeout: this.#known(timeout), hangup: this.#known(hangup) };
    return { ...snapshot, routes };
  }

  #known(route: string): string {
    const { hasRoute, log } = this.#deps;
    if (route === "" || hasRoute === undefined || hasRoute(route)) return route;
    if (!this.#routesMissed.has(route) && this.#routesMissed.size < MAX_TOLD) {
      this.#routesMissed.add(route);
      log.warn({ route }, "calls come back without a route that is not in the script");
    }
    return "";
  }
}
