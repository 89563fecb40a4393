// The connection to the database server is lost at each moment of a transaction, again and again, while calls begin and end: afterwards
// every call that is up has its row, and every call that is over has exactly one record.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { formatDid } from "../../src/dialog/index.ts";
import { silentLog } from "../../src/kit/index.ts";
import { type Database, openDatabase, type SqlRow } from "../../src/store/index.ts";
import { readAll } from "../../src/store/schema/index.ts";
import {
  type DatabaseServer,
  MariadbServer,
  mariadbMissing,
  PostgresServer,
  postgresMissing,
  Relay,
} from "../../src/testing/databases/index.ts";
import { Child, eventually, freePorts, type ListedDialog, Management, Sipp, sippMissing } from "../../src/testing/index.ts";
import { breakAt, MOMENTS } from "./moments.ts";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const LAUNCHER = join(ROOT, "bin", "dialoom");
const ROUNDS = 3;
/** Rows of the transactions that are broken. */
const ROWS = 8;
/** Calls that talk until they are ended, and calls that come and go meanwhile; rates are per second. */
const STANDING: Calls = { count: 40, rate: 20 };
const PASSING: Calls = { count: 10_000, rate: 40, talkMs: 500 };
/** What a machine with other work may need. */
const PATIENCE_MS = 30_000;

/** Calls of one kind. */
interface Calls {
  readonly count: number;
  readonly rate: number;
  /** Left out: until the proxy ends them. */
  readonly talkMs?: number;
}

describe("a connection that is lost in transactions of calls and records", { concurrency: true }, () => {
  for (const [name, start, missing] of [
    ["PostgreSQL", () => PostgresServer.start(), postgresMissing()],
    ["MariaDB", () => MariadbServer.start(), mariadbMissing()],
  ] as const) {
    test(name, { skip: missing ?? sippMissing() ?? false }, async (t) => {
      const server = await start();
      t.after(() => server.remove());
      const relay = await Relay.start(server.port);
      t.after(() => relay.close());
      const node = await Node.begin(t, server, relay);
      const [standing, passing] = [await node.place(STANDING), await node.place(PASSING)];
      const began = performance.now();
      for (let round = 0; round < ROUNDS; round++) {
        for (const moment of MOMENTS) {
          const before = await node.number("store:retries");
          // a transaction of several rows comes about when one had to wait
          relay.hold(true);
          const waiting = await eventually(
            () => node.number("store:pending"),
            (rows) => rows >= ROWS,
            PATIENCE_MS,
          );
          assert.ok(waiting >= ROWS, `${waiting} rows wait`);
          const broken = breakAt(relay, server.dialect, moment);
          relay.hold(false);
          await within(broken, moment);
          const isOver = (): Promise<boolean> => node.hasRecovered(before);
          assert.ok(await eventually(isOver, Boolean, PATIENCE_MS), `${moment}: everything is done again`);
        }
      }
      t.diagnostic(`${Math.round(performance.now() - began)} ms for ${ROUNDS} × ${MOMENTS.length} broken transactions`);
      const passed = await passing.finish();
      assert.deepEqual([passed.failed, passed.errors], [0, ""]);
      await node.equals(STANDING.count);
      await node.endAll();
      const stood = await standing.ended;
      assert.deepEqual([stood.code, stood.successful, stood.failed], [0, STANDING.count, 0], stood.errors);
      await node.equals(0);
      const expected = passed.successful + STANDING.count;
      t.diagnostic(`${expected} calls`);
      const records = await eventually(
        () => node.column("SELECT callid FROM acc"),
        (ids) => ids.length >= expected,
      );
      assert.equal(new Set(records).size, expected, "calls that have a record");
      assert.equal(records.length, expected, "records");
      assert.deepEqual([await node.number("store:dropped"), await node.number("acc:stored_records")], [0, expected]);
    });
  }
});

function within(happening: Promise<void>, what: string): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`it never came to that: ${what}`)), PATIENCE_MS);
  return Promise.race([happening, promise]).finally(() => clearTimeout(timer));
}

/** One proxy, driven by a script that keeps a record of every call. */
class Node {
  readonly #folder: string;
  readonly #sip: number;
  readonly #management: Management;
  readonly #database: Database;
  readonly #agents: Sipp[] = [];

  private constructor(folder: string, sip: number, mi: number, database: Database) {
    this.#folder = folder;
    this.#sip = sip;
    this.#management = new Management(`127.0.0.1:${mi}`);
    this.#database = database;
  }

  static async begin(t: TestContext, server: DatabaseServer, relay: Relay): Promise<Node> {
    const folder = mkdtempSync(join(tmpdir(), "dialoom-transactions-"));
    const name = await server.createDatabase();
    const made = await new Child({ file: LAUNCHER, args: ["db", "init", server.url(name)], cwd: folder }).ended;
    assert.equal(made.code, 0, made.stdout + made.stderr);
    const [sip = 0, mi = 0] = await freePorts(2);
    const file = join(folder, "opensips.cfg");
    writeFileSync(file, scriptOf(server.url(name, relay.port), sip, mi));
    const child = new Child({ file: LAUNCHER, args: ["-f", file], cwd: folder });
    await child.says(`http://127.0.0.1:${mi}/mi`);
    const database = await openDatabase(server.url(name), { log: silentLog });
    const node = new Node(folder, sip, mi, database);
    t.after(async () => {
      for (const agent of node.#agents) await agent.stop();
      child.signal("SIGKILL");
      await child.ended;
      await database.close().catch(() => {});
      rmSync(folder, { recursive: true, force: true });
    });
    return node;
  }

  /** Begins to place calls. @returns who places them */
  async place({ count, rate, talkMs }: Calls): Promise<Sipp> {
    const folder = mkdtempSync(join(this.#folder, "calls-"));
    const [up = 0, down = 0] = await freePorts(2);
    const common = { ip: "127.0.0.1", transport: "udp", calls: count, limit: 1000, timeoutSeconds: 90 } as const;
    const callee = await Sipp.start({ ...common, scenario: scenario(folder, "uas", '<pause milliseconds="200"/>'), port: down });
    const caller = await Sipp.start({
      ...common,
      scenario: scenario(folder, "uac", talkMs === undefined ? undefined : `<pause milliseconds="${talkMs}"/>`),
      port: up,
      remote: `127.0.0.1:${this.#sip}`,
      rate,
      keys: { uri: `sip:bob@127.0.0.1:${down}` },
    });
    this.#agents.push(callee, caller);
    return caller;
  }

  /** Ends every call. */
  async endAll(): Promise<void> {
    for (const { ID } of await this.#live()) await this.#management.run("dlg_end_dlg", { dialog_id: ID });
  }

  async number(name: string): Promise<number> {
    return (await this.#management.statistics([name]))[name] ?? Number.NaN;
  }

  /** Whether transactions have been tried again since, and nothing old waits. */
  async hasRecovered(retriesBefore: number): Promise<boolean> {
    return (await this.number("store:retries")) > retriesBefore && (await this.number("store:degraded")) === 0;
  }

  /** So many calls are up, and the table has exactly them. */
  async equals(calls: number): Promise<void> {
    const both = (): Promise<readonly [readonly string[], readonly string[]]> => Promise.all([this.#inMemory(), this.#inTable()]);
    const [memory, table] = await eventually(both, ([mine, its]) => mine.length === calls && mine.join() === its.join(), PATIENCE_MS);
    assert.equal(memory.length, calls);
    assert.deepEqual(table, memory);
  }

  async #live(): Promise<readonly ListedDialog[]> {
    return (await this.#management.dialogs()).filter((one) => one.state < 5);
  }

  /** What a listing says of calls that are not over. */
  async #inMemory(): Promise<readonly string[]> {
    return (await this.#live())
      .map((one) => [one.callid, one.ID, one.from_uri, one.to_uri, one.caller_tag, one.CALLEES[0]?.callee_tag, one.state].join(" "))
      .sort();
  }

  async #inTable(): Promise<readonly string[]> {
    const rows = await this.#rows("SELECT callid, dlg_id, from_uri, to_uri, from_tag, to_tag, state FROM dialog");
    return rows
      .map(([callId, id, ...others]) => {
        const number = BigInt(String(id));
        return [callId, formatDid(Number(number >> 32n), Number(number & 0xffff_ffffn)), ...others].join(" ");
      })
      .sort();
  }

  /** Texts of one column. */
  async column(text: string): Promise<readonly string[]> {
    return (await this.#rows(text)).map(([value]) => String(value));
  }

  #rows(text: string): Promise<readonly SqlRow[]> {
    return readAll(this.#database, { text, values: [] });
  }
}

/** A scenario of the project with another pause. @param pause - undefined: instead of it, and of what follows, a BYE is waited for */
function scenario(folder: string, name: "uac" | "uas", pause: string | undefined): string {
  const text = readFileSync(join(ROOT, "scenarios", "answered", `${name}.xml`), "utf8");
  const file = join(folder, `${name}.xml`);
  const place = pause === undefined ? /<pause milliseconds="\d+"\/>[\s\S]*<recv response="200"\/>/ : /<pause milliseconds="\d+"\/>/;
  assert.match(text, place);
  writeFileSync(file, text.replace(place, pause ?? BYE_COMES));
  return file;
}

const BYE_COMES = `
  <recv request="BYE"/>
  <send>
    <![CDATA[

      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

    ]]>
  </send>
`;

function scriptOf(url: string, sip: number, mi: number): string {
  const driver = url.startsWith("postgres") ? "db_postgres.so" : "db_mysql.so";
  return `
log_level=3
socket=udp:127.0.0.1:${sip}
db_default_url="${url}"
loadmodule "proto_udp.so"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "signaling.so"
loadmodule "sipmsgops.so"
loadmodule "${driver}"
loadmodule "httpd.so"
modparam("httpd", "ip", "127.0.0.1")
modparam("httpd", "port", ${mi})
loadmodule "mi_http.so"
loadmodule "dialog.so"
modparam("dialog", "db_mode", 1)
loadmodule "acc.so"
modparam("acc", "db_url", "${url}")
route {
  if (has_totag()) {
    if (!loose_route() && !match_dialog()) { send_reply(404, "Not here"); exit; }
    t_relay();
    exit;
  }
  if (is_method("INVITE")) { create_dialog(); do_accounting("db", "cdr"); }
  record_route();
  t_relay();
}
`;
}
