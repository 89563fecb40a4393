// Makes a table say what memory says and nothing else (`dlg_restore_db`, 12.7). Rows of live calls are written before any other row is
// removed, so that at no moment a call that lives is without its row, whatever happens meanwhile.
import { formatDid } from "../../dialog/index.ts";
import type { Ms } from "../../kit/index.ts";
import { readInteger } from "../column-values.ts";
import type { Database, RowWriter } from "../ports.ts";
import type { DialogStore, StoredDialogs } from "./dialog-store.ts";

/** What a rewrite needs. */
export interface RewriteDeps {
  readonly database: Database;
  readonly writer: RowWriter;
  readonly store: DialogStore;
  readonly dialogs: StoredDialogs;
}

const CHUNK_ROWS = 1000;
/** Rows that one statement removes. */
const AT_ONCE = 100;

/**
 * Writes every answered call with its variables and profiles, then removes the rows of all others.
 * @returns false when not everything was written in time; nothing is removed then
 * @throws StoreError
 */
export async function rewriteCalls(deps: RewriteDeps, timeoutMs: Ms): Promise<boolean> {
  const { store, writer } = deps;
  await store.writeAll();
  if (!(await writer.drain(timeoutMs))) return false;
  await removeStrangers(deps);
  return true;
}

/** Removes rows that belong to no live call here. */
export async function removeStrangers({ database, store, dialogs }: Omit<RewriteDeps, "writer">): Promise<void> {
  const strangers: bigint[] = [];
  for await (const rows of database.select(store.statements.ids(), CHUNK_ROWS)) {
    for (const [value] of rows) {
      const id = readInteger(value);
      if (id !== undefined && !isLive(dialogs, id)) strangers.push(id);
    }
  }
  for (let at = 0; at < strangers.length; at += AT_ONCE) {
    // a call may have been given the id of a row that stood there
    const ids = strangers.slice(at, at + AT_ONCE).filter((id) => !isLive(dialogs, id));
    if (ids.length > 0) await database.transact([store.statements.removeAll(ids)]);
  }
}

function isLive(dialogs: StoredDialogs, id: bigint): boolean {
  return dialogs.inAnyState(formatDid(Number(id >> 32n), Number(id & 0xffff_ffffn)))?.isTalking === true;
}
