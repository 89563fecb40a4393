// Requests of our own one after the other, and offers to one side or both (dialog-behaviour 15; acceptance cases 70 and 71).
import assert from "node:assert/strict";
import { test } from "node:test";
import { H, type SipRequest } from "../sip/index.ts";
import { seededRandom, TestClock } from "../testing/index.ts";
import type { Dialog } from "./dialog.ts";
import type { ExchangeParts, ExchangeStart } from "./exchange.ts";
import { parseExchangeBody, parseExchangeMode } from "./exchange-modes.ts";
import { A, B, DialogHarness, type HarnessOptions, SDP_A, SDP_B, type Sent } from "./harness.ts";
import { MAX_WAITING } from "./own-queue.ts";

const start = (options?: HarnessOptions): DialogHarness => new DialogHarness(new TestClock(), seededRandom(11), options);
const SDP_NEW = "v=0\r\no=n 2 2 IN IP4 10.0.0.9\r\n";
const SDP_ANSWER = "v=0\r\no=m 3 3 IN IP4 10.0.0.8\r\n";

/** Begins an exchange in the words of the command. @returns what came of it, as it grows */
function begin(dialog: Dialog, mode: string, method = "INVITE", body = "none"): { result: string; how: ExchangeStart } {
  const told = { result: "", how: "ok" as ExchangeStart };
  const parsed = parseExchangeMode(mode);
  const what = parseExchangeBody(body);
  assert.ok(parsed !== undefined && what !== undefined);
  const parts: ExchangeParts = {
    mode: parsed,
    method,
    body: what,
    done: (status, response) => {
      assert.equal(told.result, "", "once");
      told.result = `${status} ${response?.reason ?? "nobody"}`;
    },
  };
  told.how = dialog.exchange(parts);
  assert.equal(told.result, "", "not before the call has returned");
  return told;
}

const ours = (h: DialogHarness, ip: string, method = "INVITE"): readonly SipRequest[] =>
  h.requests(ip, method).filter((one) => one.header("Contact") !== undefined && one.toTag !== "");
const lastOf = (h: DialogHarness, ip: string, method = "INVITE"): Sent | undefined => h.lastSent(ip, method);
const acks = (h: DialogHarness, ip: string): readonly string[] => h.requests(ip, "ACK").map((one) => one.body);

test("100 requests at once to one side leave one by one, with one number after the other", () => {
  const h = start();
  const dialog = h.talk();
  const done: number[] = [];
  for (let i = 0; i < 100; i++) {
    const parts = { method: "INFO", to: "callee", headers: `X-I: ${i}\r\n`, done: () => done.push(i) } as const;
    assert.equal(dialog.send(parts), true);
  }
  for (let i = 0; i < 100; i++) {
    const infos = h.requests(B, "INFO");
    assert.equal(infos.length, i + 1, "the next one waits for the answer");
    assert.deepEqual([infos[i]?.cseqNumber, infos[i]?.header("X-I")], [103 + i, `${i}`]);
    h.answer(lastOf(h, B, "INFO"), i % 3 === 0 ? 486 : 200);
  }
  assert.deepEqual(
    done,
    Array.from({ length: 100 }, (_, i) => i),
  );
  assert.equal(dialog.queue, undefined);
  assert.deepEqual([dialog.status, h.tracker.check()], [4, []]);
});

test("both sides at once: neither waits for the other, and what is relayed meanwhile keeps its order", () => {
  const h = start();
  const dialog = h.talk();
  for (const to of ["caller", "callee", "callee"] as const) dialog.send({ method: "INFO", to });
  assert.deepEqual([h.requests(A, "INFO").length, h.requests(B, "INFO").length], [1, 1]);
  h.request("MESSAGE", 103, A, { toTag: "b", headers: h.route() });
  h.answer(lastOf(h, B, "INFO"), 200);
  assert.deepEqual(
    h.sent.filter((one) => one.ip === B && /^(INFO|MESSAGE)/.test(one.text)).map((one) => one.message.cseqNumber),
    [103, 104, 105],
  );
});

test("an INVITE holds back an INFO until something comes back, and another offer until it is over (RFC 3261 14.1)", () => {
  const h = start();
  const dialog = h.talk();
  dialog.send({ method: "INVITE", to: "callee", body: SDP_A, contentType: "application/sdp" });
  dialog.send({ method: "INFO", to: "callee" });
  dialog.send({ method: "UPDATE", to: "callee" });
  dialog.send({ method: "INFO", to: "callee", headers: "X-Last: 1\r\n" });
  assert.deepEqual([h.requests(B, "INFO").length, h.requests(B, "UPDATE").length], [0, 0]);
  const invite = lastOf(h, B);
  h.answer(invite, 100);
  assert.deepEqual([h.requests(B, "INFO").length, h.requests(B, "UPDATE").length], [1, 0]);
  h.answer(lastOf(h, B, "INFO"), 200);
  assert.equal(h.requests(B, "INFO").length, 1, "behind the UPDATE");
  h.answer(invite, 488);
  assert.equal(h.requests(B, "UPDATE")[0]?.cseqNumber, 105);
  h.answer(lastOf(h, B, "UPDATE"), 200);
  assert.equal(h.requests(B, "INFO")[1]?.cseqNumber, 106);
  h.answer(lastOf(h, B, "INFO"), 200);
  assert.equal(dialog.queue, undefined);
});

test("an INVITE of ours that is asked for while the call rings goes when it is acknowledged; an UPDATE and a PRACK wait for nothing", () => {
  const h = start();
  const [invite] = h.invite();
  h.answer(invite, 180);
  const dialog = h.dialog();
  assert.equal(dialog.send({ method: "INVITE", to: "caller" }), true);
  h.answer(invite, 200, { body: SDP_B });
  assert.equal(ours(h, A).length, 0);
  h.request("ACK", 102, A, { toTag: "b", headers: h.route() });
  assert.deepEqual([ours(h, A).length, h.tracker.check()], [0, []], "not before the ACK itself");
  h.clock.advance(1_000);
  assert.equal(ours(h, A).length, 1);
  assert.equal(dialog.send({ method: "PRACK", to: "caller" }), true);
  assert.equal(h.requests(A, "PRACK").length, 1, "it answers another message");
});

test("an INVITE of ours waits for a relayed one, until that is refused or acknowledged, and so does an exchange with both sides", () => {
  const h = start();
  const dialog = h.talk();
  h.request("INVITE", 103, A, { toTag: "b", headers: h.route(), body: SDP_A });
  const relayed = lastOf(h, B);
  const { callerLeg, primaryCallee } = dialog;
  assert.deepEqual([callerLeg.openOffers, primaryCallee?.openOffers], [1, 1]);
  dialog.send({ method: "INVITE", to: "callee" });
  const told = begin(dialog, "challenge");
  dialog.send({ method: "INFO", to: "callee" });
  assert.deepEqual([h.requests(B, "INVITE").length, ours(h, A).length, h.requests(B, "INFO").length], [2, 0, 0]);
  h.answer(relayed, 200, { body: SDP_B });
  h.clock.advance(1_000);
  assert.equal(h.requests(B, "INVITE").length, 2, "not before the ACK");
  h.request("ACK", 103, A, { toTag: "b", headers: h.route() });
  assert.deepEqual([callerLeg.openOffers, primaryCallee?.openOffers, callerLeg.open], [0, 0, 0]);
  h.clock.advance(1_000);
  assert.equal(h.requests(B, "INVITE")[2]?.cseqNumber, 104);
  h.answer(lastOf(h, B), 488);
  assert.equal(h.requests(B, "INFO").length, 1);
  h.answer(lastOf(h, B, "INFO"), 200);
  h.answer(lastOf(h, A), 491);
  assert.equal(told.result, "491 Request Pending");

  h.request("INVITE", 8, B, { toTag: "a", headers: h.route() });
  dialog.send({ method: "INVITE", to: "callee" });
  const before = h.requests(B, "INVITE").length;
  h.answer(lastOf(h, A), 488);
  h.clock.advance(1_000);
  assert.equal(h.requests(B, "INVITE").length, before + 1);
  h.answer(lastOf(h, B), 200);
  assert.deepEqual([callerLeg.open, primaryCallee?.open, dialog.queue, h.tracker.check()], [0, 0, undefined, []]);
});

test("what is asked for in the moment of the answer reaches the caller behind its 200, and the callee at once", () => {
  const h = start();
  h.tracker.listeners.add({
    answered: (dialog) => {
      for (const to of ["caller", "callee"] as const) assert.equal(dialog.send({ method: "INFO", to }), true);
    },
  });
  const [invite] = h.invite();
  h.answer(invite, 200, { body: SDP_B });
  assert.deepEqual([h.requests(A, "INFO").length, h.requests(B, "INFO").length], [0, 1]);
  h.request("ACK", 102, A, { toTag: "b", headers: h.route() });
  h.clock.advance(1_000);
  assert.equal(h.requests(A, "INFO").length, 1);

  const blind = start({
    initial: (context, tracker) => {
      tracker.create(context);
      context.relay();
    },
  });
  blind.tracker.listeners.add({ answered: (dialog) => void dialog.send({ method: "INFO", to: "caller" }) });
  blind.answer(blind.invite()[0], 200);
  const toCaller = blind.sent.filter((one) => one.ip === A).map((one) => one.text.split(" ", 2).join(" "));
  assert.deepEqual(toCaller, ["SIP/2.0 200", "INFO sip:a@10.0.0.2:5060"], "where no ACK passes it is enough that the 200 has left");
});

test("when nobody is there, whoever has waited as long is told at once, and later ones are tried", () => {
  const h = start();
  const dialog = h.talk();
  const told: string[] = [];
  const ask = (name: string): void => {
    dialog.send({ method: "INFO", to: "callee", done: (status, response) => told.push(`${name} ${status} ${response === undefined}`) });
  };
  ask("a");
  ask("b");
  h.clock.advance(20_000);
  ask("c");
  h.clock.advance(20_000);
  assert.deepEqual(told, ["a 408 true", "b 408 true"]);
  h.answer(lastOf(h, B, "INFO"), 200);
  assert.deepEqual(told.at(-1), "c 200 false");
});

test("what waits when the call ends is told so, and nothing more is sent", () => {
  const h = start();
  const dialog = h.talk();
  const told: number[] = [];
  for (let i = 0; i < 3; i++) dialog.send({ method: "INFO", to: "callee", done: (status) => told.push(status) });
  h.request("BYE", 103, A, { toTag: "b", headers: h.route() });
  assert.deepEqual(told, [481, 481]);
  h.answer(lastOf(h, B, "INFO"), 481);
  assert.deepEqual([told, h.requests(B, "INFO").length], [[481, 481, 481], 1]);
  h.answer(lastOf(h, B, "BYE"), 200);
  h.clock.advance(60_000);
  assert.equal(h.tracker.count, 0);
});

test("the queue of a call is bounded, and the bound is counted", () => {
  const h = start();
  const dialog = h.talk();
  for (let i = 0; i < MAX_WAITING + 1; i++) assert.equal(dialog.send({ method: "INFO", to: "callee" }), true);
  assert.equal(dialog.send({ method: "INFO", to: "callee" }), false);
  assert.equal(h.stat("refused_requests"), 1);
});

test("a program that throws when it is told harms no other request", () => {
  const h = start();
  const dialog = h.talk();
  dialog.send({
    method: "INFO",
    to: "callee",
    done: () => {
      throw new Error("oops");
    },
  });
  dialog.send({ method: "INFO", to: "callee" });
  h.answer(lastOf(h, B, "INFO"), 200);
  assert.equal(h.requests(B, "INFO").length, 2);
  h.answer(lastOf(h, B, "INFO"), 200);
  assert.deepEqual([dialog.queue, h.tracker.check()], [undefined, []]);
});

test("modes and bodies in any case; what is none is told", () => {
  assert.deepEqual(parseExchangeMode("CALLER"), { to: "caller", isChallenge: false });
  assert.deepEqual(parseExchangeMode("challenge"), { to: "caller", isChallenge: true });
  assert.deepEqual(parseExchangeMode("Challenge-Callee"), { to: "callee", isChallenge: true });
  assert.deepEqual(parseExchangeMode("challenge_caller"), { to: "caller", isChallenge: true });
  for (const wrong of ["", "both", "challenge-", "challengecaller", "challenge--caller"])
    assert.equal(parseExchangeMode(wrong), undefined, wrong);
  assert.deepEqual(parseExchangeBody("INBOUND"), { kind: "inbound" });
  assert.deepEqual(parseExchangeBody("custom:text/plain:a:b"), { kind: "custom", contentType: "text/plain", text: "a:b" });
  assert.deepEqual(parseExchangeBody("Custom/application/x:"), { kind: "custom", contentType: "application/x", text: "" });
  assert.deepEqual(parseExchangeBody("custom:nothing"), { kind: "none" });
  for (const wrong of ["", "some", "custom", "custom::x", "custom:a\r\nX: y:x"]) assert.equal(parseExchangeBody(wrong), undefined, wrong);
});

test("to one side: no body, what the other side sent last, what this side was sent last, something else", () => {
  const changed = "v=0\r\no=relay 1 1 IN IP4 10.0.0.1\r\n";
  for (const [mode, ip, body, wanted] of [
    ["caller", A, "none", ""],
    ["caller", A, "inbound", SDP_B],
    ["caller", A, "outbound", changed],
    ["callee", B, "inbound", SDP_A],
    ["callee", B, "outbound", SDP_A],
    ["callee", B, "custom:application/x:hello", "hello"],
    ["callee", B, "custom:hello", ""],
  ] as const) {
    const h = start();
    const dialog = h.talk();
    // what went to the caller was changed on its way
    dialog.callerLeg.sentSdp = changed;
    const told = begin(dialog, mode, "INVITE", body);
    const [invite] = ours(h, ip);
    assert.equal(invite?.body, wanted, `${mode} ${body}`);
    assert.equal(invite?.header(H.ContentType), wanted === "" ? undefined : wanted === "hello" ? "application/x" : "application/sdp");
    h.answer(lastOf(h, ip), 180);
    h.answer(lastOf(h, ip), 200, { body: SDP_NEW });
    assert.equal(acks(h, ip).at(-1), "", "acknowledged without a body");
    assert.equal(told.result, "200 OK");
    const leg = mode === "caller" ? dialog.callerLeg : dialog.primaryCallee;
    assert.equal(leg?.receivedSdp, wanted === "" ? (ip === A ? SDP_A : SDP_B) : SDP_NEW, "an accepted offer counts");
    assert.deepEqual([dialog.status, dialog.queue, h.tracker.check()], [4, undefined, []]);
  }
});

test("case 70: any final answer is the answer; no answer is 408; a refused offer changes nothing", () => {
  const h = start();
  const dialog = h.talk();
  const busy = begin(dialog, "callee", "OPTIONS");
  h.answer(lastOf(h, B, "OPTIONS"), 486);
  assert.equal(busy.result, "486 Busy Here");
  const silent = begin(dialog, "callee", "OPTIONS");
  h.clock.advance(31_000);
  assert.equal(silent.result, "408 nobody");
  assert.equal(dialog.status, 4, "it says nothing about the call");
  const refused = begin(dialog, "callee", "INVITE", "custom:application/sdp:v=9");
  h.answer(lastOf(h, B), 488);
  assert.equal(refused.result, "488 Not Acceptable Here");
  assert.deepEqual([dialog.primaryCallee?.sentSdp, dialog.primaryCallee?.receivedSdp], ["", SDP_B]);
  assert.equal(begin(dialog, "challenge", "INFO").how, "notAcceptable");
  assert.equal(begin(dialog, "caller", "ACK").how, "failed");
});

test("case 71: the caller is challenged, its offer goes to the callee, and the answer comes back with its ACK", () => {
  const h = start();
  const dialog = h.talk();
  const told = begin(dialog, "challenge");
  assert.deepEqual([ours(h, A)[0]?.body, ours(h, B).length], ["", 0]);
  h.answer(lastOf(h, A), 200, { body: SDP_NEW });
  assert.deepEqual(acks(h, A), [], "the ACK waits for the answer");
  const [second] = ours(h, B);
  assert.deepEqual([second?.body, second?.header(H.ContentType), second?.cseqNumber], [SDP_NEW, "application/sdp", 103]);
  h.answer(lastOf(h, B), 200, { body: SDP_ANSWER });
  assert.deepEqual([acks(h, A), acks(h, B).at(-1)], [[SDP_ANSWER], ""]);
  assert.equal(told.result, "200 OK");
  const callee = dialog.primaryCallee;
  assert.deepEqual(
    [dialog.callerLeg.receivedSdp, dialog.callerLeg.sentSdp, callee?.receivedSdp, callee?.sentSdp],
    [SDP_NEW, "", SDP_ANSWER, ""],
  );
  assert.deepEqual([dialog.callerLeg.openOffers, callee?.openOffers, dialog.callerLeg.open, callee?.open], [0, 0, 0, 0]);
  // what is relayed later goes on from our numbers
  h.request("INFO", 103, A, { toTag: "b", headers: h.route() });
  assert.equal(h.requests(B, "INFO")[0]?.cseqNumber, 104);
});

test("the callee is challenged by UPDATE with what it was sent last, and its answer goes to the caller", () => {
  const h = start();
  const dialog = h.talk();
  const told = begin(dialog, "challenge-callee", "UPDATE", "outbound");
  assert.equal(ours(h, B, "UPDATE")[0]?.body, SDP_A);
  h.answer(lastOf(h, B, "UPDATE"), 200, { body: SDP_NEW });
  assert.equal(ours(h, A, "UPDATE")[0]?.body, SDP_NEW);
  h.answer(lastOf(h, A, "UPDATE"), 200, { body: SDP_ANSWER });
  assert.equal(told.result, "200 OK");
  assert.equal(dialog.callerLeg.receivedSdp, SDP_ANSWER);
  assert.deepEqual([acks(h, A).length, dialog.queue], [0, undefined]);
});

test("a challenged side that has a description to answer is acknowledged at once", () => {
  const h = start();
  const dialog = h.talk();
  begin(dialog, "challenge", "INVITE", "inbound");
  assert.equal(ours(h, A)[0]?.body, SDP_B);
  h.answer(lastOf(h, A), 200, { body: SDP_NEW });
  assert.deepEqual(acks(h, A), [""]);
  assert.equal(ours(h, B)[0]?.body, SDP_NEW);
  h.answer(lastOf(h, B), 200, { body: SDP_ANSWER });
  assert.equal(dialog.queue, undefined);
});

test("a challenge that comes to nothing: refused, without a description, refused by the other side, silence there", () => {
  const refused = start();
  const first = begin(refused.talk(), "challenge");
  refused.answer(lastOf(refused, A), 491);
  assert.deepEqual([first.result, ours(refused, B).length], ["491 Request Pending", 0]);

  const bare = start();
  const second = begin(bare.talk(), "challenge");
  bare.answer(lastOf(bare, A), 200);
  assert.deepEqual([second.result, acks(bare, A), ours(bare, B).length], ["400 OK", [""], 0]);

  const other = start();
  const dialog = other.talk();
  const third = begin(dialog, "challenge");
  other.answer(lastOf(other, A), 200, { body: SDP_NEW });
  other.answer(lastOf(other, B), 488);
  assert.equal(third.result, "488 Not Acceptable Here");
  assert.deepEqual(acks(other, A), [SDP_B], "it stays with what it has: an offer must be answered (RFC 3261 13.2.1)");
  assert.deepEqual([dialog.callerLeg.receivedSdp, dialog.callerLeg.openOffers], [SDP_NEW, 0], "its offer was answered");
  assert.equal(dialog.primaryCallee?.sentSdp, SDP_A, "nobody has told the callee of it");

  const silent = start();
  const last = begin(silent.talk(), "challenge");
  silent.answer(lastOf(silent, A), 200, { body: SDP_NEW });
  silent.answer(lastOf(silent, B), 100);
  silent.clock.advance(31_900);
  assert.equal(acks(silent, A).length, 1, "before the caller gives up waiting for its ACK");
  silent.answer(lastOf(silent, B, "CANCEL"), 200);
  silent.answer(lastOf(silent, B), 487);
  assert.match(last.result, /^(408|487) /);
  silent.clock.advance(60_000);
  assert.deepEqual([silent.dialog().queue, silent.tracker.check(), silent.errors], [undefined, [], []]);
});

test("challenges from both ends at once do not wait for each other", () => {
  const h = start();
  const dialog = h.talk();
  const one = begin(dialog, "challenge-caller");
  const two = begin(dialog, "challenge-callee");
  dialog.send({ method: "UPDATE", to: "callee" });
  assert.deepEqual([ours(h, A).length, ours(h, B).length], [1, 0]);
  h.answer(lastOf(h, A), 200, { body: SDP_NEW });
  h.answer(lastOf(h, B), 200, { body: SDP_ANSWER });
  assert.equal(one.result, "200 OK");
  assert.equal(ours(h, B).length, 2, "the second one begins");
  h.answer(lastOf(h, B), 200, { body: SDP_B });
  assert.equal(ours(h, A).length, 2);
  h.answer(lastOf(h, A), 200, { body: SDP_A });
  assert.equal(two.result, "200 OK");
  assert.equal(h.requests(B, "UPDATE").length, 1);
  h.answer(lastOf(h, B, "UPDATE"), 200);
  assert.deepEqual([dialog.queue, h.tracker.check()], [undefined, []]);
});

test("the call ends in the middle of a challenge: who offered is acknowledged, and who asked is told", () => {
  const h = start();
  const dialog = h.talk();
  const told = begin(dialog, "challenge");
  const waiting = begin(dialog, "challenge-callee");
  h.answer(lastOf(h, A), 200, { body: SDP_NEW });
  h.request("BYE", 7, B, { toTag: "a", headers: h.route() });
  assert.equal(waiting.result, "481 nobody");
  h.answer(lastOf(h, B), 481);
  assert.equal(told.result, "481 Call/Transaction Does Not Exist");
  assert.equal(acks(h, A).length, 1);
  h.answer(lastOf(h, A, "BYE"), 200);
  h.clock.advance(120_000);
  assert.deepEqual([h.tracker.count, h.tracker.check(), h.errors], [0, [], []]);
});

test("a side that never said where it is cannot be challenged", () => {
  const h = start();
  assert.equal(begin(h.talk({}, { contact: "X-None: 1\r\n" }), "challenge").how, "failed");
  assert.equal(ours(h, A).length, 0);
});
