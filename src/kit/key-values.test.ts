import assert from "node:assert/strict";
import { test } from "node:test";
import { TestClock } from "../testing/index.ts";
import { asWritten, KeyValues, shown } from "./index.ts";

test("a value is there until its time is over or it is removed", () => {
  const clock = new TestClock();
  const store = new KeyValues(clock);
  store.set("a", "1", 1000);
  store.set("b", "2");
  clock.advance(999);
  assert.deepEqual([store.get("a"), store.get("b")], ["1", "2"]);
  clock.advance(1);
  assert.deepEqual([store.get("a"), store.get("b")], [undefined, "2"]);
  assert.equal(store.size, 1, "what is over is not kept");
  assert.deepEqual([store.remove("b"), store.remove("b"), store.get("b")], [true, false, undefined]);
});

test("numbers are added up, and a text is not taken for one", () => {
  const store = new KeyValues(new TestClock());
  assert.deepEqual([store.add("n", 5), store.add("n", -7), store.get("n")], [5, -2, "-2"]);
  store.set("t", "five");
  assert.equal(store.add("t", 1), undefined);
  assert.equal(store.get("t"), "five");
});

test("the store never grows beyond its bound: the oldest goes, what is over goes before", () => {
  const clock = new TestClock();
  const store = new KeyValues(clock, 3);
  store.set("short", "x", 10);
  store.set("one", "1");
  store.set("two", "2");
  clock.advance(10);
  store.set("three", "3");
  assert.deepEqual([store.get("one"), store.size, store.evicted], ["1", 3, 0]);
  store.set("one", "again");
  store.set("four", "4");
  assert.deepEqual([store.get("two"), store.get("one"), store.size, store.evicted], [undefined, "again", 3, 1]);
});

test("bytes of the wire are shown as the characters they mean, and written back the same", () => {
  assert.equal(shown("J\xc3\xb6rg"), "Jörg");
  assert.equal(asWritten("Jörg"), "J\xc3\xb6rg");
  assert.equal(shown("\xff\xfe"), "\xff\xfe", "what is no UTF-8 stays as it is");
  assert.equal(asWritten(shown("Fr\xc3\xa9d \xe2\x82\xac")), "Fr\xc3\xa9d \xe2\x82\xac");
});
