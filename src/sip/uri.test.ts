import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hostEquals, parseIpv6, parseUri, type SipUri, unescapeUri, uriEquals } from "./index.ts";

function uri(text: string): SipUri {
  const parsed = parseUri(text);
  assert.ok(parsed.ok, `${text}: ${parsed.ok ? "" : parsed.fault.reason}`);
  return parsed.value;
}

describe("a URI (RFC 3261 §19.1)", () => {
  test("comes apart into all its parts", () => {
    const u = uri("sip:alice:secretword@atlanta.example.com:5061;transport=TCP;lr;x=%3B?subject=project%20x&priority=urgent");
    assert.deepEqual([u.scheme, u.user, u.password, u.host, u.port], ["sip", "alice", "secretword", "atlanta.example.com", 5061]);
    assert.equal(u.transport, "tcp");
    assert.equal(u.param("TRANSPORT"), "TCP");
    assert.equal(u.param("lr"), "");
    assert.equal(u.param("x"), "%3B");
    assert.equal(u.param("y"), undefined);
    assert.ok(u.isLoose && u.isSip && u.has("x"));
    assert.equal(u.headers, "subject=project%20x&priority=urgent");
    assert.equal(u.paramText, ";transport=TCP;lr;x=%3B");
    assert.deepEqual(u.params()[2], { name: "x", value: "%3B" });
  });
  test("may have a user part with separators in it (M-21)", () => {
    const u = uri("sip:+1-212?555;isub=1411:p;w@host;user=phone");
    assert.deepEqual([u.user, u.password, u.host, u.param("user")], ["+1-212?555;isub=1411", "p;w", "host", "phone"]);
    assert.equal(uri("sip:host:5070").user, undefined);
  });
  test("names sip and sips in any case", () => {
    assert.deepEqual([uri("SIPS:a@b").scheme, uri("Sip:a@b").scheme], ["sips", "sip"]);
  });
  test("of scheme tel has a number and parameters", () => {
    const u = uri("tel:+358-555-1234567;postd=pp22");
    assert.deepEqual([u.isSip, u.scheme, u.user, u.param("postd"), u.host], [false, "tel", "+358-555-1234567", "pp22", ""]);
  });
  test("of another scheme stays closed", () => {
    const u = uri("urn:service:sos");
    assert.deepEqual([u.isSip, u.scheme, u.user, u.text], [false, "urn", undefined, "urn:service:sos"]);
  });
  test("parameter names of JavaScript's own objects are plain names", () => {
    assert.equal(uri("sip:a@b;__proto__=x;constructor").param("__proto__"), "x");
    assert.equal(uri("sip:a@b").param("constructor"), undefined);
  });
});

describe("URI comparison (RFC 3261 §19.1.4)", () => {
  // The pairs of the document, then our own.
  const EQUAL: readonly (readonly [string, string])[] = [
    ["sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp"],
    ["sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"],
    ["sip:carol@chicago.com", "sip:carol@chicago.com;security=on"],
    ["sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"],
    [
      "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
      "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
    ],
    ["sip:alice@atlanta.com?subject=project%20x&priority=urgent", "sip:alice@atlanta.com?priority=urgent&subject=project%20x"],
    ["sip:a@[2001:db8::1]", "sip:a@[2001:0db8:0:0:0:0:0:0001]"],
    ["sip:a@[::ffff:192.0.2.1]", "sip:a@[::ffff:c000:201]"],
    ["sip:a%2b@b.example", "sip:a%2B@b.example"],
    ["SIP:a@b.example", "sip:a@b.example"],
    ["tel:+123", "TEL:+123"],
  ];
  const DIFFERENT: readonly (readonly [string, string])[] = [
    ["SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"],
    ["sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"],
    ["sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"],
    ["sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"],
    ["sip:a@b.example", "sips:a@b.example"],
    ["sip:a@b.example;user=phone", "sip:a@b.example"],
    ["sip:a@b.example;gr=Ab", "sip:a@b.example;gr=aB"],
    ["sip:a%40b@c.example", "sip:a%41b@c.example"],
    ["sip:a@b.example", "sip:b.example"],
    ["sip:a:@b.example", "sip:a@b.example"],
    ["tel:+123", "tel:+124"],
  ];
  for (const [a, b] of EQUAL) {
    test(`${a} = ${b}`, () => assert.ok(uriEquals(uri(a), uri(b)) && uriEquals(uri(b), uri(a))));
  }
  for (const [a, b] of DIFFERENT) {
    test(`${a} ≠ ${b}`, () => assert.ok(!uriEquals(uri(a), uri(b)) && !uriEquals(uri(b), uri(a))));
  }
  test("escapes of separators and of NUL stay escapes (M-24)", () => {
    assert.equal(unescapeUri("%61%40%3b%00%zz%"), "a%40%3B%00%zz%");
  });
});

describe("IPv6 addresses", () => {
  const GOOD: readonly (readonly [string, string])[] = [
    ["::", "0,0,0,0,0,0,0,0"],
    ["::1", "0,0,0,0,0,0,0,1"],
    ["2001:db8::", "8193,3512,0,0,0,0,0,0"],
    ["1:2:3:4:5:6:7:8", "1,2,3,4,5,6,7,8"],
    ["1::3:4:5:6:7:8", "1,0,3,4,5,6,7,8"],
    ["::ffff:192.0.2.1", "0,0,0,0,0,65535,49152,513"],
    ["2001:db8:::1", "8193,3512,0,0,0,0,0,1"],
    ["fe80::A:b", "65152,0,0,0,0,0,10,11"],
  ];
  for (const [text, groups] of GOOD) test(text, () => assert.equal(parseIpv6(text)?.join(","), groups));
  for (const text of [
    "",
    ":",
    "1",
    "1:2",
    ":1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    "12345::",
    "::g",
    "::1.2.3",
    "::1.2.3.256",
    "1:2:3:4:5:6:7::8",
    "::1.2.3.4:5",
    "fe80::1%eth0",
    "::::",
  ]) {
    test(`"${text}" is none`, () => assert.equal(parseIpv6(text), undefined));
  }
  test("hosts are compared as what they are", () => {
    assert.ok(hostEquals("Example.COM", "example.com"));
    assert.ok(hostEquals("2001:DB8::1", "2001:db8:0::1"));
    assert.ok(!hostEquals("192.0.2.1", "::ffff:192.0.2.1"));
    assert.ok(!hostEquals("::x", "::x:"));
  });
});
