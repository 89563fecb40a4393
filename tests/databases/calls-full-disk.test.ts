// A full disk under real calls: the table of a server, or the file of SQLite, lies on a small file system that somebody else fills. Calls go
// on, and when there is room again the table says what memory says.
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Database } from "../../src/store/index.ts";
import { type DatabaseServer, MariadbServer, mariadbMissing, PostgresServer, postgresMissing } from "../../src/testing/databases/index.ts";
import { sippMissing } from "../../src/testing/index.ts";
import { ProxyNode, type ProxyNodeOptions } from "./proxy-node.ts";
import { cannotMount, SmallDisk } from "./small-disk.ts";

const unable = sippMissing() ?? cannotMount();

/** The disk is full while calls come. */
async function through(t: TestContext, disk: SmallDisk, options: ProxyNodeOptions): Promise<void> {
  const node = await ProxyNode.begin(t, options);
  await node.place();
  assert.ok((await node.until("store:stored_dialogs", (calls) => calls >= 20)) >= 20);
  disk.fill();
  assert.equal(await node.until("store:degraded", (count) => count === 1), 1, "the full disk is felt");
  assert.ok((await node.until("store:pending", (rows) => rows >= 20)) >= 20, "rows wait");
  assert.ok((await node.until("store:age_ms", (age) => age >= 500)) >= 500, "for longer and longer");
  assert.ok((await node.until("store:retries", (count) => count >= 1)) >= 1, "and are tried again");
  disk.clear();
  await node.equal();
  await node.over();
}

function onDisk(t: TestContext): SmallDisk {
  const disk = new SmallDisk();
  t.after(() => disk.remove());
  return disk;
}

async function onServer(
  t: TestContext,
  server: DatabaseServer,
  moveTo: (database: Database, folder: string) => Promise<void>,
): Promise<void> {
  const disk = onDisk(t);
  t.after(() => server.remove());
  server.give(disk.data);
  await through(t, disk, { direct: server.url(await server.createDatabase()), prepare: (database) => moveTo(database, disk.data) });
}

test("PostgreSQL on a full disk", { skip: postgresMissing() ?? unable ?? false }, async (t) =>
  onServer(t, await PostgresServer.start(), async (database, folder) => {
    for (const text of [
      `CREATE TABLESPACE small LOCATION '${folder}'`,
      "ALTER TABLE dialog SET TABLESPACE small",
      "ALTER INDEX dialog_pkey SET TABLESPACE small",
    ])
      await database.transact([{ text, values: [] }]);
  }),
);

test("MariaDB on a full disk", { skip: mariadbMissing() ?? unable ?? false }, async (t) =>
  onServer(t, await MariadbServer.start(), async (database, folder) => {
    let made = "";
    for await (const [row] of database.select({ text: "SHOW CREATE TABLE dialog", values: [] }, 1)) made = String(row?.[1]);
    for (const text of ["DROP TABLE dialog", `${made} DATA DIRECTORY='${folder}'`]) await database.transact([{ text, values: [] }]);
  }),
);

test("SQLite on a full disk", { skip: unable ?? false }, async (t) => {
  const disk = onDisk(t);
  await through(t, disk, { direct: `sqlite://${join(disk.data, "calls.db")}` });
});
