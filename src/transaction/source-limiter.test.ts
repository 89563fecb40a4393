import assert from "node:assert/strict";
import { test } from "node:test";
import { Bench, CALLER, CALLER_TCP, requestText, VirtualTime } from "./harness.ts";
import { SourceLimiter } from "./source-limiter.ts";

const quiet = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };

test("an address begins as many transactions in a second as it may; a datagram beyond is dropped, others are not concerned (S-04)", () => {
  const bench = new Bench({ maxNewPerSource: 2 });
  const other = { ...CALLER, ip: "10.0.0.9" };
  for (const branch of ["z9hG4bK1", "z9hG4bK2", "z9hG4bK3", "z9hG4bK4"]) bench.receive(requestText("OPTIONS", { branch }));
  assert.deepEqual(bench.user.take(), ["request OPTIONS", "request OPTIONS"]);
  bench.receive(requestText("OPTIONS", { branch: "z9hG4bK5" }), other);
  assert.deepEqual(bench.user.take(), ["request OPTIONS"]);
  assert.equal(bench.statistic("throttled_transactions"), 2);
  assert.deepEqual(bench.log.lines, ["warn: a source begins more transactions than it may"]);
  assert.equal(bench.layer.size, 3, "nothing is kept of what was dropped");
  // the client repeats it, and there is room again
  bench.time.advance(1_000);
  bench.receive(requestText("OPTIONS", { branch: "z9hG4bK3" }));
  assert.deepEqual(bench.user.take(), ["request OPTIONS"]);
});

test("copies of a request, and the CANCEL of a call that is here, are nothing new", () => {
  const bench = new Bench({ maxNewPerSource: 1 });
  for (let i = 0; i < 3; i++) bench.receive(requestText("INVITE"));
  bench.receive(requestText("CANCEL"));
  assert.deepEqual(bench.user.take(), ["request INVITE", "cancel", "cancelled"]);
  bench.receive(requestText("CANCEL", { branch: "z9hG4bKnobodys" }));
  assert.deepEqual(bench.user.take(), []);
  assert.equal(bench.statistic("throttled_transactions"), 1);
});

test("over a connection, where nothing is repeated, the client is told 503", () => {
  const bench = new Bench({ maxNewPerSource: 1 });
  for (const branch of ["z9hG4bK1", "z9hG4bK2"]) bench.receive(requestText("OPTIONS", { branch }), CALLER_TCP);
  assert.deepEqual(bench.user.take(), ["request OPTIONS", "overload OPTIONS"]);
  assert.equal(bench.statistic("throttled_transactions"), 1);
  assert.equal(bench.statistic("overload_transactions"), 0);
});

test("trusted addresses have no limit, and 0 is none for anybody", () => {
  const trusting = new Bench({ maxNewPerSource: 1, isTrustedPeer: (ip) => ip === CALLER.ip });
  const free = new Bench();
  for (const bench of [trusting, free]) {
    for (let i = 0; i < 50; i++) bench.receive(requestText("OPTIONS", { branch: `z9hG4bK${i}` }));
    assert.equal(bench.user.take().length, 50);
    assert.equal(bench.statistic("throttled_transactions"), 0);
  }
});

test("the table is bounded, and so is the log: those who come later in the second are let through", () => {
  const time = new VirtualTime();
  let lines = 0;
  const limiter = new SourceLimiter(time, { ...quiet, warn: () => void lines++ }, { perSecond: 1, isTrusted: () => false });
  const address = (i: number): string => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
  for (let i = 0; i < 70_000; i++) assert.ok(limiter.admit(address(i)));
  assert.equal(limiter.admit(address(65_535)), false);
  assert.equal(limiter.admit(address(65_536)), true);
  for (let i = 0; i < 100; i++) assert.equal(limiter.admit(address(i)), false);
  assert.equal(lines, 10);
  time.advance(1_000);
  assert.equal(limiter.admit(address(0)), true);
});
