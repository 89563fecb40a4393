// Registrations and call records of the inventory's configurations in real SQLite files, over restarts.
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { H, type SipResponse } from "../../src/sip/index.ts";
import { call, hangUp, scratch } from "./flows.ts";
import { scriptOf } from "./inventory.ts";
import type { Phone } from "./phone.ts";
import { ScriptStage } from "./stage.ts";

/** A script on database files that outlive its engine. */
class Node {
  readonly #text: string;
  readonly #file: string;
  #stage: ScriptStage | undefined;

  constructor(name: string, file: string) {
    const folder = scratch();
    this.#text = scriptOf(name, folder).replaceAll(/^socket=.*$/gm, "");
    this.#file = join(folder, file);
    after(() => this.stop());
  }

  async start(): Promise<ScriptStage> {
    this.#stage = await ScriptStage.open(this.#text);
    return this.#stage;
  }

  async stop(): Promise<void> {
    const stage = this.#stage;
    this.#stage = undefined;
    await stage?.close();
  }

  /** Rows as somebody else sees them. */
  rows(text: string): unknown[][] {
    const database = new DatabaseSync(this.#file, { readOnly: true });
    try {
      return database
        .prepare(text)
        .all()
        .map((row) => Object.values(row));
    } finally {
      database.close();
    }
  }
}

async function register(phone: Phone, cseq: number, lines: readonly string[], status = 200): Promise<SipResponse> {
  await phone.start("REGISTER", "sip:10.0.0.1", { to: "sip:alice@10.0.0.1", from: "<sip:alice@10.0.0.1>;tag=r", cseq, lines });
  return phone.response(status);
}

for (const number of ["01", "02", "03", "04", "05", "06", "07", "08"]) {
  const isStored = number !== "01";
  test(`registration/${number}: contacts are saved, answered and listed${isStored ? ", and are there after a restart" : ""}`, async () => {
    const node = new Node(`registration/${number}`, "users.db");
    let stage = await node.start();
    let alice = await stage.phone("alice", "10.0.0.2");
    const asked = number === "03" || number === "04" ? 1 : number === "05" || number === "06" ? 7_200 : 120;
    const granted = asked === 1 ? 60 : asked === 7_200 ? 600 : 120;
    const ok = await register(alice, 1, [`Contact: <sip:alice@10.0.0.2:5060>;expires=${asked}`]);
    assert.match(ok.header(H.Contact) ?? "", new RegExp(`^<sip:alice@10\\.0\\.0\\.2:5060>.*;expires=${granted}\\b`));
    assert.ok(JSON.stringify(await stage.mi("ul_dump")).includes("sip:alice@10.0.0.2:5060"));
    let expected = ["sip:alice@10.0.0.2:5060"];
    if (number === "07" || number === "08") {
      await register(alice, 2, ["Contact: <sip:alice@10.0.0.2:5062>;expires=120"]);
      const third = ["Contact: <sip:alice@10.0.0.2:5064>;expires=120"];
      if (number === "08") assert.equal((await register(alice, 3, third)).values(H.Contact).length, 2, "the oldest made room");
      else await register(alice, 3, third, 503);
      expected = [number === "07" ? "sip:alice@10.0.0.2:5060" : "sip:alice@10.0.0.2:5064", "sip:alice@10.0.0.2:5062"];
    }
    if (isStored) {
      assert.deepEqual(node.rows("SELECT 1 FROM location"), []);
      // at once, or when the interval is over
      if (number === "02") assert.equal(await stage.mi("ul_flush"), "OK");
      else await stage.advance(2_100);
      await stage.advance(5);
      const rows = node.rows("SELECT username, domain, contact, q, cseq, user_agent, socket, methods FROM location");
      const cseqs = number === "07" ? [1, 2] : number === "08" ? [3, 2] : [1];
      assert.deepEqual(
        new Set(rows.map((row) => JSON.stringify(row))),
        new Set(expected.map((uri, i) => JSON.stringify(["alice", null, uri, -1, cseqs[i], "n/a", "udp:10.0.0.1:5060", null]))),
      );
      assert.match(JSON.stringify(await stage.mi("ul_dump")), /CS_SYNC/);
      assert.equal(await stage.mi("ul_sync", { table_name: "location", aor: "alice" }), "OK");
      await node.stop();
      stage = await node.start();
      alice = await stage.phone("alice", "10.0.0.2");
      const dump = JSON.stringify(await stage.mi("ul_dump"));
      for (const uri of expected) assert.ok(dump.includes(uri), dump);
      assert.match(dump, /"Socket":"udp:10\.0\.0\.1:5060"/, "requests leave from where it came in");
    }
    assert.equal((await register(alice, 9, ["Contact: *", "Expires: 0"])).has(H.Contact), false);
    if (!isStored) return;
    await node.stop();
    assert.deepEqual(node.rows("SELECT contact FROM location"), [], "the end writes what the interval has not");
  });
}

const CORE = "method, from_tag, to_tag, callid, sip_code, sip_reason, duration, ms_duration, setuptime";

test("accounting/01: a row when a call is answered", async () => {
  const node = new Node("accounting/01", "calls.db");
  const stage = await node.start();
  const alice = await stage.phone("alice", "10.0.0.2");
  const bob = await stage.phone("bob", "10.0.0.3");
  const { caller } = await call(alice, bob);
  assert.deepEqual(node.rows(`SELECT ${CORE} FROM acc`), [["INVITE", "alice", "bob", "alice-1", "200", "OK", 0, 0, 0]]);
  await hangUp(alice, caller, bob);
  assert.equal(node.rows("SELECT 1 FROM acc").length, 1);
});

test("accounting/02: a refused call is a missed one and a failed one", async () => {
  const node = new Node("accounting/02", "calls.db");
  const stage = await node.start();
  const alice = await stage.phone("alice", "10.0.0.2");
  const bob = await stage.phone("bob", "10.0.0.3");
  await alice.start("INVITE", bob.uri);
  await bob.answer(bob.request("INVITE"), "486 Busy Here");
  alice.response(486);
  const core = "method, callid, sip_code, sip_reason";
  const row = ["INVITE", "alice-1", "486", "Busy Here"];
  assert.deepEqual(node.rows(`SELECT ${core} FROM missed_calls`), [row]);
  assert.deepEqual(node.rows(`SELECT ${core} FROM acc`), [row]);
});

test("accounting/03: one row when the call is over, with its duration, there before the BYE is answered", async () => {
  const node = new Node("accounting/03", "calls.db");
  const stage = await node.start();
  const alice = await stage.phone("alice", "10.0.0.2");
  const bob = await stage.phone("bob", "10.0.0.3");
  const { caller } = await call(alice, bob);
  await stage.advance(3_000);
  assert.deepEqual(node.rows("SELECT 1 FROM acc"), []);
  await alice.within(caller, "BYE");
  const bye = bob.request("BYE");
  const [row, ...others] = node.rows(`SELECT ${CORE} FROM acc`);
  assert.deepEqual(others, []);
  assert.deepEqual(row?.slice(0, 6), ["INVITE", "alice", "bob", "alice-1", "200", "OK"]);
  const ms = Number(row?.[7]);
  assert.ok(ms >= 3_000 && ms < 3_100, String(ms));
  assert.equal(row?.[6], Math.ceil(ms / 1000));
  await bob.answer(bye, "200 OK");
  alice.response(200);
  assert.deepEqual(node.rows(`SELECT ${CORE} FROM acc`), [row], "and once");
});
