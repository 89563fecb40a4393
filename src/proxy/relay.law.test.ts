import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SipRequest, SipResponse } from "../sip/index.ts";
import { TestClock } from "../testing/index.ts";
import { requestText } from "./fixtures.ts";
import { A, B, C, Harness, type Sent } from "./harness.ts";

const CALLEES: readonly string[] = [B, C, "10.0.0.5"];
const INVITE = requestText("INVITE", "sip:bob@10.0.0.3");
const CANCEL = requestText("CANCEL", "sip:bob@10.0.0.3");

type Event =
  | { readonly type: "answer"; readonly callee: number; readonly status: number }
  | { readonly type: "cancel" }
  | { readonly type: "again" }
  | { readonly type: "wait"; readonly ms: number };

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("answer" as const),
      callee: fc.nat(2),
      status: fc.constantFrom(100, 180, 183, 200, 202, 302, 401, 404, 407, 408, 486, 487, 503, 603),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ type: "cancel" as const }) },
  { weight: 1, arbitrary: fc.constant({ type: "again" as const }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("wait" as const), ms: fc.constantFrom(10, 600, 5000, 31_000, 121_000) }) },
);

/** What the failure hook does: nothing, one more callee, an answer of its own. */
const failure = fc.constantFrom("none", "again", "reply");

function play(forks: number, onFailure: string, events: readonly Event[]): Harness {
  const h = new Harness(new TestClock(), {
    route: (context) => {
      if (onFailure === "again") context.onFailure = (round) => void round.relay({ targets: [{ requestUri: `sip:bob@${CALLEES[2]}` }] });
      if (onFailure === "reply") context.onFailure = (round) => void round.reply(480);
      context.relay({ targets: CALLEES.slice(0, forks).map((ip) => ({ requestUri: `sip:bob@${ip}` })) });
    },
  });
  h.receive(INVITE);
  for (const one of events) {
    if (one.type === "wait") h.wait(one.ms);
    else if (one.type === "cancel") h.receive(CANCEL);
    else if (one.type === "again") {
      // later it might be a new transaction: a challenged INVITE is forgotten after wt_timer
      if (h.clock.monotonic() < 4000) h.receive(INVITE);
    } else {
      const sent = h.to(CALLEES[one.callee] ?? B).filter((to) => to.message instanceof SipRequest && to.message.method === "INVITE");
      const last = sent.at(-1);
      if (last !== undefined) h.answer(last, one.status);
    }
  }
  // everybody falls silent, and whoever still rings is let go
  h.wait(400_000);
  return h;
}

function repliesToA(h: Harness): readonly SipResponse[] {
  const replies: SipResponse[] = [];
  for (const one of h.to(A)) if (one.message instanceof SipResponse && one.message.cseqMethod === "INVITE") replies.push(one.message);
  return replies;
}

function requestsOf(list: readonly Sent[], method: string): readonly Sent[] {
  return list.filter((one) => one.message instanceof SipRequest && one.message.method === method);
}

test("whatever callees and caller do: one final, every 2xx relayed, refusals acknowledged, nothing left behind", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3 }), failure, fc.array(event, { maxLength: 14 }), (forks, onFailure, events) => {
      const h = play(forks, onFailure, events);
      const finals = new Set<string>();
      for (const reply of repliesToA(h)) if (reply.status >= 300) finals.add(reply.text);
      assert.ok(finals.size <= 1, `${finals.size} different refusals`);
      assert.ok(finals.size === 1 || repliesToA(h).some((reply) => reply.status >= 200), "the caller is told something final");
      for (const ip of CALLEES) {
        const branches = new Set(requestsOf(h.to(ip), "INVITE").map((one) => one.message.topVia.branch));
        const cancels = requestsOf(h.to(ip), "CANCEL");
        for (const cancel of cancels) assert.ok(branches.has(cancel.message.topVia.branch), "a CANCEL has the branch of its INVITE");
      }
      assert.deepEqual([h.transactions.size, h.transactions.inUse, h.transactions.clientCount, h.timers.count], [0, 0, 0, 0]);
      assert.deepEqual([h.logged, h.errors], [[], []]);
    }),
    { numRuns: 400 },
  );
});

test("a 2xx of any callee, at any time while its branch lives, reaches the caller (D-14)", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 8 }), (events) => {
      const h = new Harness(new TestClock(), {
        route: (context) => void context.relay({ targets: [{ requestUri: `sip:bob@${B}` }, { requestUri: `sip:bob@${C}` }] }),
      });
      h.receive(INVITE);
      for (const one of events) {
        if (one.type === "cancel") h.receive(CANCEL);
        else if (one.type === "answer" && one.callee < 2 && (one.status < 200 || one.status >= 300)) {
          const to = requestsOf(h.to(CALLEES[one.callee] ?? B), "INVITE")[0];
          if (to !== undefined) h.answer(to, one.status);
        }
      }
      const to = requestsOf(h.to(B), "INVITE")[0];
      assert.ok(to !== undefined);
      const out = h.answer(to, 200, { toTag: "late" });
      assert.ok(
        out.some((one) => one.ip === A && one.message instanceof SipResponse && one.message.status === 200),
        "the 200 went to the caller",
      );
    }),
    { numRuns: 300 },
  );
});
