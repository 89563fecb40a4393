// Offers and answers at one end, as the simulation's agents check them (RFC 3264), and who asks for passwords (RFC 7616).
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { buildRequest, parseMessage, type SipRequest } from "../../sip/index.ts";
import { TestClock } from "../clock.ts";
import { Checker } from "./checker.ts";
import { Gatekeeper } from "./gatekeeper.ts";
import { AgentSession, isUnacceptable } from "./session.ts";

function message(body: string, headers = "", method = "INVITE"): SipRequest {
  const text = buildRequest({
    method,
    requestUri: "sip:b@10.0.0.3",
    via: "SIP/2.0/UDP h;branch=z9hG4bKx",
    from: "<sip:a@x>;tag=a",
    to: "<sip:b@x>;tag=b",
    callId: "1@x",
    cseq: 1,
    headers,
    body,
    contentType: "application/sdp",
  });
  const parsed = parseMessage(text);
  assert.ok(parsed.ok && parsed.value.isRequest);
  return parsed.value as SipRequest;
}

function pair(): { a: AgentSession; b: AgentSession; checker: Checker; clock: TestClock } {
  const checker = new Checker();
  const clock = new TestClock();
  const of = (name: string): AgentSession => new AgentSession({ name, id: "7", ip: "10.0.0.2", checker, time: clock });
  return { a: of("a"), b: of("b"), checker, clock };
}

test("an offer, its answer, the same again, a refused one, and what may follow", () => {
  const { a, b, checker } = pair();
  const first = a.offer();
  const answer = b.answer(message(first)) ?? "";
  a.settle(message(answer));
  assert.deepEqual([a.local, a.remote, b.local, b.remote], [first, answer, answer, first]);
  assert.equal(b.answer(message(first), true), answer, "a ping: nothing new");
  const bad = a.offer(false);
  assert.ok(isUnacceptable(bad) && !isUnacceptable(first));
  b.refuse(bad);
  a.withdraw();
  assert.deepEqual([a.local, b.remote, checker.violations], [first, first, []]);
  const second = a.offer();
  a.settle(message(b.answer(message(second)) ?? ""));
  assert.deepEqual(checker.violations, []);
  b.answer(message(first), true);
  b.answer(message(bad), true);
  b.answer(message(second.replace("o=a 7", "o=a 8")));
  assert.deepEqual(
    checker.violations.map(({ rule, text }) => `${rule}: ${text}`),
    [
      "RFC 3264 8: session a 7 IN IP4 10.0.0.2 has version 1 after 3, and is another one",
      "7.4: a ping with version 1 of session a 7 IN IP4 10.0.0.2, agreed on is 3",
      "7.4: a ping with version 2 of session a 7 IN IP4 10.0.0.2, agreed on is 1",
      "RFC 3264 8: another session: a 8 IN IP4 10.0.0.2 after a 7 IN IP4 10.0.0.2",
    ],
  );
});

test("a ping that has left before something newer was agreed on is refused, not blamed; one of a refused offer is blamed", () => {
  const { a, b, checker, clock } = pair();
  checker.hasLeftBefore = (_message, at) => at >= 100;
  const first = a.offer();
  b.answer(message(first));
  const bad = a.offer(false);
  b.refuse(bad);
  clock.advance(100);
  b.answer(message(a.offer()));
  assert.equal(b.answer(message(first), true), undefined);
  assert.deepEqual(checker.violations, []);
  b.answer(message(bad), true);
  assert.ok(checker.violations.length > 0);
});

test("a gatekeeper lets in who knows the password, once for each nonce", () => {
  const checker = new Checker();
  for (const qop of ["", "auth", "auth-int"] as const) {
    let nonces = 0;
    const plan = { status: 401, realm: "r", user: "u", password: "p", algorithm: "SHA-256", qop, asksWithin: false } as const;
    const gate = new Gatekeeper(plan, checker, () => `n${nonces++}`);
    const md = (text: string): string => createHash("sha256").update(text).digest("hex");
    assert.equal(gate.admits(message("")), false, "no answer");
    assert.match(gate.challenge(), /^WWW-Authenticate: Digest realm="r", nonce="n0", algorithm=SHA-256/);
    const entity = qop === "auth-int" ? `:${md("body")}` : "";
    const middle = qop === "" ? "" : `:00000001:c:${qop}`;
    const right = md(`${md("u:r:p")}:n0${middle}:${md(`INVITE:sip:b@10.0.0.3${entity}`)}`);
    const more = qop === "" ? "" : `, qop=${qop}, nc=00000001, cnonce="c"`;
    const line = (response: string): string =>
      `Authorization: Digest username="u", realm="r", nonce="n0", uri="sip:b@10.0.0.3"${more}, response="${response}"\r\n`;
    assert.equal(gate.admits(message("body", line(right))), true, qop);
    gate.challenge();
    assert.equal(gate.admits(message("body", line(right).replace("n0", "n1"))), false, "the answer to another nonce");
    assert.deepEqual(checker.violations, []);
    gate.admits(message("body", line(right)));
    assert.deepEqual(
      checker.violations.splice(0).map(({ text }) => text),
      ["credentials for the nonce n0, which is none of ours"],
    );
  }
});
