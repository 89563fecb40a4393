// REGISTER in the registrar (RFC 3261 section 10.3, side-modules 3.1 to 3.4), in virtual time.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom, TestClock } from "../testing/index.ts";
import { LocationHarness, register, type Shape } from "./harness.ts";
import type { LocationSettings } from "./settings.ts";

const start = (settings?: Partial<LocationSettings>): LocationHarness => new LocationHarness(new TestClock(), seededRandom(3), settings);
const PHONE = "<sip:alice@10.0.0.2:5062>";
const DESK = "<sip:alice@10.0.0.9>";

describe("what a REGISTER binds", () => {
  test("a Contact is bound, listed with its seconds, and gone in the second in which it ends", () => {
    const h = start();
    const result = h.register([`${PHONE};expires=120`]);
    assert.deepEqual([result.status, result.headers], [200, "Contact: <sip:alice@10.0.0.2:5062>;expires=120\r\n"]);
    assert.deepEqual([h.stat("registrar:accepted_regs"), h.stat("usrloc:location-contacts"), h.stat("usrloc:registered_users")], [1, 1, 1]);
    h.clock.advance(119_000);
    assert.deepEqual(h.uris(), ["sip:alice@10.0.0.2:5062"]);
    h.clock.advance(1_000);
    assert.deepEqual(h.uris(), []);
    assert.deepEqual([h.wheel.count, h.stat("usrloc:location-expires"), h.stat("usrloc:registered_users")], [0, 1, 0]);
    assert.deepEqual(
      h.changes.map((change) => change.kind),
      ["aorAdded", "added", "expired", "aorRemoved"],
    );
  });

  test("expires=1 is answered with 60: never a 423 (side-modules 3.2)", () => {
    const result = start().register([`${PHONE};expires=1`]);
    assert.equal(result.headers, "Contact: <sip:alice@10.0.0.2:5062>;expires=60\r\n");
  });

  test("lifetimes: the parameter, else the header, else the default; unreadable counts as the default; bounds", () => {
    const cases: readonly [string, string, Partial<LocationSettings>, number][] = [
      ["", "", {}, 3600],
      ["", "Expires: 200\r\n", {}, 200],
      [";expires=300", "Expires: 200\r\n", {}, 300],
      [";expires=soon", "Expires: 200\r\n", {}, 3600],
      ["", "Expires: never\r\n", {}, 3600],
      [";expires=9999", "", { maxExpiresMs: 600_000 }, 600],
      [";expires=99999999999", "", {}, 2_147_483_647],
      ["", "Expires: 10\r\n", { minExpiresMs: 5_000 }, 10],
    ];
    for (const [param, headers, settings, expected] of cases) {
      const result = start(settings).register([`${PHONE}${param}`], { headers });
      assert.equal(result.headers, `Contact: ${PHONE};expires=${expected}\r\n`, param + headers);
    }
  });

  test("without Contact the bindings are listed, and nothing changes", () => {
    const h = start();
    assert.deepEqual(h.register([]).headers, "");
    h.register([`${PHONE};expires=100`]);
    h.clock.advance(30_000);
    assert.equal(h.register([], { cseq: 2 }).headers, `Contact: ${PHONE};expires=70\r\n`);
    assert.equal(h.changes.length, 2);
  });

  test("expires=0 removes, and is ignored where there is nothing", () => {
    const h = start();
    h.register([PHONE]);
    assert.equal(h.register([`${DESK};expires=0`], { cseq: 2 }).status, 200);
    assert.deepEqual(h.register([`${PHONE};expires=0`], { cseq: 3 }).headers, "");
    assert.equal(h.table.size, 0);
  });

  test("bindings stand by q, the newest first among equals", () => {
    const h = start();
    h.register(["<sip:a@h>;q=0.3", "<sip:b@h>;q=0.9", "<sip:c@h>", "<sip:d@h>;q=0.9"]);
    assert.deepEqual(h.uris(), ["sip:d@h", "sip:b@h", "sip:a@h", "sip:c@h"]);
    const first = h.table.get("alice")?.bindings[2];
    h.register(["<sip:a@h>;q=1"], { cseq: 2 });
    assert.deepEqual(h.uris(), ["sip:a@h", "sip:d@h", "sip:b@h", "sip:c@h"]);
    assert.equal(h.table.get("alice")?.bindings[0], first, "a refresh moves a binding, it does not make another");
    const newest = start({ isNewestFirst: true });
    newest.register(["<sip:a@h>;q=1", "<sip:b@h>;q=0.1"]);
    newest.register(["<sip:a@h>;q=0"], { cseq: 2 });
    assert.deepEqual(newest.uris(), ["sip:a@h", "sip:b@h"]);
  });

  test("a Contact that stands there twice is one binding: the last word counts", () => {
    const h = start();
    const result = h.register([`${PHONE};expires=100`, "<sip:alice@10.0.0.2:5062>;expires=200"]);
    assert.equal(result.headers, `Contact: ${PHONE};expires=200\r\n`);
    assert.deepEqual(h.register([`${PHONE};expires=300`, `${PHONE};expires=0`], { cseq: 2 }).headers, "");
    assert.equal(h.table.bindingCount, 0);
  });

  test("everything a binding is told is kept: q, methods, instance, user agent, received, attributes", () => {
    const h = start();
    h.register(
      ['"Al" <sip:alice@10.0.0.2:5062>;q=0.5;methods="INVITE,BYE";+sip.instance="<urn:uuid:1-2>"'],
      { headers: "User-Agent: Phone 1\r\nAllow: MESSAGE\r\n" },
      { received: "sip:192.0.2.1:4444", attr: "blue", branchFlags: ["NAT"] },
    );
    const parts = h.table.get("alice")?.bindings[0]?.parts;
    assert.deepEqual(
      [
        parts?.q,
        parts?.methods,
        parts?.instance,
        parts?.userAgent,
        parts?.received,
        parts?.attr,
        parts?.branchFlags,
        parts?.listener?.name,
      ],
      [500, 9, "<urn:uuid:1-2>", "Phone 1", "sip:192.0.2.1:4444", "blue", ["NAT"], "udp:10.0.0.1:5060"],
    );
    const list = h.register([], { cseq: 2 }).headers;
    assert.equal(
      list,
      'Contact: <sip:alice@10.0.0.2:5062>;q=0.5;expires=3600;received="sip:192.0.2.1:4444";+sip.instance="<urn:uuid:1-2>"\r\n',
    );
  });

  test("the Contact's own received comes before the route's; one that is no URI is not believed", () => {
    const h = start();
    h.register([`<sip:a@h>;received="sip:1.2.3.4:5"`, `<sip:b@h>;received="x y"`], {}, { received: "sip:9.9.9.9" });
    assert.deepEqual(
      h.table.get("alice")?.bindings.map((binding) => binding.parts.received),
      ["sip:9.9.9.9", "sip:1.2.3.4:5"],
    );
  });

  test("a header names the socket (flag s)", () => {
    const h = start();
    h.register([PHONE], { headers: "X-Sock: udp:10.0.0.1:5070\r\n" }, { socketHeader: "X-Sock" });
    assert.equal(h.table.get("alice")?.bindings[0]?.parts.listener?.port, 5070);
  });

  test("only the Contacts of the request are listed (flag o)", () => {
    const h = start();
    h.register([PHONE]);
    assert.equal(
      h.register([`${DESK};expires=90`], { callId: "other" }, { onlyRequestContacts: true }).headers,
      `Contact: ${DESK};expires=90\r\n`,
    );
  });
});

describe("what a REGISTER is refused for", () => {
  const refusals: readonly [string, readonly string[], Shape, number, string][] = [
    ["a star with another Contact", ["*", PHONE], { headers: "Expires: 0\r\n" }, 400, "* used in contact and more than 1 contact"],
    ["a star without Expires: 0", ["*"], {}, 400, "* used in contact and expires is not zero"],
    ["a q that is none", [`${PHONE};q=1.5`], {}, 400, "Invalid q param in contact"],
    ["a Contact that is too long", [`<sip:${"a".repeat(300)}@h>`], {}, 400, "Contact/received too long"],
    ["a Contact that is none", ["<sip:alice@>"], {}, 400, "Error while parsing Contact"],
    ["an AoR that is too long", [PHONE], { user: "a".repeat(65) }, 500, "Address Of Record too long"],
  ];
  for (const [name, contacts, shape, status, error] of refusals) {
    test(name, () => {
      const h = start({ retryAfter: 30 });
      h.register([DESK], { callId: "before" });
      const result = h.register(contacts, { cseq: 2, ...shape });
      assert.deepEqual([result.status, result.error], [status, error]);
      const retry = status === 500 ? "Retry-After: 30\r\n" : "";
      assert.equal(result.headers, `P-Registrar-Error: ${error}\r\n${retry}`);
      assert.equal(h.table.bindingCount, 1, "nothing has changed");
      assert.equal(h.stat("registrar:rejected_regs"), 1);
    });
  }

  test("no user part (side-modules 3.1)", () => {
    const h = start();
    const text = register([PHONE]).replace("To: <sip:alice@example.com>", "To: <sip:example.com>");
    assert.deepEqual([h.save(text).status, h.save(text).error], [400, "Error while parsing AOR"]);
  });

  test("the order of requests under one Call-ID (RFC 3261 section 10.3 step 7)", () => {
    const h = start();
    h.register([PHONE], { cseq: 5 });
    assert.equal(h.register([PHONE], { cseq: 4 }).error, "Invalid CSeq number");
    const changes = h.changes.length;
    assert.equal(h.register([`${PHONE};expires=100`], { cseq: 5 }).status, 200, "a retransmission");
    assert.equal(h.changes.length, changes, "which changes nothing");
    h.clock.advance(21_000);
    assert.equal(h.register([PHONE], { cseq: 5 }).error, "Invalid CSeq number");
    assert.equal(h.register([PHONE], { cseq: 1, callId: "after a restart" }).status, 200);
    assert.equal(h.register(["*"], { cseq: 0, callId: "after a restart", headers: "Expires: 0\r\n" }).status, 400);
    assert.equal(h.register(["*"], { cseq: 2, callId: "after a restart", headers: "Expires: 0\r\n" }).status, 200);
    assert.equal(h.table.size, 0);
  });

  test("an equal CSeq is good where it is allowed (4.0)", () => {
    const h = start({ allowDupCseq: true });
    h.register([PHONE], { cseq: 5 });
    assert.equal(h.register([`${PHONE};expires=100`], { cseq: 5 }).headers, `Contact: ${PHONE};expires=100\r\n`);
  });

  test("a refused Contact refuses all of them: nothing is half done", () => {
    const h = start();
    h.register([PHONE], { cseq: 5 });
    assert.equal(h.register([DESK, PHONE], { cseq: 4 }).status, 400);
    assert.deepEqual(h.uris(), ["sip:alice@10.0.0.2:5062"]);
  });
});

describe("the limit of bindings", () => {
  const fill = (h: LocationHarness, count: number): void => {
    for (let i = 1; i <= count; i++) {
      h.register([`<sip:alice@10.0.1.${i}>`], { callId: `phone-${i}` });
      h.clock.advance(1_000);
    }
  };

  test("the 11th contact of 10 is answered 503, with f the oldest goes (side-modules 9, case 5)", () => {
    const h = start({ maxContacts: 10 });
    fill(h, 10);
    const refused = h.register([PHONE], { callId: "eleventh" });
    assert.deepEqual([refused.status, refused.error], [503, "Too many registered contacts"]);
    assert.equal(h.register(["<sip:alice@10.0.1.3>"], { callId: "phone-3", cseq: 2 }).status, 200, "those who are in may refresh");
    assert.equal(h.register([PHONE], { callId: "eleventh" }, { isForced: true }).status, 200);
    assert.equal(h.uris().length, 10);
    assert.ok(!h.uris().includes("sip:alice@10.0.1.1"));
  });

  test("what has expired does not count; the option wins over the setting; 0 is no option", () => {
    const h = start({ maxContacts: 1 });
    h.register([`${PHONE};expires=60`]);
    assert.equal(h.register([DESK], { callId: "2" }, { maxContacts: 0 }).status, 503);
    assert.equal(h.register([DESK], { callId: "2" }, { maxContacts: 2 }).status, 200);
    h.clock.advance(60_000);
    assert.deepEqual(h.uris(), ["sip:alice@10.0.0.9"]);
  });

  test("one request that brings more than there may be", () => {
    const h = start({ maxContacts: 2 });
    const three = ["<sip:a@h>", "<sip:b@h>", "<sip:c@h>"];
    assert.equal(h.register(three).status, 503);
    assert.equal(h.register(three, {}, { isForced: true }).status, 200);
    assert.deepEqual(h.uris(), ["sip:b@h", "sip:a@h"]);
  });

  test("the table is bounded, and what it refuses is counted", () => {
    const h = start({ maxBindings: 2 });
    h.register([PHONE, DESK]);
    const result = h.register([PHONE], { user: "bob" });
    assert.deepEqual([result.status, h.stat("usrloc:location-refused")], [500, 1]);
  });
});

describe("Path and GRUU", () => {
  const PATH = "Path: <sip:edge1.example;lr>, <sip:edge2.example;lr>\r\n";

  test("Path is ignored unless asked for; lazy keeps it; strict wants it supported (RFC 3327)", () => {
    const h = start();
    const stored = (): readonly string[] | undefined => h.table.get("alice")?.bindings[0]?.parts.path;
    h.register([PHONE], { headers: PATH });
    assert.deepEqual(stored(), []);
    const lazy = h.register([PHONE], { headers: PATH, cseq: 2 }, { path: "lazy" });
    assert.deepEqual(stored(), ["<sip:edge1.example;lr>", "<sip:edge2.example;lr>"]);
    assert.ok(!lazy.headers.includes("Path:"), "not shown to who does not support it");
    const strict = h.register([PHONE], { headers: PATH, cseq: 3 }, { path: "strict" });
    assert.deepEqual([strict.status, strict.reason], [420, "Bad Extension"]);
    assert.ok(strict.headers.endsWith("Unsupported: path\r\n"));
    const supported = h.register([PHONE], { headers: `${PATH}Supported: gruu, path\r\n`, cseq: 4 }, { path: "strict" });
    assert.ok(supported.headers.endsWith("Path: <sip:edge1.example;lr>, <sip:edge2.example;lr>\r\n"));
  });

  test("received of the first Path marks the binding as behind a NAT (flag v)", () => {
    const h = start({ natFlag: "NAT" });
    const headers = "Path: <sip:edge1.example;lr;received=sip:192.0.2.7:1024>\r\n";
    h.register([PHONE], { headers }, { path: "lazy", isReceivedFromPath: true, received: "sip:1.1.1.1" });
    const parts = h.table.get("alice")?.bindings[0]?.parts;
    assert.deepEqual([parts?.received, parts?.branchFlags], ["sip:192.0.2.7:1024", ["NAT"]]);
  });

  test("a Path that is none refuses the request", () => {
    assert.equal(start().register([PHONE], { headers: "Path: <nowhere\r\n" }, { path: "lazy" }).status, 400);
  });

  test("GRUUs are offered to who supports them (RFC 5627)", () => {
    const h = start({ isGruuOffered: true });
    const contact = `${PHONE};+sip.instance="<urn:uuid:7>"`;
    assert.ok(!h.register([contact]).headers.includes("gruu"));
    const { headers } = h.register([contact], { cseq: 2, headers: "Supported: gruu\r\n" });
    assert.ok(headers.includes('pub-gruu="sip:alice@example.com;gr=urn:uuid:7"'), headers);
    assert.match(headers, /temp-gruu="sip:tgruu\.[A-Za-z0-9+/=]+@example\.com;gr"/);
  });
});

describe("addresses of record", () => {
  test("users are unescaped; domains count where they belong to the key; prefixes come off", () => {
    const h = start({ useDomain: true, realmPrefix: "sip.", isCaseSensitive: false });
    h.register([PHONE], { user: "Al%69ce" });
    assert.ok(h.table.get("alice@example.com") !== undefined);
    h.save(register([PHONE], { callId: "2" }), { aor: "sip:Bob@SIP.Example.com" });
    assert.ok(h.table.get("bob@example.com") !== undefined);
    const plain = start();
    plain.register([PHONE], { user: "Al%69ce" });
    assert.deepEqual(plain.uris("Alice"), ["sip:alice@10.0.0.2:5062"]);
  });
});
