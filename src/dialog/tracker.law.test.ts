// Whatever comes from the wire, from operators and from the clock: after each of it every invariant holds, and in the end
// nothing is left.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seededRandom, TestClock } from "../testing/index.ts";
import { A, B, C, DialogHarness, SDP_B } from "./harness.ts";
import { DialogOption } from "./options.ts";

type Act =
  | { readonly do: "answer"; readonly to: "b" | "c"; readonly status: number; readonly tag: string }
  | { readonly do: "request"; readonly method: string; readonly from: "a" | "b" | "c"; readonly cseq: number; readonly routed: boolean }
  | { readonly do: "answerWithin"; readonly to: "a" | "b" | "c"; readonly method: string; readonly status: number }
  | { readonly do: "cancel" | "end" | "join" | "value" | "again" }
  | { readonly do: "lifetime"; readonly seconds: number }
  | { readonly do: "wait"; readonly ms: number };

const party = fc.constantFrom<"a" | "b" | "c">("a", "b", "c");
const anyAct: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      to: fc.constantFrom<"b" | "c">("b", "c"),
      status: fc.constantFrom(100, 180, 183, 200, 200, 202, 302, 486, 487, 503, 603),
      tag: fc.constantFrom("", "x"),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("request" as const),
      method: fc.constantFrom("ACK", "ACK", "BYE", "INVITE", "UPDATE", "INFO", "PRACK"),
      from: party,
      cseq: fc.integer({ min: 100, max: 110 }),
      routed: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("answerWithin" as const),
      to: party,
      method: fc.constantFrom("BYE", "INVITE", "UPDATE", "INFO", "CANCEL"),
      status: fc.constantFrom(200, 481, 487, 491),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("cancel" as const, "end" as const, "join" as const, "value" as const, "again" as const) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("lifetime" as const), seconds: fc.nat(40) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(10, 700, 6_000, 35_000, 130_000) }) },
);

const ADDRESS = { a: A, b: B, c: C } as const;

function play(h: DialogHarness, act: Act, inviteText: string): void {
  const dialog = h.tracker.page(0, 1)[0];
  switch (act.do) {
    case "answer": {
      const invite = h.sent.find((one) => one.ip === ADDRESS[act.to] && one.text.startsWith("INVITE "));
      if (invite !== undefined) {
        h.answer(invite, act.status, { toTag: act.to + act.tag, ...(act.status === 200 ? { body: SDP_B } : {}) });
      }
      break;
    }
    case "request": {
      const toTag = act.from === "a" ? "b" : "a";
      const headers = act.routed ? h.route() : "";
      h.request(act.method, act.method === "ACK" ? 102 : act.cseq, ADDRESS[act.from], { toTag, fromTag: act.from, headers });
      break;
    }
    case "answerWithin": {
      const request = h.lastSent(ADDRESS[act.to], act.method);
      if (request?.text.includes(";tag=", request.text.indexOf("\r\nTo:"))) h.answer(request, act.status);
      break;
    }
    case "cancel":
      h.request("CANCEL", 102, A, { branch: "z9hG4bKlaw", contact: "" });
      break;
    case "again":
      h.receive(inviteText, A);
      break;
    case "end":
      dialog?.end("Law");
      break;
    case "join": {
      const profile = h.profiles.get("p");
      if (profile !== undefined) dialog?.join(profile, "v", 3);
      break;
    }
    case "value":
      dialog?.setValue("n", String(h.sent.length));
      break;
    case "lifetime":
      dialog?.setLifetime(act.seconds * 1000);
      break;
    case "wait":
      h.clock.advance(act.ms);
      break;
  }
}

test("no sequence of messages, commands and time breaks an invariant or leaves anything behind", () => {
  const options = fc.constantFrom(0, DialogOption.byeOnTimeout, DialogOption.endOnRace | DialogOption.byeOnTimeout, DialogOption.endOnRace);
  fc.assert(
    fc.property(options, fc.array(anyAct, { maxLength: 25 }), (bits, acts) => {
      const h = new DialogHarness(new TestClock(), seededRandom(42), {
        settings: { historyBytes: 4096 },
        initial: (context, tracker) => {
          tracker.create(context, { options: bits, lifetimeMs: 20_000 });
          context.recordRoute();
          context.relay({ targets: [{ requestUri: "sip:b@10.0.0.3" }, { requestUri: "sip:c@10.0.0.4" }] });
        },
      });
      h.profiles.define("p", { withValue: true });
      const ends = { failed: 0, expired: 0, terminated: 0, destroyed: 0 };
      h.tracker.listeners.add({
        failed: () => ends.failed++,
        expired: () => ends.expired++,
        terminated: () => ends.terminated++,
        destroyed: () => ends.destroyed++,
      });
      const inviteText = h.text("INVITE", 102, A, { branch: "z9hG4bKlaw", body: "sdp" });
      h.receive(inviteText, A);
      for (const act of acts) {
        play(h, act, inviteText);
        assert.deepEqual(h.tracker.check(), []);
      }
      h.clock.advance(400_000);
      assert.equal(h.tracker.count, 0, "no dialog is left");
      assert.equal(h.wheel.count, 0, "no lifetime is left");
      assert.equal(h.transactions.inUse, 0, "no transaction is left");
      assert.equal(h.profiles.get("p")?.size(), 0);
      assert.deepEqual(h.errors, []);
      assert.deepEqual(h.tracker.check(), []);
      const made = h.stat("processed_dialogs");
      assert.equal(ends.destroyed, made, "each is destroyed once");
      const backAgain = h.changes.filter((change) => change.kind === "state" && change.from === "ended").length;
      assert.equal(ends.failed + ends.expired + ends.terminated, made + backAgain, "each ends once");
      assert.deepEqual([h.stat("active_dialogs"), h.stat("early_dialogs"), h.stat("failed_dialogs")], [0, 0, ends.failed - backAgain]);
    }),
    { numRuns: 300 },
  );
});
