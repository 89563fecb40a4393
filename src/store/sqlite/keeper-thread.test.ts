// The thread that keeps a file, when it goes wrong.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { StoreError } from "../ports.ts";
import { folder, keptLog, opened, sql } from "./harness.ts";

test("a thread that dies is told of, and its commits fail as those of a database that is away", async (t) => {
  const log = keptLog();
  const database = await opened(t, join(folder(t), "calls.db"), { log, synchronous: "full" });
  // a commit that is larger than the memory of the thread
  const text = "x".repeat(10_000_000);
  const statements = Array.from({ length: 40 }, (_, i) => sql("SELECT ?", `${text}${i}`));
  const isAway = (error: unknown): boolean => error instanceof StoreError && error.fault === "away";
  await assert.rejects(database.transact(statements), isAway);
  assert.deepEqual(
    log.lines.map(({ level, text }) => [level, text]),
    [["error", "a database file cannot be brought up to date"]],
  );
  await assert.rejects(database.transact([sql("SELECT 1")]), isAway);
});
