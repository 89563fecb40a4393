// Requests of our own within a call, and the text of a call for scripts (dialog-behaviour 15.1, 9.3).
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestContext } from "../proxy/index.ts";
import { SipRequest } from "../sip/index.ts";
import { seededRandom, TestClock } from "../testing/index.ts";
import { A, B, DialogHarness, SDP_A, SDP_B } from "./harness.ts";
import { dialogText } from "./json.ts";
import type { DialogTracker } from "./tracker.ts";

const start = (initial?: (context: RequestContext, tracker: DialogTracker) => void): DialogHarness =>
  new DialogHarness(new TestClock(), seededRandom(11), initial === undefined ? {} : { initial });

test("an INFO of ours goes to the callee with the next number, and what the caller sends later is translated (15.1, 3.4)", () => {
  const h = start();
  const dialog = h.talk();
  let answer = 0;
  const parts = { method: "INFO", to: "callee", body: "Signal=5", contentType: "application/dtmf-relay", headers: "X-Id: 7\r\n" } as const;
  assert.equal(h.tracker.sendSequential(dialog, { ...parts, done: (status) => (answer = status) }), true);
  const [info] = h.requests(B, "INFO");
  assert.ok(info instanceof SipRequest);
  assert.deepEqual(
    [info.requestUri, info.cseqNumber, info.fromTag, info.toTag, info.body, info.header("Content-Type"), info.header("X-Id")],
    ["sip:b@10.0.0.3:5060", 103, "a", "b", "Signal=5", "application/dtmf-relay", "7"],
  );
  assert.equal(info.header("Contact"), "<sip:a@10.0.0.2:5060>");
  assert.equal(dialog.uses > 0, true, "its sender waits for the answer");
  h.answer(h.lastSent(B, "INFO"), 481);
  assert.equal(answer, 481);
  assert.equal(dialog.status, 4, "the answer changes nothing in the call");

  h.request("UPDATE", 103, A, { toTag: "b", headers: h.route() });
  assert.equal(h.requests(B, "UPDATE")[0]?.cseqNumber, 104);
  const [reply] = h.answer(h.lastSent(B, "UPDATE"), 200);
  assert.equal(reply?.message.cseqNumber, 103);
  assert.deepEqual(h.tracker.check(), []);
});

test("an INVITE of ours to the caller shows where the callee is, and its 2xx is acknowledged without a body", () => {
  const h = start();
  const dialog = h.talk();
  const parts = { method: "INVITE", to: "caller", body: SDP_B, contentType: "application/sdp" } as const;
  assert.equal(h.tracker.sendSequential(dialog, parts), true);
  const [invite] = h.requests(A, "INVITE");
  assert.deepEqual([invite?.requestUri, invite?.cseqNumber, invite?.fromTag, invite?.toTag], ["sip:a@10.0.0.2:5060", 1, "b", "a"]);
  assert.equal(invite?.header("Contact"), "<sip:b@10.0.0.3:5060>");
  h.answer(h.lastSent(A, "INVITE"), 200, { body: SDP_A });
  const [ack] = h.requests(A, "ACK");
  assert.deepEqual([ack?.cseqNumber, ack?.body], [1, ""]);
});

test("nothing is sent to who never said where it is, nor under a method that is none of its own", () => {
  const h = start();
  h.invite();
  const dialog = h.dialog();
  assert.equal(h.tracker.sendSequential(dialog, { method: "INFO", to: "callee" }), false);
  for (const method of ["ACK", "CANCEL", "", "IN FO", "INFO\r\nX: y"])
    assert.equal(h.tracker.sendSequential(dialog, { method, to: "caller" }), false, method);
  assert.equal(h.tracker.sendSequential(dialog, { method: "INFO", to: "caller", contentType: "a/b\r\nX: y" }), false);
  assert.equal(h.requests(A, "INFO").length, 0);
  assert.equal(dialog.callerLeg.generatedCseq, 0, "no number was used up");
});

test("after a reliable provisional the request goes where that reply came from (RFC 3262)", () => {
  const h = start();
  const [invite] = h.invite();
  const ringing = "Require: 100rel\r\nRSeq: 9\r\nContact: <sip:media@10.0.0.3:5070>\r\n";
  h.answer(invite, 183, { headers: ringing, contact: "X-Y: z\r\n" });
  const [, relayed] = h.replies(A);
  assert.equal((relayed ?? h.replies(A)[0])?.status, 183);
  const after = h.replies(A).find((one) => one.status === 183);
  assert.ok(after !== undefined);
  const dialog = h.dialog();
  assert.equal(
    h.tracker.sendSequential(dialog, {
      method: "PRACK",
      to: "callee",
      after: { response: after, branch: 0 },
      headers: "RAck: 9 102 INVITE\r\n",
    }),
    true,
  );
  const [prack] = h.requests(B, "PRACK");
  assert.deepEqual([prack?.requestUri, prack?.cseqNumber, prack?.toTag], ["sip:media@10.0.0.3:5070", 103, "b"]);
});

test("a call that ended is found by its did while something refers to it, and its text is valid JSON whatever it holds (9.3)", () => {
  const h = start();
  const profile = h.profiles.define("caller", { withValue: true });
  const dialog = h.talk();
  dialog.join(profile, "x");
  dialog.join(profile, 'y"');
  dialog.setValue("1", 'say "hi"');
  dialog.setValue("__proto__", "kept");
  dialog.setValue("binary", "a\r\nb");
  dialog.setValue("count", "5", true);
  assert.deepEqual([dialog.valueEntry("count")?.isInteger, dialog.valueEntry("1")?.isInteger], [true, false]);
  dialog.setValue("count", "5");
  assert.equal(dialog.valueEntry("count")?.isInteger, false, "the last writer says what it is");
  const text = dialogText(dialog, true);
  const json = JSON.parse(text);
  assert.deepEqual(Object.keys(json), [
    ..."ID state user_flags callid timestart timeout from_uri to_uri caller callees values profiles".split(" "),
  ]);
  assert.deepEqual(Object.keys(json.caller), ["tag", "contact", "cseq", "route_set", "bind_addr", "sdp"]);
  assert.deepEqual([json.ID, json.state, json.callees[0].cseq], [String(dialog.dbId), "4", "102"]);
  assert.deepEqual(json.profiles, { caller: ['y"', "x"] });
  assert.ok(text.includes('"values":{"count":"5","__proto__":"kept","1":"say \\"hi\\""}'), "newest first; what cannot be seen is left out");
  assert.equal(JSON.parse(dialogText(dialog, false)).values, undefined);

  h.request("BYE", 103, A, { toTag: "b", headers: h.route() });
  assert.equal(h.tracker.byDid(dialog.did), undefined);
  assert.equal(h.tracker.inAnyState(dialog.did), dialog);
  h.answer(h.lastSent(B, "BYE"), 200);
  h.clock.advance(60_000);
  assert.equal(h.tracker.inAnyState(dialog.did), undefined);
});

test("statistics can be kept from others and are counted all the same", () => {
  const h = new DialogHarness(new TestClock(), seededRandom(11), { settings: { hasStatistics: false } });
  h.talk();
  assert.equal(h.statistics.find("dialog:active_dialogs"), undefined);
  assert.equal(h.tracker.active, 1);
  assert.deepEqual(h.tracker.check(), []);
});
