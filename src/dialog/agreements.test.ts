// What both sides of a call have last agreed on (RFC 3264), where messages are lost, late, or cross: each of these once made a ping say
// something older. Pings and requests of our own must repeat exactly that.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom, TestClock } from "../testing/index.ts";
import type { Dialog } from "./dialog.ts";
import { A, B, C, DialogHarness, type HarnessOptions, SDP_A, SDP_B } from "./harness.ts";
import { DialogOption } from "./options.ts";

const sdp = (who: string, version: number): string => `v=0\r\no=${who} 1 ${version} IN IP4 10.0.0.2\r\ns=-\r\n`;
const within = (h: DialogHarness, toTag: string, body = ""): { toTag: string; headers: string; body: string } => ({
  toTag,
  headers: h.route(),
  body,
});
/** What a ping would say to each side. */
function said({ callerLeg, primaryCallee }: Dialog): readonly [toCaller: string, toCallee: string] {
  const callee = primaryCallee;
  assert.ok(callee !== undefined);
  return [callerLeg.sentSdp || callee.receivedSdp, callee.sentSdp || callerLeg.receivedSdp];
}
function start(options?: HarnessOptions): DialogHarness {
  return new DialogHarness(new TestClock(), seededRandom(11), options);
}

test("a late copy of the 2xx that began the call does not take back a re-INVITE since", () => {
  const h = start();
  const [invite] = h.invite();
  h.answer(invite, 200, { body: SDP_B });
  h.request("ACK", 102, A, within(h, "b"));
  h.request("INVITE", 103, A, within(h, "b", sdp("a", 2)));
  h.answer(h.lastSent(B, "INVITE"), 200, { body: sdp("b", 2), contact: "Contact: <sip:b@10.0.0.33:5060>\r\n" });
  h.answer(invite, 200, { body: SDP_B });
  const dialog = h.dialog();
  assert.deepEqual(said(dialog), [sdp("b", 2), sdp("a", 2)]);
  assert.equal(dialog.primaryCallee?.remoteTarget, "sip:b@10.0.0.33:5060", "nor where the callee has moved to");
});

test("late copies of a reliable reply, and a 2xx that says the same again, do not take back what PRACK and UPDATE have changed", () => {
  const h = start();
  const [invite] = h.invite();
  const ringing = { headers: "Require: 100rel\r\nRSeq: 1\r\n", body: sdp("b", 1) };
  h.answer(invite, 183, ringing);
  h.request("PRACK", 103, A, { ...within(h, "b", sdp("a", 2)), headers: `${h.route()}RAck: 1 102 INVITE\r\n` });
  h.answer(h.lastSent(B, "PRACK"), 200, { body: sdp("b", 2) });
  h.answer(invite, 183, ringing);
  h.answer(invite, 200, { body: sdp("b", 1) });
  assert.deepEqual(said(h.dialog()), [sdp("b", 2), sdp("a", 2)]);
});

test("what is agreed on with one callee while it rings is nothing to another", () => {
  const h = start({
    initial: (context, tracker) => {
      tracker.create(context);
      context.recordRoute();
      context.appendBranch({ requestUri: `sip:c@${C}:5060` });
      context.relay();
    },
  });
  const [b, c] = h.invite();
  const reliable = "Require: 100rel\r\nRSeq: 1\r\n";
  h.answer(b, 183, { headers: reliable, body: sdp("b", 1) });
  h.answer(c, 183, { headers: reliable, body: sdp("c", 1) });
  const update = (tag: string, uri: string, cseq: number, version: number): void => {
    h.request("UPDATE", cseq, A, { ...within(h, tag, sdp("a", version)), uri });
  };
  update("b", `sip:b@${B}:5060`, 103, 2);
  h.answer(h.lastSent(B, "UPDATE"), 200, { body: sdp("b", 2) });
  update("c", `sip:c@${C}:5060`, 103, 3);
  h.answer(h.lastSent(C, "UPDATE"), 200, { body: sdp("c", 2) });
  update("b", `sip:b@${B}:5060`, 104, 4);
  const late = h.lastSent(B, "UPDATE");
  h.answer(c, 200);
  const dialog = h.dialog();
  assert.deepEqual(said(dialog), [sdp("c", 2), sdp("a", 3)]);
  h.answer(late, 200, { body: sdp("b", 3) });
  assert.deepEqual(said(dialog), [sdp("c", 2), sdp("a", 3)], "who has lost says nothing any more");
});

test("an offer of ours that has waited says what is agreed on when it leaves, and waits for UPDATEs too", () => {
  const h = start();
  const dialog = h.talk();
  h.request("UPDATE", 103, A, within(h, "b", sdp("a", 2)));
  for (const body of [{ kind: "outbound" }, { kind: "inbound" }] as const) {
    assert.equal(dialog.exchange({ mode: { to: "callee", isChallenge: false }, method: "INVITE", body, done: () => {} }), "ok");
  }
  assert.equal(h.requests(B, "INVITE").length, 1, "the offer of the caller comes first");
  h.answer(h.lastSent(B, "UPDATE"), 200, { body: sdp("b", 2) });
  h.clock.advance(1_000);
  assert.equal(h.requests(B, "INVITE")[1]?.body, sdp("a", 2));
});

test("an offer of ours that meets one of its receiver is repeated no more, and is not lost", () => {
  const h = start({
    settings: { reinvitePingIntervalMs: 60_000 },
    initial: (context, tracker) => {
      tracker.create(context, { options: DialogOption.reinvitePingCallee });
      context.recordRoute();
      context.relay();
    },
  });
  const dialog = h.talk();
  h.clock.advance(60_000);
  assert.equal(h.requests(B, "INVITE").at(-1)?.body, SDP_A);
  h.request("INFO", 1, B, within(h, "a", "signal=1\r\n"));
  h.answer(h.lastSent(A, "INFO"), 200);
  h.clock.advance(600);
  assert.equal(h.requests(B, "INVITE").length, 3, "an INFO is no offer: the ping is repeated");
  h.request("INVITE", 2, B, within(h, "a", sdp("b", 2)));
  h.clock.advance(10_000);
  assert.equal(h.requests(B, "INVITE").length, 3, "no copy after an offer");
  h.answer(h.lastSent(A, "INVITE"), 200, { body: sdp("a", 2) });
  h.request("ACK", 2, B, within(h, "a"));
  h.clock.advance(40_000);
  assert.deepEqual([dialog.status, h.stat("lost_pings"), dialog.primaryCallee?.openOffers, dialog.callerLeg.openOffers], [4, 0, 0, 0]);
  assert.deepEqual(said(dialog), [sdp("b", 2), sdp("a", 2)]);
  // a copy that was there first is acknowledged all the same
  const [ping] = h.requests(B, "INVITE").slice(-1);
  h.answer(
    h.sent.find(({ message }) => message === ping),
    200,
    { body: SDP_B },
  );
  assert.equal(h.requests(B, "ACK").at(-1)?.cseqNumber, ping?.cseqNumber);
  assert.deepEqual(said(dialog), [sdp("b", 2), sdp("a", 2)]);
});

test("the answer to an offer of ours that something newer has overtaken changes nothing", () => {
  const h = start();
  const dialog = h.talk();
  dialog.exchange({ mode: { to: "callee", isChallenge: false }, method: "INVITE", body: { kind: "outbound" }, done: () => {} });
  const ours = h.lastSent(B, "INVITE");
  h.request("INVITE", 103, A, within(h, "b", sdp("a", 2)));
  h.answer(h.lastSent(B, "INVITE"), 200, { body: sdp("b", 2) });
  h.answer(ours, 200, { body: SDP_B });
  assert.deepEqual(said(dialog), [sdp("b", 2), sdp("a", 2)]);
});

test("the ACK with the answer to a delayed offer counts although its sender has tried another INVITE since", () => {
  const h = start();
  const dialog = h.talk();
  h.request("INVITE", 103, A, within(h, "b"));
  h.answer(h.lastSent(B, "INVITE"), 200, { body: sdp("b", 2) });
  const route = h.route();
  h.request("INVITE", 104, A, within(h, "b", sdp("a", 3)));
  h.answer(h.lastSent(B, "INVITE"), 491);
  h.request("ACK", 103, A, { toTag: "b", headers: route, body: sdp("a", 2) });
  assert.equal(h.requests(B, "ACK").at(-1)?.cseqNumber, 103);
  assert.deepEqual(said(dialog), [sdp("b", 2), sdp("a", 2)]);
  assert.equal(h.stat("ignored_requests"), 0);
});

test("a 2xx whose INVITE is forgotten goes back under the number that its sender knows", () => {
  const h = start();
  const dialog = h.talk();
  dialog.send({ method: "INFO", to: "callee" });
  h.answer(h.lastSent(B, "INFO"), 200);
  h.request("INVITE", 103, A, within(h, "b", sdp("a", 2)));
  const relayed = h.lastSent(B, "INVITE");
  h.answer(relayed, 200, { body: sdp("b", 2) });
  h.clock.advance(40_000);
  assert.equal(h.transactions.size, 0);
  h.answer(relayed, 200, { body: sdp("b", 2) });
  assert.deepEqual([relayed?.message.cseqNumber, h.replies(A).at(-1)?.cseqNumber], [104, 103]);
});

test("an offer of ours that was crossed and is accepted all the same counts, unless something newer does", () => {
  for (const isRefused of [true, false]) {
    const h = start();
    const dialog = h.talk();
    const changed = { kind: "custom", text: sdp("m", 9), contentType: "application/sdp" } as const;
    let result = 0;
    const done = (status: number): void => {
      result = status;
    };
    dialog.exchange({ mode: { to: "callee", isChallenge: false }, method: "INVITE", body: changed, done });
    const ours = h.lastSent(B, "INVITE");
    h.request("INVITE", 1, B, within(h, "a", sdp("b", 2)));
    assert.equal(result, 491);
    h.answer(h.lastSent(A, "INVITE"), isRefused ? 491 : 200, { body: sdp("a", 2) });
    h.answer(ours, 200, { body: sdp("b", 3) });
    assert.deepEqual(said(dialog), isRefused ? [SDP_B, sdp("m", 9)] : [sdp("b", 2), sdp("a", 2)]);
  }
});

test("an answer of ours that says nothing new does not make a delayed offer look old", () => {
  const h = start();
  const dialog = h.talk();
  dialog.exchange({ mode: { to: "callee", isChallenge: false }, method: "INVITE", body: { kind: "outbound" }, done: () => {} });
  const ours = h.lastSent(B, "INVITE");
  h.request("INVITE", 103, A, within(h, "b"));
  h.answer(h.lastSent(B, "INVITE"), 200, { body: sdp("b", 2) });
  h.answer(ours, 200, { body: SDP_B });
  h.request("ACK", 103, A, within(h, "b", sdp("a", 2)));
  assert.deepEqual(said(dialog), [sdp("b", 2), sdp("a", 2)]);
});

test("a copy of the ACK that answered the 2xx does not take back a re-INVITE since", () => {
  const h = start();
  const [invite] = h.invite({ body: "" });
  h.answer(invite, 200, { body: sdp("b", 1) });
  const ack = h.text("ACK", 102, A, within(h, "b", sdp("a", 1)));
  h.receive(ack, A);
  assert.deepEqual(said(h.dialog()), [sdp("b", 1), sdp("a", 1)]);
  h.request("INVITE", 103, A, within(h, "b", sdp("a", 2)));
  h.answer(h.lastSent(B, "INVITE"), 200, { body: sdp("b", 2) });
  h.receive(ack, A);
  assert.deepEqual(said(h.dialog()), [sdp("b", 2), sdp("a", 2)]);
});

test("who answers an offer of ours anew has told nobody else: the other side still hears what it was sent", () => {
  const h = start();
  const dialog = h.talk();
  const body = { kind: "custom", text: sdp("m", 9), contentType: "application/sdp" } as const;
  dialog.exchange({ mode: { to: "callee", isChallenge: false }, method: "INVITE", body, done: () => {} });
  h.answer(h.lastSent(B, "INVITE"), 200, { body: sdp("b", 2) });
  assert.deepEqual(said(dialog), [SDP_B, sdp("m", 9)]);
});
