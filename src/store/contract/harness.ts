// What every database has to do, whatever stands behind it. Each kind runs the same tests.
import assert from "node:assert/strict";
import { after, before, describe, type TestContext, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { type Database, type Dialect, type LocalDatabase, type SqlRow, type SqlValue, type Statement, StoreError } from "../ports.ts";

/** How the tests get at one kind of database. */
export interface ContractSubject {
  readonly name: string;
  /** Why it cannot be tested here. */
  readonly missing?: string | undefined;
  /** Before all tests: starts the server. */
  begin?(): Promise<void>;
  end?(): Promise<void>;
  /** A connection to one and the same database, which is empty at first. */
  open(): Promise<Database>;
  /** The longest time that the loop may be held up while a large table is read, ms of its own work. */
  readonly longestTurnMs?: number;
  /** How long 100,000 rows may take, ms. */
  readonly longestReadMs?: number;
}

const TYPES: Readonly<Record<Dialect, { readonly text: string; readonly bytes: string; readonly suffix: string }>> = {
  sqlite: { text: "TEXT", bytes: "BLOB", suffix: "" },
  postgres: { text: "TEXT", bytes: "BYTEA", suffix: "" },
  mysql: { text: "LONGTEXT", bytes: "LONGBLOB", suffix: " ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin" },
};
const COLUMNS = ["id", "number", "ratio", "body", "bytes"];
const MANY = 100_000;
/** Where nobody asks for figures. */
const SOME = 3000;

/** A statement in the words of a dialect: `?` are its places. */
function say(dialect: Dialect, text: string, ...values: readonly SqlValue[]): Statement {
  let place = 0;
  return { text: dialect === "postgres" ? text.replaceAll("?", () => `$${++place}`) : text, values };
}

/** Writes a row, whether it is there or not. */
function put(dialect: Dialect, ...values: readonly SqlValue[]): Statement {
  const sets = COLUMNS.slice(1).map((name) => (dialect === "mysql" ? `${name}=VALUES(${name})` : `${name}=excluded.${name}`));
  const clash = dialect === "mysql" ? "ON DUPLICATE KEY UPDATE" : "ON CONFLICT (id) DO UPDATE SET";
  return say(dialect, `INSERT INTO thing (${COLUMNS.join(", ")}) VALUES (?, ?, ?, ?, ?) ${clash} ${sets.join(", ")}`, ...values);
}

async function read(database: Database, text: string, ...values: readonly SqlValue[]): Promise<SqlRow[]> {
  const rows: SqlRow[] = [];
  for await (const chunk of database.select(say(database.dialect, text, ...values), 100)) rows.push(...chunk);
  return rows;
}

const refused = (at: number) => (error: unknown) => error instanceof StoreError && error.fault === "refused" && error.at === at;

/** Characters of every kind that text columns take: NUL cannot stand in PostgreSQL's, and half a surrogate pair is no character. */
const anyText = fc
  .oneof(
    fc.string({ unit: "grapheme", maxLength: 2000 }),
    fc.string({ unit: "binary-ascii", maxLength: 8192 }),
    fc.string({
      unit: fc.constantFrom("'", '"', "\\", "#", "|", "%", "_", "\r\n", ";", "--", "é", "漢", "😀", "\u007f", "\u0085"),
      maxLength: 4000,
    }),
    fc.constantFrom("", " ", "NULL", "\\N", "\\x00", "$1", "?", "x".repeat(8192), "ü".repeat(8192)),
  )
  .map((text) => text.replaceAll("\0", "").toWellFormed());
const anyBytes = fc.oneof(fc.uint8Array({ maxLength: 8192 }), fc.constantFrom(new Uint8Array(0), new Uint8Array(8192).fill(0xff)));
const anyId = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

/** Runs the suite. */
export function databaseContract(subject: ContractSubject): void {
  describe(`${subject.name} as a database`, { skip: subject.missing ?? false }, () => {
    let database: Database;
    let dialect: Dialect;
    before(async () => {
      await subject.begin?.();
      database = await subject.open();
      dialect = database.dialect;
      const { text, bytes, suffix } = TYPES[dialect];
      const real = dialect === "sqlite" ? "REAL" : "DOUBLE PRECISION";
      const columns = `id BIGINT PRIMARY KEY, number INTEGER CHECK (number < 1000000), ratio ${real}, body ${text}, bytes ${bytes}`;
      await database.transact([{ text: `CREATE TABLE thing (${columns})${suffix}`, values: [] }]);
    });
    after(async () => {
      await database?.close();
      await subject.end?.();
    });
    const empty = (): Promise<void> => database.transact([{ text: "DELETE FROM thing", values: [] }]);
    const ids = async (): Promise<SqlValue[]> => (await read(database, "SELECT id FROM thing ORDER BY id")).map(([id]) => Number(id));

    test("nothing to do is done, and says that it is there", async () => {
      await database.transact([]);
    });

    test("statements of one transaction are done in order", async () => {
      await empty();
      await database.transact([
        put(dialect, 1n, 1, null, null, null),
        say(dialect, "UPDATE thing SET number = number + ? WHERE id = ?", 10, 1n),
        say(dialect, "UPDATE thing SET number = number * ? WHERE id = ?", 2, 1n),
      ]);
      assert.deepEqual(await read(database, "SELECT number FROM thing"), [[22]]);
    });

    test("a table and its first rows may be made in one go", async () => {
      const make = { text: `CREATE TABLE made (id BIGINT PRIMARY KEY)${TYPES[dialect].suffix}`, values: [] };
      await database.transact([make, say(dialect, "INSERT INTO made (id) VALUES (?)", 7n)]);
      assert.deepEqual(
        (await read(database, "SELECT id FROM made")).map(([id]) => Number(id)),
        [7],
      );
    });

    test("a transaction is done as a whole or not at all; the statement that was refused is named", async () => {
      await empty();
      const insert = (id: bigint): Statement => say(dialect, "INSERT INTO thing (id) VALUES (?)", id);
      await database.transact([insert(1n)]);
      await assert.rejects(database.transact([insert(2n), insert(3n), insert(1n), insert(4n)]), refused(2));
      assert.deepEqual(await ids(), [1]);
      await assert.rejects(database.transact([insert(1n)]), refused(0));
      await assert.rejects(database.transact([put(dialect, 5n, 1_000_000, null, null, null)]), refused(0), "a check");
      await assert.rejects(database.transact([insert(6n), say(dialect, "INSERT INTO nowhere (id) VALUES (?)", 1n)]), refused(1));
      await assert.rejects(database.transact([insert(6n), { text: "INSERT INTO nowhere (id) VALUES (1)", values: [] }]), refused(1));
      await assert.rejects(database.transact([insert(6n), { text: "this is not SQL", values: [] }]), refused(1));
      assert.deepEqual(await ids(), [1]);
      await database.transact([insert(2n)]);
      assert.deepEqual(await ids(), [1, 2], "and goes on afterwards");
    });

    test("writing a row twice is writing it once", async () => {
      await empty();
      for (const number of [1, 2, 2]) await database.transact([put(dialect, 1n, number, null, "a", null)]);
      assert.deepEqual(await read(database, "SELECT number FROM thing"), [[2]]);
    });

    test("64-bit ids are exact: neighbours are different rows", async () => {
      await empty();
      const big = [2n ** 63n - 1n, 2n ** 63n - 2n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 63n), 0n];
      await database.transact(big.map((id, i) => put(dialect, id, i, null, null, null)));
      for (const [i, id] of big.entries()) {
        const rows = await read(database, "SELECT id, number FROM thing WHERE id = ?", id);
        assert.equal(rows.length, 1);
        assert.equal(BigInt(rows[0]?.[0] as bigint | number), id);
        assert.equal(rows[0]?.[1], i);
      }
      await database.transact([say(dialect, "DELETE FROM thing WHERE id = ?", big[0] ?? null)]);
      assert.equal((await read(database, "SELECT id FROM thing")).length, big.length - 1);
    });

    test("any text up to 8 KB, any bytes and any number come back as they were", async () => {
      await fc.assert(
        fc.asyncProperty(
          anyId,
          fc.option(anyText),
          fc.option(anyBytes),
          fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
          async (id, body, bytes, ratio) => {
            const number = Number(BigInt.asIntN(16, id));
            await database.transact([put(dialect, id, number, ratio, body, bytes)]);
            const [row] = await read(database, "SELECT id, number, ratio, body, bytes FROM thing WHERE id = ?", id);
            assert.ok(row !== undefined);
            assert.equal(BigInt(row[0] as bigint | number), id);
            assert.equal(row[1], number);
            // no database keeps the sign of zero
            assert.deepEqual(row[2] === null ? null : Number(row[2]) + 0, ratio === null ? null : ratio + 0);
            assert.equal(row[3], body);
            assert.deepEqual(row[4], bytes);
          },
        ),
        { numRuns: 150 },
      );
    });

    test("values are never read as SQL", async () => {
      await empty();
      const nasty = "'); DROP TABLE thing; -- \\' \" ` $1 ? :x @y /* */";
      await database.transact([put(dialect, 1n, 1, null, nasty, null)]);
      assert.deepEqual(await read(database, "SELECT body FROM thing WHERE body = ?", nasty), [[nasty]]);
    });

    test("rows come in chunks, at most so many at a time; who has seen enough stops", async () => {
      await empty();
      await database.transact(Array.from({ length: 25 }, (_, i) => put(dialect, BigInt(i), i, null, null, null)));
      const sizes: number[] = [];
      for await (const chunk of database.select({ text: "SELECT id FROM thing", values: [] }, 10)) sizes.push(chunk.length);
      assert.equal(
        sizes.reduce((a, b) => a + b),
        25,
      );
      assert.ok(sizes.every((size) => size > 0 && size <= 10));
      for await (const chunk of database.select({ text: "SELECT id FROM thing", values: [] }, 10)) {
        assert.ok(chunk.length > 0);
        break;
      }
      assert.equal((await ids()).length, 25);
      assert.deepEqual(await read(database, "SELECT id FROM thing WHERE id < 0"), []);
    });

    test("a query that is refused says so, and harms no other", async () => {
      await assert.rejects(read(database, "SELECT * FROM nowhere"), (error) => error instanceof StoreError && error.fault === "refused");
      assert.deepEqual(
        (await read(database, "SELECT 1")).map(([one]) => Number(one)),
        [1],
      );
    });

    test("queries run beside a transaction and beside each other", async () => {
      await empty();
      await database.transact(Array.from({ length: 50 }, (_, i) => put(dialect, BigInt(i), i, null, null, null)));
      let written = 0;
      for await (const chunk of database.select({ text: "SELECT id FROM thing ORDER BY id", values: [] }, 7)) {
        for (const [id] of chunk) {
          await database.transact([say(dialect, "UPDATE thing SET number = 0 WHERE id = ?", id ?? null)]);
          written++;
        }
        assert.ok((await ids()).length === 50);
      }
      assert.equal(written, 50);
      assert.deepEqual(
        (await read(database, "SELECT SUM(number) FROM thing")).map(([sum]) => Number(sum)),
        [0],
      );
    });

    test("two connections see what the other has committed, and nothing else", async () => {
      await empty();
      const other = await subject.open();
      try {
        await database.transact([put(other.dialect, 1n, 1, null, null, null)]);
        assert.equal((await read(other, "SELECT id FROM thing")).length, 1);
        const both = Array.from({ length: 20 }, (_, i) =>
          [database, other].map((one) => one.transact([put(dialect, BigInt(i), i, null, "both", null)])),
        );
        await Promise.all(both.flat());
        assert.equal((await read(other, "SELECT id FROM thing")).length, 20);
      } finally {
        await other.close();
      }
    });

    test("a large table is read as it comes, and the loop is not held up", async (t) => {
      await empty();
      const count = subject.longestReadMs === undefined ? SOME : MANY;
      const body = "sip:someone@example.com;tag=".repeat(20);
      for (let from = 0; from < count; from += 1000) {
        const rows = Array.from({ length: 1000 }, (_, i) =>
          put(dialect, BigInt(from + i), i, 0.5, body, new Uint8Array(200).fill(i & 255)),
        );
        await database.transact(rows);
      }
      await measured(t, database, subject, count);
      await empty();
    });

    test("within one turn of the loop, where that is offered", async (t) => {
      const local = database as Partial<LocalDatabase>;
      if (local.transactNow === undefined) return t.skip("a server cannot");
      await empty();
      local.transactNow.call(database, [put(dialect, 1n, 1, null, null, null), put(dialect, 2n, 1, null, null, null)]);
      assert.throws(
        () =>
          local.transactNow?.call(database, [put(dialect, 3n, 1, null, null, null), say(dialect, "INSERT INTO thing (id) VALUES (?)", 1n)]),
        refused(1),
      );
      assert.deepEqual(await ids(), [1, 2]);
    });

    test("once closed it is away", async () => {
      const other = await subject.open();
      await other.close();
      const isAway = (error: unknown): boolean => error instanceof StoreError && error.fault === "away";
      await assert.rejects(other.transact([]), isAway);
      await assert.rejects(read(other, "SELECT id FROM thing"), isAway);
      await other.close();
    });
  });
}

/** Reads the large table while looking at how long the loop works without a break; the best of three, for a machine that others use too. */
async function measured(t: TestContext, database: Database, subject: ContractSubject, expected: number): Promise<void> {
  const { longestTurnMs = Number.POSITIVE_INFINITY, longestReadMs = Number.POSITIVE_INFINITY } = subject;
  for (let attempt = 1; ; attempt++) {
    const { count, tookMs, turnMs } = await readWatched(database);
    assert.equal(count, expected);
    t.diagnostic(`${count} rows in ${Math.round(tookMs)} ms, longest turn of the loop ${turnMs.toFixed(1)} ms`);
    if (tookMs < longestReadMs && turnMs < longestTurnMs) return;
    assert.ok(attempt < 3, `three times: ${Math.round(tookMs)} ms, a turn of ${turnMs.toFixed(1)} ms`);
  }
}

async function readWatched(database: Database): Promise<{ readonly count: number; readonly tookMs: number; readonly turnMs: number }> {
  let isReading = true;
  let longestUs = 0;
  const watch = (async () => {
    let before = process.threadCpuUsage();
    while (isReading) {
      await nextTurn();
      // work of this thread, not time on a clock
      const spent = process.threadCpuUsage(before);
      before = process.threadCpuUsage();
      longestUs = Math.max(longestUs, spent.user + spent.system);
    }
  })();
  const began = performance.now();
  let count = 0;
  for await (const chunk of database.select({ text: `SELECT ${COLUMNS.join(", ")} FROM thing`, values: [] }, 500)) count += chunk.length;
  const tookMs = performance.now() - began;
  isReading = false;
  await watch;
  return { count, tookMs, turnMs: longestUs / 1000 };
}
