import assert from "node:assert/strict";
import { test } from "node:test";
import { TestClock } from "../testing/index.ts";
import { Shutdown } from "./shutdown.ts";

interface Bench {
  readonly shutdown: Shutdown;
  readonly clock: TestClock;
  readonly exits: number[];
  readonly said: string[];
  readonly rows: { remain: boolean };
  closed(error?: Error): Promise<void>;
}

function setUp(): Bench {
  const clock = new TestClock();
  const exits: number[] = [];
  const said: string[] = [];
  const rows = { remain: false };
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const shutdown = new Shutdown({
    close: () => promise,
    exit: (status) => exits.push(status),
    isSaving: () => rows.remain,
    say: (text) => said.push(text),
    monotonic: () => clock.monotonic(),
    after: (ms, run) => {
      clock.schedule(ms, run);
    },
  });
  const closed = async (error?: Error): Promise<void> => {
    if (error === undefined) resolve();
    else reject(error);
    await new Promise((next) => setImmediate(next));
  };
  return { shutdown, clock, exits, said, rows, closed };
}

test("a signal closes, and the process ends with 0 when that is done", async () => {
  const { shutdown, exits, closed, clock } = setUp();
  shutdown.signal("SIGTERM");
  assert.deepEqual(exits, []);
  await closed();
  clock.advance(10_000);
  assert.deepEqual(exits, [0]);
});

test("a second signal ends at once with 1", async () => {
  const { shutdown, exits, clock, closed } = setUp();
  shutdown.signal("SIGINT");
  clock.advance(300);
  shutdown.signal("SIGINT");
  assert.deepEqual(exits, [1]);
  await closed();
  assert.deepEqual(exits, [1]);
});

test("the copy of a keystroke that npm sends along is not a second signal; another signal is", () => {
  const { shutdown, exits, clock } = setUp();
  shutdown.signal("SIGINT");
  clock.advance(5);
  shutdown.signal("SIGINT");
  assert.deepEqual(exits, []);
  shutdown.signal("SIGTERM");
  assert.deepEqual(exits, [1]);
});

test("whatever is left, it ends within five seconds", () => {
  const { shutdown, exits, clock } = setUp();
  shutdown.signal("SIGTERM");
  clock.advance(4000);
  assert.deepEqual(exits, []);
  clock.advance(1000);
  assert.deepEqual(exits, [0]);
});

test("a close that fails, or a bug that ends the process, ends it with 1", async () => {
  const failing = setUp();
  failing.shutdown.signal("SIGTERM");
  await failing.closed(new Error("no"));
  assert.deepEqual(failing.exits, [1]);
  const buggy = setUp();
  buggy.shutdown.begin("uncaught error", 1);
  await buggy.closed();
  assert.deepEqual(buggy.exits, [1]);
});

test("rows that remain to be written are waited for, and nothing else (decision 28)", async () => {
  const { shutdown, exits, clock, rows, said, closed } = setUp();
  shutdown.signal("SIGTERM");
  rows.remain = true;
  clock.advance(30_000);
  assert.deepEqual(exits, []);
  assert.match(said.join(), /rows remain/);
  rows.remain = false;
  await closed();
  assert.deepEqual(exits, [0]);
  const other = setUp();
  other.rows.remain = true;
  other.shutdown.signal("SIGTERM");
  other.clock.advance(10_000);
  other.rows.remain = false;
  other.clock.advance(200);
  assert.deepEqual(other.exits, [0], "what hangs then is not waited for");
});
