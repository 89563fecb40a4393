// Registrations and call records in databases: which, and when they are opened, read and left.
import type { Accounting, RecordField } from "../accounting/index.ts";
import type { DialogTracker } from "../dialog/index.ts";
import type { Clock, Defer, Log, Ms, Random, Statistics, Timers } from "../kit/index.ts";
import type { Registrar } from "../location/index.ts";
import type { RegistrationStore } from "../manage/index.ts";
import {
  type Databases,
  databaseUrlProblem,
  LocationStore,
  type LocationStoreSettings,
  parseRecordField,
  RECORD_COLUMNS,
  RecordStore,
  type RecordStoreSettings,
} from "../store/index.ts";
import type { Settings } from "./options.ts";

/** What is kept where. */
export interface RowSettings {
  readonly locations: { readonly url: string; readonly settings: LocationStoreSettings } | undefined;
  readonly records: { readonly url: string; readonly settings: RecordStoreSettings } | undefined;
  /** Database of the calls; undefined while they are in memory only. */
  readonly callsUrl: string | undefined;
}

/** What all of it stands on. */
export interface RowsDeps {
  readonly settings: RowSettings;
  readonly databases: Databases;
  readonly registrar: Registrar;
  readonly accounting: Accounting;
  readonly dialogs: DialogTracker;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly defer: Defer;
  readonly random: Random;
  readonly log: Log;
  readonly statistics: Statistics;
}

/** The rows of one engine besides those of its calls. */
export class Rows implements RegistrationStore {
  readonly #deps: RowsDeps;
  #locations: LocationStore | undefined = undefined;
  #records: RecordStore | undefined = undefined;

  /** To be made before calls are loaded: their accounts come back with them. */
  constructor(deps: RowsDeps) {
    this.#deps = deps;
    const { accounting, dialogs, settings } = deps;
    if (settings.callsUrl === undefined) return;
    accounting.configure({ keepsInDialog: true });
    dialogs.listeners.add({ loaded: (dialog) => void accounting.restore(dialog) });
  }

  /** Whether there is anything to open. */
  get areStored(): boolean {
    const { locations, records } = this.#deps.settings;
    return locations !== undefined || records !== undefined;
  }

  /**
   * Opens the databases, so that nothing is bound before they are there.
   * @throws StoreError (rejects) when one cannot be opened, and the settings do not go on without it
   */
  async open(): Promise<void> {
    const { settings, databases } = this.#deps;
    for (const url of [settings.callsUrl, settings.records?.url, settings.locations?.url]) {
      if (url !== undefined) await databases.open(url);
    }
  }

  /**
   * Reads what is in the databases, and writes there from now on. To be called when the sockets are bound, so that their names mean
   * something, and before messages are handled.
   * @throws StoreError (rejects) when a database cannot be used
   */
  async start(): Promise<void> {
    const { settings, databases, accounting, registrar, clock, timers, defer, random, log, statistics } = this.#deps;
    const { locations, records, callsUrl } = settings;
    if (records !== undefined) {
      const open = await databases.open(records.url);
      const callsIn = callsUrl === undefined ? undefined : await databases.open(callsUrl);
      this.#records = new RecordStore({ open, callsIn, settings: records.settings, random, timers, log, statistics });
      await this.#records.start();
      accounting.addSink(this.#records);
    }
    if (locations !== undefined) {
      const open = await databases.open(locations.url);
      this.#locations = new LocationStore({ registrar, open, settings: locations.settings, clock, timers, defer, log, statistics });
      await this.#locations.start();
    }
  }

  flush(): void {
    this.#locations?.flush();
  }

  sync(table: string, key: string | undefined): void {
    this.#locations?.sync(table, key);
  }

  /** Hands everything that is unwritten to the writers of the databases. @param timeoutMs - for a database that takes nothing */
  async stop(timeoutMs: Ms): Promise<void> {
    await this.#locations?.stop(timeoutMs);
    this.#records?.stop();
    if (this.#records !== undefined) this.#deps.accounting.removeSink(this.#records);
  }
}

/**
 * The part of the settings that is about registrations and records.
 * @param callsUrl - database of the calls
 */
export function rowSettings(settings: Settings, callsUrl: string | undefined): RowSettings {
  const versionTable = settings.dbVersionTable;
  const mayBeAway = settings.dbStart === "without";
  const locationUrl = urlOf(settings.locationStore, settings, callsUrl);
  const recordUrl = urlOf(settings.recordStore, settings, callsUrl);
  return {
    callsUrl,
    locations:
      locationUrl === undefined
        ? undefined
        : {
            url: locationUrl,
            settings: {
              mode: settings.locationMode,
              timerIntervalMs: settings.locationTimerInterval,
              tables: settings.locationTables,
              columns: settings.locationColumns,
              isLoaded: settings.locationLoad,
              versionTable,
              mayBeAway,
            },
          },
    records:
      recordUrl === undefined
        ? undefined
        : {
            url: recordUrl,
            settings: {
              tables: { answered: settings.recordTable, missed: settings.missedTable, named: settings.recordTables },
              layout: {
                columns: settings.recordColumns,
                extras: settings.recordExtras.flatMap(fieldOf),
                legs: settings.recordLegs.flatMap(fieldOf),
              },
              versionTable,
              mayBeAway,
            },
          },
  };
}

/** What no setting of rows can say by itself. */
export function rowProblems(settings: Settings, callsUrl: string | undefined): readonly string[] {
  const problems: string[] = [];
  for (const name of ["locationStore", "recordStore"] as const) {
    const given = settings[name];
    const url = urlOf(given, settings, callsUrl);
    if (given === true && url === undefined) problems.push(`${name}: no database is named: give it a URL, or set dbDefaultUrl`);
    const wrong = given === true && url !== undefined ? databaseUrlProblem(url) : undefined;
    if (wrong !== undefined) problems.push(`dbDefaultUrl: ${wrong}`);
  }
  const fields = [...settings.recordExtras, ...settings.recordLegs].flatMap(fieldOf).map((one) => one.name);
  const core = RECORD_COLUMNS.map((column) => settings.recordColumns[column] ?? column);
  const seen = new Set([...core, "id", "setuptime", "created", "duration", "ms_duration"]);
  for (const name of fields) {
    if (seen.has(name)) problems.push(`recordExtras, recordLegs: the column "${name}" is there already; write value->column`);
    seen.add(name);
  }
  return problems;
}

function urlOf(given: string | boolean, settings: Settings, callsUrl: string | undefined): string | undefined {
  if (given === false) return undefined;
  return given === true ? (settings.dbDefaultUrl ?? callsUrl) : given;
}

function fieldOf(text: string): readonly RecordField[] {
  const field = parseRecordField(text);
  return field === undefined ? [] : [field];
}
