// PRACK on the caller's behalf (flag `auto-prack`), with real messages in virtual time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SipRequest } from "../sip/index.ts";
import { seededRandom, TestClock } from "../testing/index.ts";
import { A, B, DialogHarness, SDP_A, SDP_B } from "./harness.ts";
import { DialogOption } from "./options.ts";
import type { DialogSettings } from "./settings.ts";

function start(settings: Partial<DialogSettings> = {}, options: number = DialogOption.autoPrack): DialogHarness {
  return new DialogHarness(new TestClock(), seededRandom(5), {
    settings,
    initial: (context, tracker) => {
      tracker.create(context, { options });
      context.recordRoute();
      context.relay();
    },
  });
}

const reliable = (rseq: number | string, require = "100rel"): string => `Require: ${require}\r\nRSeq: ${rseq}\r\n`;
const MEDIA = "Contact: <sip:media@10.0.0.3:5070>\r\n";

test("a reliable provisional is acknowledged along the way it shows, and the caller gets an ordinary one", () => {
  const h = start();
  const [invite] = h.invite();
  h.answer(invite, 183, { headers: reliable(71, "timer, 100rel"), contact: MEDIA, body: SDP_B });
  const [prack] = h.requests(B, "PRACK");
  assert.ok(prack instanceof SipRequest);
  assert.deepEqual(
    [prack.requestUri, prack.cseqNumber, prack.fromTag, prack.toTag, prack.header("RAck"), prack.body],
    ["sip:media@10.0.0.3:5070", 103, "a", "b", "71 102 INVITE", ""],
  );
  const progress = h.replies(A).find((one) => one.status === 183);
  assert.deepEqual([progress?.header("RSeq"), progress?.header("Require"), progress?.body], [undefined, "timer", SDP_B]);
  h.answer(h.lastSent(B, "PRACK"), 200);
  h.answer(invite, 200);
  h.request("ACK", 102, A, { toTag: "b", headers: h.route() });
  assert.equal(h.lastSent(B, "ACK")?.message.cseqNumber, 102);
  assert.equal(h.dialog().primaryCallee?.receivedSdp, SDP_B, "the answer came in the reliable reply");
  h.request("INFO", 103, A, { toTag: "b", headers: h.route() });
  assert.equal(h.requests(B, "INFO")[0]?.cseqNumber, 104, "numbers go on from the PRACK");
});

test("copies, replies out of order and RSeqs that are none are not acknowledged (RFC 3262 section 4)", () => {
  const h = start();
  const [invite] = h.invite();
  const racks = (): readonly (string | undefined)[] => h.requests(B, "PRACK").map((one) => one.header("RAck"));
  h.answer(invite, 183, { headers: reliable(7) });
  h.answer(h.lastSent(B, "PRACK"), 200);
  h.answer(invite, 183, { headers: reliable(7) });
  h.answer(invite, 183, { headers: reliable(9) });
  h.answer(invite, 180, { headers: reliable(6) });
  for (const none of ["0", "x", "4294967296", "", "8 8", "99999999999"]) h.answer(invite, 183, { headers: `RSeq: ${none}\r\n` });
  assert.deepEqual(racks(), ["7 102 INVITE"]);
  h.answer(invite, 180, { headers: reliable(8) });
  assert.deepEqual(racks(), ["7 102 INVITE", "8 102 INVITE"]);
  h.answer(invite, 180);
  assert.equal(h.requests(B, "PRACK").length, 2, "an ordinary one");
});

test("each fork has a sequence of its own", () => {
  const h = start();
  const [invite] = h.invite();
  h.answer(invite, 183, { toTag: "b1", headers: reliable(1) });
  h.answer(invite, 183, { toTag: "b2", headers: reliable(50) });
  assert.deepEqual(
    h.requests(B, "PRACK").map((one) => [one.toTag, one.header("RAck")]),
    [
      ["b1", "1 102 INVITE"],
      ["b2", "50 102 INVITE"],
    ],
  );
});

test("an offer in the reply is the caller's to answer, and without the flag everything is", () => {
  const late = start();
  const [invite] = late.invite({ body: "" });
  late.answer(invite, 183, { headers: reliable(1), body: SDP_B });
  assert.deepEqual([late.requests(B, "PRACK").length, late.replies(A).at(-1)?.header("RSeq")], [0, "1"]);
  const off = start({}, 0);
  off.answer(off.invite()[0], 183, { headers: reliable(1), body: SDP_B });
  assert.deepEqual([off.requests(B, "PRACK").length, off.replies(A).at(-1)?.header("RSeq")], [0, "1"]);
  assert.equal(SDP_A.length > 0, true);
});

test("a PRACK that fails is counted; the call goes on, or ends with 502 where that is asked for", () => {
  for (const hangsUpOnPrackFailure of [false, true]) {
    for (const status of [0, 481]) {
      const h = start({ hangsUpOnPrackFailure, autoPrackFrTimeoutMs: 2_000 });
      const [invite] = h.invite();
      h.answer(invite, 183, { headers: reliable(1) });
      if (status === 0) h.clock.advance(2_500);
      else h.answer(h.lastSent(B, "PRACK"), status);
      assert.equal(h.stat("failed_pracks"), 1);
      if (!hangsUpOnPrackFailure) {
        assert.equal(h.dialog().status, 2);
        h.answer(invite, 183, { headers: reliable(1) });
        assert.equal(new Set(h.requests(B, "PRACK").map((one) => one.cseqNumber)).size, 2, "tried again with the next copy");
        continue;
      }
      assert.deepEqual([h.replies(A).at(-1)?.status, h.replies(A).at(-1)?.reason], [502, "Bad Gateway"]);
      assert.deepEqual([h.dialog().status, h.stat("failed_dialogs"), h.requests(B, "CANCEL").length > 0], [5, 1, true]);
      h.answer(h.lastSent(B, "CANCEL"), 200);
      h.answer(invite, 487);
      h.request("ACK", 102, A, {
        toTag: h.replies(A).at(-1)?.toTag ?? "",
        branch: invite?.message.values("Via")[1]?.split("branch=")[1] ?? "",
      });
      h.clock.advance(400_000);
      assert.deepEqual([h.tracker.count, h.transactions.inUse, h.tracker.check()], [0, 0, []]);
    }
  }
});
