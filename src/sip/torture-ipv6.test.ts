// RFC 5118, all eleven messages, each with what the parser makes of it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { edit, H, hostEquals, parseMessage, parseVia, SipRequest } from "./index.ts";

function load(name: string): string {
  return readFileSync(new URL(`testdata/rfc5118/${name}.dat`, import.meta.url), "latin1");
}

function forwarded(name: string): SipRequest {
  const text = load(name);
  const parsed = parseMessage(text);
  assert.ok(parsed.ok && parsed.value instanceof SipRequest, "it must parse");
  assert.equal(edit(parsed.value).serialise(), text, "it leaves as it came");
  return parsed.value;
}

describe("RFC 5118", () => {
  test("§4.1 ipv6-good: a reference in brackets is a host", () => {
    const message = forwarded("ipv6-good");
    assert.deepEqual([message.uri.host, message.uri.port], ["2001:db8::10", 0]);
    assert.equal(message.topVia.host, "2001:db8::9:1");
  });
  test("§4.2 ipv6-bad: an address without brackets is no Request-URI", () => {
    const parsed = parseMessage(load("ipv6-bad"));
    assert.ok(!parsed.ok);
    assert.deepEqual([parsed.fault.status, parsed.fault.class, parsed.fault.reason], [400, "X-13", "Bad Request-URI"]);
  });
  test("§4.3 port-ambiguous: what stands in the brackets is all address", () => {
    const { uri } = forwarded("port-ambiguous");
    assert.deepEqual([uri.host, uri.port], ["2001:db8::10:5070", 0]);
  });
  test("§4.4 port-unambiguous: the port stands outside", () => {
    const { uri } = forwarded("port-unambiguous");
    assert.deepEqual([uri.host, uri.port], ["2001:db8::10", 5070]);
  });
  test("§4.5 via-received-param-with-delim: brackets around received are let in and never sent", () => {
    const message = forwarded("via-received-param-with-delim");
    assert.equal(message.topVia.received, "2001:db8::9:255");
    const stamped = edit(message).stampReceived("2001:db8::9:255", 5060).serialise();
    assert.ok(stamped.includes("Via: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3-111\r\n"));
  });
  test("§4.5 via-received-param-no-delim", () => {
    assert.equal(forwarded("via-received-param-no-delim").topVia.received, "2001:db8::9:255");
  });
  test("§4.6 ipv6-in-sdp", () => {
    assert.ok(forwarded("ipv6-in-sdp").body.includes("c=IN IP6 2001:db8::20\r\n"));
  });
  test("§4.7 mult-ip-in-header: each Via has its own family", () => {
    const vias = forwarded("mult-ip-in-header")
      .values(H.Via)
      .map((value) => parseVia(value));
    const hosts = vias.map((via) => (via.ok ? [via.value.host, via.value.port, via.value.received] : []));
    assert.deepEqual(hosts, [
      ["2001:db8::9:1", 6050, ""],
      ["192.0.2.1", 0, ""],
      ["2001:db8::9:255", 0, "192.0.2.200"],
    ]);
  });
  test("§4.8 mult-ip-in-sdp", () => {
    assert.ok(forwarded("mult-ip-in-sdp").body.includes("c=IN IP6 2001:db8::1\r\n"));
  });
  test("§4.9 ipv4-mapped-ipv6: compared as IPv6, never rewritten", () => {
    const message = forwarded("ipv4-mapped-ipv6");
    assert.ok(hostEquals(message.topVia.host, "::ffff:c000:20a"));
    assert.ok(!hostEquals(message.topVia.host, "192.0.2.10"));
    assert.equal(message.topVia.port, 19823);
  });
  test("§4.10 ipv6-bug-abnf-3-colons: read as two colons", () => {
    const message = forwarded("ipv6-bug-abnf-3-colons");
    assert.equal(message.uri.host, "2001:db8::192.0.2.1");
    assert.ok(hostEquals(message.uri.host, "2001:db8::c000:201"));
  });
});
