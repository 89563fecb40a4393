// Acceptance cases 31 to 36: validate_dialog and fix_route_dialog (dialog-behaviour 5).
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestContext } from "../proxy/index.ts";
import { seededRandom, TestClock } from "../testing/index.ts";
import { A, B, DialogHarness } from "./harness.ts";
import type { DialogTracker } from "./tracker.ts";

/** A call whose callee sits behind `routes`; later requests are looked at by the test. */
function probe(routes: readonly string[], look: (context: RequestContext, tracker: DialogTracker) => void): DialogHarness {
  let isTalking = false;
  const h = new DialogHarness(new TestClock(), seededRandom(5), {
    within: (context, tracker) => {
      if (isTalking) look(context, tracker);
      else {
        context.looseRoute();
        context.relay();
      }
    },
  });
  const [invite] = h.invite();
  const ours = `<sip:10.0.0.1;lr;ftag=a;did=${h.dialog().did}>`;
  h.answer(invite, 200, { headers: [...routes, ours].map((route) => `Record-Route: ${route}\r\n`).join("") });
  h.request("ACK", 102, A, { toTag: "b", headers: h.route() });
  isTalking = true;
  return h;
}

const check = (wanted: number) => (context: RequestContext, tracker: DialogTracker) => {
  context.looseRoute();
  assert.equal(tracker.validate(context), wanted);
  context.relay();
};

test("case 31: a BYE with an old CSeq is told, and changes nothing", () => {
  const h = probe([], check(-1));
  h.request("BYE", 50, A, { toTag: "b", headers: h.route() });
  assert.equal(h.dialog().status, 4);
});

test("case 32: another Request-URI than the callee's Contact", () => {
  const h = probe([], check(-2));
  h.request("BYE", 103, A, { toTag: "b", headers: h.route(), uri: "sip:evil@192.0.2.66" });
});

test("the Contact is compared as a URI, not as text", () => {
  const h = probe([], check(1));
  h.request("BYE", 103, A, { toTag: "b", headers: h.route(), uri: "sip:b@10.0.0.3:5060;foo=bar" });
});

test("case 33: a Route too many, a Route missing, another Route", () => {
  const more = probe([], check(-3));
  more.request("INFO", 103, A, { toTag: "b", headers: `${more.route()}Route: <sip:extra;lr>\r\n` });
  const less = probe(["<sip:p2;lr>"], check(-3));
  less.request("INFO", 103, A, { toTag: "b", headers: less.route() });
  less.request("INFO", 104, A, { toTag: "b" });
  const other = probe(["<sip:p2;lr>"], check(-3));
  other.request("INFO", 103, A, { toTag: "b", headers: `${other.route()}Route: <sip:p3;lr>\r\n` });
  const right = probe(["<sip:p2;lr>"], check(1));
  right.request("INFO", 103, A, { toTag: "b", headers: `${right.route()}Route: <sip:p2;lr>\r\n` });
});

test("case 34: an initial INVITE without a dialog, and one with", () => {
  const h = new DialogHarness(new TestClock(), seededRandom(5), {
    initial: (context, tracker) => {
      assert.equal(tracker.validate(context), -4);
      assert.equal(tracker.fixRoute(context), -1);
      tracker.create(context);
      assert.equal(tracker.validate(context), -4);
      context.relay();
    },
  });
  h.invite();
  assert.deepEqual(h.logged, []);
});

test("before loose_route nothing can be said of a request with Routes", () => {
  const h = probe([], (context, tracker) => {
    assert.equal(tracker.match(context), true);
    assert.equal(tracker.validate(context), -4);
  });
  h.request("INFO", 103, A, { toTag: "b", headers: h.route() });
});

test("an ACK has the number of the INVITE it acknowledges, also when an UPDATE crossed it", () => {
  const seen: number[] = [];
  const h = probe([], (context, tracker) => {
    context.looseRoute();
    tracker.match(context);
    seen.push(tracker.validate(context));
    context.relay();
  });
  const headers = h.route();
  h.request("INVITE", 103, A, { toTag: "b", headers });
  h.answer(h.lastSent(B, "INVITE"), 200);
  h.request("UPDATE", 104, A, { toTag: "b", headers });
  h.request("ACK", 103, A, { toTag: "b", headers });
  h.request("ACK", 77, A, { toTag: "b", headers });
  h.request("INFO", 105, A, { toTag: "b" });
  assert.deepEqual(seen, [1, 1, 1, -1, 1], "without any Route the Request-URI is the target");
});

test("a BYE that uses the number of the request before it is none (5.1)", () => {
  const seen: number[] = [];
  const h = probe([], (context, tracker) => {
    context.looseRoute();
    seen.push(tracker.validate(context));
    context.relay();
  });
  h.request("INFO", 103, A, { toTag: "b", headers: h.route() });
  h.request("BYE", 103, A, { toTag: "b", headers: h.route() });
  assert.deepEqual(seen, [1, -1]);
  assert.equal(h.dialog().status, 4);
});

test("case 35: fix_route_dialog puts the request of case 32 in order", () => {
  const h = probe(["<sip:10.0.0.7;lr>", "<sip:p3;lr>"].reverse(), (context, tracker) => {
    context.looseRoute();
    assert.equal(tracker.validate(context), -2);
    assert.equal(tracker.fixRoute(context), 1);
    assert.equal(context.dstUri, "sip:10.0.0.7;lr");
    context.relay();
  });
  h.request("INFO", 103, A, { toTag: "b", headers: h.route(), uri: "sip:evil@192.0.2.66" });
  const [info] = h.requests("10.0.0.7", "INFO");
  assert.equal(info?.requestUri, "sip:b@10.0.0.3:5060");
  assert.deepEqual(info?.values("Route"), ["<sip:10.0.0.7;lr>", "<sip:p3;lr>"]);
  assert.equal(info?.cseqNumber, 103);
});

test("case 36: a callee behind a strict router", () => {
  const h = probe(["<sip:10.0.0.7>"], (context, tracker) => {
    context.looseRoute();
    assert.equal(tracker.fixRoute(context), 1);
    context.relay();
  });
  h.request("INFO", 103, A, { toTag: "b", headers: h.route(), uri: "sip:evil@192.0.2.66" });
  const [info] = h.requests("10.0.0.7", "INFO");
  assert.equal(info?.requestUri, "sip:10.0.0.7");
  assert.deepEqual(info?.values("Route"), ["<sip:b@10.0.0.3:5060>"]);
});
