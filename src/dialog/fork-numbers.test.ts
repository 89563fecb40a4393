// Several callees while a call rings: each has a dialog of its own with the caller, and numbers of its own (RFC 3261 12.1, 12.2.1.1).
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom, TestClock } from "../testing/index.ts";
import { A, B, C, DialogHarness, SDP_B, type Sent } from "./harness.ts";

/** A call that rings at B and C. */
function forked(): { readonly h: DialogHarness; readonly b: Sent | undefined; readonly c: Sent | undefined } {
  const h = new DialogHarness(new TestClock(), seededRandom(3), {
    initial: (context, tracker) => {
      tracker.create(context);
      context.recordRoute();
      context.appendBranch({ requestUri: `sip:c@${C}:5060` });
      context.relay();
    },
  });
  const [b, c] = h.invite();
  return { h, b, c };
}

const reliable = (rseq: number): { headers: string; contact: string } => ({ headers: `Require: 100rel\r\nRSeq: ${rseq}\r\n`, contact: "" });
const from = (h: DialogHarness, ip: string, method: string, cseq: number, more = ""): readonly Sent[] =>
  h.request(method, cseq, ip, { fromTag: ip === B ? "b" : "c", toTag: "a", from: "sip:bob@10.0.0.3", headers: `${h.route()}${more}` });

test("each early dialog counts for itself, and a request of ours belongs to one of them", () => {
  const { h, b, c } = forked();
  h.answer(b, 183, reliable(1));
  h.answer(c, 183, reliable(5));
  const dialog = h.dialog();
  assert.equal(dialog.send({ method: "INFO", to: "caller" }), true);
  assert.deepEqual([h.requests(A, "INFO")[0]?.fromTag, h.requests(A, "INFO")[0]?.cseqNumber], ["b", 1]);
  from(h, B, "UPDATE", 1);
  from(h, C, "UPDATE", 1);
  from(h, C, "UPDATE", 2);
  from(h, B, "UPDATE", 2);
  const updates = h.requests(A, "UPDATE").map((one) => `${one.fromTag} ${one.cseqNumber}`);
  assert.deepEqual(updates, ["b 2", "c 1", "c 2", "b 3"], "only B's follow ours");
  const replies = h.replies(B).length;
  h.answer(
    h.sent.find((one) => one.ip === A && one.text.startsWith("UPDATE") && one.message.cseqNumber === 3),
    200,
  );
  assert.deepEqual([h.replies(B).length, h.replies(B).at(-1)?.cseqNumber], [replies + 1, 2], "its sender knows it as 2");
});

test("PRACKs of the caller find each its callee, whichever answers, and late ones too", () => {
  const { h, b, c } = forked();
  h.answer(b, 183, reliable(1));
  h.answer(c, 183, reliable(5));
  const prack = (tag: string, cseq: number, rseq: number): void => {
    const uri = tag === "b" ? `sip:b@${B}:5060` : `sip:c@${C}:5060`;
    h.request("PRACK", cseq, A, { toTag: tag, uri, headers: `${h.route()}RAck: ${rseq} 102 INVITE\r\n` });
  };
  prack("b", 103, 1);
  prack("c", 103, 5);
  assert.deepEqual([h.requests(B, "PRACK")[0]?.cseqNumber, h.requests(C, "PRACK")[0]?.cseqNumber], [103, 103]);
  h.answer(b, 183, reliable(2));
  h.answer(c, 200, { body: SDP_B });
  prack("c", 104, 6);
  h.request("ACK", 102, A, { toTag: "c", uri: `sip:c@${C}:5060`, headers: h.route() });
  prack("b", 104, 2);
  assert.deepEqual(
    [h.requests(B, "PRACK").map((one) => one.cseqNumber), h.requests(C, "PRACK").map((one) => one.cseqNumber)],
    [
      [103, 104],
      [103, 104],
    ],
  );
  const dialog = h.dialog();
  assert.deepEqual([dialog.state, dialog.toTag, dialog.primaryCallee?.cseq], ["confirmed", "c", 104]);
  assert.equal(h.stat("ignored_requests"), 0);
});

test("the numbers of the callee who answers become those of the call", () => {
  const { h, b, c } = forked();
  h.answer(b, 183, reliable(1));
  h.answer(c, 183, reliable(5));
  const dialog = h.dialog();
  dialog.send({ method: "INFO", to: "caller" });
  h.answer(h.lastSent(A, "INFO"), 200);
  from(h, C, "UPDATE", 40);
  h.answer(c, 200, { body: SDP_B });
  assert.deepEqual([dialog.callerLeg.cseq, dialog.callerLeg.generatedCseq], [40, 0], "C has had no request of ours in its name");
  h.request("ACK", 102, A, { toTag: "c", uri: `sip:c@${C}:5060`, headers: h.route() });
  from(h, B, "UPDATE", 1);
  assert.equal(h.requests(A, "UPDATE").at(-1)?.cseqNumber, 2, "B, who rings no more for long, goes on behind ours");
  from(h, C, "INFO", 41);
  assert.deepEqual([h.requests(A, "INFO").at(-1)?.cseqNumber, h.requests(A, "INFO").at(-1)?.fromTag], [41, "c"]);
  dialog.end("MI Termination");
  assert.deepEqual([h.requests(A, "BYE")[0]?.cseqNumber, h.requests(A, "BYE")[0]?.fromTag], [42, "c"]);
  assert.deepEqual(h.tracker.check(), []);
});

test("the caller is spoken to in the name of a callee it knows, and not before there is one", () => {
  const { h, b, c } = forked();
  const dialog = h.dialog();
  h.answer(b, 180, { toTag: "" });
  assert.equal(dialog.send({ method: "INFO", to: "caller" }), false);
  h.answer(c, 180);
  assert.equal(dialog.send({ method: "INFO", to: "caller" }), true);
  assert.equal(h.requests(A, "INFO")[0]?.fromTag, "c");
});

test("a branch that forks further down: the callees behind it count each for itself", () => {
  const { h, b } = forked();
  h.answer(b, 183, { ...reliable(1), toTag: "b" });
  h.answer(b, 183, { ...reliable(1), toTag: "b2" });
  h.request("UPDATE", 7, B, { fromTag: "b", toTag: "a", headers: h.route() });
  h.request("UPDATE", 3, B, { fromTag: "b2", toTag: "a", headers: h.route() });
  h.request("UPDATE", 4, B, { fromTag: "b2", toTag: "a", headers: h.route() });
  assert.deepEqual(
    h.requests(A, "UPDATE").map((one) => `${one.fromTag} ${one.cseqNumber}`),
    ["b 7", "b2 3", "b2 4"],
  );
  assert.equal(h.stat("ignored_requests"), 0);
});
