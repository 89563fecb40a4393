// What a node has to know again after a restart and nobody else may know: its secret, in a table of our own beside that of the calls.
import type { Database } from "./ports.ts";
import { findTable, insertOnceText, readAll, selectText, type TableShape } from "./schema/index.ts";

const NODE_TABLE: TableShape = {
  name: "dialoom_node",
  version: 1,
  key: "name",
  indexes: [],
  columns: [
    { name: "name", kind: "key", width: 64, isNullable: false, initial: undefined, isOwn: false },
    { name: "value", kind: "bytes", width: 0, isNullable: true, initial: undefined, isOwn: false },
  ],
};

/** The table of what nodes have to know again. */
export function nodeTable(): TableShape {
  return NODE_TABLE;
}

/**
 * The secret that is kept, or the one given, which is kept from now on. A database inside the process gets the table if it has none.
 * @param fresh - as many bytes as are wanted
 * @returns undefined where there is no such table, or what is in it has another length
 * @throws StoreError
 */
export async function keptSecret(database: Database, versionTable: string, fresh: Uint8Array): Promise<Uint8Array | undefined> {
  const { dialect } = database;
  if ((await findTable(database, NODE_TABLE, versionTable)).state === "unusable") return undefined;
  const columns = NODE_TABLE.columns.map((one) => one.name);
  await database.transact([{ text: insertOnceText(dialect, NODE_TABLE, columns, "name"), values: ["secret", fresh] }]);
  const rows = await readAll(database, { text: selectText(dialect, NODE_TABLE, columns), values: [] });
  const kept = rows.find(([name]) => name === "secret")?.[1];
  return kept instanceof Uint8Array && kept.length === fresh.length ? kept : undefined;
}
