import assert from "node:assert/strict";
import { test } from "node:test";
import { columnBytes, columnText, engineText } from "./text.ts";

test("bytes that are UTF-8 stand in a column as the characters they mean, and come back as bytes", () => {
  const wire = Buffer.from("sip:Łódź@10.0.0.1", "utf8").latin1Slice();
  assert.equal(columnText(wire, "sqlite"), "sip:Łódź@10.0.0.1");
  assert.equal(engineText(columnText(wire, "sqlite")), wire);
});

test("what is no UTF-8 and what is plain stays as it is", () => {
  assert.equal(columnText("caf\xe9", "mysql"), "caf\xe9");
  assert.equal(columnText("a\x00b", "sqlite"), "a\x00b");
  assert.equal(columnText("plain", "postgres"), "plain");
  assert.equal(engineText("plain"), "plain");
});

test("text of our users keeps its characters; half of a pair cannot stand in a column", () => {
  assert.equal(columnText("имя", "postgres"), "имя");
  assert.equal(columnText("x\ud800", "sqlite"), "x\ufffd");
});

test("U+0000 is left out where the database has no place for it", () => {
  assert.equal(columnText("a\x00b\x00", "postgres"), "ab");
  assert.equal(columnText("\xc3\xa9\x00", "postgres"), "é");
});

test("a binary column gets the bytes of the wire", () => {
  assert.deepEqual([...columnBytes("a\xff\x00")], [0x61, 0xff, 0]);
  assert.deepEqual([...columnBytes("ж")], [0xd0, 0xb6]);
});
