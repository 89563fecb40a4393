import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom, TestClock } from "../testing/index.ts";
import { A, B, DialogHarness } from "./harness.ts";

const FORGER = "10.0.0.66";

test("a call that has just ended: requests of its parties pass, those of somebody else are seen through", () => {
  const seen: string[] = [];
  const h = new DialogHarness(new TestClock(), seededRandom(11), {
    within: (context, tracker) => {
      context.looseRoute();
      const isMatched = tracker.match(context);
      seen.push(`${context.request.method} ${isMatched ? "matched" : "not matched"}${tracker.isForged(context) ? ", forged" : ""}`);
      context.relay();
    },
  });
  h.talk();
  const route = h.route();
  h.request("BYE", 103, A, { toTag: "b", headers: route });
  h.request("INFO", 104, A, { toTag: "b", headers: route });
  h.request("BYE", 7, B, { toTag: "a" });
  h.request("INFO", 5000, FORGER, { fromTag: "a", toTag: "b", uri: "sip:b@10.0.0.3:5060" });
  h.request("INFO", 5001, FORGER, { fromTag: "a", toTag: "b", uri: "sip:b@10.0.0.3:5060", headers: route });
  assert.deepEqual(seen.slice(1), ["BYE matched", "INFO not matched", "BYE not matched", "INFO not matched, forged", "INFO not matched"]);
  assert.equal(h.stat("ignored_requests"), 1);
});

test("numbers used while a call is thought dead count when a late 200 brings it back (2.4)", () => {
  const h = new DialogHarness(new TestClock(), seededRandom(11));
  const [invite] = h.invite();
  h.answer(invite, 180);
  const route = h.route();
  h.clock.advance(121_000); // the branch gives up
  const dialog = h.dialog();
  assert.equal(dialog.status, 5);
  h.request("PRACK", 103, A, { toTag: "b", headers: `${route}RAck: 1 102 INVITE\r\n` });
  h.answer(invite, 200);
  h.request("ACK", 102, A, { toTag: "b", headers: route });
  assert.equal(dialog.status, 4);
  assert.ok(dialog.send({ method: "INFO", to: "callee" }));
  assert.equal(h.requests(B, "INFO")[0]?.cseqNumber, 104);
});
