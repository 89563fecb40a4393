// What honest peers send is refused by neither door, however odd it looks (decision 19): the other half of tests/forged-requests.test.ts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bench, DOORS, openBench, type TestCall } from "./guard/bench.ts";
import { HONEST, type Honest } from "./guard/honest.ts";

/** What the proxy says to requests that it does not believe, and what phones say to those that are not for them. */
const REFUSALS = [400, 403, 404, 481, 500, 503];

/** Both sides go on as they would, and hang up. */
function endsWell(bench: Bench, call: TestCall, { stage = "talking", isOver = false }: Honest): void {
  if (!isOver) {
    if (stage === "early") call.reply(200);
    if (call.dialog.state !== "confirmed") call.from("a", { method: "ACK", cseq: 102 });
    assert.equal(call.dialog.state, "confirmed");
    const { cseq } = call.dialog.primaryCallee ?? assert.fail("there is a callee");
    call.from("a", { method: "BYE", cseq: cseq + 1, uri: call.dialog.primaryCallee?.remoteTarget ?? "" });
  }
  assert.equal(bench.engine.dialogs.byCallId(call.callId)?.isTalking ?? false, false, "the call is over");
}

for (const door of DOORS) {
  test(`${HONEST.length} honest requests through the ${door} door: none is refused`, async (t) => {
    const bench = await openBench(door);
    for (const one of HONEST) {
      await t.test(one.name, () => {
        const call = bench.call(one.stage);
        one.run(call, bench);
        endsWell(bench, call, one);
        for (const phone of [bench.a, bench.b, bench.moved]) {
          const refused = phone.responses.filter((reply) => reply.callId === call.callId && REFUSALS.includes(reply.status));
          assert.deepEqual(one.mayBeRefusedThere === true ? [] : refused.map((reply) => `${reply.status} ${reply.cseqMethod}`), []);
        }
        assert.equal(bench.engine.statistics.find("dialog:ignored_requests")?.read(), 0);
      });
    }
    bench.clock.advance(200_000);
    assert.deepEqual(bench.engine.dialogs.check(), []);
  });
}
