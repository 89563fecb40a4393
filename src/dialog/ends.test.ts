// Every way a call can end (dialog-behaviour 2.2, 2.6, 8; RFC 5407): its reason, its states, what is told and which route runs, each once,
// who gets a BYE, and that nothing is left behind.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestContext } from "../proxy/index.ts";
import { seededRandom, TestClock } from "../testing/index.ts";
import type { Dialog } from "./dialog.ts";
import { A, B, C, DialogHarness, type HarnessOptions, SDP_B, type Sent } from "./harness.ts";
import { DialogOption } from "./options.ts";

const { byeOnTimeout, endOnRace } = DialogOption;

/** One way to end. */
interface End {
  readonly name: string;
  readonly options?: number;
  readonly lifetimeMs?: number;
  readonly settings?: HarnessOptions["settings"];
  /** In place of relaying to B. */
  readonly route?: (context: RequestContext) => void;
  readonly play: (h: DialogHarness) => void;
  readonly reason: string | undefined;
  readonly moves: string;
  /** What listeners hear of the end, in order. */
  readonly told: string;
  /** Named routes that ran, those at the answer left out. */
  readonly ran?: string;
  /** Requests of ours: BYEs to A and B, CANCELs to B. */
  readonly sent?: readonly [byeA: number, byeB: number, cancel: number];
  readonly expired?: number;
  readonly failed?: number;
}

const bye = (h: DialogHarness, from: string, cseq: number): unknown =>
  h.request("BYE", cseq, from, { toTag: from === A ? "b" : "a", headers: h.route() });
const ok = (h: DialogHarness, ...ips: readonly string[]): void => {
  for (const ip of ips) h.answer(h.lastSent(ip, "BYE"), 200);
};
const ring = (h: DialogHarness): Sent | undefined => {
  const [invite] = h.invite();
  h.answer(invite, 180);
  return invite;
};
const answered = (h: DialogHarness): void => {
  h.answer(ring(h), 200, { body: SDP_B });
};
const cancel = (h: DialogHarness): unknown => h.request("CANCEL", 102, A, { branch: "z9hG4bKinvite" });
const invited = (h: DialogHarness): Sent | undefined => {
  const [invite] = h.invite({ branch: "z9hG4bKinvite" });
  h.answer(invite, 180);
  return invite;
};

const CALL = "1→2 2→3 3→4 4→5";
const HUNG = { moves: CALL, told: "hangup terminated", ran: "hangup" } as const;

const ENDS: readonly End[] = [
  {
    name: "the caller hangs up",
    play(h) {
      h.talk();
      bye(h, A, 103);
      ok(h, B);
    },
    reason: "Downstream BYE",
    ...HUNG,
  },
  {
    name: "the callee hangs up",
    play(h) {
      h.talk();
      bye(h, B, 7);
      ok(h, A);
    },
    reason: "Upstream BYE",
    ...HUNG,
  },
  {
    name: "the caller hangs up before its ACK has passed",
    play(h) {
      answered(h);
      bye(h, A, 103);
      ok(h, B);
    },
    reason: "Downstream BYE",
    ...HUNG,
    moves: "1→2 2→3 3→5",
  },
  {
    name: "the callee hangs up before the ACK has passed",
    play(h) {
      answered(h);
      bye(h, B, 7);
      ok(h, A);
    },
    reason: "Upstream BYE",
    ...HUNG,
    moves: "1→2 2→3 3→5",
  },
  {
    name: "a BYE that nobody answers",
    play(h) {
      h.talk();
      bye(h, A, 103);
    },
    reason: "Downstream BYE",
    ...HUNG,
  },
  {
    name: "a BYE that is refused: who sent it has left all the same",
    play(h) {
      h.talk();
      bye(h, A, 103);
      h.answer(h.lastSent(B, "BYE"), 481);
    },
    reason: "Downstream BYE",
    ...HUNG,
  },
  {
    name: "BYEs of both sides cross",
    play(h) {
      h.talk();
      bye(h, A, 103);
      bye(h, B, 7);
      ok(h, A, B);
    },
    reason: "Downstream BYE",
    ...HUNG,
  },
  {
    name: "a BYE crosses a re-INVITE (RFC 5407 3.2.2)",
    play(h) {
      h.talk();
      h.request("INVITE", 103, A, { toTag: "b", headers: h.route() });
      bye(h, B, 7);
      h.answer(h.lastSent(B, "INVITE"), 481);
      ok(h, A);
    },
    reason: "Upstream BYE",
    ...HUNG,
  },
  {
    name: "a BYE that wants to go elsewhere, and is relayed",
    play(h) {
      h.talk();
      h.request("BYE", 103, A, { toTag: "b", headers: h.route(), uri: "sip:10.0.0.9" });
    },
    reason: "Downstream BYE",
    ...HUNG,
  },
  {
    name: "486",
    play: (h) => void h.answer(ring(h), 486),
    reason: undefined,
    moves: "1→2 2→5",
    told: "failed 486",
    failed: 1,
  },
  {
    name: "486 without ringing",
    play: (h) => void h.answer(h.invite()[0], 486),
    reason: undefined,
    moves: "1→5",
    told: "failed 486",
    failed: 1,
  },
  {
    name: "the route refuses it",
    route: (context) => void context.reply(603, "Decline"),
    play: (h) => void h.invite(),
    reason: undefined,
    moves: "1→5",
    told: "failed 603",
    failed: 1,
  },
  {
    name: "the route drops it",
    route: (context) => context.drop(),
    play: (h) => void h.invite(),
    reason: undefined,
    moves: "1→5",
    told: "failed 0",
    failed: 1,
  },
  {
    name: "nobody answers",
    play(h) {
      h.invite();
      h.clock.advance(40_000);
    },
    reason: undefined,
    moves: "1→5",
    told: "failed 408",
    failed: 1,
  },
  {
    name: "it rings for ever",
    play(h) {
      const invite = ring(h);
      h.clock.advance(130_000);
      h.answer(h.lastSent(B, "CANCEL"), 200);
      h.answer(invite, 487);
    },
    reason: undefined,
    moves: "1→2 2→5",
    told: "failed 408",
    sent: [0, 0, 1],
    failed: 1,
  },
  {
    name: "the caller gives up",
    play(h) {
      const invite = invited(h);
      cancel(h);
      h.answer(h.lastSent(B, "CANCEL"), 200);
      h.answer(invite, 487);
    },
    reason: "Cancelled",
    moves: "1→2 2→5",
    told: "failed 487",
    sent: [0, 0, 1],
    failed: 1,
  },
  {
    name: "ended from outside while it rings",
    play(h) {
      const invite = ring(h);
      assert.equal(h.dialog().end("MI Termination"), "ok");
      assert.equal(h.dialog().end("once more"), "ok");
      h.answer(h.lastSent(B, "CANCEL"), 200);
      h.answer(invite, 487);
    },
    reason: "MI Termination",
    moves: "1→2 2→5",
    told: "failed 487",
    sent: [0, 0, 1],
    failed: 1,
  },
  {
    name: "ended from outside before the callee has said anything: cancelled at its first word (RFC 3261 9.1)",
    play(h) {
      const [invite] = h.invite();
      h.dialog().end("MI Termination");
      assert.equal(h.requests(B, "CANCEL").length, 0);
      h.answer(invite, 180);
      h.answer(h.lastSent(B, "CANCEL"), 200);
      h.answer(invite, 487);
    },
    reason: "MI Termination",
    moves: "1→2 2→5",
    told: "failed 487",
    sent: [0, 0, 1],
    failed: 1,
  },
  {
    name: "ended from outside",
    play(h) {
      h.talk().end("MI Termination");
      ok(h, A, B);
    },
    reason: "MI Termination",
    ...HUNG,
    sent: [1, 1, 0],
  },
  {
    name: "ended by another part, in its words",
    play(h) {
      h.talk().end("RTPProxy Timeout");
      ok(h, B, A);
    },
    reason: "RTPProxy Timeout",
    ...HUNG,
    sent: [1, 1, 0],
  },
  {
    name: "ended from outside before the ACK, which comes",
    play(h) {
      answered(h);
      h.dialog().end("MI Termination");
      h.request("ACK", 102, A, { toTag: "b", headers: h.route() });
      h.clock.advance(1_000);
      ok(h, A, B);
    },
    reason: "MI Termination",
    ...HUNG,
    sent: [1, 1, 0],
  },
  {
    name: "ended from outside, and neither side knows the call",
    play(h) {
      h.talk().end("MI Termination");
      for (const ip of [A, B]) h.answer(h.lastSent(ip, "BYE"), 481);
    },
    reason: "MI Termination",
    ...HUNG,
    sent: [1, 1, 0],
  },
  {
    name: "ended from outside, and nobody is there any more",
    play(h) {
      h.talk().end("MI Termination");
      h.clock.advance(40_000);
    },
    reason: "MI Termination",
    ...HUNG,
  },
  {
    name: "ended from outside while the callee hangs up",
    play(h) {
      h.talk().end("MI Termination");
      bye(h, B, 7);
      ok(h, B);
      for (const one of h.requests(A, "BYE"))
        h.answer(
          h.sent.find((sent) => sent.message === one),
          200,
        );
    },
    reason: "MI Termination",
    ...HUNG,
    sent: [2, 1, 0],
  },
  {
    name: "ended from outside while the caller's BYE is under way",
    play(h) {
      const dialog = h.talk();
      bye(h, A, 103);
      assert.equal(dialog.end("MI Termination"), "ended");
      ok(h, B);
    },
    reason: "Downstream BYE",
    ...HUNG,
    sent: [0, 1, 0],
  },
  {
    name: "ended from outside, and neither side has ever said where it is",
    play(h) {
      h.talk({ contact: "" }, { contact: "X-None: 1\r\n" });
      assert.equal(h.dialog().end("MI Termination"), "failed");
    },
    reason: "MI Termination",
    ...HUNG,
    sent: [0, 0, 0],
  },
  {
    name: "its lifetime is over, with B",
    options: byeOnTimeout,
    lifetimeMs: 3_000,
    play(h) {
      h.talk();
      h.clock.advance(3_500);
      ok(h, A, B);
    },
    reason: "Lifetime Timeout",
    ...HUNG,
    ran: "timeout hangup",
    sent: [1, 1, 0],
    expired: 1,
  },
  {
    name: "its lifetime is over, without B",
    lifetimeMs: 3_000,
    play(h) {
      h.talk();
      h.clock.advance(3_500);
    },
    reason: "Lifetime Timeout",
    moves: CALL,
    told: "expired",
    ran: "timeout",
    expired: 1,
  },
  {
    name: "its lifetime is over before the ACK: BYEs wait as long as the 200 may be repeated",
    options: byeOnTimeout,
    lifetimeMs: 3_000,
    settings: { ackTimeoutMs: 0 },
    play(h) {
      answered(h);
      h.clock.advance(31_000);
      assert.equal(h.requests(A, "BYE").length, 0);
      h.clock.advance(1_500);
      ok(h, A, B);
    },
    reason: "Lifetime Timeout",
    ...HUNG,
    moves: "1→2 2→3 3→5",
    ran: "timeout hangup",
    expired: 1,
  },
  {
    name: "the caller hangs up in the second in which the lifetime ends",
    options: byeOnTimeout,
    lifetimeMs: 3_000,
    play(h) {
      h.talk();
      h.clock.advance(2_990);
      bye(h, A, 103);
      h.clock.advance(20);
      ok(h, B);
    },
    reason: "Downstream BYE",
    ...HUNG,
    sent: [0, 1, 0],
  },
  {
    name: "the caller hangs up right after the lifetime has ended",
    options: byeOnTimeout,
    lifetimeMs: 3_000,
    play(h) {
      h.talk();
      h.clock.advance(3_010);
      bye(h, A, 103);
      ok(h, A, B);
    },
    reason: "Lifetime Timeout",
    ...HUNG,
    ran: "timeout hangup",
    expired: 1,
  },
  {
    name: "200, then CANCEL, with E",
    options: endOnRace,
    play(h) {
      const invite = invited(h);
      h.answer(invite, 200, { body: SDP_B });
      cancel(h);
      h.request("ACK", 102, A, { toTag: "b", headers: h.route() });
      h.clock.advance(5_500);
      ok(h, A, B);
    },
    reason: "SIP Race Condition",
    ...HUNG,
    sent: [1, 1, 0],
    expired: 1,
  },
  {
    name: "CANCEL, then 200, with E",
    options: endOnRace,
    play(h) {
      const invite = invited(h);
      cancel(h);
      h.answer(invite, 200, { body: SDP_B });
      h.clock.advance(5_500);
      ok(h, A, B);
    },
    reason: "SIP Race Condition",
    ...HUNG,
    moves: "1→2 2→3 3→5",
    sent: [1, 1, 1],
    expired: 1,
  },
  {
    name: "early BYE, then 200, with E",
    options: endOnRace,
    play(h) {
      const invite = ring(h);
      bye(h, A, 103);
      h.answer(invite, 200, { body: SDP_B });
      h.clock.advance(5_500);
      ok(h, A, B);
    },
    reason: "SIP Race Condition",
    ...HUNG,
    moves: "1→2 2→3 3→5",
    expired: 1,
  },
  {
    name: "early BYE that the callee takes: its 487 ends the call (RFC 3261 15.1.2)",
    play(h) {
      const invite = ring(h);
      bye(h, A, 103);
      ok(h, B);
      h.answer(invite, 487);
    },
    reason: undefined,
    moves: "1→2 2→5",
    told: "failed 487",
    sent: [0, 1, 0],
    failed: 1,
  },
  {
    name: "no ACK ever (decision 17)",
    play(h) {
      answered(h);
      h.clock.advance(33_000);
      ok(h, A, B);
    },
    reason: "ACK Timeout",
    ...HUNG,
    moves: "1→2 2→3 3→5",
  },
  {
    name: "the 200 crosses a local refusal: the call comes back, and is hung up (2.4)",
    play(h) {
      const invite = ring(h);
      h.clock.advance(121_000);
      h.answer(invite, 200, { body: SDP_B });
      h.request("ACK", 102, A, { toTag: "b", headers: h.route() });
      bye(h, A, 103);
      ok(h, B);
    },
    reason: "Downstream BYE",
    moves: "1→2 2→5 5→3 3→4 4→5",
    told: "failed 408 hangup terminated",
    ran: "hangup",
    sent: [0, 1, 1],
    failed: 0,
  },
  {
    name: "the route itself answered it",
    route: (context) => void context.reply(200, "OK"),
    play(h) {
      h.invite();
      const tag = h.replies(A).at(-1)?.toTag ?? "";
      h.request("ACK", 102, A, { toTag: tag, uri: "sip:10.0.0.1" });
      h.request("BYE", 103, A, { toTag: tag, uri: "sip:10.0.0.1" });
    },
    reason: "Downstream BYE",
    moves: "1→3 3→4 4→5",
    told: "hangup terminated",
    ran: "hangup",
  },
];

for (const end of ENDS) {
  test(end.name, () => {
    const h = new DialogHarness(new TestClock(), seededRandom(11), {
      ...(end.settings === undefined ? {} : { settings: end.settings }),
      initial: (context, tracker) => {
        const how = end.lifetimeMs === undefined ? {} : { lifetimeMs: end.lifetimeMs };
        const dialog = tracker.create(context, { options: end.options ?? 0, ...how });
        for (const kind of ["answer", "timeout", "hangup"] as const) dialog?.setRoute(kind, kind);
        context.recordRoute();
        if (end.route === undefined) context.relay();
        else end.route(context);
      },
    });
    const told: string[] = [];
    const ran: string[] = [];
    let reason: string | undefined = "not told";
    let destroyed = 0;
    const over = (dialog: Dialog, how: string): void => {
      told.push(how);
      reason = dialog.endReason;
    };
    h.tracker.listeners.add({
      hangup: () => told.push("hangup"),
      terminated: (dialog) => over(dialog, "terminated"),
      expired: (dialog) => over(dialog, "expired"),
      failed: (dialog, status) => over(dialog, `failed ${status}`),
      destroyed: () => destroyed++,
    });
    h.tracker.runRoute = (route, dialog) => {
      if (route === "hangup") assert.equal(dialog.endReason, end.reason, "the reason is there before the hang-up route (2.2)");
      if (route !== "answer") ran.push(route);
    };
    end.play(h);
    assert.equal(h.stat("active_dialogs") + h.stat("early_dialogs"), 0);
    const at = h.sent.length;
    h.clock.advance(200_000);
    const late = h.sent
      .slice(at)
      .filter((one) => /^(BYE|CANCEL) /.test(one.text) && !h.sent.slice(0, at).some((sent) => sent.text === one.text));
    assert.deepEqual(
      late.map((one) => one.text),
      [],
      "whatever is sent was sent by then",
    );
    assert.deepEqual(
      { reason, moves: h.moves().join(" "), told: told.join(" "), ran: ran.join(" ") },
      { reason: end.reason, moves: end.moves, told: end.told, ran: end.ran ?? "" },
    );
    assert.deepEqual(
      [h.stat("processed_dialogs"), h.stat("expired_dialogs"), h.stat("failed_dialogs")],
      [1, end.expired ?? 0, end.failed ?? 0],
    );
    if (end.sent !== undefined) {
      const count = (ip: string, method: string): number => new Set(h.requests(ip, method).map((one) => one.topVia.branch)).size;
      assert.deepEqual([count(A, "BYE"), count(B, "BYE"), count(B, "CANCEL")], [end.sent[0], end.sent[1], end.sent[2]]);
    }
    assert.deepEqual([destroyed, h.tracker.count, h.wheel.count, h.tracker.check(), h.errors], [1, 0, 0, [], []]);
  });
}

test("BYEs of ours go along each side's own route set, past a strict router too, and CANCELs to each branch that rings", () => {
  const h = new DialogHarness(new TestClock(), seededRandom(11));
  const [invite] = h.invite({ headers: "Record-Route: <sip:10.0.0.8;lr>\r\nRecord-Route: <sip:10.0.0.5;lr>\r\n" });
  const ours = `<sip:10.0.0.1;lr;ftag=a;did=${h.dialog().did}>`;
  const lines = ["<sip:10.0.0.7;lr>", "<sip:10.0.0.6>", ours, "<sip:10.0.0.8;lr>", "<sip:10.0.0.5;lr>"];
  h.answer(invite, 200, { body: SDP_B, headers: lines.map((line) => `Record-Route: ${line}\r\n`).join("") });
  h.request("ACK", 102, A, { toTag: "b", headers: `Route: ${ours}\r\n` });
  h.dialog().end("MI Termination");
  const [toCaller] = h.requests("10.0.0.8", "BYE");
  assert.deepEqual([toCaller?.requestUri, toCaller?.values("Route")], ["sip:a@10.0.0.2:5060", ["<sip:10.0.0.8;lr>", "<sip:10.0.0.5;lr>"]]);
  const [toCallee] = h.requests("10.0.0.6", "BYE");
  assert.deepEqual([toCallee?.requestUri, toCallee?.values("Route")], ["sip:10.0.0.6", ["<sip:10.0.0.7;lr>", "<sip:b@10.0.0.3:5060>"]]);

  const forked = new DialogHarness(new TestClock(), seededRandom(11), {
    initial: (context, tracker) => {
      tracker.create(context);
      context.recordRoute();
      context.appendBranch({ requestUri: `sip:c@${C}:5060` });
      context.relay();
    },
  });
  const branches = forked.invite();
  for (const branch of branches) forked.answer(branch, 180);
  forked.dialog().end("MI Termination");
  for (const [index, ip] of [B, C].entries()) {
    const [one] = forked.requests(ip, "CANCEL");
    const sent = branches[index]?.message;
    assert.deepEqual(
      [one?.requestUri, one?.topVia.branch, one?.cseqNumber],
      [forked.requests(ip, "INVITE")[0]?.requestUri, sent !== undefined && "topVia" in sent ? sent.topVia.branch : "", 102],
    );
  }
});
