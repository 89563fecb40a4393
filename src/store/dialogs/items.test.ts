import assert from "node:assert/strict";
import { test } from "node:test";
import { readItems, writeItem } from "./items.ts";

test("the separators and the backslash are quoted (12.3)", () => {
  assert.equal(writeItem("a", "1", false, "plain") + writeItem("b", "x|y", false, "plain"), "a#1|b#x\\|y|");
  assert.equal(writeItem("a", "1", true, "typed") + writeItem("b#", "\\", false, "typed"), "a#2#1|b\\##1#\\\\|");
});

test("the reference's own text is read (captured from OpenSIPS)", () => {
  assert.deepEqual(readItems("cct#|ucSDP#v=0\r\no=ua 1 1|account#pre\\#paid\\|x;y|caller#sip:alice@127.0.0.1|"), [
    { name: "cct", value: "", isInteger: false },
    { name: "ucSDP", value: "v=0\r\no=ua 1 1", isInteger: false },
    { name: "account", value: "pre#paid|x;y", isInteger: false },
    { name: "caller", value: "sip:alice@127.0.0.1", isInteger: false },
  ]);
});

test("both forms are read without being told which it is", () => {
  assert.deepEqual(readItems("n#2#42|t#1#x|u#v|"), [
    { name: "n", value: "42", isInteger: true },
    { name: "t", value: "x", isInteger: false },
    { name: "u", value: "v", isInteger: false },
  ]);
});

test("an item without a value's sign, and what follows the last bar, is dropped", () => {
  assert.deepEqual(readItems("broken|a#1|rest"), [{ name: "a", value: "1", isInteger: false }]);
  assert.deepEqual(readItems(""), []);
  assert.deepEqual(readItems("a#1|b#\\"), [{ name: "a", value: "1", isInteger: false }]);
});
