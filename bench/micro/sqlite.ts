// What the row of a call costs in SQLite, the way calls are written: one transaction per turn of the loop, on the loop, in a file whose
// thread moves what was written out of the log meanwhile. A row is about 2.5 KB. Run: node bench/micro/sqlite.ts [folder]
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { silentLog } from "../../src/kit/index.ts";
import { createTable, dialogTable, openSqlite, type SqlValue, type Statement, StoreError } from "../../src/store/index.ts";
import { deleteText, selectText, updateText, upsertText } from "../../src/store/schema/index.ts";
import { threadCpu } from "../meter.ts";

const ROUNDS = 8;
const ROWS = 4000;
const LOADED = 100_000;

const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), "dialoom-bench-"));
const path = join(folder, "dialogs.db");
const database = await openSqlite(path, { log: silentLog });
const table = dialogTable();
const columns = table.columns.map(({ name }) => name);
await createTable(database, table);

const SNAPSHOT = Uint8Array.from({ length: 1100 }, (_, i) => i & 0xff);
const route = "<sip:10.0.0.1:5060;lr;did=6ae.4b38d013>,<sip:10.0.0.7;lr>";
const byKind: Record<string, SqlValue> = { count: 4, bytes: new TextEncoder().encode("a#1|b#x|".repeat(25)), text: route };

/** One call's row, 2.5 KB with its snapshot. */
function values(id: number): SqlValue[] {
  return table.columns.map(({ name, kind, width }) => {
    if (kind === "id") return (BigInt((id * 2_654_435_761) % 4096) << 32n) | BigInt(id);
    if (name === "callid") return `${id}-8c6f1f0c4d7b2a95@10.0.0.2`;
    if (name === "dialoom") return SNAPSHOT;
    if (kind === "text" && width === 255) return "sip:+4930123456@example.net:5060;transport=udp;user=phone";
    return byKind[kind] ?? null;
  });
}

const upsert = upsertText("sqlite", table, columns);
const changed = ["state", "timeout", "caller_cseq", "callee_cseq", "caller_ping_cseq", "callee_ping_cseq", "flags", "vars", "profiles"];
const updated = [...changed, "script_flags", "module_flags", "caller_contact", "callee_contact", "dialoom"];
const update = updateText("sqlite", table, updated);
const remove = deleteText("sqlite", table);

function updateOf(row: readonly SqlValue[]): Statement {
  const taken = updated.map((name) => row[columns.indexOf(name)] ?? null);
  return { text: update, values: [...taken, row[0] ?? null] };
}

/** How often, and how long at most, the thread kept the loop from writing. */
let locks = 0;
let longestLock = 0;

/** Commits; whoever meets the thread in the middle of its work waits, which is counted apart. */
async function commit(statements: readonly Statement[]): Promise<void> {
  const since = performance.now();
  for (let isFirst = true; ; isFirst = false) {
    try {
      database.transactNow(statements);
      if (!isFirst) longestLock = Math.max(longestLock, performance.now() - since);
      return;
    } catch (error) {
      if (!(error instanceof StoreError) || error.fault !== "busy") throw error;
      if (isFirst) locks++;
    }
    await new Promise((done) => setTimeout(done, 1));
  }
}

interface Figure {
  readonly what: string;
  readonly statement: (row: readonly SqlValue[]) => Statement;
}

const figures: readonly Figure[] = [
  { what: "insert", statement: (row) => ({ text: upsert, values: row }) },
  { what: "update", statement: updateOf },
  { what: "delete", statement: (row) => ({ text: remove, values: row.slice(0, 1) }) },
];

/** Best of the rounds, in µs of this thread a row. */
const best = new Map<string, number>();
for (const perTurn of [1, 8]) {
  for (let round = 0; round < ROUNDS; round++) {
    const rows = Array.from({ length: ROWS }, (_, i) => values(round * ROWS + i));
    for (const { what, statement } of figures) {
      const batches: Statement[][] = [];
      for (let at = 0; at < rows.length; at += perTurn) batches.push(rows.slice(at, at + perTurn).map(statement));
      const before = threadCpu();
      for (const batch of batches) await commit(batch);
      const name = `${what} and commit, ${perTurn} in a turn`;
      best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, ((threadCpu() - before) * 1000) / ROWS));
      await new Promise(setImmediate);
    }
  }
}
for (const [what, us] of best) console.log(`${what.padEnd(32)} ${us.toFixed(1).padStart(8)} µs a row`);
console.log(`kept out by the thread           ${String(locks).padStart(8)} times, ${longestLock.toFixed(1)} ms at most`);

for (let at = 0; at < LOADED; at += 500) {
  await commit(Array.from({ length: 500 }, (_, i) => ({ text: upsert, values: values(at + i) })));
  await new Promise(setImmediate);
}
const start = performance.now();
let longest = 0;
let last = start;
let rows = 0;
for await (const chunk of database.select({ text: selectText("sqlite", table, columns), values: [] }, 1000)) {
  rows += chunk.length;
  longest = Math.max(longest, performance.now() - last);
  await new Promise(setImmediate);
  last = performance.now();
}
const loadedMs = performance.now() - start;
console.log(`read ${rows} rows                ${loadedMs.toFixed(0).padStart(8)} ms, longest piece ${longest.toFixed(1)} ms`);
await database.close();
const reopening = performance.now();
const again = await openSqlite(path, { log: silentLog });
console.log(`check and open that file         ${(performance.now() - reopening).toFixed(0).padStart(8)} ms, beside the loop`);
await again.close();
rmSync(folder, { recursive: true, force: true });
