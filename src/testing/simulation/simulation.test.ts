// Ten thousand random calls through the whole engine, and the proof that the simulation would notice.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../random.ts";
import { checkAtRest, checkNow } from "./checks.ts";
import { CALL_KINDS, drawCall } from "./draw.ts";
import { mayEndWith } from "./expect.ts";
import { FORGED_LINE } from "./forger.ts";
import { Numbering } from "./numbering.ts";
import { explain, simulate, WEATHERS } from "./run.ts";
import { World } from "./world.ts";

for (const seed of [1, 2, 3, 4, 5]) {
  test(`2,000 random calls from seed ${seed}: nothing illegal, both ends told, counts equal memberships, nothing left`, async () => {
    const report = await simulate({ seed, calls: 2000 });
    assert.ok(report.problems.length === 0, explain(report));
    assert.ok(report.checks > 50_000, `${report.checks} rules were checked`);
    assert.ok(report.own > 200, `${report.own} requests of the proxy's own`);
    assert.ok(report.hidden > 2000, `${report.hidden} messages of hidden calls`);
    assert.ok(report.forged.refused > 20, `${report.forged.refused} of ${report.forged.sent} forgeries were refused`);
    // calls of many kinds took place
    for (const status of [200, 408, 486, 487])
      assert.ok((report.statuses.get(status) ?? 0) > 5, `${report.statuses.get(status)} × ${status}`);
  });
}

test("every kind of call on the worst network", async () => {
  for (const kind of CALL_KINDS) {
    const report = await simulate({ seed: 77, calls: 40, kind, weather: "awful" });
    assert.ok(report.problems.length === 0, `${kind}: ${explain(report)}`);
  }
});

test("connections that break in every state of a call leave nothing behind", async () => {
  for (const transports of ["tcp", "mixed"] as const) {
    const report = await simulate({ seed: 31, calls: 1000, transports, resets: true, weather: "fair" });
    assert.ok(report.problems.length === 0, explain(report));
  }
});

test("the same seed gives the same packets to the byte and the millisecond; another seed gives others", async () => {
  const first = await simulate({ seed: 8, calls: 300 });
  const again = await simulate({ seed: 8, calls: 300 });
  const other = await simulate({ seed: 9, calls: 300 });
  assert.equal(again.hash, first.hash);
  assert.equal(again.virtualMs, first.virtualMs);
  assert.notEqual(other.hash, first.hash);
});

test("a callee that is cut off and never told the end is noticed, with the story of its call", async () => {
  const world = await World.build(seededRandom(1), WEATHERS.clean);
  const { callId } = world.place(0, drawCall(seededRandom(2), "answered"));
  await world.advance(2500);
  assert.equal(world.caller.callerOf(callId)?.status, 200);
  world.network.partition(["10.0.0.1"], ["10.0.1.1"]);
  while (world.clock.nextAt < Number.POSITIVE_INFINITY) await world.advance(10_000);
  const texts = checkAtRest(world).map((problem) => problem.text);
  assert.ok(
    texts.some((text) => text.startsWith("callee0 was never told the end")),
    texts.join("\n"),
  );
  assert.ok(world.trace.story(callId).length > 8);
});

test("a membership that outlives its call is noticed at once, and a call that is still there at rest", async () => {
  const world = await World.build(seededRandom(1), WEATHERS.clean);
  world.place(0, drawCall(seededRandom(2), "answered"));
  await world.advance(2500);
  assert.deepEqual(checkNow(world), []);
  assert.ok(checkAtRest(world).some((problem) => problem.text.includes("is left in state confirmed")));
  const [dialog] = world.engine.dialogs.all();
  assert.ok(dialog !== undefined);
  const ghost: typeof dialog = Object.create(dialog, { firstLink: { value: undefined, writable: true } });
  world.app.profile("all").link(ghost, "");
  assert.ok(checkNow(world).some((problem) => problem.text.includes("says 2, members hold 1")));
});

test("a number that does not rise is noticed where the proxy has sent requests of its own, and not what the network has changed", () => {
  const message = (method: string, cseq: number, branch: string, original?: number): string =>
    `${method} sip:b@10.0.1.1 SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=${branch};rport\r\n` +
    `From: <sip:a@x>;tag=a\r\nTo: <sip:b@x>;tag=b\r\nCall-ID: 1@x\r\nCSeq: ${cseq} ${method}\r\n` +
    `${original === undefined ? "" : `X-Number: ${original}\r\n`}\r\n`;
  const numbering = new Numbering();
  const relay = (method: string, original: number, cseq: number, branch: string): void =>
    numbering.sent(message(method, cseq, `p${branch}`, original), "10.0.1.1", 0);
  relay("INFO", 3, 3, "u1");
  relay("INFO", 2, 2, "u2"); // late, and passed on as it is
  numbering.sent(message("OPTIONS", 4, "o1"), "10.0.1.1", 0);
  relay("INFO", 4, 5, "u3");
  numbering.sent(message("INFO", 5, "pu3", 4), "10.0.1.1", 0); // a retransmission
  numbering.sent(message("ACK", 1, "a1"), "10.0.1.1", 0);
  assert.deepEqual([numbering.violations, numbering.own], [[], 1]);
  relay("INFO", 5, 5, "u4");
  numbering.sent(message("BYE", 5, "o2"), "10.0.1.1", 0);
  assert.deepEqual(
    numbering.violations.map(({ text }) => text),
    ["INFO leaves for 10.0.1.1 with CSeq 5 after 5", "BYE leaves for 10.0.1.1 with CSeq 5 after 5"],
  );
});

test("a forged request that goes on while its call lives is noticed", async () => {
  const world = await World.build(seededRandom(1), WEATHERS.clean);
  const { callId } = world.place(0, drawCall(seededRandom(2), "answered"));
  await world.advance(2500);
  const forged = `INFO sip:u@10.0.1.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKp${FORGED_LINE}\r\nCall-ID: ${callId}\r\n\r\n`;
  world.forger.passed(forged, "10.0.1.1");
  world.forger.passed(forged.replace(callId, "nobody's"), "10.0.1.1");
  assert.deepEqual(
    world.forger.violations.map(({ text }) => text),
    ["a forged INFO went on to 10.0.1.1"],
  );
});

test("what a call may end with follows from its plan", () => {
  const random = seededRandom(1);
  assert.equal(mayEndWith(drawCall(random, "answered"), 200), true);
  assert.equal(mayEndWith(drawCall(random, "answered"), 408), false);
  assert.equal(mayEndWith(drawCall(random, "answered"), 487), false);
  assert.equal(mayEndWith(drawCall(random, "cancelled"), 487), true);
  assert.equal(mayEndWith(drawCall(random, "cancelled"), 200), false);
  assert.equal(mayEndWith(drawCall(random, "noAnswer"), 408), true);
  assert.equal(mayEndWith(drawCall(random, "noAnswer"), 200), false);
});
