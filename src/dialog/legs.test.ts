// Acceptance cases 17 to 24 and the parties' data: route sets, targets, bodies, numbers (dialog-behaviour 3).
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom, TestClock } from "../testing/index.ts";
import { freshness, nextOwnCseq, noteRequest, translate, translatedInvite, translatedRack } from "./cseq.ts";
import { A, B, DialogHarness, type HarnessOptions, SDP_A, SDP_B } from "./harness.ts";
import { changedBody, recordRouteLines } from "./learn.ts";
import { calleeRoutes, Leg } from "./leg.ts";

const start = (options?: HarnessOptions): DialogHarness => new DialogHarness(new TestClock(), seededRandom(11), options);

test("case 17: an INVITE that came through P1 and goes on through P2", () => {
  const h = start();
  const [invite] = h.invite({ headers: "Record-Route: <sip:p1;lr>\r\n" });
  assert.ok(invite !== undefined);
  const ours = `<sip:10.0.0.1;lr;ftag=a;did=${h.dialog().did}>`;
  h.answer(invite, 200, { headers: `Record-Route: <sip:p2;lr>, ${ours}, <sip:p1;lr>\r\n` });
  assert.equal(h.dialog().callerLeg.routeSetText, "<sip:p1;lr>");
  assert.equal(h.dialog().primaryCallee?.routeSetText, "<sip:p2;lr>");
});

test("case 18: with p2 nearer to us than p3 the callee's route set is p2,p3", () => {
  const h = start();
  const [invite] = h.invite({ headers: "Record-Route: <sip:p1;lr>\r\n" });
  const ours = `<sip:10.0.0.1;lr;ftag=a;did=${h.dialog().did}>`;
  h.answer(invite, 200, {
    headers: `Record-Route: <sip:p3;lr>\r\nRecord-Route: <sip:p2;lr>\r\nRecord-Route: ${ours}\r\nRecord-Route: <sip:p1;lr>\r\n`,
  });
  assert.equal(h.dialog().primaryCallee?.routeSetText, "<sip:p2;lr>,<sip:p3;lr>");
  h.request("ACK", 102, A, { toTag: "b", headers: h.route() });
  h.dialog().end("MI Termination");
  const bye = h.sent.filter((one) => one.text.startsWith("BYE "));
  assert.deepEqual(
    bye.map((one) => [one.ip, one.text.split("\r\n").filter((line) => line.startsWith("Route:"))]),
    [
      ["p1", ["Route: <sip:p1;lr>"]],
      ["p2", ["Route: <sip:p2;lr>", "Route: <sip:p3;lr>"]],
    ],
  );
});

test("a spiral through us: the outer dialog keeps our inner Record-Route in the callee's set", () => {
  const ours = "<sip:10.0.0.1;lr;did=1.1>";
  const inner = "<sip:10.0.0.1;lr;did=1.2>";
  assert.deepEqual(calleeRoutes([inner, ours, "<sip:p1;lr>"], 2), [inner]);
  assert.deepEqual(calleeRoutes([inner, ours, "<sip:p1;lr>"], 3), []);
  assert.deepEqual(calleeRoutes([], 3), [], "a callee that does not copy Record-Routes");
});

test("case 19: a re-INVITE moves both targets when it is accepted, and only the sender's when it is refused", () => {
  const h = start();
  const dialog = h.talk();
  h.request("INVITE", 103, A, { toTag: "b", headers: h.route(), contact: "<sip:a2@10.0.0.2:5060>" });
  h.answer(h.lastSent(B, "INVITE"), 200, { contact: "Contact: <sip:b2@10.0.0.3:5060>\r\n" });
  assert.equal(dialog.callerLeg.remoteTarget, "sip:a2@10.0.0.2:5060");
  assert.equal(dialog.primaryCallee?.remoteTarget, "sip:b2@10.0.0.3:5060");
  h.request("ACK", 103, A, { toTag: "b", headers: h.route() });
  h.request("INVITE", 104, A, { toTag: "b", headers: h.route(), contact: "<sip:a3@10.0.0.2:5060>" });
  h.answer(h.lastSent(B, "INVITE"), 488, { contact: "Contact: <sip:b3@10.0.0.3:5060>\r\n" });
  assert.equal(dialog.callerLeg.remoteTarget, "sip:a3@10.0.0.2:5060");
  assert.equal(dialog.primaryCallee?.remoteTarget, "sip:b2@10.0.0.3:5060");
  assert.equal(dialog.status, 4);
  assert.deepEqual(h.tracker.check(), []);
});

test("a `*` Contact and a Contact that does not read are no targets", () => {
  const h = start();
  const dialog = h.talk();
  h.request("UPDATE", 103, A, { toTag: "b", headers: h.route(), contact: "*" });
  assert.equal(dialog.callerLeg.remoteTarget, "sip:a@10.0.0.2:5060");
});

test("bodies: one copy where nothing was changed, both where something was, and only an accepted change counts", () => {
  const h = start();
  const dialog = h.talk();
  const callee = dialog.primaryCallee;
  assert.ok(callee !== undefined);
  const bodies = (): string[] => [dialog.callerLeg.receivedSdp, dialog.callerLeg.sentSdp, callee.receivedSdp, callee.sentSdp];
  assert.deepEqual(bodies(), [SDP_A, "", SDP_B, ""]);
  h.request("INVITE", 103, A, { toTag: "b", headers: h.route(), body: "offer2" });
  assert.deepEqual(bodies(), [SDP_A, "", SDP_B, ""], "not yet answered");
  h.answer(h.lastSent(B, "INVITE"), 488);
  assert.deepEqual(bodies(), [SDP_A, "", SDP_B, ""], "refused");
  h.request("INVITE", 104, A, { toTag: "b", headers: h.route(), body: "offer3" });
  h.answer(h.lastSent(B, "INVITE"), 200, { body: "answer3" });
  assert.deepEqual(bodies(), ["offer3", "", "answer3", ""]);
  h.request("ACK", 104, A, { toTag: "b", headers: h.route() });
  h.request("UPDATE", 8, B, { toTag: "a", headers: h.route(), body: "offer4" });
  h.answer(h.lastSent(A, "UPDATE"), 200, { body: "answer4" });
  assert.deepEqual(bodies(), ["answer4", "", "offer4", ""]);
});

test("bodies that a route changes are kept as they were sent", () => {
  const h = start({
    initial: (context, tracker) => {
      tracker.create(context);
      context.edit.setBody("changed on the way\r\n", "application/sdp");
      context.onReply = (reply) => {
        if (reply.status === 200) reply.edit.setBody("changed on the way back\r\n", "application/sdp");
      };
      context.recordRoute();
      context.relay();
    },
  });
  const dialog = h.talk();
  assert.equal(dialog.callerLeg.receivedSdp, SDP_A);
  assert.equal(dialog.primaryCallee?.sentSdp, "changed on the way\r\n");
  assert.equal(dialog.primaryCallee?.receivedSdp, SDP_B);
  assert.equal(dialog.callerLeg.sentSdp, "changed on the way back\r\n");
});

test("a delayed offer: the answer in the ACK is the caller's body", () => {
  const h = start();
  const [invite] = h.invite({ body: "" });
  h.answer(invite, 200, { body: SDP_B });
  h.request("ACK", 102, A, { toTag: "b", headers: h.route(), body: SDP_A });
  assert.equal(h.dialog().callerLeg.receivedSdp, SDP_A);
  assert.equal(h.dialog().primaryCallee?.receivedSdp, SDP_B);
});

test("a Contact that the route mended is where the caller is reached", () => {
  const h = start({
    initial: (context, tracker) => {
      tracker.create(context);
      context.edit.set("Contact", "<sip:a@192.0.2.9:40000>");
      context.recordRoute();
      context.relay();
    },
  });
  assert.equal(h.talk().callerLeg.remoteTarget, "sip:a@192.0.2.9:40000");
});

test("r_cseq, prev_cseq and inv_cseq keep the senders' numbers; a copy changes nothing", () => {
  const h = start();
  const dialog = h.talk();
  const { callerLeg: caller } = dialog;
  const callee = dialog.primaryCallee;
  assert.ok(callee !== undefined);
  assert.deepEqual([caller.cseq, caller.previousCseq, caller.inviteCseq], [0, -1, 102]);
  assert.deepEqual([callee.cseq, callee.previousCseq, callee.inviteCseq], [102, -1, -1]);
  h.request("INFO", 105, A, { toTag: "b", headers: h.route() });
  assert.deepEqual([callee.cseq, callee.previousCseq], [105, 102]);
  const heard: string[] = [];
  h.tracker.listeners.add({ requestWithin: (_d, request) => heard.push(request.method) });
  h.request("INFO", 105, A, { toTag: "b", headers: h.route() }); // the same number under another branch
  assert.deepEqual([callee.cseq, callee.previousCseq, heard], [105, 102, []]);
  h.request("INVITE", 7, B, { toTag: "a", headers: h.route() });
  assert.deepEqual([caller.cseq, caller.previousCseq, callee.inviteCseq], [7, 0, 7]);
  h.request("UPDATE", 8, B, { toTag: "a", headers: h.route() });
  assert.deepEqual([caller.cseq, caller.previousCseq, callee.inviteCseq], [8, 7, 7], "an UPDATE is no INVITE");
});

test("case 24: BYEs of ours continue each side's own numbering, with tags and URIs the right way round", () => {
  const h = start({ settings: { extraHeaders: "Hint: credit expired\r\n" } });
  const dialog = h.talk();
  h.request("INFO", 104, A, { toTag: "b", headers: h.route() });
  h.request("INFO", 7, B, { toTag: "a", headers: h.route() });
  assert.equal(dialog.end("MI Termination", { extraHeaders: "X-Why: test\r\n" }), "ok");
  const [toA] = h.requests(A, "BYE");
  const [toB] = h.requests(B, "BYE");
  assert.ok(toA !== undefined && toB !== undefined);
  assert.deepEqual([toA.cseqNumber, toB.cseqNumber], [8, 105]);
  assert.deepEqual([toA.fromTag, toA.toTag, toB.fromTag, toB.toTag], ["b", "a", "a", "b"]);
  assert.deepEqual([toA.from.uri, toA.to.uri], ["sip:bob@10.0.0.3", "sip:alice@10.0.0.2"]);
  assert.equal(toA.requestUri, "sip:a@10.0.0.2:5060");
  assert.equal(toB.requestUri, "sip:b@10.0.0.3:5060");
  assert.ok(toA.text.includes("Hint: credit expired\r\nX-Why: test\r\n"), "the settings' headers first");
  assert.equal(toA.maxForwards, 70);
  assert.equal(toA.body, "");
});

test("case 23: without a request of ours numbers pass unchanged", () => {
  const h = start();
  h.talk();
  h.request("INFO", 104, A, { toTag: "b", headers: h.route() });
  assert.equal(h.requests(B, "INFO")[0]?.cseqNumber, 104);
});

test("cases 21 and 22: after a request of ours what is relayed to that leg is translated, and replies are put back", () => {
  const h = start();
  const dialog = h.talk();
  const callee = dialog.primaryCallee;
  assert.ok(callee !== undefined);
  assert.equal(nextOwnCseq(callee), 103);
  h.request("INFO", 103, A, { toTag: "b", headers: h.route() });
  assert.equal(h.requests(B, "INFO")[0]?.cseqNumber, 104);
  const back = h.answer(h.lastSent(B, "INFO"), 200);
  assert.equal(back[0]?.message.cseqNumber, 103);
  h.request("INVITE", 104, A, { toTag: "b", headers: h.route() });
  assert.equal(h.requests(B, "INVITE").at(-1)?.cseqNumber, 105);
  assert.equal(h.answer(h.lastSent(B, "INVITE"), 180)[0]?.message.cseqNumber, 104);
  h.request("PRACK", 105, A, { toTag: "b", headers: `${h.route()}RAck: 9 104 INVITE\r\n` });
  assert.equal(h.requests(B, "PRACK")[0]?.header("RAck"), "9 105 INVITE");
  assert.equal(h.requests(B, "PRACK")[0]?.cseqNumber, 106);
  assert.equal(h.answer(h.lastSent(B, "INVITE"), 200)[0]?.message.cseqNumber, 104);
  assert.equal(nextOwnCseq(callee), 107, "a ping before the ACK");
  h.request("ACK", 104, A, { toTag: "b", headers: h.route() });
  assert.equal(h.requests(B, "ACK").at(-1)?.cseqNumber, 105, "the ACK has its INVITE's number");
  h.request("BYE", 106, A, { toTag: "b", headers: h.route() });
  assert.equal(h.requests(B, "BYE")[0]?.cseqNumber, 108);
  assert.equal(callee.cseq, 106, "the leg keeps the sender's number");
  assert.equal(h.answer(h.lastSent(B, "BYE"), 200)[0]?.message.cseqNumber, 106);
});

test("a refused, translated re-INVITE: the hop's own ACK has the number that went out", () => {
  const h = start();
  const dialog = h.talk();
  const callee = dialog.primaryCallee;
  assert.ok(callee !== undefined);
  nextOwnCseq(callee);
  h.request("INVITE", 103, A, { toTag: "b", headers: h.route() });
  h.answer(h.lastSent(B, "INVITE"), 488);
  assert.equal(h.requests(B, "ACK").at(-1)?.cseqNumber, 104);
});

test("numbers by themselves: new, repeated, stale", () => {
  const caller = new Leg(-1, 0);
  const callee = new Leg(0, 102);
  assert.equal(freshness(callee, 103, "BYE"), "new");
  assert.equal(freshness(callee, 102, "INVITE"), "repeated");
  assert.equal(freshness(callee, 102, "BYE"), "old");
  assert.equal(freshness(callee, 101, "INFO"), "old");
  assert.equal(freshness(caller, 0, "INFO"), "new", "a callee may begin with 0");
  noteRequest(callee, caller, 0, "INFO");
  assert.equal(freshness(caller, 0, "INFO"), "repeated");
  assert.equal(nextOwnCseq(caller), 1);
  assert.equal(translate(caller, 1, "INVITE"), 2);
  assert.equal(translatedInvite(caller, 1), 2);
  assert.equal(translatedInvite(caller, 9), 9);
  assert.equal(translatedRack(caller, "5 1 INVITE"), "5 2 INVITE");
  assert.equal(translatedRack(caller, "5 9 INVITE"), undefined);
  assert.equal(translatedRack(caller, "nonsense"), undefined);
  for (let i = 0; i < 50; i++) translate(caller, 10 + i, "INVITE");
  assert.equal(translatedInvite(caller, 1), 1, "what is long gone is forgotten");
  assert.equal(caller.rewritten?.length, 16);
  const old = new Leg(-1, 2 ** 31 - 1);
  assert.equal(nextOwnCseq(old), 1, "numbers stay below 2³¹ (RFC 3261 8.1.1.5)");
});

test("reading what was sent", () => {
  assert.equal(changedBody("INVITE x\r\nA: b\r\n\r\nbody", "body"), "");
  assert.equal(changedBody("INVITE x\r\nA: b\r\n\r\nmore body", "body"), "more body");
  assert.equal(changedBody("INVITE x\r\nA: b\r\n\r\n", "body"), "");
  assert.equal(changedBody("INVITE x\r\nA: b\r\n\r\nnew", ""), "new");
  assert.equal(recordRouteLines("INVITE x\r\nRecord-Route: <a>\r\nRecord-Route: <b>\r\n\r\nx\r\nRecord-Route: <c>"), 2);
});
