// Law: whatever is asked for, answered, relayed and lost in whatever order, numbers towards each party only grow, every request of ours is
// told once how it came out, and nothing is left waiting.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SipRequest } from "../sip/index.ts";
import { seededRandom, TestClock } from "../testing/index.ts";
import { A, B, DialogHarness, SDP_A, SDP_B, type Sent } from "./harness.ts";
import type { Side } from "./machine.ts";

const side = fc.constantFrom<Side>("caller", "callee");
const ops = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant("ask" as const),
        to: side,
        method: fc.constantFrom("INFO" as const, "INVITE", "UPDATE", "PRACK"),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant("exchange" as const),
        to: side,
        isChallenge: fc.boolean(),
        method: fc.constantFrom("INVITE" as const, "UPDATE"),
      }),
    },
    {
      weight: 10,
      arbitrary: fc.record({
        do: fc.constant("answer" as const),
        which: fc.nat(3),
        status: fc.constantFrom(100, 180, 200, 200, 486, 491),
        hasBody: fc.boolean(),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant("relay" as const), from: side, method: fc.constantFrom("INFO" as const, "INVITE", "UPDATE") }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("ack" as const) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.constantFrom(10, 1_000, 12_000, 40_000) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("end" as const) }) },
  ),
  { maxLength: 40 },
);

/** Requests that left for an address, each once, in order. */
function left(h: DialogHarness, ip: string): readonly SipRequest[] {
  const seen = new Set<string>();
  const out: SipRequest[] = [];
  for (const { ip: to, message } of h.sent) {
    if (to !== ip || !(message instanceof SipRequest) || message.method === "ACK" || message.method === "CANCEL") continue;
    if (!seen.has(message.topVia.branch)) out.push(message);
    seen.add(message.topVia.branch);
  }
  return out;
}

test("numbers only grow, every request is told once, nothing is left", () => {
  fc.assert(
    fc.property(ops, (steps) => {
      const h = new DialogHarness(new TestClock(), seededRandom(7));
      const dialog = h.talk();
      const told: number[] = [];
      let asked = 0;
      const numbers = { caller: 103, callee: 1 };
      const answered = new Set<Sent>();
      const invites: { from: Side; cseq: number }[] = [];
      const note = (index: number) => (): void => {
        told[index] = (told[index] ?? 0) + 1;
      };
      const pending = (): Sent[] =>
        h.sent.filter(
          (one, at) =>
            one.message instanceof SipRequest &&
            one.message.toTag !== "" &&
            one.message.method !== "ACK" &&
            !answered.has(one) &&
            h.sent.findIndex((other) => other.text === one.text) === at,
        );
      for (const op of steps) {
        switch (op.do) {
          case "ask":
            if (dialog.send({ method: op.method, to: op.to, done: note(asked) })) asked++;
            break;
          case "exchange": {
            const parts = {
              mode: { to: op.to, isChallenge: op.isChallenge },
              method: op.method,
              body: { kind: "none" },
              done: note(asked),
            } as const;
            if (dialog.exchange(parts) === "ok") asked++;
            break;
          }
          case "answer": {
            const open = pending();
            const one = open[op.which % Math.max(1, open.length)];
            if (one === undefined) break;
            if (op.status >= 200) answered.add(one);
            h.answer(one, op.status, op.hasBody && op.status === 200 ? { body: one.ip === A ? SDP_A : SDP_B } : {});
            break;
          }
          case "relay": {
            // of a call that is gone nothing is known any more
            if (dialog.isEnded) break;
            const isDown = op.from === "caller";
            if (op.method === "INVITE") invites.push({ from: op.from, cseq: numbers[op.from] });
            h.request(op.method, numbers[op.from]++, isDown ? A : B, { toTag: isDown ? "b" : "a", headers: h.route() });
            break;
          }
          case "ack": {
            const one = invites.shift();
            if (one === undefined) break;
            const isDown = one.from === "caller";
            h.request("ACK", one.cseq, isDown ? A : B, { toTag: isDown ? "b" : "a", headers: h.route() });
            break;
          }
          case "pass":
            h.clock.advance(op.ms);
            break;
          case "end":
            dialog.end("MI Termination");
            break;
        }
        assert.deepEqual(h.tracker.check(), []);
      }
      h.clock.advance(600_000 + asked * 40_000);
      assert.deepEqual(
        told,
        Array.from({ length: asked }, () => 1),
        "each once",
      );
      for (const ip of [A, B]) {
        const cseqs = left(h, ip).map((one) => one.cseqNumber);
        for (let i = 1; i < cseqs.length; i++) assert.ok((cseqs[i] ?? 0) > (cseqs[i - 1] ?? 0), `${ip}: ${cseqs.join(" ")}`);
      }
      assert.equal(dialog.queue?.size ?? 0, 0);
      for (const leg of [dialog.callerLeg, ...dialog.calleeLegs]) assert.deepEqual([leg.open, leg.openOffers], [0, 0]);
      assert.deepEqual([h.tracker.check(), h.errors], [[], []]);
      dialog.end("MI Termination");
      h.clock.advance(200_000);
      assert.deepEqual([h.tracker.count, h.wheel.count], [0, 0]);
    }),
    { numRuns: 150 },
  );
});
