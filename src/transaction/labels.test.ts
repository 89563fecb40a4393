import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LabelTable } from "./labels.ts";

interface One {
  readonly label: number;
}

function add(table: LabelTable<One>): One {
  const one = { label: table.next() };
  table.set(one);
  return one;
}

describe("LabelTable", () => {
  test("labels are 30 bits, different, and go on at 0 after the largest", () => {
    const table = new LabelTable<One>(0xffff_ffff);
    assert.equal(add(table).label, 0);
    assert.equal(add(table).label, 1);
    const late = new LabelTable<One>(0x3fff_fffd);
    assert.deepEqual([add(late).label, add(late).label, add(late).label], [0x3fff_fffe, 0x3fff_ffff, 0]);
  });

  test("only the very label finds", () => {
    const table = new LabelTable<One>(6);
    const one = add(table);
    assert.equal(table.get(one.label), one);
    assert.equal(table.get(one.label + 1), undefined);
    assert.equal(table.get(one.label + 16_384), undefined);
    assert.equal(table.get(-1), undefined);
    assert.equal(table.get(0xffff_ffff), undefined);
  });

  test("what has gone is not found, and its going a second time takes nobody else along", () => {
    const table = new LabelTable<One>(0);
    const one = add(table);
    table.delete(one);
    assert.equal(table.get(one.label), undefined);
    for (let i = 1; i < 16_384; i++) table.delete(add(table));
    const other = add(table);
    assert.equal(other.label, one.label + 16_384);
    table.delete(one);
    assert.equal(table.get(other.label), other);
  });

  test("one that lives long is stepped over", () => {
    const table = new LabelTable<One>(0);
    const old = add(table);
    const labels = new Set<number>();
    for (let i = 0; i < 50_000; i++) {
      const one = add(table);
      assert.notEqual(one.label & 16_383, old.label & 16_383);
      labels.add(one.label);
      table.delete(one);
    }
    assert.equal(labels.size, 50_000);
    assert.equal(table.get(old.label), old);
  });

  test("all are found while it grows", () => {
    const table = new LabelTable<One>(0x3fff_f000);
    const all = Array.from({ length: 100_000 }, () => add(table));
    assert.equal(new Set(all.map((one) => one.label)).size, all.length);
    for (const one of all) assert.equal(table.get(one.label), one);
  });
});
