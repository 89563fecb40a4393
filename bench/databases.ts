// Databases for one run: a SQLite file in the folder of the run, or a server as Debian packages it, started here with files of its own.

import { join } from "node:path";
import { silentLog } from "../src/kit/index.ts";
import { createTable, dialogTable, nodeTable, openDatabase } from "../src/store/index.ts";
import { type DatabaseServer, MariadbServer, mariadbMissing, PostgresServer, postgresMissing } from "../src/testing/index.ts";

export const DATABASE_KINDS = ["sqlite", "postgres", "mariadb"] as const;
export type DatabaseKind = (typeof DATABASE_KINDS)[number];

/** Names for people. */
export const DATABASE_NAMES: Readonly<Record<DatabaseKind, string>> = { sqlite: "SQLite", postgres: "PostgreSQL", mariadb: "MariaDB" };

/** A database with the tables of calls in it. */
export interface BenchDatabase {
  readonly kind: DatabaseKind;
  readonly url: string;
  /** Undefined for SQLite. */
  readonly server: DatabaseServer | undefined;
  remove(): Promise<void>;
}

/**
 * Measures one database of each kind after the other, and says which are not installed.
 * @param folder - where a SQLite file goes
 */
export async function onDatabases(
  kinds: readonly DatabaseKind[],
  folder: string,
  measure: (database: BenchDatabase, name: string) => Promise<void>,
): Promise<void> {
  for (const kind of kinds) {
    const missing = databaseMissing(kind);
    if (missing !== undefined) {
      console.log(`${DATABASE_NAMES[kind]}: ${missing}`);
      continue;
    }
    const database = await makeDatabase(kind, folder);
    try {
      await measure(database, DATABASE_NAMES[kind]);
    } finally {
      await database.remove();
    }
  }
}

/** What has to be installed for it; undefined when it is there. */
export function databaseMissing(kind: DatabaseKind): string | undefined {
  return kind === "sqlite" ? undefined : kind === "postgres" ? postgresMissing() : mariadbMissing();
}

/**
 * Makes one.
 * @param dir - where a SQLite file goes; servers keep theirs in memory where there is room
 */
export async function makeDatabase(kind: DatabaseKind, dir: string): Promise<BenchDatabase> {
  if (kind === "sqlite") {
    return { kind, url: `sqlite://${join(dir, "dialogs.db")}`, server: undefined, remove: () => Promise.resolve() };
  }
  const server = kind === "postgres" ? await PostgresServer.start() : await MariadbServer.start();
  try {
    const url = server.url(await server.createDatabase());
    await makeTables(url);
    return { kind, url, server, remove: () => server.remove() };
  } catch (error) {
    await server.remove();
    throw error;
  }
}

/** What `dialoom db init` makes for calls. */
async function makeTables(url: string): Promise<void> {
  const database = await openDatabase(url, { log: silentLog });
  try {
    await createTable(database, dialogTable({}));
    await createTable(database, nodeTable());
  } finally {
    await database.close();
  }
}
