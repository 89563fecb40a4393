// The table of figures about calls in databases, beside those of calls in memory only.

import { median, spread } from "./figures.ts";
import type { ProxyName } from "./proxies.ts";
import type { Results } from "./store.ts";
import { figure, spreadText, table } from "./table.ts";

const COLUMNS: readonly ProxyName[] = ["dialoom", "dialoomSqlite", "dialoomPostgres", "dialoomMariadb"];

/** The table; "" when nothing of it was measured. */
export function databaseSummary(results: Results): string {
  const rows = [...cpuLines(results)];
  if (rows.length === 0) return "";
  return table([["with calls in databases", "memory only", "SQLite", "PostgreSQL", "MariaDB", "goal"], ...rows]);
}

function* cpuLines({ storedCpu }: Results): Generator<readonly string[]> {
  if (storedCpu === undefined) return;
  const of = (proxy: ProxyName): number[] => storedCpu.runs.filter((run) => run.proxy === proxy).map((run) => run.microsecondsPerCall);
  const memory = median(of("dialoom"));
  yield ["CPU per call at 1,000 calls/s, µs", ...COLUMNS.map((proxy) => spreadText(spread(of(proxy)))), ""];
  yield [
    "as a multiple of memory only",
    ...COLUMNS.map((proxy) => figure(median(of(proxy)) / memory, 2)),
    "SQLite ≤ 1.25, PostgreSQL ≤ 1.35",
  ];
}
