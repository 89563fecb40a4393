import assert from "node:assert/strict";
import { test } from "node:test";
import { median, percentile, slope, spread, valueAt } from "./figures.ts";
import { fewerRuns, proxiesOf, readOptions } from "./options.ts";
import { programText, summary } from "./page.ts";
import type { ProgramRun } from "./parts/programs.ts";

test("the median is the middle, or the mean of the middle two", () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.ok(Number.isNaN(median([])));
});

test("a percentile is the nearest rank", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
  assert.equal(percentile(hundred, 0.5), 50);
  assert.equal(percentile(hundred, 0.99), 99);
  assert.equal(percentile(hundred, 0.999), 100);
  assert.equal(percentile([7], 0.01), 7);
  assert.ok(Number.isNaN(percentile([], 0.5)));
});

test("runs that gave no figure do not count", () => {
  assert.deepEqual(spread([3, Number.NaN, 1, 2]), { median: 2, low: 1, high: 3, runs: 3 });
});

test("the slope of a straight line is its growth, and a point has none", () => {
  assert.equal(
    slope([
      { x: 0, y: 10 },
      { x: 10, y: 30 },
      { x: 20, y: 50 },
    ]),
    2,
  );
  assert.equal(slope([{ x: 1, y: 1 }]), 0);
  assert.equal(slope([]), 0);
});

test("a counter is read between its samples by straight line", () => {
  const samples = [
    { at: 1000, count: 0 },
    { at: 2000, count: 1000 },
    { at: 4000, count: 1500 },
  ];
  assert.equal(valueAt(samples, 1500), 500);
  assert.equal(valueAt(samples, 3000), 1250);
  assert.equal(valueAt(samples, 9000), 1500);
  assert.equal(valueAt(samples, 0), 0);
  assert.ok(Number.isNaN(valueAt([], 1)));
});

test("parts and proxies are chosen by name, and a wrong one is named", () => {
  const options = readOptions(["--quick", "--only", "rate,cpu", "--proxy", "kamailio", "--proxy", "tuned"]);
  assert.ok(typeof options !== "string");
  assert.deepEqual(options.parts, ["cpu", "rate"]);
  assert.deepEqual(options.proxies, ["kamailio", "kamailioTuned"]);
  assert.equal(options.runs, 2);
  assert.equal(options.writes, false);
  assert.match(String(readOptions(["--only", "speed"])), /Unknown part: speed/);
  assert.match(String(readOptions(["--proxy", "opensips"])), /Unknown proxy: opensips/);
  assert.match(String(readOptions(["--runs", "0"])), /1 to 50/);
  assert.match(String(readOptions(["--fast"])), /--fast/);
});

test("proxies with databases are measured where they are asked for, and for what they cost", () => {
  const all = readOptions([]);
  assert.ok(typeof all !== "string");
  assert.ok(proxiesOf("cpu", all).includes("dialoomSqlite"));
  assert.deepEqual(
    proxiesOf("memory", all).filter((proxy) => proxy !== "dialoom" && proxy.startsWith("dialoom")),
    ["dialoomScript"],
  );
  const chosen = readOptions(["--proxy", "dialoom-postgres"]);
  assert.ok(typeof chosen !== "string");
  assert.deepEqual(proxiesOf("memory", chosen), ["dialoomPostgres"]);
});

test("long parts run about half as often, but never not at all", () => {
  assert.deepEqual([1, 2, 3, 5].map(fewerRuns), [1, 1, 2, 3]);
});

test("what the terminal shows: a table only where there are figures for one, and each program as it printed", () => {
  assert.equal(summary({}), "");
  const run: ProgramRun = { name: "a.ts", command: "node bench/micro/a.ts", output: "1 µs\n2 µs", exitCode: 0, load: 0 };
  assert.equal(programText(run), "$ node bench/micro/a.ts\n1 µs\n2 µs");
  assert.equal(programText({ ...run, exitCode: 1 }).split("\n")[0], "$ node bench/micro/a.ts   (exit code 1)");
});
