// What a lost connection had sent may reach its server late: after newer word on the same row. It must find nobody then.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { silentLog } from "../../src/kit/index.ts";
import { openDatabase, type Statement, StoreError } from "../../src/store/index.ts";
import { MariadbServer, mariadbMissing, PostgresServer, postgresMissing, Relay } from "../../src/testing/databases/index.ts";
import { eventually } from "../../src/testing/process/child.ts";

for (const [name, start, missing, upsert] of [
  ["PostgreSQL", () => PostgresServer.start(), postgresMissing(), "ON CONFLICT (id) DO UPDATE SET word = excluded.word"],
  ["MariaDB", () => MariadbServer.start(), mariadbMissing(), "ON DUPLICATE KEY UPDATE word = VALUES(word)"],
] as const) {
  describe(`a connection to ${name} that was lost with work under way`, { skip: missing ?? false }, () => {
    for (const how of ["what it sent is still on its way", "the server is frozen meanwhile"] as const) {
      test(`does nothing any more once a newer one writes (${how})`, async () => {
        const server = await start();
        const relay = await Relay.start(server.port);
        const url = server.url(await server.createDatabase(), relay.port);
        const limits = { connectMs: 2000, answerMs: 700 };
        const database = await openDatabase(url, { log: silentLog, limits });
        try {
          const places = database.dialect === "postgres" ? "$1, $2" : "?, ?";
          const put = (word: number): Statement => ({ text: `INSERT INTO t (id, word) VALUES (${places}) ${upsert}`, values: [1, word] });
          await database.transact([{ text: "CREATE TABLE t (id INTEGER PRIMARY KEY, word INTEGER)", values: [] }]);
          await database.transact([put(1)]);
          if (how === "the server is frozen meanwhile") server.freeze();
          relay.holdPresent(true);
          await assert.rejects(database.transact([put(2)]), (error) => error instanceof StoreError && error.fault === "away");
          server.thaw();
          await database.transact([put(3)]);
          relay.holdPresent(false);
          // the old connection comes to its end, whatever it still had to say
          assert.equal(
            await eventually(
              () => Promise.resolve(relay.open),
              (open) => open === 1,
            ),
            1,
          );
          const rows = [];
          for await (const chunk of database.select({ text: "SELECT word FROM t", values: [] }, 10)) rows.push(...chunk);
          assert.deepEqual(rows, [[3]]);
        } finally {
          server.thaw();
          await database.close();
          await relay.close();
          await server.remove();
        }
      });
    }
  });
}
