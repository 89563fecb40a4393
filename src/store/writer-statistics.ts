// The numbers of everything that waits for databases.
import type { Statistics } from "../kit/index.ts";
import type { RowWriter } from "./ports.ts";

/**
 * Group `store`: `pending` rows that wait, `age_ms` of the oldest, `retries` of batches, `dropped` changes, and `degraded`: how many
 * databases do not take what they are given.
 * @param writers - asked each time: databases are opened while we run
 * @param awaited - how many databases are waited for since the start, and given nothing yet
 */
export function registerStoreStatistics(statistics: Statistics, writers: () => Iterable<RowWriter>, awaited: () => number): void {
  const gauge = (name: string, read: (writer: RowWriter) => number, merge: (a: number, b: number) => number): void => {
    statistics.gauge("store", name, () => {
      let all = 0;
      for (const writer of writers()) all = merge(all, read(writer));
      return all;
    });
  };
  const sum = (a: number, b: number): number => a + b;
  gauge("pending", ({ state }) => state.pending, sum);
  gauge("age_ms", ({ state }) => state.ageMs, Math.max);
  gauge("retries", ({ state }) => state.retries, sum);
  gauge("dropped", ({ state }) => state.dropped, sum);
  statistics.gauge("store", "degraded", () => {
    let all = awaited();
    for (const { state } of writers()) if (state.isDegraded) all++;
    return all;
  });
}
