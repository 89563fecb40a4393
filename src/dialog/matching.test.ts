// Acceptance cases 25 to 30, lookup, listing, and requests that are not what they seem (dialog-behaviour 1.5, 4, decision 19).
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestContext } from "../proxy/index.ts";
import { seededRandom, TestClock } from "../testing/index.ts";
import { A, B, DialogHarness, type HarnessOptions } from "./harness.ts";
import { type MatchMode, parseMatchMode } from "./settings.ts";
import type { DialogTracker } from "./tracker.ts";

const start = (options?: HarnessOptions): DialogHarness => new DialogHarness(new TestClock(), seededRandom(11), options);

/** A call whose later requests are looked at by a route of the test. */
function probe(mode: MatchMode, look: (context: RequestContext, tracker: DialogTracker) => void): DialogHarness {
  let isSet = false;
  const h = start({
    settings: { matchMode: mode },
    within: (context, tracker) => {
      if (isSet) look(context, tracker);
      else {
        context.looseRoute();
        tracker.match(context);
      }
      context.relay();
    },
  });
  h.talk();
  isSet = true;
  return h;
}

test("case 25: the cookie of another live dialog, but our tags: SIP-wise with fallback, not without", () => {
  for (const [mode, status] of [
    ["didFallback", 5],
    ["didOnly", 4],
  ] as const) {
    const h = probe(mode, (context, tracker) => {
      context.looseRoute();
      assert.equal(tracker.match(context), mode === "didFallback");
    });
    const other = h.dialog();
    h.invite({ callId: "other@10.0.0.2" });
    const { did } = h.dialog("other@10.0.0.2");
    h.request("BYE", 103, A, { toTag: "b", headers: `Route: <sip:10.0.0.1;lr;ftag=a;did=${did}>\r\n` });
    assert.equal(other.status, status, mode);
  }
});

test("case 26: without Route", () => {
  for (const [mode, matches] of [
    ["didOnly", false],
    ["didFallback", true],
    ["didNone", true],
  ] as const) {
    const h = probe(mode, (context, tracker) => {
      assert.equal(context.looseRoute(), -1);
      assert.equal(tracker.of(context), undefined);
      assert.equal(tracker.match(context), matches, mode);
    });
    h.request("BYE", 103, A, { toTag: "b" });
    assert.equal(h.dialog().status, matches ? 5 : 4);
  }
});

test("case 27: DID_ONLY asked for is DID_ONLY, whatever the module's mode", () => {
  const h = probe("didFallback", (context, tracker) => {
    assert.equal(tracker.match(context, parseMatchMode("did_only")), false);
    assert.equal(tracker.match(context, parseMatchMode("DID_NONE")), true);
  });
  h.request("INFO", 103, A, { toTag: "b" });
  assert.equal(parseMatchMode("something"), undefined);
});

test("case 28: loose_route and match_dialog again and again: once", () => {
  let within = 0;
  const h = probe("didFallback", (context, tracker) => {
    context.looseRoute();
    context.looseRoute();
    assert.equal(tracker.match(context), true);
    assert.equal(tracker.slot(context)?.direction, "downstream");
  });
  h.tracker.listeners.add({ requestWithin: () => within++ });
  h.request("INFO", 103, A, { toTag: "b", headers: h.route() });
  assert.equal(within, 1);
});

test("case 29: the right cookie with a wrong To-tag matches in no mode", () => {
  for (const mode of ["didOnly", "didFallback", "didNone"] as const) {
    const h = probe(mode, (context, tracker) => {
      context.looseRoute();
      assert.equal(tracker.match(context), false, mode);
    });
    const { did } = h.dialog();
    h.request("BYE", 103, A, { toTag: "wrong", headers: `Route: <sip:10.0.0.1;lr;ftag=a;did=${did}>\r\n` });
    h.request("BYE", 103, A, { toTag: "b", fromTag: "wrong", headers: `Route: <sip:10.0.0.1;lr;ftag=a;did=${did}>\r\n` });
    assert.equal(h.dialog().status, 4);
  }
});

test("case 30: the cookie in our own Request-URI, as a parameter or in the user part", () => {
  for (const make of [(did: string) => `sip:10.0.0.1;did=${did}`, (did: string) => `sip:x.did.${did}@10.0.0.1:5060`]) {
    const h = probe("didOnly", (context, tracker) => {
      assert.equal(tracker.match(context), true);
      context.requestUri = "sip:b@10.0.0.3";
    });
    h.request("BYE", 103, A, { toTag: "b", uri: make(h.dialog().did) });
    assert.equal(h.dialog().status, 5);
  }
  const h = probe("didOnly", (context, tracker) => assert.equal(tracker.match(context), false));
  h.request("BYE", 103, A, { toTag: "b", uri: `sip:elsewhere;did=${h.dialog().did}` });
  assert.equal(h.dialog().status, 4, "a Request-URI that is not ours says nothing");
});

test("a malformed cookie falls back to the tags", () => {
  for (const did of ["", "x.y", "1", "123456789.1"]) {
    const h = probe("didFallback", (context, tracker) => {
      context.looseRoute();
      assert.equal(tracker.match(context), true, did);
    });
    h.request("INFO", 103, A, { toTag: "b", headers: `Route: <sip:10.0.0.1;lr;ftag=a;did=${did}>\r\n` });
  }
});

test("a spiral: the cookie picks the right one of two dialogs with the same tags", () => {
  const h = start();
  const [first] = h.invite();
  const [second] = h.invite({ branch: "z9hG4bKsecond" });
  h.answer(first, 200);
  h.answer(second, 200);
  const [one, two] = [...h.tracker.all()];
  assert.ok(one !== undefined && two !== undefined);
  h.request("BYE", 103, A, { toTag: "b", headers: `Route: <sip:10.0.0.1;lr;ftag=a;did=${two.did}>\r\n` });
  assert.deepEqual([one.status, two.status], [3, 5]);
});

test("decision 19: a request with an old number does not change the dialog, unless the far end accepts it", () => {
  const h = start();
  const dialog = h.talk();
  const heard: string[] = [];
  h.tracker.listeners.add({ requestWithin: (_d, request) => heard.push(request.method) });
  h.request("BYE", 50, A, { toTag: "b", headers: h.route() });
  h.request("INFO", 102, A, { toTag: "b", headers: h.route() });
  assert.equal(dialog.status, 4);
  assert.deepEqual(heard, []);
  assert.equal(dialog.primaryCallee?.cseq, 102);
  const bye = h.lastSent(B, "BYE");
  h.answer(bye, 500);
  assert.equal(dialog.status, 4);
  h.request("BYE", 51, A, { toTag: "b", headers: h.route() });
  h.answer(h.lastSent(B, "BYE"), 200);
  assert.equal(dialog.status, 5, "who agreed to hang up has hung up");
  assert.equal(dialog.endReason, "Downstream BYE");
  h.clock.advance(60_000);
  assert.equal(h.tracker.count, 0);
  assert.deepEqual(h.tracker.check(), []);
});

test("listing: bucket order then age, pages that add up, and a walk that survives what happens meanwhile", () => {
  const h = start({ settings: { hashSize: 4, ackTimeoutMs: 0 } });
  for (let i = 0; i < 40; i++) h.invite({ callId: `call${i}@x`, branch: `z9hG4bKl${i}` });
  const all = [...h.tracker.all()];
  assert.equal(all.length, 40);
  assert.deepEqual(
    all.map((dialog) => dialog.entry),
    all.map((dialog) => dialog.entry).sort((one, two) => one - two),
  );
  assert.deepEqual([...h.tracker.page(0, 7), ...h.tracker.page(7, 30), ...h.tracker.page(37, 30)], all);
  assert.deepEqual(h.tracker.page(40, 5), []);
  const seen = new Set<string>();
  for (const dialog of h.tracker.all()) {
    assert.ok(!seen.has(dialog.did));
    seen.add(dialog.did);
    if (seen.size === 5)
      for (let i = 0; i < 20; i++)
        h.answer(
          h.sent.find((one) => one.text.includes(`call${i}@x`)),
          486,
        );
    if (seen.size === 6) h.invite({ callId: "late@x", branch: "z9hG4bKlate" });
  }
  for (const dialog of h.tracker.all()) if (dialog.callId !== "late@x") assert.ok(seen.has(dialog.did), "what lives all the time is met");
  assert.deepEqual(h.tracker.check(), []);
});

test("bounds: one Call-ID, and all dialogs", () => {
  const h = start({ settings: { maxDialogs: 70 } });
  for (let i = 0; i < 80; i++) h.invite({ branch: `z9hG4bKsame${i}` });
  assert.equal(h.tracker.count, 64);
  for (let i = 0; i < 10; i++) h.invite({ callId: `o${i}`, branch: `z9hG4bKother${i}` });
  assert.equal(h.tracker.count, 70);
  assert.equal(h.stat("refused_dialogs"), 16 + 4);
  assert.deepEqual(h.tracker.check(), []);
});

test("a 2xx without its transaction belongs to the answered dialog it names (the 200 of a killed process)", () => {
  const h = start();
  const [invite] = h.invite();
  h.answer(invite, 200);
  const ok = h.replies(A).find((reply) => reply.status === 200);
  assert.ok(ok !== undefined);
  assert.equal(h.tracker.numberFor(ok), ok.cseqNumber);
  h.request("BYE", 103, A, { toTag: "b", headers: h.route() });
  assert.equal(h.tracker.numberFor(ok), undefined, "the call is over");
});

test("responseWithin hears replies to requests in the dialog, the other way round", () => {
  const h = start();
  const dialog = h.talk();
  const heard: string[] = [];
  dialog.listen({ responseWithin: (_d, response, _e, direction) => heard.push(`${response.status} ${direction}`) });
  h.request("INFO", 103, A, { toTag: "b", headers: h.route() });
  h.answer(h.lastSent(B, "INFO"), 200);
  h.request("INFO", 9, B, { toTag: "a", headers: h.route() });
  h.answer(h.lastSent(A, "INFO"), 415);
  assert.deepEqual(heard, ["200 upstream", "415 downstream"]);
});

test("a CANCEL sees the dialog of the INVITE it cancels", () => {
  const h = start();
  h.invite({ branch: "z9hG4bKc" });
  const dialog = h.dialog();
  h.answer(h.lastSent(B, "INVITE"), 180);
  h.request("CANCEL", 102, A, { branch: "z9hG4bKc", contact: "" });
  assert.equal(dialog.endReason, "Cancelled");
  h.answer(h.lastSent(B, "CANCEL"), 200);
  h.answer(h.lastSent(B, "INVITE"), 487);
  assert.equal(dialog.status, 5);
  assert.equal(h.stat("failed_dialogs"), 1);
  h.clock.advance(60_000);
  assert.equal(h.tracker.count, 0);
});
