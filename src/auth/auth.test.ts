// Whole calls through an engine in virtual time: the callee's side asks for credentials, and nobody on the caller's side notices.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { Call, RelayChoice } from "../app/index.ts";
import { H, type SipMessage, type SipRequest } from "../sip/index.ts";
import { Stage, type StageParty } from "../testing/stage.ts";

const BOB = "sip:10.0.2.1:5060";
const CREDENTIALS: RelayChoice = { credentials: [{ user: "gw", realm: "trunk", password: "secret" }] };
const CHALLENGE = 'Digest realm="trunk", nonce="abc", qop="auth"';

let stage: Stage;
let alice: StageParty;
let bob: StageParty;

beforeEach(async () => {
  stage = await new Stage().open();
  alice = await stage.party("10.0.1.1");
  bob = await stage.party("10.0.2.1");
});

function request(method = "INVITE", cseq = 5, lines: readonly string[] = []): string {
  return [
    `${method} sip:bob@example.com SIP/2.0`,
    `Via: SIP/2.0/UDP 10.0.1.1:5060;branch=z9hG4bK-${method}-${cseq}`,
    "Max-Forwards: 70",
    'From: "Alice" <sip:alice@example.com>;tag=at',
    "To: <sip:bob@example.com>",
    "Call-ID: call-1",
    `CSeq: ${cseq} ${method}`,
    "Contact: <sip:alice@10.0.1.1>",
    ...lines,
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
}

function reply(to: SipRequest, status: string, lines: readonly string[] = []): string {
  let out = `SIP/2.0 ${status}\r\n`;
  for (const line of [...to.values(H.Via)].map((via) => `Via: ${via}`)) out += `${line}\r\n`;
  for (const value of to.values(H.RecordRoute)) out += `Record-Route: ${value}\r\n`;
  out += `From: ${to.from.text}\r\nTo: ${to.to.text}${to.toTag === "" ? ";tag=bt" : ""}\r\n`;
  out += `Call-ID: ${to.callId}\r\nCSeq: ${to.cseqNumber} ${to.method}\r\n`;
  for (const line of ["Contact: <sip:bob@10.0.2.1>", ...lines]) out += `${line}\r\n`;
  return `${out}Content-Length: 0\r\n\r\n`;
}

/** A request within the call, along the Record-Route that a message showed. */
function within(of: SipMessage, who: "alice" | "bob", method: string, cseq: number, lines: readonly string[] = []): string {
  const isAlice = who === "alice";
  const [from, to] = isAlice ? [of.from, of.to] : [of.to, of.from];
  return [
    `${method} ${isAlice ? "sip:bob@10.0.2.1" : "sip:alice@10.0.1.1"} SIP/2.0`,
    `Via: SIP/2.0/UDP ${isAlice ? "10.0.1.1" : "10.0.2.1"}:5060;branch=z9hG4bK-${who}-${cseq}-${method}`,
    "Max-Forwards: 70",
    ...of.values(H.RecordRoute).map((route) => `Route: ${route}`),
    `From: ${from.text}${from.tag === "" ? ";tag=bt" : ""}`,
    `To: ${to.text}${to.tag === "" ? ";tag=bt" : ""}`,
    "Call-ID: call-1",
    `CSeq: ${cseq} ${method}`,
    ...lines,
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
}

function route(isTracked: boolean, choice: RelayChoice = CREDENTIALS): void {
  stage.engine.app.invite((call) => {
    if (isTracked) call.track();
    return call.relay(BOB, choice);
  });
}

/** INVITE, 407, INVITE with credentials. */
function challenged(status = 407, challenge = CHALLENGE): { readonly first: SipRequest; readonly second: SipRequest } {
  alice.send(request());
  const first = bob.request("INVITE");
  const header = status === 407 ? "Proxy-Authenticate" : "WWW-Authenticate";
  bob.send(reply(first, `${status} Authentication Required`, [`${header}: ${challenge}`]));
  assert.equal(bob.request("ACK").cseqNumber, first.cseqNumber);
  return { first, second: bob.request("INVITE") };
}

for (const isTracked of [true, false]) {
  const how = isTracked ? "with a dialog" : "without a dialog";

  test(`${how}: 407 once, the second INVITE has CSeq + 1, the 200 goes back with the caller's, ACK and BYE are shifted`, () => {
    route(isTracked);
    const { first, second } = challenged();
    assert.equal(first.cseqNumber, 5);
    assert.equal(second.cseqNumber, 6);
    assert.match(
      second.header("Proxy-Authorization") ?? "",
      /^Digest username="gw", realm="trunk", nonce="abc", uri="sip:bob@example.com", qop=auth, nc=00000001, cnonce="[0-9]+", response="[0-9a-f]{32}", algorithm=MD5$/,
    );
    assert.equal(second.headerName(second.headerCount - 1), "Proxy-Authorization");
    assert.equal(second.header(H.RecordRoute)?.includes(";aci=1"), !isTracked);
    bob.send(reply(second, "180 Ringing"));
    assert.equal(alice.response(180).cseqNumber, 5);
    bob.send(reply(second, "200 OK"));
    const ok = alice.response(200);
    assert.equal(ok.cseqNumber, 5);
    alice.send(within(ok, "alice", "ACK", 5));
    assert.equal(bob.request("ACK").cseqNumber, 6);
    alice.send(within(ok, "alice", "INFO", 6));
    const info = bob.request("INFO");
    assert.equal(info.cseqNumber, 7);
    bob.send(reply(info, "200 OK"));
    assert.equal(alice.response(200).cseqNumber, 6);
    // the callee counts for itself
    bob.send(within(second, "bob", "INFO", 30));
    const upstream = alice.request("INFO");
    assert.equal(upstream.cseqNumber, 30);
    alice.send(reply(upstream, "200 OK"));
    assert.equal(bob.response(200).cseqNumber, 30);
    alice.send(within(ok, "alice", "BYE", 7));
    assert.equal(bob.request("BYE").cseqNumber, 8);
    assert.deepEqual([alice.inbox, bob.inbox], [[], []]);
  });

  test(`${how}: a request within the call that is refused goes once more with the next number`, async () => {
    stage.engine.app.sequential(async (one) => {
      if (one.method === "INFO") await one.relay(undefined, CREDENTIALS);
    });
    route(isTracked);
    const { second } = challenged();
    bob.send(reply(second, "200 OK"));
    const ok = alice.response(200);
    alice.send(within(ok, "alice", "ACK", 5));
    bob.request("ACK");
    alice.send(within(ok, "alice", "INFO", 6));
    await stage.clock.advanceAsync(5);
    const info = bob.request("INFO");
    bob.send(reply(info, "401 Unauthorized", [`WWW-Authenticate: ${CHALLENGE}`]));
    await stage.clock.advanceAsync(5);
    const again = bob.request("INFO");
    // with a dialog the leg's last number goes on; without one the request's own plus one (what the callee expects least of all evils)
    assert.equal(again.cseqNumber, isTracked ? 8 : 7);
    assert.ok(again.has(H.Authorization));
    bob.send(reply(again, "200 OK"));
    await stage.clock.advanceAsync(5);
    assert.equal(alice.response(200).cseqNumber, 6);
    alice.send(within(ok, "alice", "BYE", 7));
    await stage.clock.advanceAsync(5);
    assert.equal(bob.request("BYE").cseqNumber, isTracked ? 9 : 8);
  });
}

test("a request that is refused when its call is over is not tried again: it would overtake the BYE", () => {
  route(true);
  stage.engine.app.sequential((within) => {
    within.relay(undefined, CREDENTIALS);
  });
  const { second } = challenged();
  bob.send(reply(second, "200 OK"));
  const ok = alice.response(200);
  alice.send(within(ok, "alice", "ACK", 5));
  bob.request("ACK");
  alice.send(within(ok, "alice", "INFO", 6));
  const info = bob.request("INFO");
  alice.send(within(ok, "alice", "BYE", 7));
  const bye = bob.request("BYE");
  bob.send(reply(info, "407 Authentication Required", [`Proxy-Authenticate: ${CHALLENGE}`]));
  assert.deepEqual([alice.response(407).cseqNumber, bob.inbox.length], [6, 0]);
  bob.send(reply(bye, "407 Authentication Required", [`Proxy-Authenticate: ${CHALLENGE}`]));
  assert.ok(bob.request("BYE").cseqNumber > bye.cseqNumber, "a BYE is");
});

test("with a dialog not numbered before: a refused re-INVITE starts the numbering, and its ACK follows it", async () => {
  stage.engine.app.sequential(async (one) => {
    if (one.method === "INVITE") await one.relay(undefined, CREDENTIALS);
  });
  route(true);
  alice.send(request());
  bob.send(reply(bob.request("INVITE"), "200 OK"));
  const ok = alice.response(200);
  alice.send(within(ok, "alice", "ACK", 5));
  bob.request("ACK");
  alice.send(within(ok, "alice", "INVITE", 6));
  await stage.clock.advanceAsync(5);
  const refused = bob.request("INVITE");
  assert.equal(refused.cseqNumber, 6);
  bob.send(reply(refused, "407 Who", [`Proxy-Authenticate: ${CHALLENGE}`]));
  await stage.clock.advanceAsync(5);
  bob.request("ACK");
  const again = bob.request("INVITE");
  assert.equal(again.cseqNumber, 7);
  bob.send(reply(again, "200 OK"));
  await stage.clock.advanceAsync(5);
  assert.equal(alice.response(200).cseqNumber, 6);
  alice.send(within(ok, "alice", "ACK", 6));
  await stage.clock.advanceAsync(5);
  assert.equal(bob.request("ACK").cseqNumber, 7);
  const dialog = stage.engine.dialogs.byCallId("call-1");
  assert.equal(dialog?.leg(1)?.generatedCseq, 7);
  assert.deepEqual(stage.engine.dialogs.check(), []);
});

test("PRACK and CANCEL of an INVITE with credentials name its number", () => {
  for (const isTracked of [true, false]) {
    route(isTracked);
    const mark = isTracked ? 5 : 50;
    alice.send(request("INVITE", mark).replace("call-1", `call-${mark}`));
    const first = bob.request("INVITE");
    bob.send(reply(first, "401 Who", [`WWW-Authenticate: ${CHALLENGE}`]));
    bob.request("ACK");
    const second = bob.request("INVITE");
    bob.send(reply(second, "183 Progress", ["Require: 100rel", "RSeq: 9"]));
    const progress = alice.response(183);
    alice.send(within(progress, "alice", "PRACK", mark + 1, [`RAck: 9 ${mark} INVITE`]).replace("call-1", `call-${mark}`));
    const prack = bob.request("PRACK");
    assert.equal(prack.header(H.RAck), `9 ${mark + 1} INVITE`);
    assert.equal(prack.cseqNumber, mark + 2);
    bob.send(reply(prack, "200 OK"));
    assert.equal(alice.response(200).cseqNumber, mark + 1);
    alice.send(request("CANCEL", mark).replace("call-1", `call-${mark}`).replace("bK-CANCEL", "bK-INVITE"));
    const cancel = bob.request("CANCEL");
    assert.equal(cancel.cseqNumber, mark + 1);
    bob.send(reply(second, "487 Request Terminated"));
    assert.equal(bob.request("ACK").cseqNumber, mark + 1);
    alice.response(200);
    assert.equal(alice.response(487).cseqNumber, mark);
  }
});

test("a second refusal is one: it goes to the caller with the number it knows", () => {
  route(true);
  const { second } = challenged();
  bob.send(reply(second, "407 Still Not", [`Proxy-Authenticate: ${CHALLENGE}`]));
  assert.equal(bob.request("ACK").cseqNumber, 6);
  assert.equal(alice.response(407).cseqNumber, 5);
  assert.deepEqual(bob.inbox, []);
});

test("no credentials for the realm, nothing that can be answered, or no challenge at all: the refusal passes", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["407 Who", ['Proxy-Authenticate: Digest realm="other", nonce="n"']],
    ["407 Who", ["Proxy-Authenticate: Basic realm=trunk"]],
    ["407 Who", ['Proxy-Authenticate: Digest realm="trunk", nonce="\0"']],
    ["401 Who", [`Proxy-Authenticate: ${CHALLENGE}`]],
    ["403 No", [`Proxy-Authenticate: ${CHALLENGE}`]],
  ];
  route(true);
  for (const [i, [status, lines]] of cases.entries()) {
    alice.send(request("INVITE", 1).replace("call-1", `case-${i}`).replace("INVITE-1", `case-${i}`));
    bob.send(reply(bob.request("INVITE"), status, lines));
    bob.request("ACK");
    assert.equal(alice.response().status, Number(status.slice(0, 3)));
    assert.deepEqual(bob.inbox, []);
  }
});

test("the first challenge that can be answered is answered", () => {
  route(false);
  alice.send(request());
  bob.send(
    reply(bob.request("INVITE"), "407 Who", [
      'Proxy-Authenticate: Digest realm="trunk", nonce="1", algorithm=SHA-1',
      'Proxy-Authenticate: Digest realm="elsewhere", nonce="2"',
      'Proxy-Authenticate: Digest realm="trunk", nonce="3", algorithm=SHA-512-256, opaque="o", qop="auth-int"',
      'Proxy-Authenticate: Digest realm="trunk", nonce="4"',
    ]),
  );
  bob.request("ACK");
  const value = bob.request("INVITE").header("Proxy-Authorization") ?? "";
  assert.match(value, /nonce="3".*opaque="o", qop=auth-int, .*response="[0-9a-f]{64}", algorithm=SHA-512-256$/);
});

test("a target that refused credentials gives way to the next one, which gets the request as it was", async () => {
  const carol = await stage.party("10.0.3.1");
  stage.engine.app.invite((call) => call.relay([BOB, "sip:10.0.3.1:5060"], { mode: "serial", ...CREDENTIALS }));
  const { second } = challenged();
  bob.send(reply(second, "403 No"));
  const other = carol.request("INVITE");
  assert.equal(other.cseqNumber, 5);
  assert.equal(other.has("Proxy-Authorization"), false);
  assert.equal(other.header(H.RecordRoute)?.includes("aci"), false);
  carol.send(reply(other, "407 Who", [`Proxy-Authenticate: ${CHALLENGE}`]));
  carol.request("ACK");
  const again = carol.request("INVITE");
  assert.equal(again.cseqNumber, 6);
  carol.send(reply(again, "200 OK"));
  assert.equal(alice.response(200).cseqNumber, 5);
});

test("a route that saw the refusal may say then who we are", async () => {
  const seen: number[] = [];
  stage.engine.app.invite(async (call) => {
    const first = await call.relay(BOB);
    seen.push(first.status);
    if (first.status === 407) return call.relay(BOB, CREDENTIALS);
    return undefined;
  });
  alice.send(request());
  await stage.clock.advanceAsync(5);
  bob.send(reply(bob.request("INVITE"), "407 Who", [`Proxy-Authenticate: ${CHALLENGE}`]));
  bob.request("ACK");
  await stage.clock.advanceAsync(5);
  const again = bob.request("INVITE");
  assert.deepEqual(seen, [407]);
  assert.equal(again.cseqNumber, 6);
  assert.ok(again.has("Proxy-Authorization"));
});

test("a caller who gives up while we answer gets 487, and nothing more is sent", () => {
  route(true);
  alice.send(request());
  const first = bob.request("INVITE");
  bob.send(reply(first, "180 Ringing"));
  alice.response(180);
  alice.send(request("CANCEL", 5).replace("bK-CANCEL", "bK-INVITE"));
  bob.request("CANCEL");
  bob.send(reply(first, "407 Who", [`Proxy-Authenticate: ${CHALLENGE}`]));
  bob.request("ACK");
  alice.response(200);
  assert.equal(alice.response().status, 407);
  assert.deepEqual(bob.inbox, []);
});

// ── From and To ──────────────────────────────────────────────────────────────────────────────────────────────────────

function replacing(isTracked: boolean, act: (call: Call) => void): void {
  stage.engine.app.invite((call) => {
    if (isTracked) call.track();
    act(call);
    return call.relay(BOB);
  });
}

for (const isTracked of [true, false]) {
  test(`${isTracked ? "with" : "without"} a dialog: another From and To for the callee, and neither side notices`, () => {
    replacing(isTracked, (call) =>
      call.replaceFrom("sip:4711@trunk.example", { display: 'The "Firm"' }).replaceTo("sip:long-name-of-bob@t"),
    );
    alice.send(request());
    const invite = bob.request("INVITE");
    assert.equal(invite.from.text, '"The \\"Firm\\"" <sip:4711@trunk.example>;tag=at');
    assert.equal(invite.to.text, "<sip:long-name-of-bob@t>");
    bob.send(reply(invite, "200 OK"));
    const ok = alice.response(200);
    assert.equal(ok.from.text, '"Alice" <sip:alice@example.com>;tag=at');
    assert.equal(ok.to.text, "<sip:bob@example.com>;tag=bt");
    alice.send(within(ok, "alice", "ACK", 5));
    const ack = bob.request("ACK");
    assert.equal(ack.from.uri, "sip:4711@trunk.example");
    assert.equal(ack.to.text, "<sip:long-name-of-bob@t>;tag=bt");
    bob.send(within(invite, "bob", "INFO", 1));
    const info = alice.request("INFO");
    assert.equal(info.from.uri, "sip:bob@example.com");
    assert.equal(info.to.uri, "sip:alice@example.com");
    alice.send(reply(info, "200 OK"));
    const answered = bob.response(200);
    assert.equal(answered.from.uri, "sip:long-name-of-bob@t");
    assert.equal(answered.to.uri, "sip:4711@trunk.example");
    alice.send(within(ok, "alice", "BYE", 6));
    const bye = bob.request("BYE");
    assert.equal(bye.from.uri, "sip:4711@trunk.example");
    bob.send(reply(bye, "200 OK"));
    assert.equal(alice.response(200).from.uri, "sip:alice@example.com");
  });
}

test("a BYE of ours names to each side the URIs that it knows", () => {
  replacing(true, (call) => call.replaceFrom("sip:4711@t").replaceTo("sip:b@t"));
  alice.send(request());
  const invite = bob.request("INVITE");
  bob.send(reply(invite, "200 OK"));
  alice.send(within(alice.response(200), "alice", "ACK", 5));
  bob.request("ACK");
  stage.engine.dialogs.byCallId("call-1")?.end("test");
  stage.clock.advance(5);
  const [toAlice, toBob] = [alice.request("BYE"), bob.request("BYE")];
  assert.deepEqual([toAlice.from.uri, toAlice.to.uri], ["sip:bob@example.com", "sip:alice@example.com"]);
  assert.deepEqual([toBob.from.uri, toBob.to.uri], ["sip:4711@t", "sip:b@t"]);
});

test("an empty display name takes it away, none leaves it, and restore: false only replaces", () => {
  replacing(false, (call) => call.replaceFrom("sip:a@t", { display: "", restore: false }));
  alice.send(request());
  const invite = bob.request("INVITE");
  assert.equal(invite.from.text, "<sip:a@t>;tag=at");
  assert.equal(invite.header(H.RecordRoute)?.includes("vsf"), false);
  bob.send(reply(invite, "404 No"));
  assert.equal(alice.response(404).from.text, "<sip:a@t>;tag=at");
  replacing(false, (call) => call.replaceFrom("sip:a@t"));
  alice.send(request("INVITE", 9).replace("call-1", "call-2"));
  bob.request("ACK");
  assert.equal(bob.request("INVITE").from.text, '"Alice" <sip:a@t>;tag=at');
});

test("what cannot be replaced is said plainly", () => {
  const problems: string[] = [];
  stage.engine.app.invite((call) => {
    for (const act of [
      () => call.replaceFrom("no uri"),
      () => call.replaceFrom("sip:a@b", { display: "x\r\ny" }),
      () => call.replaceFrom("sip:a@b").replaceFrom("sip:c@d"),
    ]) {
      try {
        act();
      } catch (error) {
        problems.push(error instanceof Error ? error.message : "");
      }
    }
    call.reject(404);
  });
  alice.send(request());
  assert.equal(problems.length, 3);
  assert.match(problems[2] ?? "", /^replaceFrom\("sip:c@d"\): it was replaced before$/);
});
