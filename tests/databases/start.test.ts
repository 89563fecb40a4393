// Starting with a real server: what it says when it will not have us, and waiting until it is there.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Log, silentLog } from "../../src/kit/index.ts";
import { openDatabase, StoreError } from "../../src/store/index.ts";
import { type DatabaseServer, MariadbServer, mariadbMissing, PostgresServer, postgresMissing } from "../../src/testing/databases/index.ts";

for (const [name, start, missing] of [
  ["PostgreSQL", () => PostgresServer.start(), postgresMissing()],
  ["MariaDB", () => MariadbServer.start(), mariadbMissing()],
] as const) {
  describe(`a start with ${name}`, { skip: missing ?? false }, () => {
    let server: DatabaseServer;
    before(async () => {
      server = await start();
    });
    after(() => server?.remove());

    test("a wrong password, account or database is named, the password never", async () => {
      const url = server.url(await server.createDatabase());
      for (const [wrong, says] of [
        [url.replace(server.password, "another-secret"), /password|denied/i],
        [url.replace("dialoom:", "nobody-of-that-name:"), /nobody-of-that-name/],
        [url.replace(/\/[^/]*$/, "/no_such_database"), /no_such_database/],
      ] as const) {
        await assert.rejects(openDatabase(wrong, { log: silentLog, pauseMs: 1 }), (error) => {
          assert.ok(error instanceof StoreError && error.fault === "away");
          assert.match(error.message, says);
          assert.ok(!error.message.includes(server.password) && !error.message.includes("another-secret"));
          return true;
        });
      }
    });

    test("wait: it goes on as soon as the server is there", async () => {
      const url = server.url(await server.createDatabase());
      await server.stop();
      let tries = 0;
      const log: Log = {
        ...silentLog,
        warn: () => {
          if (++tries === 2) void server.start();
        },
      };
      const database = await openDatabase(url, { log, start: "wait", pauseMs: 50 });
      await database.transact([{ text: "CREATE TABLE t (id INTEGER)", values: [] }]);
      await database.close();
      assert.ok(tries >= 2);
    });

    test("a frozen server is away after the limit, never a hang; queries as well", async () => {
      const limits = { connectMs: 400, answerMs: 400 };
      const url = server.url(await server.createDatabase());
      const database = await openDatabase(url, { log: silentLog, limits });
      const isAway = (error: unknown): boolean => error instanceof StoreError && error.fault === "away";
      const query = async (): Promise<void> => {
        for await (const _ of database.select({ text: "SELECT 1", values: [] }, 1));
      };
      await query();
      server.freeze();
      const before = performance.now();
      await Promise.all([assert.rejects(database.transact([]), isAway), assert.rejects(query(), isAway)]);
      await assert.rejects(database.transact([]), isAway, "not even a new connection");
      await assert.rejects(openDatabase(url, { log: silentLog, limits, pauseMs: 1 }), isAway);
      assert.ok(performance.now() - before < 10_000);
      await database.transact([]).catch(() => {});
      server.thaw();
      await database.transact([]);
      await query();
      const closing = performance.now();
      server.freeze();
      await database.close();
      assert.ok(performance.now() - closing < 5000, "closing is no hang either");
      server.thaw();
    });
  });
}
