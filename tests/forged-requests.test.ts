// Who forges a request inside a call achieves nothing (decision 19), through both doors. What each attacker knows stands beside its case.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bench, DOORS, openBench, type TestCall } from "./guard/bench.ts";
import { FORGERIES, type Forgery } from "./guard/forgeries.ts";

/** Sends it. @returns what the dialog looked like before */
function commit(call: TestCall, forgery: Forgery): unknown {
  const { bench } = call;
  const source = forgery.source === undefined ? bench.m : bench[forgery.source];
  const said = typeof forgery.said === "function" ? forgery.said(call) : forgery.said;
  const before = structuredClone(call.snapshot());
  call.from(forgery.as, said, source);
  return before;
}

/** The call goes on as if nothing had been: it is answered, acknowledged, hung up on, and both sides know it. */
function goesOn(bench: Bench, call: TestCall, { stage = "talking" }: Forgery): void {
  if (stage === "early") call.reply(200);
  if (stage !== "talking") call.from("a", { method: "ACK", cseq: 102 });
  assert.equal(call.dialog.state, "confirmed", "the ACK of the caller counts");
  bench.clock.advance(40_000);
  assert.equal(call.dialog.state, "confirmed", "nothing was left behind that ends it later");
  call.from("b", { method: "INFO", cseq: 8 });
  call.from("a", { method: "INFO", cseq: 104 });
  call.from("a", { method: "BYE", cseq: 105 });
  assert.ok(bench.b.requests.some((one) => one.method === "BYE" && one.cseqNumber === 105 && one.callId === call.callId));
  assert.ok(bench.a.responses.some((one) => one.cseqMethod === "BYE" && one.status === 200 && one.callId === call.callId));
  assert.equal(bench.engine.dialogs.byCallId(call.callId), undefined, "the caller's own BYE ends it");
}

for (const door of DOORS) {
  test(`${FORGERIES.length} forgeries through the ${door} door: none is taken for true`, async (t) => {
    const bench = await openBench(door);
    for (const forgery of FORGERIES) {
      await t.test(`${forgery.number} (knows ${forgery.knows.join(", ")}) ${forgery.name}`, () => {
        const call = bench.call(forgery.stage);
        const arrives = forgery.outcome === "arrives" && door === "typescript";
        const before = commit(call, forgery);
        if (!arrives) {
          assert.deepEqual(call.snapshot(), before);
          goesOn(bench, call, forgery);
          return;
        }
        // it was true after all, and who is meant hears of it
        const meant = forgery.as === "a" ? bench.b : bench.a;
        assert.ok(meant.requests.some((one) => one.method === "BYE" && one.callId === call.callId));
        assert.equal(
          bench.m.requests.some((one) => one.callId === call.callId),
          false,
        );
        assert.equal(bench.engine.dialogs.byCallId(call.callId), undefined);
      });
    }
    bench.clock.advance(120_000);
    assert.deepEqual(bench.engine.dialogs.check(), []);
  });
}

test("the matrix has at least sixty cases, each with another name or another attacker", () => {
  assert.ok(FORGERIES.length >= 60, `${FORGERIES.length}`);
  assert.equal(new Set(FORGERIES.map((one) => `${one.name} ${one.knows.join()} ${one.stage}`)).size, FORGERIES.length);
});
