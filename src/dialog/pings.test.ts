// Pings (dialog-behaviour 7) with real messages in virtual time: intervals, messages, answers, losses, what keeps them from going.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SipRequest } from "../sip/index.ts";
import { seededRandom, TestClock } from "../testing/index.ts";
import { A, B, DialogHarness, SDP_A, SDP_B } from "./harness.ts";
import { DialogOption, parseOptions } from "./options.ts";
import type { DialogSettings } from "./settings.ts";

const SETTINGS = { optionsPingIntervalMs: 40_000, reinvitePingIntervalMs: 60_000 } as const;

function start(flags: string, settings: Partial<DialogSettings> = {}): DialogHarness {
  const parsed = parseOptions(flags);
  assert.ok(parsed.ok);
  return new DialogHarness(new TestClock(), seededRandom(5), {
    settings: { ...SETTINGS, ...settings },
    initial: (context, tracker) => {
      tracker.create(context, { options: parsed.value });
      context.recordRoute();
      context.relay();
    },
  });
}

function done(h: DialogHarness): void {
  h.clock.advance(400_000);
  assert.deepEqual([h.tracker.count, h.wheel.count, h.transactions.inUse], [0, 0, 0]);
  assert.deepEqual(h.tracker.check(), []);
  assert.deepEqual(h.errors, []);
}

test("case 20: OPTIONS to both sides, numbers and tags of each (7.2, 3.3)", () => {
  const h = start("Pp");
  const dialog = h.talk();
  h.clock.advance(41_000);
  const [toA] = h.requests(A, "OPTIONS");
  const [toB] = h.requests(B, "OPTIONS");
  assert.ok(toA instanceof SipRequest && toB instanceof SipRequest);
  assert.deepEqual([toA.requestUri, toA.cseqNumber, toA.fromTag, toA.toTag, toA.maxForwards], ["sip:a@10.0.0.2:5060", 1, "b", "a", 70]);
  assert.deepEqual([toB.requestUri, toB.cseqNumber, toB.fromTag, toB.toTag, toB.body], ["sip:b@10.0.0.3:5060", 103, "a", "b", ""]);
  assert.equal(toB.header("Contact"), undefined);
  h.answer(h.lastSent(A, "OPTIONS"), 200);
  h.answer(h.lastSent(B, "OPTIONS"), 200);
  h.clock.advance(41_000);
  assert.deepEqual([h.requests(A, "OPTIONS").at(-1)?.cseqNumber, h.requests(B, "OPTIONS").at(-1)?.cseqNumber], [2, 104]);
  assert.deepEqual([h.stat("sent_pings"), h.stat("lost_pings")], [4, 0]);
  assert.ok(h.tracker.history(dialog).some((step) => step.event === "ownRequest" && step.detail.includes("OPTIONS 103 callee")));
});

test("cases 21 and 22: requests, answers and ACKs around a ping are translated", () => {
  const h = start("pB", { optionsPingIntervalMs: 10_000 });
  h.talk();
  h.clock.advance(10_000);
  h.answer(h.lastSent(B, "OPTIONS"), 200);
  h.request("INFO", 103, A, { toTag: "b", headers: h.route() });
  assert.equal(h.requests(B, "INFO")[0]?.cseqNumber, 104);
  const [back] = h.answer(h.lastSent(B, "INFO"), 200);
  assert.equal(back?.message.cseqNumber, 103);
  const route = h.route();
  h.request("INVITE", 104, A, { toTag: "b", headers: route, body: SDP_A });
  const [reply] = h.answer(h.lastSent(B, "INVITE"), 200, { body: SDP_B });
  assert.deepEqual([h.lastSent(B, "INVITE")?.message.cseqNumber, reply?.message.cseqNumber], [105, 104]);
  h.clock.advance(20_000); // no ping between a 2xx and its ACK: nothing but copies of the 2xx
  assert.equal(h.requests(B, "OPTIONS").length, 1, "a transaction is open on that leg");
  h.request("ACK", 104, A, { toTag: "b", headers: route });
  assert.equal(h.lastSent(B, "ACK")?.message.cseqNumber, 105);
  h.clock.advance(2_000);
  assert.equal(h.requests(B, "OPTIONS").at(-1)?.cseqNumber, 106, "as soon as the leg is free");
});

test("the ACK of a refused re-INVITE, its CANCEL and a PRACK name what the leg knows (3.4)", () => {
  const h = start("p");
  h.talk();
  h.clock.advance(41_000);
  h.answer(h.lastSent(B, "OPTIONS"), 200);
  const route = h.route();
  h.request("INVITE", 103, A, { toTag: "b", headers: route, body: SDP_A, branch: "z9hG4bKre" });
  h.answer(h.lastSent(B, "INVITE"), 183, { headers: "Require: 100rel\r\nRSeq: 7\r\n" });
  h.request("PRACK", 104, A, { toTag: "b", headers: `${route}RAck: 7 103 INVITE\r\n` });
  const [prack] = h.requests(B, "PRACK");
  assert.deepEqual([prack?.cseqNumber, prack?.header("RAck")], [105, "7 104 INVITE"]);
  assert.equal(h.answer(h.lastSent(B, "PRACK"), 200)[0]?.message.cseqNumber, 104);
  h.request("CANCEL", 103, A, { toTag: "b", branch: "z9hG4bKre", contact: "" });
  assert.equal(h.requests(B, "CANCEL")[0]?.cseqNumber, 104);
  h.answer(h.lastSent(B, "INVITE"), 487);
  assert.deepEqual([h.lastSent(B, "ACK")?.message.cseqNumber, h.replies(A).at(-1)?.cseqNumber], [104, 103]);
});

test("case 23: without a ping numbers pass unchanged", () => {
  const h = start("");
  h.talk();
  h.clock.advance(600_000);
  h.request("INFO", 110, A, { toTag: "b", headers: h.route() });
  assert.equal(h.requests(B, "INFO")[0]?.cseqNumber, 110);
  assert.equal(h.stat("sent_pings"), 0);
});

test("case 37: PRpr sends re-INVITEs only", () => {
  const h = start("PRpr");
  h.talk();
  h.clock.advance(60_000);
  for (const ip of [A, B]) assert.deepEqual([h.requests(ip, "OPTIONS").length, h.lastSent(ip, "INVITE")?.at], [0, 60_000], ip);
});

test("case 43: any answer but 408 and 481 says that somebody is there", () => {
  const h = start("P", { optionsPingIntervalMs: 30_000 });
  const dialog = h.talk();
  for (const status of [404, 405, 486, 491, 500, 503, 401]) {
    const before = h.requests(A, "OPTIONS").length;
    h.clock.advance(30_000);
    assert.equal(h.requests(A, "OPTIONS").length, before + 1);
    h.answer(h.lastSent(A, "OPTIONS"), status);
    assert.equal(dialog.status, 4, String(status));
  }
});

for (const [flags, ip, method, reason, sided] of [
  ["P", A, "OPTIONS", "Ping Timeout", "Caller Ping Timeout"],
  ["p", B, "OPTIONS", "Ping Timeout", "Callee Ping Timeout"],
  ["R", A, "INVITE", "ReINVITE Ping Timeout", "Caller ReINVITE Ping Timeout"],
  ["r", B, "INVITE", "ReINVITE Ping Timeout", "Callee ReINVITE Ping Timeout"],
] as const) {
  test(`cases 44 and 45: ${flags} ends the call by 481, by 408 and by silence (7.3)`, () => {
    for (const status of [481, 408, 0]) {
      for (const namesPingedSide of [false, true]) {
        const h = start(flags, { namesPingedSide });
        const dialog = h.talk();
        const ends: unknown[] = [];
        h.tracker.listeners.add({ pinged: (_dialog, ping) => ends.push(ping) });
        h.clock.advance(flags.toLowerCase() === "p" ? 40_000 : 60_000);
        const ping = h.lastSent(ip, method);
        assert.ok(ping !== undefined && ping.at > 0);
        if (status !== 0) h.answer(ping, status);
        else {
          h.clock.advance(29_000);
          assert.equal(h.requests(A, "BYE").length, 0, "not before the transaction gives up");
          h.clock.advance(2_000);
        }
        assert.deepEqual([h.requests(A, "BYE").length > 0, h.requests(B, "BYE").length > 0], [true, true]);
        assert.equal(dialog.endReason, namesPingedSide ? sided : reason);
        const side = flags.toUpperCase() === flags ? "caller" : "callee";
        const isLost = status !== 481;
        assert.deepEqual(ends, [{ side, method, status, isLost, losses: isLost ? 1 : 0, afterMs: status === 0 ? 30_000 : 0 }]);
        h.answer(h.lastSent(B, "BYE"), 200);
        h.answer(h.lastSent(A, "BYE"), 200);
        assert.deepEqual([dialog.status, h.stat("active_dialogs"), h.stat("lost_pings")], [5, 0, status === 481 ? 0 : 1]);
        done(h);
      }
    }
  });
}

test("case 46: no second ping while one is unanswered, and the one that fails counts although the interval is shorter", () => {
  const h = start("p", { optionsPingIntervalMs: 3_000 });
  const dialog = h.talk();
  assert.deepEqual(h.logged, [
    "options_ping_interval (3 s) below fr_timeout (30 s): a silent party is pinged again only when the ping before has failed",
  ]);
  h.talk({ callId: "two" });
  assert.equal(h.logged.length, 1, "one notice");
  h.clock.advance(30_000);
  const ids = h.requests(B, "OPTIONS").filter(({ callId }) => callId === dialog.callId);
  assert.equal(new Set(ids.map(({ cseqNumber }) => cseqNumber)).size, 1, "copies of one");
  h.clock.advance(4_000);
  assert.equal(dialog.endReason, "Ping Timeout");
});

test("no notice while intervals are long enough, or nobody is pinged", () => {
  const long = start("pr");
  long.talk();
  const unused = start("B", { optionsPingIntervalMs: 1_000 });
  unused.talk();
  assert.deepEqual([long.logged, unused.logged], [[], []]);
});

test("losses are tolerated as settings say, an answer forgives them, 481 is no loss", () => {
  const h = start("p", { pingMaxLosses: 1 });
  const dialog = h.talk();
  h.clock.advance(75_000);
  assert.deepEqual([h.stat("lost_pings"), dialog.status], [1, 4]);
  h.clock.advance(6_000);
  h.answer(h.lastSent(B, "OPTIONS"), 200);
  h.clock.advance(75_000);
  assert.deepEqual([h.stat("lost_pings"), dialog.endReason], [2, undefined], "one in a row");
  h.clock.advance(40_000);
  assert.deepEqual([h.stat("lost_pings"), dialog.endReason], [3, "Ping Timeout"], "two in a row");

  const gone = start("p", { pingMaxLosses: 9 });
  gone.talk();
  gone.clock.advance(40_000);
  gone.answer(gone.lastSent(B, "OPTIONS"), 481);
  assert.equal(gone.dialog().endReason, "Ping Timeout");
});

test("case 47: a re-INVITE ping shows the other side's description and Contact, is acknowledged, and nobody else hears of it", () => {
  const h = start("r");
  h.talk();
  const before = h.sent.filter(({ ip }) => ip === A).length;
  h.clock.advance(60_000);
  const ping = h.lastSent(B, "INVITE");
  assert.ok(ping?.message instanceof SipRequest);
  const { message } = ping;
  assert.deepEqual(
    [message.cseqNumber, message.body, message.header("Content-Type"), message.header("Contact")],
    [103, SDP_A, "application/sdp", "<sip:a@10.0.0.2:5060>"],
  );
  h.answer(ping, 200, { body: "v=0\r\no=other 9 9 IN IP4 10.0.0.3\r\n" });
  const ack = h.lastSent(B, "ACK")?.message;
  assert.deepEqual([ack?.cseqNumber, ack?.body], [103, ""]);
  assert.equal(h.sent.filter(({ ip }) => ip === A).length, before);
  assert.equal(h.dialog().primaryCallee?.receivedSdp, SDP_B, "what answers a ping is not stored");
});

test("only what both sides have agreed on is in a ping: re-INVITE, UPDATE, refusals, late offers (RFC 3264)", () => {
  const h = start("rR");
  h.talk();
  const sdp = (n: number): string => `v=0\r\no=x ${n} ${n} IN IP4 10.0.0.9\r\n`;
  const route = h.route();
  const pinged = (): readonly string[] => {
    h.clock.advance(60_000);
    const texts = [A, B].map((ip) => h.lastSent(ip, "INVITE"));
    for (const ping of texts) h.answer(ping, 200, { body: SDP_B });
    return texts.map((ping) => ping?.message.body ?? "");
  };
  assert.deepEqual(pinged(), [SDP_B, SDP_A]);
  const within = (method: string, cseq: number, body: string): void => {
    h.request(method, cseq, A, { toTag: "b", headers: route, body });
  };
  within("INVITE", 103, sdp(1));
  h.answer(h.lastSent(B, "INVITE"), 488);
  h.request("ACK", 103, A, { toTag: "b", headers: route });
  within("UPDATE", 104, sdp(2));
  h.answer(h.lastSent(B, "UPDATE"), 491);
  assert.deepEqual(pinged(), [SDP_B, SDP_A], "refused");
  within("UPDATE", 105, sdp(3));
  h.answer(h.lastSent(B, "UPDATE"), 200, { body: sdp(4) });
  assert.deepEqual(pinged(), [sdp(4), sdp(3)], "an UPDATE");
  within("INVITE", 106, sdp(5));
  h.answer(h.lastSent(B, "INVITE"), 200, { body: sdp(6) });
  h.request("ACK", 106, A, { toTag: "b", headers: route });
  assert.deepEqual(pinged(), [sdp(6), sdp(5)], "a re-INVITE");
});

test("a late offer counts with the ACK that answers it, a reliable answer with the 2xx that follows", () => {
  const h = start("");
  const dialog = h.talk();
  const sdp = (n: number): string => `v=0\r\no=x ${n} ${n} IN IP4 10.0.0.9\r\n`;
  const route = h.route();
  const now = (): readonly (string | undefined)[] => [dialog.callerLeg.receivedSdp, dialog.primaryCallee?.receivedSdp];
  h.request("INVITE", 103, A, { toTag: "b", headers: route, branch: "z9hG4bKlate" });
  h.answer(h.lastSent(B, "INVITE"), 200, { body: sdp(1) });
  assert.deepEqual(now(), [SDP_A, SDP_B], "offered");
  h.request("ACK", 103, A, { toTag: "b", headers: route, body: sdp(2) });
  assert.deepEqual(now(), [sdp(2), sdp(1)], "answered");

  h.request("INVITE", 104, A, { toTag: "b", headers: route, body: sdp(3) });
  const invite = h.lastSent(B, "INVITE");
  h.answer(invite, 183, { headers: "Require: 100rel\r\nRSeq: 1\r\n", body: sdp(4) });
  h.request("PRACK", 105, A, { toTag: "b", headers: `${route}RAck: 1 104 INVITE\r\n` });
  h.answer(h.lastSent(B, "PRACK"), 200);
  assert.deepEqual(now(), [sdp(2), sdp(1)], "it may still be refused");
  h.answer(invite, 200);
  assert.deepEqual(now(), [sdp(3), sdp(4)]);
});

test("without a description there is no re-INVITE ping; it is counted", () => {
  const h = start("r");
  const [invite] = h.invite({ body: "" });
  h.answer(invite, 200);
  h.request("ACK", 102, A, { toTag: "b", headers: h.route() });
  h.clock.advance(61_000);
  assert.deepEqual([h.requests(B, "INVITE").length, h.stat("skipped_pings")], [1, 1]);
  assert.equal(h.dialog().status, 4);
});

test("who never told where it is counts as lost at once", () => {
  const h = start("p");
  const [invite] = h.invite();
  h.answer(invite, 200, { body: SDP_B, contact: "X: y\r\n" });
  h.request("ACK", 102, A, { toTag: "b", headers: h.route() });
  h.clock.advance(41_000);
  assert.equal(h.dialog().endReason, "Ping Timeout");
  h.answer(h.lastSent(A, "BYE"), 200);
  done(h);
});

test("pings end with the call, and with the flag", () => {
  const h = start("PpB");
  const dialog = h.talk();
  h.request("BYE", 103, A, { toTag: "b", headers: h.route() });
  h.answer(h.lastSent(B, "BYE"), 200);
  done(h);
  assert.deepEqual([h.requests(A, "OPTIONS").length, dialog.status], [0, 5]);

  const off = start("p");
  off.talk();
  off.dialog();
  off.request("INFO", 103, A, { toTag: "b", headers: off.route() });
  assert.equal((off.dialog().options & DialogOption.optionsPingCallee) !== 0, true);
});

test("many calls whose pings fall due together are all pinged", () => {
  const h = start("p");
  const calls = 2_000;
  for (let i = 0; i < calls; i++) h.talk({ callId: `c${i}` });
  const before = h.sent.length;
  h.clock.advance(40_000);
  assert.equal(h.sent.length - before, calls);
});

test("a request that a later one has overtaken goes on below it, not under its own number (RFC 3261 12.2.2)", () => {
  const h = start("P", { optionsPingIntervalMs: 10_000 });
  h.talk();
  h.clock.advance(10_000);
  h.answer(h.lastSent(A, "OPTIONS"), 200);
  const route = h.route();
  const fromB = (method: string, cseq: number): void => {
    h.request(method, cseq, B, { toTag: "a", headers: route });
  };
  fromB("INFO", 501);
  fromB("MESSAGE", 500);
  assert.deepEqual([h.requests(A, "INFO")[0]?.cseqNumber, h.requests(A, "MESSAGE")[0]?.cseqNumber], [2, 1]);
  assert.equal(h.answer(h.lastSent(A, "MESSAGE"), 500)[0]?.message.cseqNumber, 500, "its sender knows it as it sent it");
  fromB("BYE", 503);
  fromB("INFO", 502);
  assert.deepEqual([h.requests(A, "BYE")[0]?.cseqNumber, h.requests(A, "INFO").at(-1)?.cseqNumber], [3, 2], "behind the BYE too");
});
