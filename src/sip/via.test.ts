import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hostPort, parseVia, type Via, viaText } from "./index.ts";

function via(text: string): Via {
  const parsed = parseVia(text);
  assert.ok(parsed.ok, `${text}: ${parsed.ok ? "" : parsed.fault.reason}`);
  return parsed.value;
}

describe("a Via value (RFC 3261 §20.42)", () => {
  test("tells all that routing a response needs", () => {
    const v = via("SIP/2.0/udp 192.0.2.1:5062;branch=z9hG4bK77;received=198.51.100.9;rport=9988;maddr=239.0.0.1;ttl=16;alias");
    assert.deepEqual([v.transport, v.host, v.port, v.branch], ["UDP", "192.0.2.1", 5062, "z9hG4bK77"]);
    assert.deepEqual([v.received, v.rport, v.maddr, v.ttl, v.sentBy], ["198.51.100.9", 9988, "239.0.0.1", 16, "192.0.2.1:5062"]);
    assert.equal(v.param("ALIAS"), "");
    assert.equal(v.param("nope"), undefined);
    assert.ok(v.hasCookie && !v.hasMore);
  });
  test("says what is absent", () => {
    const v = via("SIP/2.0/TLS h");
    assert.deepEqual([v.port, v.branch, v.received, v.rport, v.maddr, v.ttl], [0, "", "", -1, "", -1]);
    assert.equal(via("SIP/2.0/UDP h;rport").rport, 0);
    assert.equal(via("SIP/2.0/UDP h;rport=99999").rport, 0);
    assert.equal(via("SIP/2.0/UDP h;ttl=256").ttl, -1);
  });
  test("may have white space at every seam (RFC 4475 §3.1.1.1)", () => {
    const v = via(
      "SIP / 2.0 / UDP\r\n  first.example.com :\t4000 ; ttl = 16\r\n ;maddr=224.2.0.1 ;branch = z9hG4bKa7c6a8dlze.1 , SIP/2.0/TCP b",
    );
    assert.deepEqual(
      [v.host, v.port, v.ttl, v.maddr, v.branch, v.hasMore],
      ["first.example.com", 4000, 16, "224.2.0.1", "z9hG4bKa7c6a8dlze.1", true],
    );
    assert.equal(v.sentBy, "first.example.com :\t4000");
  });
  test("keeps to the first of two branches, and a name that only begins like one is another", () => {
    assert.equal(via("SIP/2.0/UDP h;branchx=z9hG4bKx;branch=z9hG4bK1;branch=z9hG4bK2").branch, "z9hG4bK1");
  });
  test("a comma inside quotes does not end it", () => {
    const v = via('SIP/2.0/UDP h;x="a,b;branch=no";branch=z9hG4bK1');
    assert.deepEqual([v.branch, v.param("x"), v.hasMore], ["z9hG4bK1", "a,b;branch=no", false]);
  });
});

describe("stamping the top Via (T-8, RFC 3581 §4)", () => {
  const CASES: readonly (readonly [what: string, text: string, force: boolean, stamped: string])[] = [
    ["nothing to say", "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1", false, "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1"],
    ["another address", "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1", false, "SIP/2.0/UDP 10.0.0.1:5060;received=192.0.2.9;branch=z9hG4bK1"],
    ["a name", "SIP/2.0/UDP pc.example.com", false, "SIP/2.0/UDP pc.example.com;received=192.0.2.9"],
    [
      "rport asked for",
      "SIP/2.0/UDP 192.0.2.9;rport;branch=z9hG4bK1",
      false,
      "SIP/2.0/UDP 192.0.2.9;received=192.0.2.9;rport=7777;branch=z9hG4bK1",
    ],
    ["rport with a value", "SIP/2.0/UDP h;rport=1;branch=z9hG4bK1", false, "SIP/2.0/UDP h;received=192.0.2.9;rport=7777;branch=z9hG4bK1"],
    ["rport forced", "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1", true, "SIP/2.0/UDP 192.0.2.9;received=192.0.2.9;rport=7777;branch=z9hG4bK1"],
    [
      "a forged received",
      "SIP/2.0/UDP 192.0.2.9;received=6.6.6.6;branch=z9hG4bK1",
      false,
      "SIP/2.0/UDP 192.0.2.9;received=192.0.2.9;branch=z9hG4bK1",
    ],
    [
      "an empty received",
      "SIP/2.0/UDP 192.0.2.9;received;branch=z9hG4bK1",
      false,
      "SIP/2.0/UDP 192.0.2.9;received=192.0.2.9;branch=z9hG4bK1",
    ],
    ["two forged ones", "SIP/2.0/UDP h;received=6.6.6.6;x;RECEIVED=7.7.7.7;rport", false, "SIP/2.0/UDP h;received=192.0.2.9;x;rport=7777"],
    ["odd spaces", "SIP / 2.0 / UDP h : 5060 ; rport ; x = 1", false, "SIP / 2.0 / UDP h : 5060;received=192.0.2.9 ; rport=7777 ; x = 1"],
  ];
  for (const [what, text, force, stamped] of CASES) {
    test(what, () => {
      const written = via(text).stamped("192.0.2.9", 7777, force);
      assert.equal(written, stamped);
      const again = via(written);
      assert.equal(again.stamped("192.0.2.9", 7777, force), written, "stamping twice changes nothing");
    });
  }
  test("an IPv6 address is compared as a number and written without brackets", () => {
    assert.equal(via("SIP/2.0/UDP [2001:DB8:0::9]").stamped("2001:db8::9", 1, false), "SIP/2.0/UDP [2001:DB8:0::9]");
    assert.equal(via("SIP/2.0/UDP [2001:db8::8]").stamped("2001:db8::9", 1, false), "SIP/2.0/UDP [2001:db8::8];received=2001:db8::9");
  });
});

describe("a Via of our own", () => {
  test("reads back", () => {
    const v = via(viaText("UDP", hostPort("2001:db8::7", 5080), "z9hG4bKq", ";rport"));
    assert.deepEqual([v.transport, v.host, v.port, v.branch, v.rport], ["UDP", "2001:db8::7", 5080, "z9hG4bKq", 0]);
    assert.equal(hostPort("198.51.100.7", 0), "198.51.100.7");
  });
});
