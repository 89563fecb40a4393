// A short soak: the same as `npm run simulate -- --soak`, with a fiftieth of the calls; and the proof that it would notice.
import assert from "node:assert/strict";
import { test } from "node:test";
import { EndReason } from "../../dialog/index.ts";
import { Curtain } from "./curtain.ts";
import { END_KINDS, Ends } from "./ends.ts";
import { CallNames } from "./names.ts";
import { describe, soak } from "./soak.ts";

test("6,000 calls of all kinds, ended in every way there is, leave nothing behind", async () => {
  const report = await soak({ seed: 12, calls: 6000 });
  assert.deepEqual(report.failures, [], describe(report));
  assert.ok(report.levels.length > 10);
  assert.equal(report.simulation.ends.missing.length, 0);
  assert.ok(report.simulation.hidden > 5000, `${report.simulation.hidden} messages of hidden calls`);
});

test("an end that did not occur is missed", () => {
  const ends = new Ends();
  for (const kind of END_KINDS) {
    if (kind.startsWith("unanswered: ")) continue;
    if (kind !== EndReason.race) ends.add(kind, true, 0, false);
  }
  ends.add("", false, 486, false);
  ends.add("", false, 408, false);
  ends.add("", false, 486, true);
  assert.deepEqual(ends.missing, [
    EndReason.race,
    `unanswered: ${EndReason.cancelled}`,
    ...[EndReason.management, "RTPProxy Timeout", "Simulation"].map((reason) => `unanswered: ${reason}`),
  ]);
});

test("whatever one side of a hidden call sees of the other is noticed", () => {
  const hide = { hideCallId: true, didInUser: false, keepUser: false, keepCallerContact: false, keepCalleeContact: false };
  const names = new CallNames();
  assert.equal(names.placed(7, "7-x@simulation"), "X-Call: 7\r\n");
  names.sent("INVITE sip:b@10.0.1.1 SIP/2.0\r\nCall-ID: DLGCH_abc\r\nX-Call: 7\r\n\r\n");
  assert.deepEqual([names.plain("DLGCH_abc"), names.shown("7-x@simulation")], ["7-x@simulation", "DLGCH_abc"]);
  const curtain = new Curtain("10.0.0.2", (ip) => ip.startsWith("10.0.1."));
  const pass = (text: string, to: string): void => curtain.passed(text, to, "7-x@simulation", names.shown("7-x@simulation"), hide);
  const good = "Via: SIP/2.0/UDP 10.0.0.1\r\nContact: <sip:10.0.0.1;did=1.2>\r\n";
  pass(`INVITE sip:b@10.0.1.1 SIP/2.0\r\n${good}Call-ID: DLGCH_abc\r\n\r\nc=IN IP4 10.0.0.2\r\n`, "10.0.1.1");
  pass(`SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.2\r\nTo: <sip:b@10.0.1.1>\r\nCall-ID: 7-x@simulation\r\n\r\n`, "10.0.0.2");
  assert.deepEqual(curtain.violations, []);
  pass(`INVITE sip:b@10.0.1.1 SIP/2.0\r\n${good}Via: SIP/2.0/UDP 10.0.0.2\r\nCall-ID: DLGCH_abc\r\n\r\n`, "10.0.1.1");
  pass(`BYE sip:b@10.0.1.1 SIP/2.0\r\n${good}Call-ID: 7-x@simulation\r\n\r\n`, "10.0.1.1");
  pass(`SIP/2.0 180 Ringing\r\nContact: <sip:b@10.0.1.1>\r\nCall-ID: DLGCH_abc\r\n\r\n`, "10.0.0.2");
  assert.deepEqual(
    curtain.violations.map(({ text }) => text),
    [
      '10.0.1.1 gets to see "Via: SIP/2.0/UDP 10.0.0.2"',
      '10.0.1.1 gets to see "Call-ID: 7-x@simulation"',
      '10.0.0.2 gets to see "Contact: <sip:b@10.0.1.1>"',
      '10.0.0.2 gets to see "Call-ID: DLGCH_abc"',
    ],
  );
});
