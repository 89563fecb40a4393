// The calls of one engine in a database: when it is opened, read, written and left.
import { type DialogTracker, ModuleFlag } from "../dialog/index.ts";
import { type Clock, DialoomError, ErrorCodes, type Log, type Ms, type Slices, type Statistics, type Timers } from "../kit/index.ts";
import type { DialogStorePort } from "../manage/index.ts";
import {
  type Databases,
  type DialogNames,
  DialogStore,
  type DialogStoreSettings,
  type FlagNaming,
  findDialogTable,
  isAway,
  keptSecret,
  LateStart,
  type LoadDeps,
  loadCalls,
  numberedFlags,
  type OpenDatabase,
  type RowForm,
  removeStrangers,
  rewriteCalls,
  type StartPolicy,
  syncCalls,
  withoutPassword,
} from "../store/index.ts";
import type { TopologyHiding } from "../topology/index.ts";
import type { Settings } from "./options.ts";

/** Where calls are kept, and how. */
export interface CallSettings {
  readonly url: string;
  readonly store: DialogStoreSettings;
  readonly names: DialogNames;
  readonly versionTable: string;
  readonly start: StartPolicy;
}

/** What a script says of what stands in rows. */
export interface RowWords {
  hasRoute(name: string): boolean;
  /** Undefined: flags have their numbers. */
  readonly flagNaming: FlagNaming | undefined;
}

/** What it stands on. */
export interface CallsDeps {
  /** Undefined: calls are in memory only. */
  readonly settings: CallSettings | undefined;
  readonly databases: Databases;
  readonly dialogs: DialogTracker;
  readonly topology: TopologyHiding;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly slices: Slices;
  readonly statistics: Statistics;
  readonly log: Log;
  /** Sixteen bytes that nobody can guess. */
  freshSecret(): Uint8Array;
  /** Told those that hold, once they are known. */
  useSecret(secret: Uint8Array): void;
  /** Told while calls come back. */
  progress?: ((done: number, total: number) => void) | undefined;
}

/** How long commands wait for rows to be written. */
const COMMAND_GRACE_MS: Ms = 30_000;

/** The stored calls of one engine. */
export class Calls {
  readonly #deps: CallsDeps;
  /** What the script says; set before anything is loaded. */
  words: RowWords | undefined = undefined;
  #open: OpenDatabase | undefined = undefined;
  #form: RowForm | undefined = undefined;
  #store: DialogStore | undefined = undefined;
  readonly #late: LateStart;
  readonly #stopping = new AbortController();
  /** Every row has been read: those of no live call here are nobody's. */
  #isRead = false;
  /** Its database has not been there since the start. */
  #isAwaited = false;
  #cameBack = 0;

  constructor(deps: CallsDeps) {
    this.#deps = deps;
    this.#late = new LateStart(deps.timers, deps.log, "calls cannot be kept in the database", () => this.#startLate());
    if (deps.settings === undefined) return;
    // a hidden call that comes back needs its Call-ID read in everything that comes in
    deps.dialogs.feed.subscribe(({ kind, dialog }) => {
      if (kind === "loaded" && (dialog.moduleFlags & ModuleFlag.hideCallId) !== 0) deps.topology.watchCallIds();
    });
  }

  /** Whether calls are kept anywhere but in memory. */
  get areStored(): boolean {
    return this.#deps.settings !== undefined;
  }

  /** The database, and how many calls came back from it; undefined for memory. */
  get place(): { readonly name: string; readonly calls: number } | undefined {
    const { settings } = this.#deps;
    if (settings === undefined) return undefined;
    return { name: this.#open?.database.name ?? withoutPassword(settings.url), calls: this.#cameBack };
  }

  /** Whether calls are kept nowhere yet: the proxy has begun without their database. Its writer knows nothing of it. */
  get areUnkept(): boolean {
    return this.#isAwaited && this.#open?.writer.state.isDegraded !== true;
  }

  /** For `dlg_db_sync` and `dlg_restore_db`; undefined where there is no database. */
  get port(): DialogStorePort | undefined {
    if (this.#deps.settings === undefined) return undefined;
    return { sync: () => this.#command((parts) => this.#sync(parts)), restore: () => this.#command((parts) => this.#rewrite(parts)) };
  }

  /**
   * Opens the database and looks at the table, so that nothing is bound before it is known to be right.
   * @throws StoreError (rejects) when the database is not there, unless the settings begin without it
   * @throws DialoomError `DIALOOM_CONFIG_INVALID` (rejects) when the table cannot be used
   */
  async open(): Promise<void> {
    const { settings, databases } = this.#deps;
    if (settings === undefined) return;
    const open = await databases.open(settings.url);
    try {
      await this.#prepare(open, settings);
    } catch (error) {
      if (settings.start !== "without" || !isAway(error)) throw error;
    }
  }

  /**
   * Brings back the calls of the table; what happens to calls is written from here on. The sockets have to be bound.
   * @throws StoreError (rejects) as `open`
   */
  async start(): Promise<void> {
    const { settings } = this.#deps;
    if (settings === undefined || this.#isStopped) return;
    try {
      const parts = this.#begin(settings);
      if (parts === undefined) this.#await();
      else await this.#load(parts);
    } catch (error) {
      if (settings.start !== "without" || !isAway(error)) throw error;
      this.#await();
    }
  }

  /** Hands the writer everything as it stands. Nothing is written after it. */
  async stop(graceMs: Ms): Promise<void> {
    const { settings, dialogs, log } = this.#deps;
    this.#stopping.abort();
    this.#late.stop();
    const [store, open] = [this.#store, this.#open];
    if (store === undefined || open === undefined) return;
    dialogs.close();
    await store.finish();
    if (settings?.store.mode !== "shutdown" || !this.#isRead) return;
    // what a command has written in between would come to life again
    const { database, writer } = open;
    try {
      if (await writer.drain(graceMs)) await removeStrangers({ database, store, dialogs });
    } catch (error) {
      log.error({ err: error }, "rows of calls that are over could not be removed");
    }
  }

  /** @throws StoreError, DialoomError (rejects) */
  async #prepare(open: OpenDatabase, settings: CallSettings): Promise<void> {
    const { database } = open;
    const found = await findDialogTable(database, settings.names, settings.versionTable, this.words?.flagNaming ?? numberedFlags);
    if (!found.ok) {
      const problems = found.problems.map((problem) => `store: ${problem}`);
      throw new DialoomError(ErrorCodes.ConfigInvalid, problems.join("\n"), { problems });
    }
    const secret = await keptSecret(database, settings.versionTable, this.#deps.freshSecret());
    if (secret !== undefined && this.#deps.dialogs.count === 0) this.#deps.useSecret(secret);
    this.#open = open;
    this.#form = found.form;
  }

  /** Makes the store once the table is known. */
  #begin(settings: CallSettings): LoadDeps | undefined {
    const [open, form] = [this.#open, this.#form];
    if (open === undefined || form === undefined) return undefined;
    const { dialogs, clock, timers, slices, statistics, log, progress } = this.#deps;
    const { database, writer } = open;
    this.#store ??= new DialogStore({ dialogs, writer, form, settings: settings.store, clock, timers, slices, statistics, log });
    const hasRoute = this.words === undefined ? undefined : (name: string): boolean => this.words?.hasRoute(name) !== false;
    return {
      database,
      store: this.#store,
      dialogs,
      slices,
      statistics,
      log,
      signal: this.#stopping.signal,
      ...(hasRoute === undefined ? {} : { hasRoute }),
      ...(progress === undefined ? {} : { progress }),
    };
  }

  async #load(parts: LoadDeps): Promise<void> {
    const began = this.#deps.clock.monotonic();
    const { loaded, broken } = await loadCalls(parts);
    this.#isRead = true;
    this.#cameBack = loaded;
    if (loaded + broken === 0) return;
    const ms = Math.round(this.#deps.clock.monotonic() - began);
    this.#deps.log.info({ calls: loaded, rowsLeft: broken, ms }, "calls came back from the database");
  }

  /** The database has come late: calls that are here get their rows, those of the rows come back. */
  async #startLate(): Promise<void> {
    const { settings, databases, log } = this.#deps;
    if (settings === undefined || this.#isStopped) return;
    if (this.#form === undefined) await this.#prepare(await databases.open(settings.url), settings);
    if (this.#isStopped) return;
    const parts = this.#begin(settings);
    if (parts === undefined || this.#store === undefined) return;
    this.#store.adopt();
    const { loaded, broken } = await syncCalls(parts);
    this.#isRead = true;
    this.#isAwaited = false;
    log.info({ calls: loaded, rowsLeft: broken }, "the database is there: calls came back");
  }

  #await(): void {
    this.#isAwaited = true;
    this.#late.later();
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  // ---- commands

  async #command(run: (parts: LoadDeps) => Promise<boolean>): Promise<boolean> {
    const { settings, log } = this.#deps;
    const parts = settings === undefined || this.#store === undefined ? undefined : this.#begin(settings);
    if (parts === undefined) return false;
    if (this.#open?.writer.state.isDegraded === true) {
      // whoever has asked would wait for its rows to be written, as long as the outage lasts
      log.warn({ database: this.#open.database.name }, "a command cannot be carried out: the database takes no rows now");
      return false;
    }
    try {
      return await run(parts);
    } catch (error) {
      log.error({ err: error }, "a command could not be carried out in the database");
      return false;
    }
  }

  async #sync(parts: LoadDeps): Promise<boolean> {
    // what is true here and still on its way must not be taken back by the row it is on its way to
    if ((await this.#open?.writer.drain(COMMAND_GRACE_MS)) !== true) return false;
    await syncCalls(parts);
    return true;
  }

  async #rewrite({ database, store, dialogs }: LoadDeps): Promise<boolean> {
    const writer = this.#open?.writer;
    return writer !== undefined && rewriteCalls({ database, writer, store, dialogs }, COMMAND_GRACE_MS);
  }
}

/** The URL of the database of calls; undefined where they are in memory only. */
export function callsUrl({ store, dbMode, dbDefaultUrl }: Settings): string | undefined {
  if (store === false || dbMode === "none") return undefined;
  return store === true ? dbDefaultUrl : store;
}

/** The part of the settings that is about calls in databases. */
export function callSettings(settings: Settings): CallSettings | undefined {
  const url = callsUrl(settings);
  if (url === undefined || settings.dbMode === "none") return undefined;
  return {
    url,
    store: {
      mode: settings.dbMode,
      updatePeriodMs: settings.dbUpdatePeriod,
      flushesValues: settings.dbFlushValsProfiles,
      bulkDeletes: settings.timerBulkDelNo,
    },
    names: { table: settings.dialogTable, columns: settings.dialogColumns },
    versionTable: settings.dbVersionTable,
    start: settings.dbStart,
  };
}

/** What no setting of these can say by itself. */
export function callProblems(settings: Settings): readonly string[] {
  const problems: string[] = [];
  if (settings.store === true && settings.dbMode !== "none" && settings.dbDefaultUrl === undefined) {
    problems.push("store: no database is named: give it a URL, or set dbDefaultUrl");
  }
  const names = new Map<string, string>();
  for (const [column, name] of Object.entries(settings.dialogColumns)) {
    const other = names.get(name);
    if (other !== undefined) problems.push(`dialogColumns: "${name}" is the name of ${other} and of ${column}`);
    names.set(name, column);
  }
  return problems;
}
