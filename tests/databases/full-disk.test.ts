// A full disk: the table of the rows lies on a small file system of its own, which somebody else fills.
import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog } from "../../src/kit/index.ts";
import { openDatabase } from "../../src/store/index.ts";
import { type DatabaseServer, MariadbServer, mariadbMissing, PostgresServer, postgresMissing } from "../../src/testing/databases/index.ts";
import { Field } from "./field.ts";
import { cannotMount, SmallDisk } from "./small-disk.ts";

const KINDS = [
  {
    name: "PostgreSQL",
    start: () => PostgresServer.start(),
    missing: postgresMissing(),
    prepare: async (server: DatabaseServer, folder: string) => {
      const database = await openDatabase(server.url(), { log: silentLog });
      await database.transact([{ text: `CREATE TABLESPACE small LOCATION '${folder}'`, values: [] }]);
      await database.close();
      return "TABLESPACE small";
    },
  },
  {
    name: "MariaDB",
    start: () => MariadbServer.start(),
    missing: mariadbMissing(),
    prepare: (_: DatabaseServer, folder: string) => Promise.resolve(`ENGINE=InnoDB DATA DIRECTORY='${folder}'`),
  },
];

const unable = cannotMount();

for (const { name, start, missing, prepare } of KINDS) {
  test(`${name} on a full disk: rows wait, and are written when there is room again`, { skip: missing ?? unable ?? false }, async (t) => {
    const disk = new SmallDisk();
    const server = await start();
    try {
      server.give(disk.data);
      const field = await Field.open(server, { tableSuffix: await prepare(server, disk.data), bodyBytes: 8000 });
      try {
        field.work();
        await field.changes(100);
        disk.fill();
        await field.until("the disk is full", () => field.writer.state.isDegraded);
        assert.match(field.said.join("\n"), /the database takes no rows.*(No space left|is full)/);
        await field.changes(600);
        disk.clear();
        await field.until("there is room again", () => !field.writer.state.isDegraded);
        await field.settle();
        t.diagnostic(`at most ${field.mostPending} rows waited, ${field.writer.state.retries} retries`);
      } finally {
        await field.close();
      }
    } finally {
      await server.remove();
      disk.remove();
    }
  });
}
