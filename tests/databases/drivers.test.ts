// What is particular to real servers: tables that change under prepared statements, connections that somebody ends, rows that are too
// long, local sockets, TLS.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { silentLog } from "../../src/kit/index.ts";
import { type Database, openDatabase, type SqlRow, type SqlValue, type Statement, StoreError } from "../../src/store/index.ts";
import { type DatabaseServer, MariadbServer, mariadbMissing, PostgresServer, postgresMissing } from "../../src/testing/databases/index.ts";
import { eventually } from "../../src/testing/process/child.ts";

async function read(database: Database, text: string, ...values: readonly SqlValue[]): Promise<SqlRow[]> {
  const rows: SqlRow[] = [];
  for await (const chunk of database.select({ text, values }, 100)) rows.push(...chunk);
  return rows;
}

const insert = ({ dialect }: Database, ...values: readonly SqlValue[]): Statement => ({
  text: `INSERT INTO t (id, body) VALUES (${dialect === "postgres" ? "$1, $2" : "?, ?"})`,
  values,
});

/** A folder with a key and a certificate for 127.0.0.1, which signs itself; undefined without openssl. */
function makeCertificate(): { readonly folder: string; readonly key: string; readonly certificate: string } | undefined {
  if (spawnSync("openssl", ["version"]).status !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "dialoom-tls-"));
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", certificate, ...names], {
    stdio: "ignore",
  });
  chmodSync(folder, 0o755);
  chmodSync(key, 0o600);
  return { folder, key, certificate };
}

const KINDS = [
  {
    name: "PostgreSQL",
    start: (settings: readonly string[] = []) => PostgresServer.start({ settings }),
    missing: postgresMissing(),
    tls: (key: string, certificate: string) => ["ssl=on", `ssl_key_file=${key}`, `ssl_cert_file=${certificate}`],
    endOthers: "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'dialoom'",
    socket: (server: DatabaseServer) => `host=${server.folder}`,
  },
  {
    name: "MariaDB",
    start: (settings: readonly string[] = []) => MariadbServer.start({ settings }),
    missing: mariadbMissing(),
    tls: (key: string, certificate: string) => [`--ssl-key=${key}`, `--ssl-cert=${certificate}`, "--require-secure-transport=ON"],
    endOthers: "KILL",
    socket: (server: DatabaseServer) => `socket=${server.folder}/socket`,
  },
];

for (const { name, start, missing, tls, endOthers, socket } of KINDS) {
  describe(`the driver of ${name}`, { skip: missing ?? false }, () => {
    let server: DatabaseServer;
    let database: Database;
    let url: string;
    before(async () => {
      server = await start();
      url = server.url(await server.createDatabase());
      database = await openDatabase(url, { log: silentLog });
      await database.transact([{ text: "CREATE TABLE t (id BIGINT PRIMARY KEY, body TEXT)", values: [] }]);
    });
    after(async () => {
      await database?.close();
      await server?.remove();
    });
    const empty = (): Promise<void> => database.transact([{ text: "DELETE FROM t", values: [] }]);

    test("a table that changes under prepared statements", async () => {
      await empty();
      await database.transact([insert(database, 1n, "a")]);
      assert.equal((await read(database, "SELECT * FROM t"))[0]?.length, 2);
      await database.transact([{ text: "ALTER TABLE t ADD COLUMN more INTEGER", values: [] }]);
      await database.transact([insert(database, 2n, "b")]);
      const all = (): Promise<SqlRow[]> => read(database, "SELECT * FROM t ORDER BY id");
      // once it may be told to try again, as after a deadlock
      const rows = await all().catch((error: unknown) => {
        assert.ok(error instanceof StoreError && error.fault === "busy", String(error));
        return all();
      });
      assert.deepEqual(
        rows.map(([id, body, more]) => [Number(id), body, more]),
        [
          [1, "a", null],
          [2, "b", null],
        ],
      );
      await database.transact([{ text: "ALTER TABLE t DROP COLUMN more", values: [] }]);
    });

    test("more texts than stay prepared", async () => {
      await empty();
      for (let round = 0; round < 2; round++) {
        for (let i = 0; i < 700; i += 50) {
          const texts = Array.from({ length: 50 }, (_, k) => insert(database, BigInt(round * 1000 + i + k), "x"));
          await database.transact(texts.map(({ text, values }, k) => ({ text: `${text} /* ${i + k} */`, values })));
        }
      }
      assert.equal((await read(database, "SELECT id FROM t")).length, 1400);
    });

    test("connections that an operator ends are replaced", async () => {
      await empty();
      await database.transact([insert(database, 1n, "a")]);
      const other = await openDatabase(url, { log: silentLog });
      if (endOthers === "KILL") {
        const mine = await read(other, "SELECT CONNECTION_ID()");
        const rows = await read(other, "SHOW PROCESSLIST");
        for (const [id] of rows) if (String(id) !== String(mine[0]?.[0])) await read(other, `KILL ${id}`).catch(() => []);
      } else {
        await read(other, endOthers);
      }
      const again = (): Promise<unknown> =>
        database.transact([]).then(
          () => undefined,
          (error: unknown) => error,
        );
      assert.equal(await eventually(again, (error) => error === undefined, 5000), undefined);
      assert.equal((await read(database, "SELECT id FROM t")).length, 1);
      await other.close();
    });

    test("a row longer than the server takes is refused by itself, and the connection stays", async () => {
      if (database.dialect === "postgres") return; // takes a gigabyte
      const isRefused = (error: unknown): boolean => error instanceof StoreError && error.fault === "refused" && error.at === 1;
      await empty();
      const long = "ü".repeat(20_000_000);
      await assert.rejects(
        database.transact([insert(database, 1n, "a"), insert(database, 2n, long), insert(database, 3n, "c")]),
        isRefused,
      );
      assert.deepEqual(await read(database, "SELECT id FROM t"), []);
      await database.transact([insert(database, 1n, "a")]);
    });

    test("two transactions that lock each other out: one of them is told to try again", async () => {
      await empty();
      await database.transact([insert(database, 1n, "a"), insert(database, 2n, "b")]);
      const other = await openDatabase(url, { log: silentLog });
      const change = (id: bigint, body: string): Statement => ({
        text: database.dialect === "postgres" ? "UPDATE t SET body = $2 WHERE id = $1" : "UPDATE t SET id = ?, body = ? WHERE id = ?",
        values: database.dialect === "postgres" ? [id, body] : [id, body, id],
      });
      const faults = new Set<string>();
      for (let i = 0; i < 300 && faults.size === 0; i++) {
        const done = await Promise.allSettled([
          database.transact([change(1n, "x"), change(2n, "x")]),
          other.transact([change(2n, "y"), change(1n, "y")]),
        ]);
        for (const one of done)
          if (one.status === "rejected") faults.add(one.reason instanceof StoreError ? one.reason.fault : String(one.reason));
        const [first, second] = await read(database, "SELECT body FROM t ORDER BY id");
        assert.deepEqual(first, second, "all or none");
      }
      assert.deepEqual(
        [...faults].filter((fault) => fault !== "busy"),
        [],
      );
      await other.close();
    });

    test("a local socket", async () => {
      const local = await openDatabase(`${url}?${socket(server)}`, { log: silentLog });
      assert.equal((await read(local, "SELECT 1")).length, 1);
      await local.close();
    });

    test("TLS: asked for, and with a look at the certificate", async (t) => {
      const made = makeCertificate();
      if (made === undefined) return t.skip("openssl is not installed");
      const { folder, key, certificate } = made;
      let secure: DatabaseServer | undefined;
      try {
        server.give(key);
        secure = await start(tls(key, certificate));
        const base = secure.url(await secure.createDatabase());
        for (const parameters of [
          "sslmode=require",
          `sslmode=verify-ca&sslrootcert=${certificate}`,
          `sslmode=verify-full&sslrootcert=${certificate}`,
        ]) {
          const one = await openDatabase(`${base}?${parameters}`, { log: silentLog, pauseMs: 1 });
          assert.equal((await read(one, "SELECT 1")).length, 1);
          await one.close();
        }
        const isAway = (error: unknown): boolean =>
          error instanceof StoreError && error.fault === "away" && /certificate|signed/i.test(error.message);
        await assert.rejects(openDatabase(`${base}?sslmode=verify-full`, { log: silentLog, pauseMs: 1 }), isAway);
        assert.ok(readFileSync(certificate, "utf8").length > 0);
      } finally {
        await secure?.remove();
        rmSync(folder, { recursive: true, force: true });
      }
    });
  });
}

describe("MySQL behind a proxy that takes one statement at a time", { skip: mariadbMissing() ?? false }, () => {
  test("pipeline=off waits for each answer, and does the same", async () => {
    const server = await MariadbServer.start();
    try {
      const database = await openDatabase(`${server.url(await server.createDatabase())}?pipeline=off`, { log: silentLog });
      await database.transact([{ text: "CREATE TABLE t (id BIGINT PRIMARY KEY, body TEXT)", values: [] }]);
      await database.transact(Array.from({ length: 50 }, (_, i) => insert(database, BigInt(i), "x")));
      await assert.rejects(
        database.transact([insert(database, 60n, "x"), insert(database, 1n, "x"), insert(database, 61n, "x")]),
        (error) => error instanceof StoreError && error.fault === "refused" && error.at === 1,
      );
      assert.equal((await read(database, "SELECT id FROM t")).length, 50);
      await database.close();
    } finally {
      await server.remove();
    }
  });
});
