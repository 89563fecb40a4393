import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { invariant } from "../kit/index.ts";
import {
  isCarrierHost,
  isE164,
  isPrivateHost,
  isUriUser,
  parseUri,
  type SipUri,
  telToSip,
  withoutUriParam,
  withUriParam,
  withUriParts,
} from "./index.ts";

function uri(text: string): SipUri {
  const parsed = parseUri(text);
  invariant(parsed.ok, "a URI");
  return parsed.value;
}

describe("a URI with one part changed", () => {
  test("keeps all others", () => {
    const full = uri("sips:alice:pw@[2001:db8::1]:5061;transport=tcp;x?a=b");
    assert.equal(withUriParts(full, { user: "bob" }), "sips:bob:pw@[2001:db8::1]:5061;transport=tcp;x?a=b");
    assert.equal(withUriParts(full, { user: "" }), "sips:[2001:db8::1]:5061;transport=tcp;x?a=b");
    assert.equal(withUriParts(full, { host: "example.com", port: 0 }), "sips:alice:pw@example.com;transport=tcp;x?a=b");
    assert.equal(withUriParts(full, { host: "2001:db8::2" }), "sips:alice:pw@[2001:db8::2]:5061;transport=tcp;x?a=b");
  });
  test("is undefined when it would be none", () => {
    assert.equal(withUriParts(uri("sip:a@b"), { host: "b c" }), undefined);
    assert.equal(withUriParts(uri("sip:a@b"), { user: "a@c" }), undefined);
    assert.equal(withUriParts(uri("tel:+123"), { user: "1" }), undefined);
  });
  test("parameters come and go", () => {
    assert.equal(withUriParam(uri("sip:a@b;x?h=1"), "nat=yes"), "sip:a@b;x;nat=yes?h=1");
    assert.equal(withUriParam(uri("sip:a@b"), ";lr"), "sip:a@b;lr");
    assert.equal(withUriParam(uri("sip:a@b"), "x y"), undefined);
    assert.equal(withUriParam(uri("sip:a@b"), ""), undefined);
    assert.equal(withoutUriParam(uri("sip:a@b;x;USER=phone;y=1"), "user"), "sip:a@b;x;y=1");
    assert.equal(withoutUriParam(uri("sip:a@b;x"), "user"), undefined);
  });
});

test("a tel URI becomes the SIP URI of a domain (RFC 3261 section 19.1.6)", () => {
  assert.equal(telToSip(uri("tel:+1-201-555-0123"), "example.com"), "sip:+12015550123@example.com;user=phone");
  assert.equal(
    telToSip(uri("tel:7042;phone-context=x.example"), "2001:db8::1"),
    "sip:7042;phone-context=x.example@[2001:db8::1];user=phone",
  );
  assert.equal(telToSip(uri("sip:a@b"), "c"), "sip:a@b");
  assert.equal(telToSip(uri("tel:hello"), "c"), undefined);
});

test("E.164: a plus and 2 to 15 digits", () => {
  for (const good of ["+12", "+123456789012345"]) assert.ok(isE164(good), good);
  for (const bad of [undefined, "", "+", "+1", "12", "+1a", "+1234567890123456", "++12"]) assert.ok(!isE164(bad), bad);
});

test("a user part has no blanks, brackets, quotes or at signs", () => {
  assert.ok(isUriUser("a.b%20c;x"));
  for (const bad of ["", "a b", "a@b", "<a>", 'a"', "\xe9"]) assert.ok(!isUriUser(bad), bad);
});

test("private and carrier networks", () => {
  const hosts = ["10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.0.1", "fd00::1", "fc00::"];
  for (const host of hosts) assert.ok(isPrivateHost(host), host);
  for (const host of ["11.0.0.1", "172.32.0.1", "192.169.0.1", "100.128.0.1", "203.0.113.1", "2001:db8::1", "example.com", ""])
    assert.ok(!isPrivateHost(host), host);
  for (const host of ["100.64.0.1", "192.0.0.7"]) assert.ok(isCarrierHost(host), host);
  for (const host of ["10.0.0.1", "192.0.0.8", "192.0.2.1", "x"]) assert.ok(!isCarrierHost(host), host);
});
