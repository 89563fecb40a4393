// Acceptance cases 3 to 16 and 37 to 42: the life of calls on the wire.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SipRequest } from "../sip/index.ts";
import { seededRandom, TestClock } from "../testing/index.ts";
import { A, B, C, CALL_ID, DialogHarness, type HarnessOptions, SDP_A, SDP_B } from "./harness.ts";
import { parseOptions } from "./options.ts";

const start = (options?: HarnessOptions): DialogHarness => new DialogHarness(new TestClock(), seededRandom(11), options);
const bits = (text: string): number => {
  const parsed = parseOptions(text);
  assert.ok(parsed.ok);
  return parsed.value;
};
/** Creates with flags, record-routes, relays to B. */
const flagged = (flags: string): HarnessOptions => ({
  initial: (context, tracker) => {
    tracker.create(context, { options: bits(flags) });
    context.recordRoute();
    context.relay();
  },
});
/** Nothing left and nothing wrong once everything has had time to end. */
const assertAtRest = (h: DialogHarness): void => {
  h.clock.advance(120_000);
  assert.equal(h.tracker.count, 0, "no dialog is left");
  assert.deepEqual(h.tracker.check(), []);
  assert.equal(h.wheel.count, 0, "no lifetime is left");
  assert.deepEqual(h.errors, []);
};

test("case 6: INVITE, 180, 200, ACK, BYE from the caller", () => {
  const h = start();
  const heard: string[] = [];
  h.tracker.listeners.add({
    created: (_d, invite) => heard.push(`created ${invite.method}`),
    early: (_d, response) => heard.push(`early ${response?.status}`),
    responseForwarded: (_d, response, _e, leg) => heard.push(`forwarded ${response.status} leg ${leg}`),
    confirmed: (d, response) => heard.push(`confirmed ${response?.status} in ${d.status}`),
    requestWithin: (_d, request, direction) => heard.push(`within ${request.method} ${direction}`),
    hangup: (d) => heard.push(`hangup in ${d.status} because ${d.endReason}`),
    terminated: (_d, request, direction) => heard.push(`terminated ${request?.method} ${direction}`),
    destroyed: () => heard.push("destroyed"),
  });
  const [invite] = h.invite();
  assert.ok(invite !== undefined);
  const dialog = h.dialog();
  assert.equal(dialog.status, 1);
  assert.equal(h.stat("processed_dialogs"), 1);
  h.answer(invite, 100);
  assert.equal(dialog.status, 1);
  h.answer(invite, 180);
  assert.deepEqual([dialog.status, h.stat("early_dialogs"), h.stat("active_dialogs")], [2, 1, 0]);
  h.answer(invite, 200, { body: SDP_B });
  assert.deepEqual([dialog.status, h.stat("early_dialogs"), h.stat("active_dialogs")], [3, 0, 1]);
  h.request("ACK", 102, A, { toTag: "b", headers: h.route() });
  assert.equal(dialog.status, 4);
  assert.deepEqual(h.tracker.check(), []);
  h.clock.advance(2_500);
  assert.equal(dialog.secondsSinceAnswer, 2);
  assert.equal(dialog.secondsLeft, 43_198);
  h.request("BYE", 103, A, { toTag: "b", headers: h.route() });
  assert.equal(dialog.status, 5);
  assert.equal(dialog.endReason, "Downstream BYE");
  assert.deepEqual([h.stat("active_dialogs"), h.stat("failed_dialogs"), h.stat("expired_dialogs")], [0, 0, 0]);
  assert.deepEqual(h.moves(), ["1→2", "2→3", "3→4", "4→5"], "no event for the creation");
  assert.deepEqual(h.tracker.check(), []);
  assertAtRest(h);
  assert.deepEqual(heard, [
    "created INVITE",
    "forwarded 180 leg 1",
    "early 180",
    "forwarded 200 leg 1",
    "confirmed 200 in 3",
    "within ACK downstream",
    "hangup in 5 because Downstream BYE",
    "terminated BYE downstream",
    "destroyed",
  ]);
  assert.deepEqual(
    h.tracker.history(dialog).map(({ event, from, to }) => `${event} ${from}${to}`),
    ["created 11", "provisional 12", "answered 23", "timers 33", "acked 34", "bye 45", "abandoned 55", "destroyed 55"],
  );
});

test("case 7: the callee hangs up", () => {
  const h = start();
  const dialog = h.talk();
  h.request("BYE", 7, B, { toTag: "a", headers: h.route() });
  assert.equal(dialog.endReason, "Upstream BYE");
  assertAtRest(h);
});

test("case 3: the cookie is in our Record-Route whichever is called first, and in none with DID_NONE", () => {
  const h = start();
  h.invite();
  const { did } = h.dialog();
  const [sent] = h.requests(B, "INVITE");
  assert.equal(sent?.header("Record-Route"), `<sip:10.0.0.1;lr;ftag=a;did=${did}>`);

  const late = start({
    initial: (context, tracker) => {
      context.recordRoute();
      tracker.create(context);
      context.relay();
    },
  });
  late.invite();
  assert.ok(late.requests(B, "INVITE")[0]?.header("Record-Route")?.includes(`;did=${late.dialog().did}`));

  const none = start({ settings: { matchMode: "didNone" } });
  none.invite();
  assert.equal(none.requests(B, "INVITE")[0]?.header("Record-Route"), "<sip:10.0.0.1;lr;ftag=a>");
});

test("case 4: a Call-ID that reads like a cookie of nobody is taken as a Call-ID, and the decimal id works too (1.5)", () => {
  const h = start();
  const dialog = h.talk({ callId: "1a.2b" });
  assert.equal(h.tracker.lookup("1a.2b"), dialog);
  assert.equal(h.tracker.lookup(dialog.did), dialog);
  assert.equal(h.tracker.lookup(dialog.did.toUpperCase()), dialog);
  assert.equal(h.tracker.lookup(String(dialog.dbId)), dialog);
  assert.equal(h.tracker.lookup("ffffffff.1"), undefined, "a first half beyond the table names nothing");
  h.request("BYE", 103, A, { toTag: "b", headers: h.route(), callId: "1a.2b" });
  assert.equal(h.tracker.lookup(dialog.did), undefined, "ended ones are not found");
  assert.equal(h.tracker.firstOf("1a.2b"), dialog, "but they are still there");
});

test("case 5: a spiral makes two dialogs with equal first half", () => {
  const h = start();
  h.invite();
  h.invite({ branch: "z9hG4bKother" });
  const [one, two] = [...h.tracker.all()];
  assert.ok(one !== undefined && two !== undefined);
  assert.notEqual(one.did, two.did);
  assert.equal(one.did.split(".")[0], two.did.split(".")[0]);
  assert.equal(h.tracker.byCallId(CALL_ID), one, "the oldest wins");
  assert.deepEqual(h.tracker.check(), []);
});

test("case 8: a provisional of the script's own does not make the dialog early", () => {
  const h = start({
    initial: (context, tracker) => {
      tracker.create(context);
      context.reply(183);
      context.recordRoute();
      context.relay();
    },
  });
  const [invite] = h.invite();
  assert.equal(h.replies(A)[0]?.status, 183);
  assert.equal(h.dialog().status, 1);
  h.answer(invite, 180);
  assert.equal(h.dialog().status, 2);
});

test("case 9: 486 is relayed: failed, no hang-up, no membership", () => {
  const h = start({
    initial: (context, tracker) => {
      const dialog = tracker.create(context);
      dialog?.join(caller, "alice");
      context.recordRoute();
      context.relay();
    },
  });
  const caller = h.profiles.define("caller", { withValue: true });
  const heard: string[] = [];
  h.tracker.listeners.add({
    hangup: () => heard.push("hangup"),
    terminated: () => heard.push("terminated"),
    failed: (_d, status, response) => heard.push(`failed ${status} ${response?.status}`),
  });
  const [invite] = h.invite();
  h.answer(invite, 180);
  assert.equal(caller.size("alice"), 1);
  h.answer(invite, 486);
  const dialog = h.dialog();
  assert.equal(dialog.status, 5);
  assert.equal(dialog.endReason, undefined);
  assert.deepEqual([h.stat("failed_dialogs"), h.stat("early_dialogs"), h.stat("active_dialogs")], [1, 0, 0]);
  assert.equal(caller.size(), 0);
  assert.deepEqual(heard, ["failed 486 486"]);
  assertAtRest(h);
});

test("case 10: 486 caught in a failure route, the second branch answers", () => {
  const h = start({
    initial: (context, tracker) => {
      tracker.create(context);
      context.recordRoute();
      context.onFailure = (failure) => {
        failure.relay({ targets: [{ requestUri: "sip:c@10.0.0.4" }] });
      };
      context.relay();
    },
  });
  const [first] = h.invite();
  h.answer(first, 486);
  assert.equal(h.dialog().status, 1);
  h.answer(h.lastSent(C, "INVITE"), 200, { body: SDP_B });
  assert.equal(h.dialog().status, 3);
  assert.equal(h.dialog().toTag, "c");
  assert.equal(h.dialog().life.winner, 2);
  assert.equal(h.stat("failed_dialogs"), 0);
  h.request("ACK", 102, A, { toTag: "c", headers: h.route(), uri: "sip:c@10.0.0.4:5060" });
  h.request("BYE", 103, A, { toTag: "c", headers: h.route(), uri: "sip:c@10.0.0.4:5060" });
  assert.deepEqual(h.moves(), ["1→3", "3→4", "4→5"]);
  assertAtRest(h);
});

test("case 11: a dialog whose INVITE is dropped, or answered without a transaction, is gone at the end of the script", () => {
  for (const how of ["drop", "stateless"] as const) {
    const h = start({
      door: "script",
      initial: (context, tracker) => {
        tracker.create(context);
        if (how === "drop") context.drop();
        else context.replyStateless(404, "Not here");
      },
    });
    const heard: string[] = [];
    h.tracker.listeners.add({
      created: () => heard.push("created"),
      failed: () => heard.push("failed"),
      destroyed: () => heard.push("destroyed"),
    });
    h.invite();
    assert.equal(h.tracker.count, 0, how);
    assert.deepEqual([h.stat("failed_dialogs"), h.stat("active_dialogs"), h.stat("processed_dialogs")], [1, 0, 1]);
    assert.deepEqual(heard, ["failed", "destroyed"], "CREATED needs a transaction");
    assertAtRest(h);
  }
});

test("case 12: two branches answer; only the winner's BYE ends the call", () => {
  const h = start({
    initial: (context, tracker) => {
      tracker.create(context);
      context.recordRoute();
      context.relay({ targets: [{ requestUri: "sip:b@10.0.0.3" }, { requestUri: "sip:c@10.0.0.4" }] });
    },
  });
  h.invite();
  const dialog = h.dialog();
  assert.deepEqual(
    dialog.calleeLegs.map((leg) => [leg.tag, leg.listener]),
    [
      ["", undefined],
      ["", undefined],
    ],
    "placeholders",
  );
  const [toB, toC] = [h.lastSent(B, "INVITE"), h.lastSent(C, "INVITE")];
  h.answer(toB, 180);
  h.answer(toC, 180);
  h.answer(toB, 200);
  h.answer(toC, 200);
  assert.equal(dialog.life.winner, 1);
  assert.deepEqual(
    dialog.calleeLegs.map((leg) => [leg.tag, leg.remoteTarget]),
    [
      ["b", "sip:b@10.0.0.3:5060"],
      ["c", "sip:c@10.0.0.4:5060"],
    ],
  );
  h.request("ACK", 102, A, { toTag: "b", headers: h.route() });
  h.request("ACK", 102, A, { toTag: "c", headers: h.route(), uri: "sip:c@10.0.0.4:5060" });
  h.request("BYE", 103, A, { toTag: "c", headers: h.route(), uri: "sip:c@10.0.0.4:5060" });
  assert.equal(dialog.status, 4);
  h.request("BYE", 103, A, { toTag: "b", headers: h.route() });
  assert.equal(dialog.status, 5);
  assert.equal(h.stat("active_dialogs"), 0);
  assertAtRest(h);
});

test("one branch, two answers from further down: the second gets a leg of its own", () => {
  const h = start();
  const [invite] = h.invite();
  h.answer(invite, 180, { toTag: "b1" });
  h.answer(invite, 180, { toTag: "b2" });
  h.answer(invite, 200, { toTag: "b2", contact: "Contact: <sip:b2@10.0.0.9>\r\n" });
  const dialog = h.dialog();
  assert.deepEqual(
    dialog.calleeLegs.map((leg) => `${leg.tag} ${leg.remoteTarget}`),
    ["b1 ", "b2 sip:b2@10.0.0.9"],
  );
  assert.equal(dialog.toTag, "b2");
});

test("a callee cannot make up legs without end, and may still answer", () => {
  const h = start();
  const [invite] = h.invite();
  for (let i = 0; i < 100; i++) h.answer(invite, 180, { toTag: `x${i}` });
  const dialog = h.dialog();
  assert.equal(dialog.calleeLegs.length, 32);
  assert.equal(h.stat("refused_legs"), 68);
  h.answer(invite, 200, { toTag: "late" });
  assert.equal(dialog.toTag, "late");
  assert.equal(dialog.calleeLegs.length, 32);
  assert.deepEqual(h.tracker.check(), []);
});

test("case 13: a repeated 200 confirms once", () => {
  const h = start();
  let confirmed = 0;
  h.tracker.listeners.add({ confirmed: () => confirmed++ });
  const [invite] = h.invite();
  h.answer(invite, 200, { body: SDP_B });
  const { startAt } = h.dialog();
  for (let i = 0; i < 3; i++) {
    h.clock.advance(500);
    h.answer(invite, 200, { body: SDP_B });
  }
  assert.equal(confirmed, 1);
  assert.equal(h.dialog().startAt, startAt);
  assert.equal(h.stat("active_dialogs"), 1);
  assert.equal(h.replies(A).filter((reply) => reply.status === 200).length, 4, "each is relayed");
});

test("case 14: a BYE that comes again after the end finds nothing", () => {
  const h = start();
  h.talk();
  h.request("BYE", 103, A, { toTag: "b", headers: h.route() });
  const again = h.text("BYE", 103, A, { toTag: "b", headers: h.route() });
  h.receive(again, A);
  assert.equal(h.stat("active_dialogs"), 0);
  assertAtRest(h);
});

test("case 15: the ACK is lost and the BYE comes in state 3", () => {
  const h = start();
  const [invite] = h.invite();
  h.answer(invite, 200);
  h.request("BYE", 103, A, { toTag: "b", headers: h.route() });
  assert.deepEqual(h.moves(), ["1→3", "3→5"]);
  assertAtRest(h);
});

test("decision 17: no ACK within ack_timeout ends the call on both sides", () => {
  for (const ackTimeoutMs of [32_000, 10_000, 50_000]) {
    const h = start({ settings: { ackTimeoutMs } });
    const [invite] = h.invite();
    h.answer(invite, 200, { body: SDP_B });
    h.clock.advance(ackTimeoutMs - 1_000);
    assert.equal(h.requests(B, "BYE").length, 0);
    h.clock.advance(1_500);
    assert.ok(h.requests(B, "BYE").length > 0 && h.requests(A, "BYE").length > 0);
    h.answer(h.lastSent(B, "BYE"), 200);
    assert.equal(h.dialog().endReason, "ACK Timeout");
    assert.equal(h.dialog().status, 5);
    h.answer(h.lastSent(A, "BYE"), 200);
    assertAtRest(h);
  }
});

test("without Record-Route no ACK passes here, so none is waited for (decision 17)", () => {
  const h = start({
    initial: (context, tracker) => {
      tracker.create(context);
      context.relay();
    },
  });
  const [invite] = h.invite();
  h.answer(invite, 200);
  h.clock.advance(60_000);
  assert.equal(h.dialog().status, 3);
  assert.equal(h.requests(B, "BYE").length, 0);
});

test("2.3: a retransmitted INVITE makes no second dialog", () => {
  const h = start();
  const text = h.text("INVITE", 102, A, { body: SDP_A });
  h.receive(text, A);
  h.receive(text, A);
  assert.equal(h.tracker.count, 1);
  assert.equal(h.stat("processed_dialogs"), 1);
});

test("2.4: a 200 that crosses a local refusal brings the call back, memberships included", () => {
  const h = start({
    initial: (context, tracker) => {
      const dialog = tracker.create(context);
      dialog?.join(caller, "x");
      dialog?.join(caller, "y");
      context.recordRoute();
      context.relay();
    },
  });
  const caller = h.profiles.define("caller", { withValue: true });
  const [invite] = h.invite();
  h.answer(invite, 180);
  h.clock.advance(121_000); // the branch gives up: CANCEL down, 408 up
  assert.equal(h.dialog().status, 5);
  assert.deepEqual([h.stat("failed_dialogs"), caller.size()], [1, 0]);
  h.answer(invite, 200, { body: SDP_B });
  assert.equal(h.dialog().status, 3);
  assert.deepEqual([h.stat("failed_dialogs"), h.stat("active_dialogs"), caller.size()], [0, 1, 2]);
  assert.deepEqual(
    h.dialog().links.map((link) => link.value),
    ["y", "x"],
  );
  assert.deepEqual(h.tracker.check(), []);
  h.request("ACK", 102, A, { toTag: "b", headers: h.route() });
  h.request("BYE", 103, A, { toTag: "b", headers: h.route() });
  assert.equal(caller.size(), 0);
  assertAtRest(h);
});

test("cases 37, 38: flags, and a second create_dialog", () => {
  const seen: number[] = [];
  const h = start({
    initial: (context, tracker) => {
      const dialog = tracker.create(context, { options: bits("PRpr") });
      seen.push(dialog?.options ?? -1);
      assert.equal(tracker.create(context, { options: bits("B") }), dialog);
      seen.push(dialog?.options ?? -1);
      assert.equal(tracker.create(context), dialog);
      seen.push(dialog?.options ?? -1);
      context.relay();
    },
  });
  h.invite();
  assert.deepEqual(seen, [bits("Rr"), bits("B"), bits("B")]);
  assert.equal(h.tracker.count, 1);
});

test("6.2: a dialog is made only of an INVITE without To-tag", () => {
  const h = start({ within: (context, tracker) => assert.equal(tracker.create(context), undefined) });
  h.request("INVITE", 5, A, { toTag: "b" });
  assert.equal(h.tracker.count, 0);
});

test("case 39: with E and B, a CANCEL after the 200 ends the call after race_condition_timeout", () => {
  const h = start(flagged("EB"));
  const [invite] = h.invite({ branch: "z9hG4bKrace" });
  h.answer(invite, 180);
  h.answer(invite, 200, { body: SDP_B });
  h.request("CANCEL", 102, A, { branch: "z9hG4bKrace", contact: "" });
  const dialog = h.dialog();
  assert.equal(dialog.status, 3);
  assert.equal(dialog.secondsLeft, 5);
  h.request("ACK", 102, A, { toTag: "b", headers: h.route() });
  h.clock.advance(4_000);
  assert.equal(h.requests(B, "BYE").length, 0);
  h.clock.advance(2_000);
  assert.ok(h.requests(A, "BYE").length > 0 && h.requests(B, "BYE").length > 0);
  h.answer(h.lastSent(B, "BYE"), 200);
  assert.equal(dialog.endReason, "SIP Race Condition");
  h.answer(h.lastSent(A, "BYE"), 200);
  assertAtRest(h);
});

test("case 40: CANCEL first, 200 later", () => {
  const h = start(flagged("E"));
  const [invite] = h.invite({ branch: "z9hG4bKrace" });
  h.answer(invite, 180);
  h.request("CANCEL", 102, A, { branch: "z9hG4bKrace", contact: "" });
  assert.equal(h.dialog().endReason, "Cancelled");
  assert.equal(h.requests(B, "CANCEL").length, 1);
  h.answer(invite, 200, { body: SDP_B });
  assert.equal(h.dialog().setLifetime(3_600_000), true);
  assert.equal(h.dialog().secondsLeft, 5, "a call on borrowed time gets no more of it");
  h.clock.advance(6_000);
  h.answer(h.lastSent(A, "BYE"), 200);
  h.answer(h.lastSent(B, "BYE"), 200);
  assert.equal(h.dialog().endReason, "SIP Race Condition");
  assertAtRest(h);
});

test("case 41: an early BYE of the caller crosses the 200", () => {
  const h = start(flagged("EB"));
  const [invite] = h.invite();
  h.answer(invite, 180);
  const heard: string[] = [];
  h.tracker.listeners.add({ requestWithin: (_d, request) => heard.push(request.method) });
  h.request("BYE", 103, A, { toTag: "b", headers: h.route() });
  assert.equal(h.dialog().status, 2);
  assert.deepEqual(heard, ["BYE"]);
  h.answer(invite, 200, { body: SDP_B });
  h.clock.advance(6_000);
  h.answer(h.lastSent(A, "BYE"), 200);
  h.answer(h.lastSent(B, "BYE"), 200);
  assert.equal(h.dialog().endReason, "SIP Race Condition");
  assertAtRest(h);
});

test("case 42: without E a CANCEL after the 200 changes nothing", () => {
  const h = start(flagged("B"));
  const [invite] = h.invite({ branch: "z9hG4bKrace" });
  h.answer(invite, 200);
  h.request("CANCEL", 102, A, { branch: "z9hG4bKrace", contact: "" });
  h.request("ACK", 102, A, { toTag: "b", headers: h.route() });
  assert.equal(h.dialog().status, 4);
  h.clock.advance(60_000);
  assert.equal(h.dialog().status, 4);
});

test("a listener or a subscriber that throws harms nobody else", () => {
  const h = start();
  h.tracker.listeners.add({ early: () => assert.fail("mine"), terminated: () => assert.fail("mine") });
  const heard: string[] = [];
  h.tracker.listeners.add({ terminated: () => heard.push("first") });
  const unsubscribe = h.tracker.feed.subscribe(() => assert.fail("mine"));
  const dialog = h.talk();
  unsubscribe();
  dialog.listen({ terminated: () => heard.push("own") });
  h.request("BYE", 103, A, { toTag: "b", headers: h.route() });
  assert.deepEqual(heard, ["own", "first"], "the last one added runs first");
  assert.ok(h.logged.includes("a dialog hook threw"));
  assertAtRest(h);
});

test("a call answered by the route itself has its own leg, and its ACK confirms it", () => {
  const h = start({
    initial: (context, tracker) => {
      tracker.create(context);
      context.reply(200, "OK", { body: SDP_B, contentType: "application/sdp", headers: "Contact: <sip:me@10.0.0.1>\r\n" });
    },
  });
  h.invite();
  const dialog = h.dialog();
  assert.equal(dialog.status, 3);
  const ok = h.replies(A).find((reply) => reply.status === 200);
  assert.equal(dialog.toTag, ok?.toTag);
  assert.equal(dialog.callerLeg.sentSdp, SDP_B);
  h.request("ACK", 102, A, { toTag: dialog.toTag });
  assert.equal(dialog.status, 4);
  assert.ok(h.sent.every((one) => !(one.message instanceof SipRequest) || one.message.method !== "ACK"));
  h.request("BYE", 103, A, { toTag: dialog.toTag });
  assert.equal(dialog.status, 5);
});
