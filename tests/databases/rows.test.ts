// Registrations and call records through the TypeScript door in real databases, in tables of ours and in those that OpenSIPS makes.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { answer, invite, within } from "../../src/app/fixtures.ts";
import { type App, type DialoomOptions, dialoom } from "../../src/index.ts";
import { silentLog } from "../../src/kit/index.ts";
import { type Database, locationShape, openDatabase, recordShape } from "../../src/store/index.ts";
import { RecordStatements } from "../../src/store/records/statements.ts";
import { createTable, readAll } from "../../src/store/schema/index.ts";
import { type DatabaseServer, MariadbServer, mariadbMissing, PostgresServer, postgresMissing } from "../../src/testing/databases/index.ts";

const LAYOUT = {
  columns: {},
  extras: [{ tag: "account", name: "customer" }],
  legs: [{ tag: "dst", name: "dst" }],
} as const;

const KINDS: readonly (readonly [string, (() => Promise<DatabaseServer>) | undefined, string | undefined])[] = [
  ["SQLite", undefined, undefined],
  ["PostgreSQL", () => PostgresServer.start(), postgresMissing()],
  ["MariaDB", () => MariadbServer.start(), mariadbMissing()],
];

for (const [name, start, missing] of KINDS) {
  describe(name, { skip: missing ?? false }, () => {
    let server: DatabaseServer | undefined;
    let folder = "";
    let files = 0;
    before(async () => {
      server = await start?.();
      folder = mkdtempSync(join(tmpdir(), "dialoom-rows-"));
    });
    after(async () => {
      await server?.remove();
      rmSync(folder, { recursive: true, force: true });
    });

    for (const form of ["ours", "reference"] as const) {
      describe(form === "ours" ? "tables of ours" : "tables that OpenSIPS has made", () => {
        let url = "";
        let database: Database;
        const rows = (text: string): Promise<readonly (readonly unknown[])[]> => readAll(database, { text, values: [] });

        before(async () => {
          url = server === undefined ? `sqlite://${join(folder, `${++files}.db`)}` : server.url(await server.createDatabase());
          database = await openDatabase(url, { log: silentLog });
          for (const shape of [locationShape("location"), recordShape("acc", false, LAYOUT), recordShape("missed_calls", true, LAYOUT)]) {
            await createTable(database, shape, { form });
          }
        });
        const made: App[] = [];
        after(async () => {
          for (const one of made) await one.close();
          await database.close();
        });

        const app = (more: DialoomOptions = {}): App => {
          const one = dialoom({
            logLevel: "silent",
            locationStore: url,
            recordStore: url,
            recordExtras: ["account->customer"],
            recordLegs: ["dst"],
            ...more,
          });
          made.push(one);
          one.request("REGISTER", (request) => void one.location.register(request));
          one.invite((call) => {
            const records = one.records.of(call, {
              atEnd: true,
              missed: true,
              values: { account: "O'Brien \\ 50%; \u00c3\u00a9" },
            });
            records.setInLeg("dst", "one").newLeg().setInLeg("dst", "two");
            return call.requestUri.user === "nobody" ? call.reject(486, "Busy Here") : call.relay("sip:127.0.0.1:5080");
          });
          return one;
        };

        test("registrations are there after a restart, and go with their row", async () => {
          const first = app();
          await first.inject(register("Contact: <sip:alice@127.0.0.1:5071>;q=0.5;expires=600", 1));
          await first.inject(register("Contact: <sip:alice@127.0.0.1:5072>;expires=600", 2));
          await first.close();
          assert.deepEqual(
            (await rows("SELECT username, contact, cseq FROM location ORDER BY contact")).map((row) => row.map(String)),
            [
              ["alice", "sip:alice@127.0.0.1:5071", "1"],
              ["alice", "sip:alice@127.0.0.1:5072", "2"],
            ],
          );
          const second = app();
          const { responses } = await second.inject(register("X-Asks: which", 3));
          assert.match(responses[0]?.text ?? "", /sip:alice@127\.0\.0\.1:5071>;q=0\.5;expires=(600|59\d)/);
          assert.ok(second.location.isRegistered("sip:alice@example.com"));
          await second.inject(register("Contact: <sip:alice@127.0.0.1:5071>;q=0.7;expires=600", 4));
          await second.inject(register("Contact: <sip:alice@127.0.0.1:5072>;expires=0", 5));
          await second.close();
          assert.deepEqual(
            (await rows("SELECT contact, q, cseq FROM location")).map((row) => [row[0], Number(Number(row[1]).toFixed(3)), Number(row[2])]),
            [["sip:alice@127.0.0.1:5071", 0.7, 4]],
          );
        });

        test("a missed call, and an answered one at its end with a row for each leg", async () => {
          const one = app();
          await one.inject(invite({ callId: "missed@c" }).replaceAll("sip:bob@", "sip:nobody@"));
          const { requests } = await one.inject(invite({ callId: "answered@c" }));
          const [request] = requests;
          assert.ok(request !== undefined);
          const [ok] = (await one.inject(answer(request, "200 OK"), { port: 5080 })).responses;
          assert.ok(ok !== undefined);
          await one.inject(within(ok, "ACK", 1));
          const [bye] = (await one.inject(within(ok, "BYE", 2))).requests;
          assert.ok(bye !== undefined);
          await one.inject(answer(bye, "200 OK"), { port: 5080 });
          await one.close();
          const text = (row: readonly unknown[]): string[] => row.map(String);
          const columns = "method, from_tag, callid, sip_code, sip_reason, customer, dst";
          assert.deepEqual((await rows(`SELECT ${columns} FROM missed_calls ORDER BY id`)).map(text), [
            ["INVITE", "from-tag", "missed@c", "486", "Busy Here", "O'Brien \\ 50%; é", "one"],
            ["INVITE", "from-tag", "missed@c", "486", "Busy Here", "O'Brien \\ 50%; é", "two"],
          ]);
          const found = await rows(`SELECT ${columns}, duration, ms_duration, time, created FROM acc ORDER BY id`);
          assert.deepEqual(
            found.map((row) => text(row.slice(0, 7))),
            [
              ["INVITE", "from-tag", "answered@c", "200", "OK", "O'Brien \\ 50%; é", "one"],
              ["INVITE", "from-tag", "answered@c", "200", "OK", "O'Brien \\ 50%; é", "two"],
            ],
          );
          for (const [, , , , , , , duration, ms, time, created] of found) {
            assert.ok(Number(ms) < 5_000);
            assert.equal(Number(duration), Math.ceil(Number(ms) / 1000));
            assert.match(String(time), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
            assert.match(String(created), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
          }
        });

        test("a record that was written and is tried again stays one; another one that looks like it is another", async () => {
          const facts = { hasOwn: form === "ours", widths: new Map<string, number>() };
          const shape = recordShape("acc", false, LAYOUT);
          const statements = new RecordStatements(database.dialect, shape, LAYOUT, facts, () => {});
          const legs = [new Map([["dst", "same"]]), new Map([["dst", "same"]]), new Map([["dst", "other"]])];
          const again = { ...RECORD, callId: `again-${form}@c`, legs };
          const count = async (): Promise<number> => (await rows(`SELECT 1 FROM acc WHERE callid = '${again.callId}'`)).length;
          await database.transact(statements.of(again, "r1", false));
          if (form === "ours" || database.dialect !== "sqlite") await database.transact(statements.of(again, "r1", true));
          assert.equal(await count(), 3);
          await database.transact(statements.of(again, "r2", false));
          assert.equal(await count(), 6);
        });
      });
    }

    test("a table that is not there, and one that lacks a column, keep it from starting", async () => {
      if (server === undefined) return;
      const url = server.url(await server.createDatabase());
      const refused = async (options: DialoomOptions, why: RegExp): Promise<void> => {
        const one = dialoom({ logLevel: "silent", listen: ["udp:127.0.0.1:0"], ...options });
        await assert.rejects(one.listen(), why);
        await one.close();
      };
      await refused({ recordStore: url }, /there is no table acc: run "dialoom db init"/);
      await refused({ locationStore: url }, /there is no table location/);
      const database = await openDatabase(url, { log: silentLog });
      await createTable(database, recordShape("acc", false, { columns: {}, extras: [], legs: [] }));
      await database.close();
      await refused({ recordStore: url, recordExtras: ["customer"] }, /acc has no column customer/);
    });
  });
}

const AT = Date.UTC(2026, 0, 5, 12);

const RECORD = {
  kind: "answered",
  id: "",
  types: 4,
  at: AT,
  method: "INVITE",
  fromTag: "f",
  toTag: "t",
  callId: "",
  code: "200",
  reason: "OK",
  hasAccount: true,
  createdAt: AT - 1_000,
  setupSeconds: 1,
  durationMs: -1,
  extras: new Map<string, string>(),
  legs: [],
  table: "",
} as const;

function register(line: string, cseq: number): string {
  return [
    "REGISTER sip:example.com SIP/2.0",
    `Via: SIP/2.0/UDP 127.0.0.1:5071;branch=z9hG4bK-reg-${cseq};rport`,
    "Max-Forwards: 70",
    "From: <sip:alice@example.com>;tag=r",
    "To: <sip:alice@example.com>",
    "Call-ID: reg@caller",
    `CSeq: ${cseq} REGISTER`,
    line,
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
}
