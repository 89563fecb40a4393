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
