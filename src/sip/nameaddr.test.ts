import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { H, headerIdOf, headerRow, type NameAddr, parseNameAddr, reasonPhrase, splitList, unfold } from "./index.ts";

function address(text: string): NameAddr {
  const parsed = parseNameAddr(text);
  assert.ok(parsed.ok, `${text}: ${parsed.ok ? "" : parsed.fault.reason}`);
  return parsed.value;
}

describe("an address (RFC 3261 §20.10)", () => {
  const CASES: readonly (readonly [text: string, display: string, uri: string, tag: string])[] = [
    ["<sip:a@b>;tag=1", "", "sip:a@b", "1"],
    ['"Mr. \\"X\\", <b>" <sip:a@b;x=y>;tag=2', 'Mr. "X", <b>', "sip:a@b;x=y", "2"],
    ["Alice Cooper  <sip:a@b>", "Alice Cooper", "sip:a@b", ""],
    ["Bell, Alexander <sip:a@b>;tag=43", "Bell, Alexander", "sip:a@b", "43"],
    ["caller<sip:a@b>", "caller", "sip:a@b", ""],
    ["sip:a@b;tag=3", "", "sip:a@b", "3"],
    ["sip:a@b ; x ; TAG = 4", "", "sip:a@b", "4"],
    ["sip:a@b;x=<y>;tag=5", "", "sip:a@b", "5"],
    ["<tel:+123;phone-context=x>;tag=6", "", "tel:+123;phone-context=x", "6"],
    ["<http://example.com/a;b>;x=y", "", "http://example.com/a;b", ""],
    ["semi;colon <sip:a@b>;tag=7", "semi;colon", "sip:a@b", "7"],
    ['"" <sip:a@b>;;;tag=8', "", "sip:a@b", "8"],
    ['<sip:a@b>;x="tag=no;tag=never";tag=9', "", "sip:a@b", "9"],
    ["<sip:a@b>;tagged=no;stag=no", "", "sip:a@b", ""],
    ["*", "", "*", ""],
    ["\xc3\xa9t\xc3\xa9 <sip:a@b>", "\xc3\xa9t\xc3\xa9", "sip:a@b", ""],
  ];
  for (const [text, display, uri, tag] of CASES) {
    test(text, () => {
      const found = address(text);
      assert.deepEqual([found.display, found.uri, found.tag], [display, uri, tag]);
    });
  }
  test("its parameters are unquoted when asked for by name", () => {
    const found = address('<sip:a@b>;expires=60;+sip.instance="<urn:uuid:1>";q=0.5');
    assert.equal(found.param("expires"), "60");
    assert.equal(found.param("+SIP.Instance"), "<urn:uuid:1>");
    assert.deepEqual(found.params()[1], { name: "+sip.instance", value: '"<urn:uuid:1>"' });
    assert.equal(found.sipUri()?.host, "b");
    assert.equal(address("<sip:no host>".replace(" ", "")).sipUri()?.host, "nohost");
    assert.equal(address("<sip:a@b@c>").sipUri(), undefined);
  });
});

describe("lists (M-15)", () => {
  const LISTS: readonly (readonly [string, readonly string[]])[] = [
    ['<sip:a,b@c>, "x,y" <sip:d>,sip:e', ["<sip:a,b@c>", '"x,y" <sip:d>', "sip:e"]],
    ['"q\\",r" <sip:d>,<sip:e>', ['"q\\",r" <sip:d>', "<sip:e>"]],
    [" , a ,, b , ", ["a", "b"]],
    ['"open, <a>', ['"open, <a>']],
    ["<open, b", ["<open, b"]],
    ['<sip:a?x="b,>, c', ['<sip:a?x="b,>', "c"]],
    ["a\r\n ,\r\n\tb", ["a", "b"]],
    ["", []],
  ];
  for (const [text, values] of LISTS) test(JSON.stringify(text), () => assert.deepEqual(splitList(text), values));
  test("folds become one space", () => {
    assert.equal(unfold("a \r\n  b\n\tc\r\n \r\n d"), "a b c d");
    assert.equal(unfold("plain\ttab"), "plain\ttab");
  });
});

describe("header names (M-14)", () => {
  test("every row answers to its long and its compact name, in any case", () => {
    for (const id of Object.values(H)) {
      if (id === H.Other) continue;
      const row = headerRow(id);
      assert.equal(row.id, id);
      for (const name of [row.name, row.name.toUpperCase(), row.name.toLowerCase()]) assert.equal(headerIdOf(name), id, name);
      if (row.compact !== "") assert.equal(headerIdOf(row.compact.toUpperCase()), id);
    }
  });
  test("the compact forms are those of RFC 3261 and its extensions", () => {
    const forms = Object.values(H)
      .map((id) => headerRow(id).compact)
      .filter((compact) => compact !== "")
      .sort()
      .join("");
    assert.equal(forms, "abcdefijklmnorstuvxy");
  });
  test("everything else is Other, however close", () => {
    for (const name of ["", "Vi", "Viaa", "Content_Length", "Content-Lengtg", "Max\rForwards", "toString", "__proto__", "z", "\0"]) {
      assert.equal(headerIdOf(name), H.Other, JSON.stringify(name));
    }
  });
});

describe("reason phrases", () => {
  test("known codes have theirs, others that of their class", () => {
    assert.equal(reasonPhrase(487), "Request Terminated");
    assert.equal(reasonPhrase(499), "Client Error");
    assert.equal(reasonPhrase(699), "Global Failure");
  });
});
