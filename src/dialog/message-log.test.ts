import assert from "node:assert/strict";
import { test } from "node:test";
import { Statistics } from "../kit/index.ts";
import { parseMessage } from "../sip/index.ts";
import { seededRandom, TestClock } from "../testing/index.ts";
import type { Listener } from "../transport/index.ts";
import { A, B, C, CALL_ID, DialogHarness, SDP_A } from "./harness.ts";
import { MessageLog } from "./message-log.ts";
import { withoutSecrets } from "./secrets.ts";

const LISTENER: Listener = {
  index: 3,
  transport: "tcp",
  ip: "2001:db8::1",
  port: 5060,
  family: 6,
  name: "tcp:[2001:db8::1]:5060",
  sentBy: "[2001:db8::1]",
  uriHost: "[2001:db8::1]",
  advertisedHost: "[2001:db8::1]",
  advertisedPort: 5060,
  tag: undefined,
  isReliable: true,
};

interface Bench {
  readonly clock: TestClock;
  readonly statistics: Statistics;
  readonly log: MessageLog;
  sent(text: string): void;
  received(text: string): void;
  lines(callId?: string): readonly string[];
}

function setUp(detail: "lines" | "whole" = "lines", bytes = 65_536, tracked: readonly string[] = []): Bench {
  const clock = new TestClock();
  const statistics = new Statistics();
  const log = new MessageLog(detail, bytes, { clock, random: seededRandom(1), sequence: { value: 0 }, statistics }, (callId) =>
    tracked.includes(callId),
  );
  const at = { ip: "2001:db8::2", port: 5071, listener: LISTENER, flow: 7 };
  return {
    clock,
    statistics,
    log,
    sent: (text) => log.sent(text, { ...at, transport: "tcp" }, "sent"),
    received: (text) => {
      const parsed = parseMessage(text);
      assert.ok(parsed.ok);
      log.received(parsed.value, at);
    },
    lines: (callId = "c1") => log.of(callId, "", false).map(({ line, cseq }) => `${line} | ${cseq}`),
  };
}

function text(method: string, head: string): string {
  return (
    `${method} sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n` +
    `From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\n${head}Content-Length: 0\r\n\r\n`
  );
}

test("IPv6, streams and ports are shown as they are written elsewhere", () => {
  const { log, sent, received } = setUp();
  received(text("INVITE", "Call-ID: c1\r\nCSeq: 1 INVITE\r\n"));
  sent(text("ACK", "Call-ID: c1\r\nCSeq: 1 ACK\r\n"));
  assert.deepEqual(
    log.of("c1", "", false).map(({ from, to, isSent, order }) => [from, to, isSent, order]),
    [
      ["tcp:[2001:db8::2]:5071", "tcp:[2001:db8::1]:5060", false, 1],
      ["tcp:[2001:db8::1]:5060", "tcp:[2001:db8::2]:5071", true, 2],
    ],
  );
});

test("what leaves is found by its Call-ID however that is written", () => {
  const { sent, lines } = setUp();
  sent(text("INVITE", "Call-ID: c1\r\nCSeq: 1 INVITE\r\n"));
  sent(text("INVITE", "CSeq: 2 INVITE\r\nCall-ID: c1\r\n"));
  sent(text("INVITE", "i:c1\r\ncseq :  3 INVITE\r\n"));
  sent(text("INVITE", "CALL-ID: c1  \r\nCSEQ: 4 INVITE \r\n"));
  sent(text("INVITE", "Call-ID: \r\n c1\r\nCSeq:\r\n\t5 INVITE\r\n"));
  sent(text("INVITE", "Call-ID: c1 \r\nCSeq: 6 INVITE\r\n"));
  sent(text("INVITE", "Call-ID: c10\r\nCSeq: 7 INVITE\r\n"));
  sent(text("INVITE", "Call-ID: c\r\nCSeq: 8 INVITE\r\n"));
  assert.deepEqual(
    lines(),
    [1, 2, 3, 4, 5, 6].map((n) => `INVITE sip:b@example.com SIP/2.0 | ${n} INVITE`),
  );
});

test("what is no message with Call-ID and CSeq is not kept, and harms nothing", () => {
  const { sent, statistics } = setUp();
  for (const odd of ["", "\r\n", "INVITE", "a\r\nb\r\n\r\n", "\r\nCall-ID: ", "\r\nCall-ID: \r\n\r\n", "x\r\nCall-ID: c1\r\nCSeq: 1"])
    sent(odd);
  sent(`${"a".repeat(70_000)}\r\nCall-ID: c1\r\n\r\n`);
  assert.equal(statistics.find("dialog:explain_messages")?.read(), 0);
});

test("registrations and the like are kept of calls alone", () => {
  const { received, lines } = setUp("lines", 65_536, ["c2"]);
  for (const method of ["REGISTER", "PUBLISH", "SUBSCRIBE", "OPTIONS", "MESSAGE", "NOTIFY"]) {
    received(text(method, `Call-ID: c1\r\nCSeq: 1 ${method}\r\n`));
    received(text(method, `Call-ID: c2\r\nCSeq: 1 ${method}\r\n`));
  }
  for (const method of ["INVITE", "ACK", "BYE", "CANCEL", "PRACK", "UPDATE", "INFO", "REFER"]) {
    received(text(method, `Call-ID: c1\r\nCSeq: 1 ${method}\r\n`));
  }
  assert.deepEqual([lines().length, lines("c2").length], [8, 6]);
});

test("a message that is too long for the ring is cut and counted; a long first line is cut in the list of lines", () => {
  const whole = setUp("whole", 16_384);
  const long = `INVITE sip:b@example.com SIP/2.0\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\nX: ${"x".repeat(5000)}\r\n\r\n`;
  whole.sent(long);
  const [kept] = whole.log.of("c1", "", false);
  assert.ok(kept);
  assert.deepEqual([kept.isCut, kept.size, kept.line], [true, long.length, "INVITE sip:b@example.com SIP/2.0"]);
  assert.ok(kept.text !== undefined && kept.text.length > 800 && kept.text.length < 1024 && long.startsWith(kept.text));
  assert.equal(whole.statistics.find("dialog:explain_cut_messages")?.read(), 1);
  const { sent, lines } = setUp();
  sent(long.replace("sip:b@", `sip:${"b".repeat(500)}@`));
  assert.equal(lines()[0]?.length, 200 + " | 1 INVITE".length);
});

test("answers to challenges, passwords in URIs and keys of media are never shown", () => {
  const folded =
    "INVITE sip:b:pass@x SIP/2.0\r\nproxy-AUTHORIZATION : Digest a=1,\r\n response=\r\n  abc123, b=2\r\nAuthorization: Bearer tok en\r\n" +
    'Authentication-Info: rspauth="f00"\r\nContact: <sips:u:pass2@h:5061>\r\n\r\nk=clear:key1\r\na=crypto:1 X inline:key2|2^20\r\nAuthorization: Digest response="quoted"';
  const shown = withoutSecrets(folded);
  for (const secret of ["pass@", "abc123", "tok", "f00", "pass2", "key1", "key2", "quoted"]) assert.ok(!shown.includes(secret), secret);
  assert.match(shown, /^INVITE sip:b:\*\*\*@x SIP\/2\.0\r\nproxy-AUTHORIZATION : Digest a=1,\r\n response=/);
  assert.match(shown, /b=2\r\nAuthorization: Bearer \*\*\*\r\n/);
  const { sent, lines } = setUp();
  sent("INVITE sip:b:secret@x SIP/2.0\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\n\r\n");
  assert.deepEqual(lines(), ["INVITE sip:b:***@x SIP/2.0 | 1 INVITE"]);
});

test("hiding takes a time that grows with the length alone", () => {
  const took = (unit: string): number => {
    const long = unit.repeat(Math.ceil(400_000 / unit.length));
    const start = process.cpuUsage();
    withoutSecrets(`INVITE sip:b@x SIP/2.0\r\nAuthorization: Digest ${long}\r\nX: ${long}`);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  };
  for (const unit of ["sip:", "sip:a:", "response", "response=", 'response="', "inline:", "\r\n ", "response  ", "k=clear:"]) {
    assert.ok(took(unit) < 1500, unit);
  }
});

test("a dialog's messages are all that passed: retransmissions, forks, the CANCEL's own, failures", () => {
  const h = new DialogHarness(new TestClock(), seededRandom(3), {
    initial: (context, tracker) => {
      tracker.create(context);
      context.recordRoute();
      context.appendBranch({ requestUri: `sip:c@${C}` });
      context.relay();
    },
  });
  const branch = "z9hG4bKsame";
  h.request("INVITE", 102, A, { body: SDP_A, branch });
  h.request("INVITE", 102, A, { body: SDP_A, branch });
  h.answer(h.lastSent(B, "INVITE"), 180);
  h.request("CANCEL", 102, A, { branch });
  h.answer(h.lastSent(B, "CANCEL"), 200);
  h.answer(h.lastSent(B, "INVITE"), 487);
  const [story] = h.tracker.explain(CALL_ID);
  assert.ok(story);
  const log = story.messages.map(({ isSent, cseq, line, to, from }) => {
    const [first = "", second = ""] = line.split(" ", 2);
    return `${isSent ? `→${to}` : `←${from}`} ${first === "SIP/2.0" ? `${second} ` : ""}${cseq}`
      .replaceAll("udp:10.0.0.", "")
      .replaceAll(":5060", "");
  });
  assert.equal(log.filter((line) => line === "←2 102 INVITE").length, 2, "the copy as well");
  assert.equal(log[0], "←2 102 INVITE");
  for (const line of [
    "→3 102 INVITE",
    "→4 102 INVITE",
    "←3 180 102 INVITE",
    "←2 102 CANCEL",
    "→2 200 102 CANCEL",
    "→3 102 CANCEL",
    "←3 200 102 CANCEL",
    "←3 487 102 INVITE",
    "→3 102 ACK",
  ]) {
    assert.ok(log.includes(line), `${line} in ${log.join(", ")}`);
  }
  const orders = story.messages.map(({ order }) => order);
  assert.deepEqual(
    orders,
    orders.toSorted((a, b) => a - b),
  );
});
