// ul_* commands on a real location table (side-modules 3.8).
import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog, Timers } from "../kit/index.ts";
import { LocationHarness } from "../location/harness.ts";
import { LocationDirectory } from "../location/index.ts";
import { seededRandom, TestClock } from "../testing/index.ts";
import { Commands, registerLocationCommands } from "./index.ts";

class Bench {
  readonly h: LocationHarness;
  readonly commands: Commands;

  constructor(settings: ConstructorParameters<typeof LocationHarness>[2] = {}) {
    const clock = new TestClock();
    this.h = new LocationHarness(clock, seededRandom(3), settings);
    this.commands = new Commands({
      clock,
      timers: new Timers(clock, clock.newAlarm(), (error) => assert.fail(String(error))),
      log: silentLog,
    });
    registerLocationCommands(this.commands, new LocationDirectory(this.h.registrar));
  }

  text(method: string, params?: unknown, indent = 0): string {
    const answer = this.commands.execute(
      JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      { transport: "internal", address: "test" },
      { limitMs: 1_000, isBatchAllowed: true, indent, disabled: new Set() },
    );
    assert.ok(answer !== undefined && !(answer instanceof Promise));
    return [...answer].join("");
  }

  /** The result, or `[code, message]` of an error. */
  call(method: string, params?: unknown): unknown {
    const reply: { result?: unknown; error?: { code: number; message: string } } = JSON.parse(this.text(method, params));
    return reply.error === undefined ? reply.result : [reply.error.code, reply.error.message];
  }
}

test("ul_dump lists tables, addresses and contacts, in the order of the reference", () => {
  const b = new Bench();
  assert.deepEqual(b.call("ul_dump"), { Domains: [] });
  b.h.register(
    ['<sip:alice@10.0.0.2:5062>;q=0.5;expires=100;+sip.instance="<urn:uuid:1>"'],
    { headers: "User-Agent: Phone\r\nAllow: INVITE, BYE\r\n" },
    { received: "sip:192.0.2.1:1024", path: "lazy", branchFlags: ["NAT", "B"], attr: "x" },
  );
  b.h.register(["<sip:bob@h>"], { user: "bob", callId: "b" });
  b.h.clock.advance(10_000);
  const dump = b.call("ul_dump") as {
    Domains: { name: string; hash_size: number; AORs: { AOR: string; Contacts: Record<string, unknown>[] }[] }[];
  };
  const [domain] = dump.Domains;
  assert.deepEqual([dump.Domains.length, domain?.name, domain?.hash_size], [1, "location", 512]);
  assert.deepEqual(domain?.AORs.map((one) => one.AOR).sort(), ["alice", "bob"]);
  const contact = domain?.AORs.find((one) => one.AOR === "alice")?.Contacts[0];
  assert.match(String(contact?.["ContactID"]), /^[0-9]+$/);
  assert.deepEqual(Object.entries({ ...contact, ContactID: "" }), [
    ["Contact", "sip:alice@10.0.0.2:5062"],
    ["ContactID", ""],
    ["Expires", 90],
    ["Q", "0.5"],
    ["Callid", "reg-1"],
    ["Cseq", 1],
    ["User-agent", "Phone"],
    ["Received", "sip:192.0.2.1:1024"],
    ["State", "CS_NEW"],
    ["Flags", 0],
    ["Cflags", "NAT B"],
    ["Socket", "udp:10.0.0.1:5060"],
    ["Methods", 9],
    ["Attr", "x"],
    ["SIP_instance", "<urn:uuid:1>"],
  ]);
  const brief = b.call("usrloc:dump", { brief: 1 }) as typeof dump;
  assert.deepEqual(Object.keys(brief.Domains[0]?.AORs[0] ?? {}), ["AOR"]);
});

test("a dump is written in pieces, one address each, and reads the same with and without indentation", () => {
  const b = new Bench();
  for (let i = 0; i < 5; i++) b.h.register(["<sip:a@h>"], { user: `user${i}`, callId: `c${i}` });
  b.h.registrar.table("aliases");
  const flat = JSON.parse(b.text("ul_dump"));
  assert.equal(b.text("ul_dump", undefined, 2), JSON.stringify(flat, undefined, 2));
  assert.equal(flat.result.Domains[0].AORs.length, 5);
  assert.deepEqual(flat.result.Domains[1], { name: "aliases", hash_size: 512, AORs: [] });
});

test("ul_show_contact, ul_rm, ul_rm_contact", () => {
  const b = new Bench();
  b.h.register(["<sip:a@h>", "<sip:b@h>"]);
  assert.deepEqual(b.call("ul_show_contact", ["nowhere", "alice"]), [404, "Table not found"]);
  assert.deepEqual(b.call("ul_show_contact", ["location", "bob"]), [404, "AOR not found"]);
  const shown = b.call("ul_show_contact", ["location", "alice@anywhere"]) as { AOR: string; Contacts: { Contact: string }[] };
  assert.deepEqual([shown.AOR, shown.Contacts.map((one) => one.Contact)], ["alice", ["sip:b@h", "sip:a@h"]]);
  assert.deepEqual(b.call("ul_rm_contact", ["location", "alice", "sip:c@h"]), [404, "Contact not found"]);
  assert.deepEqual(b.call("ul_rm_contact", ["location", "alice", "sip:a@h"]), "OK");
  assert.deepEqual(b.h.uris(), ["sip:b@h"]);
  assert.deepEqual([b.call("ul_rm", ["location", "alice"]), b.call("ul_rm", ["location", "nobody"])], ["OK", "OK"]);
  assert.equal(b.h.table.size, 0);
});

test("where the domain belongs to the key it must not be missing", () => {
  const b = new Bench({ useDomain: true });
  b.h.register(["<sip:a@h>"]);
  assert.deepEqual(b.call("ul_show_contact", ["location", "alice"]), [400, "Domain missing in AOR"]);
  assert.equal((b.call("ul_show_contact", ["location", "alice@EXAMPLE.com"]) as { AOR: string }).AOR, "alice@example.com");
});

test("ul_add adds and changes; 0 is for ever; values that cannot be are refused", () => {
  const b = new Bench();
  b.h.registrar.table("location");
  const add = (contact: string, expires: number, q: string): unknown =>
    b.call("ul_add", ["location", "alice", contact, expires, q, 0, "0", 8192]);
  assert.equal(add("sip:a@h", 0, "1.00"), "OK");
  const shown = (): { Contacts: { Expires: unknown; Q: string }[] } =>
    b.call("ul_show_contact", ["location", "alice"]) as { Contacts: { Expires: unknown; Q: string }[] };
  assert.deepEqual(
    shown().Contacts.map(({ Expires, Q }) => [Expires, Q]),
    [["permanent", "1"]],
  );
  b.h.clock.advance(10_000_000);
  assert.equal(add("sip:a@h", 100, ""), "OK");
  assert.deepEqual(
    shown().Contacts.map(({ Expires, Q }) => [Expires, Q]),
    [[100, ""]],
  );
  for (const [contact, expires, q] of [
    ["nonsense", 1, "1"],
    ["sip:a@h", -1, "1"],
    ["sip:a@h", 1, "2"],
  ] as const) {
    assert.deepEqual(add(contact, expires, q), [400, "Bad parameter value"]);
  }
  b.h.clock.advance(100_000);
  assert.equal(b.h.table.size, 0);
});

test("ul_flush, ul_sync, ul_cluster_sync", () => {
  const b = new Bench();
  b.h.register(["<sip:a@h>"]);
  assert.deepEqual(
    [b.call("ul_flush"), b.call("ul_sync", ["location"]), b.call("ul_sync", ["location", "alice"]), b.call("ul_cluster_sync")],
    ["OK", "OK", "OK", "OK"],
  );
  assert.deepEqual(b.call("ul_sync", ["location", "bob"]), [404, "AOR not found"]);
});
