// Whatever is relayed among pings and requests of our own: each party sees rising CSeqs (RFC 3261 12.2.1.1), answers come back under the
// number that was asked with, ACKs name an INVITE that was seen, and nothing is left behind.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SipRequest } from "../sip/index.ts";
import { seededRandom, TestClock } from "../testing/index.ts";
import { A, B, DialogHarness, SDP_A, SDP_B, type Sent } from "./harness.ts";
import { DialogOption } from "./options.ts";

type Act =
  | { readonly do: "relay"; readonly from: "a" | "b"; readonly method: "INFO" | "UPDATE" | "INVITE"; readonly status: number }
  | { readonly do: "own"; readonly to: "caller" | "callee"; readonly method: string }
  | { readonly do: "wait"; readonly ms: number };

const anyAct: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    do: fc.constant("relay" as const),
    from: fc.constantFrom("a" as const, "b" as const),
    method: fc.constantFrom("INFO" as const, "UPDATE" as const, "INVITE" as const),
    status: fc.constantFrom(200, 200, 488, 491),
  }),
  fc.record({
    do: fc.constant("own" as const),
    to: fc.constantFrom("caller" as const, "callee" as const),
    method: fc.constantFrom("INFO", "INVITE"),
  }),
  fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(100, 900, 5_000, 12_000) }),
);

/** A party that answers whatever comes, and keeps to RFC 3261. */
class Party {
  readonly ip: string;
  cseq: number;
  #highest = 0;
  readonly #invites = new Set<number>();
  readonly #asked = new Set<string>();

  constructor(ip: string, cseq: number) {
    this.ip = ip;
    this.cseq = cseq;
  }

  asks(method: string): number {
    this.cseq++;
    this.#asked.add(`${this.cseq} ${method}`);
    return this.cseq;
  }

  /** @returns whether it is a new request that wants an answer */
  gets({ message }: Sent): boolean {
    const { cseqNumber, cseqMethod } = message;
    if (!(message instanceof SipRequest)) {
      assert.ok(this.#asked.has(`${cseqNumber} ${cseqMethod}`), `${this.ip} never asked ${cseqNumber} ${cseqMethod}`);
      return false;
    }
    if (message.method === "ACK") {
      assert.ok(this.#invites.has(cseqNumber), `${this.ip} has seen no INVITE ${cseqNumber}`);
      return false;
    }
    assert.ok(cseqNumber > this.#highest, `${this.ip}: ${message.method} ${cseqNumber} after ${this.#highest}`);
    this.#highest = cseqNumber;
    if (message.method === "INVITE") this.#invites.add(cseqNumber);
    return true;
  }
}

test("numbers rise for both parties whatever is pinged, relayed and sent by us", () => {
  const flags = fc.constantFrom(
    DialogOption.optionsPingCaller | DialogOption.optionsPingCallee,
    DialogOption.reinvitePingCaller | DialogOption.optionsPingCallee,
    DialogOption.reinvitePingCaller | DialogOption.reinvitePingCallee,
  );
  fc.assert(
    fc.property(flags, fc.array(anyAct, { maxLength: 25 }), (options, acts) => {
      const h = new DialogHarness(new TestClock(), seededRandom(8), {
        settings: { optionsPingIntervalMs: 4_000, reinvitePingIntervalMs: 7_000 },
        initial: (context, tracker) => {
          tracker.create(context, { options });
          context.recordRoute();
          context.relay();
        },
      });
      const dialog = h.talk();
      const parties = { a: new Party(A, 102), b: new Party(B, 1) };
      const route = h.route();
      let seen = h.sent.length;
      let status = 200;
      // everything that has left is taken in, and answered at once
      const settle = (): void => {
        while (seen < h.sent.length) {
          const sent = h.sent[seen++];
          const party = sent?.ip === A ? parties.a : parties.b;
          if (sent === undefined || !party.gets(sent)) continue;
          const body = sent.text.startsWith("INVITE") && status === 200 ? { body: sent.ip === A ? SDP_A : SDP_B } : {};
          h.answer(sent, status, body);
        }
      };
      for (const act of acts) {
        status = 200;
        if (act.do === "wait") {
          for (let ms = 0; ms < act.ms; ms += 100) {
            h.clock.advance(100);
            settle();
          }
        } else if (act.do === "own") {
          h.tracker.sendSequential(dialog, { method: act.method, to: act.to, body: SDP_A, contentType: "application/sdp" });
        } else {
          const party = parties[act.from];
          const shape = {
            toTag: act.from === "a" ? "b" : "a",
            headers: route,
            body: SDP_A,
            branch: `z9hG4bKlaw${h.sent.length}${act.from}`,
          };
          const cseq = party.asks(act.method);
          status = act.status;
          h.request(act.method, cseq, party.ip, shape);
          settle();
          if (act.method === "INVITE")
            h.request("ACK", cseq, party.ip, act.status === 200 ? { ...shape, branch: `${shape.branch}ack`, body: "" } : shape);
          status = 200;
        }
        settle();
        assert.deepEqual(h.tracker.check(), []);
        assert.equal(dialog.status, 4);
      }
      h.request("BYE", parties.a.asks("BYE"), A, { toTag: "b", headers: route });
      settle();
      h.clock.advance(200_000);
      assert.deepEqual([h.tracker.count, h.wheel.count, h.transactions.inUse, h.errors], [0, 0, 0, []]);
      assert.equal(h.stat("lost_pings"), 0);
    }),
    { numRuns: 200 },
  );
});
