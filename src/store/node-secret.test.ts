import assert from "node:assert/strict";
import { test } from "node:test";
import { keptSecret } from "./node-secret.ts";
import { TestDatabase } from "./rows-harness.ts";

test("the first secret stays, whatever comes later", async () => {
  const database = new TestDatabase();
  const first = Uint8Array.of(1, 2, 3, 4);
  assert.deepEqual([...((await keptSecret(database, "version", first)) ?? [])], [1, 2, 3, 4]);
  assert.deepEqual([...((await keptSecret(database, "version", Uint8Array.of(9, 9, 9, 9))) ?? [])], [1, 2, 3, 4]);
  assert.equal(database.rows("SELECT * FROM dialoom_node").length, 1);
});

test("a secret of another length is none", async () => {
  const database = new TestDatabase();
  await keptSecret(database, "version", Uint8Array.of(1));
  assert.equal(await keptSecret(database, "version", Uint8Array.of(1, 2)), undefined);
});
