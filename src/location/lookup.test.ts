// Finding users (side-modules 3.5), GRUUs of RFC 5627, numbers and methods.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseUri, type SipUri } from "../sip/index.ts";
import { seededRandom, TestClock } from "../testing/index.ts";
import { LocationHarness } from "./harness.ts";
import { lookup } from "./lookup.ts";
import { ALL_METHODS, methodBits, supports } from "./methods.ts";
import { qText, qValue, seconds } from "./numbers.ts";
import { bindingsOf, isIpRegistered, removeBindings } from "./queries.ts";
import type { LocationSettings } from "./settings.ts";
import { bindingTarget } from "./targets.ts";

const start = (settings?: Partial<LocationSettings>): LocationHarness => new LocationHarness(new TestClock(), seededRandom(3), settings);
const uri = (text: string): SipUri => {
  const parsed = parseUri(text);
  assert.ok(parsed.ok);
  return parsed.value;
};

describe("lookup", () => {
  test("filters: method, user agent, latency, number; expired ones never", () => {
    const h = start();
    h.register(["<sip:a@h>;q=0.9;expires=60"], { headers: "User-Agent: Old\r\nAllow: INVITE\r\n", callId: "1" });
    h.register(["<sip:b@h>;q=0.5"], { headers: "User-Agent: New 2\r\nAllow: INVITE, MESSAGE\r\n", callId: "2" });
    h.register(["<sip:c@h>;q=0.1"], { callId: "3" });
    const found = (options: Parameters<typeof lookup>[3]): readonly string[] =>
      lookup(h.registrar, "location", uri("sip:alice@x"), options).bindings.map((one) => one.uri.slice(4, 5));
    assert.deepEqual(found({}), ["a", "b", "c"]);
    assert.deepEqual(found({ method: "MESSAGE" }), ["b", "c"]);
    assert.deepEqual(found({ userAgent: /^new/i }), ["b"]);
    assert.deepEqual(found({ limit: 2 }), ["a", "b"]);
    const [first, second] = h.table.get("alice")?.bindings ?? [];
    assert.ok(first !== undefined && second !== undefined);
    first.latencyUs = 900;
    second.latencyUs = 100;
    assert.deepEqual(found({ maxLatencyUs: 500 }), ["b", "c"]);
    assert.deepEqual(found({ isSortedByLatency: true }), ["c", "b", "a"]);
    h.clock.advance(60_000);
    assert.deepEqual(found({}), ["b", "c"]);
  });

  test("outcomes: none, no method, bad", () => {
    const h = start();
    const outcome = (text: string, method?: string): string => lookup(h.registrar, "location", uri(text), { method }).outcome;
    assert.equal(outcome("sip:alice@x"), "none");
    h.register(["<sip:a@h>"], { headers: "Allow: INVITE\r\n" });
    assert.deepEqual(
      [outcome("sip:alice@x", "MESSAGE"), outcome("sip:alice@x", "INVITE"), outcome("sip:x"), outcome("mailto:a@x")],
      ["noMethod", "found", "bad", "bad"],
    );
    assert.equal(lookup(h.registrar, "nowhere", uri("sip:alice@x")).outcome, "none");
  });

  test("a public GRUU means one instance, a temporary one also one registration (RFC 5627 §5.1)", () => {
    const h = start({ isGruuOffered: true });
    const contact = (n: number): string => `<sip:a@10.0.0.${n}>;+sip.instance="<urn:uuid:${n}>"`;
    h.register([contact(1)], { callId: "one" });
    const { headers } = h.register([contact(2)], { callId: "two", headers: "Supported: gruu\r\n" });
    const gruus = [...headers.matchAll(/(pub|temp)-gruu="([^"]+)"/g)].map(([, kind, text = ""]) => [kind, text] as const);
    assert.equal(gruus.length, 4);
    for (const [kind, text] of gruus) {
      const { outcome, bindings } = lookup(h.registrar, "location", uri(text));
      assert.deepEqual([outcome, bindings.length], ["found", 1], `${kind} ${text}`);
    }
    const temporary = gruus.find(
      ([kind, text]) => kind === "temp" && lookup(h.registrar, "location", uri(text)).bindings[0]?.uri === "sip:a@10.0.0.2",
    )?.[1];
    assert.ok(temporary !== undefined);
    h.register([contact(2)], { callId: "three" });
    assert.equal(lookup(h.registrar, "location", uri(temporary)).outcome, "none");
    assert.equal(lookup(h.registrar, "location", uri("sip:alice@x;gr=urn:uuid:9")).outcome, "none");
    assert.equal(lookup(h.registrar, "location", uri("sip:tgruu.bm9uc2Vuc2U=@x;gr")).outcome, "none");
  });

  test("targets: by the Path, else to where it came from, from the socket it registered at", () => {
    const h = start();
    h.register(["<sip:a@192.168.0.2>"], { headers: "Path: <sip:edge;lr>\r\n" }, { path: "lazy", received: "sip:192.0.2.1:9" });
    h.register(["<sip:b@192.168.0.2>"], { callId: "2" }, { received: "sip:192.0.2.1:9" });
    h.register(["<sip:c@h>;q=0"], { callId: "3" });
    const targets = lookup(h.registrar, "location", "alice@x").bindings.map((one) => bindingTarget(one));
    assert.deepEqual(
      targets.map(({ requestUri, dstUri, path, q, listener }) => [requestUri.slice(4, 5), dstUri, path, q, listener?.name]),
      [
        ["c", undefined, undefined, 0, "udp:10.0.0.1:5060"],
        ["b", "sip:192.0.2.1:9", undefined, 1000, "udp:10.0.0.1:5060"],
        ["a", "sip:edge;lr", ["<sip:edge;lr>"], 1000, "udp:10.0.0.1:5060"],
      ],
    );
  });
});

test("questions and removal by contact, Call-ID, next hop and instance", () => {
  const h = start();
  h.register(['<sip:a@10.0.0.5:5070>;+sip.instance="<urn:1>"'], { callId: "1" });
  h.register(["<sip:b@192.168.0.2>"], { callId: "2" }, { received: "sip:192.0.2.1:1024" });
  const count = (filter: Parameters<typeof bindingsOf>[3]): number | undefined =>
    bindingsOf(h.registrar, "location", "sip:alice@x", filter)?.length;
  assert.deepEqual(
    [
      count({}),
      count({ contact: "sip:A@10.0.0.5:5070" }),
      count({ contact: "sip:a@10.0.0.5:5070" }),
      count({ callId: "2" }),
      count({ nextHop: "192.0.2.1" }),
      count({ nextHop: "10.0.0.5:5071" }),
      count({ instance: "urn:1" }),
    ],
    [2, 0, 1, 1, 1, 0, 1],
  );
  assert.equal(bindingsOf(h.registrar, "location", "sip:x"), undefined);
  assert.deepEqual(
    [
      isIpRegistered(h.registrar, "location", "sip:alice@x", "192.0.2.1"),
      isIpRegistered(h.registrar, "location", "sip:alice@x", "192.168.0.2"),
    ],
    [true, false],
  );
  assert.deepEqual(
    [
      removeBindings(h.registrar, "location", "sip:alice@x", { instance: "<urn:1>" }),
      removeBindings(h.registrar, "location", "sip:alice@x"),
      removeBindings(h.registrar, "location", "<"),
    ],
    [1, 1, -1],
  );
  assert.equal(h.table.size, 0);
});

test("a row put back is the binding it was; one that has expired is not", () => {
  const h = start();
  h.register(
    ["<sip:a@h>;q=0.25;expires=100"],
    { headers: "Path: <sip:e1;lr>, <sip:e2;lr>\r\n" },
    { path: "lazy", branchFlags: ["A", "B"], attr: "x" },
  );
  const [binding] = h.table.get("alice")?.bindings ?? [];
  assert.ok(binding !== undefined);
  const row = h.table.row(binding);
  const other = start();
  const restored = other.table.restore(row);
  assert.ok(restored !== undefined);
  assert.deepEqual(
    { ...restored.parts, listener: restored.parts.listener?.name },
    { ...binding.parts, listener: binding.parts.listener?.name },
  );
  assert.deepEqual(other.table.row(restored), row);
  assert.equal(restored.state, "sync");
  other.register(["<sip:a@h>"], { cseq: 2 });
  assert.equal(restored.state, "dirty");
  other.clock.advance(200_000);
  assert.equal(other.table.restore(row), undefined);
});

test("q values, seconds and methods as they are written", () => {
  for (const [text, value] of [
    ["1", 1000],
    ["1.000", 1000],
    ["0", 0],
    ["0.", 0],
    ["0.5", 500],
    ["0.123", 123],
    [".7", 700],
  ] as const)
    assert.equal(qValue(text), value, text);
  for (const text of ["", "2", "1.1", "0.1234", "0,5", "-1", "1e0", ".", "a"]) assert.equal(qValue(text), -1, text);
  assert.deepEqual([-1, 0, 5, 250, 500, 1000].map(qText), ["", "0", "0.005", "0.25", "0.5", "1"]);
  assert.deepEqual(["0", "60", "", "-1", "6x", "99999999999999"].map(seconds), [0, 60, -1, -1, -1, 2_147_483_647]);
  assert.equal(methodBits(["invite", "BYE", "X"]), 1 + 8 + 16_384);
  assert.ok(supports(ALL_METHODS, "ANYTHING") && !supports(1, "BYE"));
});
