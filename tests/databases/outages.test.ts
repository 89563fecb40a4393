// Outages of real servers under load: whatever happens, nobody waits, memory stays bounded, and afterwards the table equals memory.
import assert from "node:assert/strict";
import { after, before, describe, type TestContext, test } from "node:test";
import { type DatabaseServer, MariadbServer, mariadbMissing, PostgresServer, postgresMissing } from "../../src/testing/databases/index.ts";
import { SeededRandom } from "../../src/testing/random.ts";
import { Field, type FieldOptions } from "./field.ts";
import { holdLock } from "./lock.ts";

const KINDS = [
  { name: "PostgreSQL", start: () => PostgresServer.start(), missing: postgresMissing() },
  { name: "MariaDB", start: () => MariadbServer.start(), missing: mariadbMissing() },
];

for (const { name, start, missing } of KINDS) {
  describe(`outages of ${name}`, { skip: missing ?? false }, () => {
    let server: DatabaseServer;
    before(async () => {
      server = await start();
    });
    after(() => server?.remove());

    /** A field under load for one test. */
    const inField = async (t: TestContext, story: (field: Field) => Promise<void>, options: FieldOptions = {}): Promise<void> => {
      const field = await Field.open(server, options);
      try {
        field.work();
        await field.changes(300);
        await story(field);
        await field.settle();
        assert.ok(field.mostPending <= 2000, "one row waits once");
        const { retries } = field.writer.state;
        t.diagnostic(
          `at most ${field.mostPending} rows waited, ${retries} retries, longest turn of the loop ${field.longestTurnMs.toFixed(1)} ms`,
        );
      } finally {
        server.thaw();
        await server.start();
        await field.close();
      }
    };
    const saysBoth = ({ said }: Field): void => {
      assert.equal(said.filter((line) => line.startsWith("error: the database takes no rows")).length, 1, said.join("\n"));
      assert.equal(said.filter((line) => line.startsWith("info: the database has taken all rows again")).length, 1);
      assert.equal(said.length, 2);
      assert.ok(!said.join().includes(server.password), "no password in the log");
    };
    const outage = async (field: Field, begin: () => void | Promise<void>, end: () => void | Promise<void>): Promise<void> => {
      await begin();
      await field.until("the outage is noticed", () => field.writer.state.isDegraded);
      await field.changes(1500);
      assert.ok(field.writer.state.pending > 500);
      await end();
      await field.until("it is over", () => !field.writer.state.isDegraded);
      await field.changes(100);
    };

    test("stopped and started again", (t) =>
      inField(t, async (field) => {
        await outage(
          field,
          () => server.stop(),
          () => server.start(),
        );
        saysBoth(field);
      }));

    test("killed and started again", (t) =>
      inField(t, async (field) => {
        await outage(
          field,
          () => server.kill(),
          () => server.start(),
        );
        saysBoth(field);
      }));

    test("frozen: what it had been sent is not done over what came later", (t) =>
      inField(t, async (field) => {
        for (let i = 0; i < 3; i++) {
          await outage(
            field,
            () => server.freeze(),
            () => server.thaw(),
          );
        }
      }));

    test("frozen for a moment: nobody notices", (t) =>
      inField(t, async (field) => {
        server.freeze();
        await field.changes(300);
        server.thaw();
        await field.changes(300);
        assert.deepEqual(field.said, []);
      }));

    test("a network of 750 ms: rows are late, and that is all", (t) =>
      inField(
        t,
        async (field) => {
          field.relay.delay(750);
          await field.changes(4000);
          assert.deepEqual(field.said, []);
          assert.equal(field.writer.state.retries, 0);
        },
        { limits: { connectMs: 5000, answerMs: 10_000 } },
      ));

    test("a network of 30 s: as good as away, and well again when it is", (t) =>
      inField(t, async (field) => {
        await outage(
          field,
          () => field.relay.delay(30_000),
          () => {
            field.relay.delay(0);
            field.relay.cut();
          },
        );
      }));

    test("a black hole", (t) =>
      inField(t, async (field) => {
        await outage(
          field,
          () => field.relay.hold(true),
          () => field.relay.hold(false),
        );
        saysBoth(field);
      }));

    test("flapping", (t) =>
      inField(t, async (field) => {
        const random = new SeededRandom(5);
        for (let i = 0; i < 20; i++) {
          field.relay.refuse(random.chance(0.5));
          field.relay.hold(random.chance(0.2));
          field.relay.cut();
          await field.changes(random.between(20, 150));
        }
        field.relay.hold(false);
        field.relay.refuse(false);
      }));

    test("the connection is lost in a transaction, before the server has it and after", (t) =>
      inField(t, async (field) => {
        for (let i = 0; i < 20; i++) {
          let isCut = false;
          field.relay.onClientBytes(() => {
            if (isCut) return;
            isCut = true;
            if (i % 2 === 0) field.relay.cut();
            // on to the server, but its answer finds nobody
            else setImmediate(() => field.relay.cut());
          });
          await field.until("cut", () => isCut);
          await field.changes(60);
        }
        field.relay.onClientBytes(undefined);
        assert.ok(field.writer.state.retries >= 15, `${field.writer.state.retries} retries`);
      }));

    test("somebody else holds a lock for longer than we wait: tried again, no row is lost", (t) =>
      inField(t, async (field) => {
        const release = await holdLock(field.directUrl);
        await field.until("the lock is felt", () => field.writer.state.retries >= 2);
        await release();
        await field.changes(300);
      }));
  });
}
