// Every example program is run as it stands, and messages go through its routes. Those that exist as scripts too are called by SIPp among
// the scenarios.
import assert from "node:assert/strict";
import { registerHooks } from "node:module";
import { test } from "node:test";
import { answer, invite, within } from "../src/app/fixtures.ts";
import type { App, SentMessage } from "../src/index.ts";
import { apps } from "./captured.ts";

registerHooks({
  resolve: (specifier, context, next) => next(specifier === "dialoom" ? new URL("captured.ts", import.meta.url).href : specifier, context),
});

const CALLER = { port: 5071 };

async function run(name: string): Promise<App> {
  await import(`./${name}`);
  const app = apps.pop();
  assert.ok(app, `${name} makes an app`);
  return app;
}

function first(messages: readonly SentMessage[]): SentMessage {
  const [message] = messages;
  assert.ok(message);
  return message;
}

test("concurrent-calls: the third call of a user is refused until one of the others has ended", async () => {
  const app = await run("concurrent-calls/routes.ts");
  const one = first((await app.inject(invite({ callId: "1" }), CALLER)).requests);
  await app.inject(invite({ callId: "2" }), CALLER);
  assert.equal(first((await app.inject(invite({ callId: "3" }), CALLER)).sent).startLine, "SIP/2.0 486 Too Many Calls");
  const ok = first((await app.inject(answer(one, "200 OK"), { port: 5080 })).responses);
  await app.inject(within(ok, "ACK", 1), CALLER);
  await app.inject(within(ok, "BYE", 2), CALLER);
  assert.equal(first((await app.inject(invite({ callId: "4" }), CALLER)).sent).port, 5080);
  await app.close();
});

test("trunk-login.ts: the trunk sees one number, one address and our credentials, the caller none of it", async () => {
  const app = await run("trunk-login.ts");
  const bare = first((await app.inject(invite(), CALLER)).requests);
  assert.match(bare.text, /\r\nFrom: <sip:4711@trunk\.example>;tag=/);
  assert.match(bare.text, /\r\nContact: <sip:127\.0\.0\.1;did=/);
  assert.match(bare.text, /\r\nCall-ID: DLGCH_/);
  const challenge = answer(bare, "407 Who").replace(
    "Content-Length",
    'Proxy-Authenticate: Digest realm="trunk.example", nonce="n"\r\nContent-Length',
  );
  const again = (await app.inject(challenge, { port: 5080 })).requests.find((one) => one.startLine.startsWith("INVITE"));
  assert.match(again?.text ?? "", /\r\nCSeq: 2 INVITE\r\n[\s\S]*Proxy-Authorization: Digest username="firm"/);
  assert.ok(again);
  const ok = first((await app.inject(answer(again, "200 OK"), { port: 5080 })).responses);
  assert.match(ok.text, /\r\nCSeq: 1 INVITE\r\n/);
  assert.match(ok.text, /\r\nCall-ID: call-1@caller\r\n/);
  await app.close();
});

test("within-calls.ts: the caller is told something, and both sides agree anew when media have to move", async () => {
  const app = await run("within-calls.ts");
  const { mediaMoved, tell } = await import("./within-calls.ts");
  const one = first((await app.inject(invite(), CALLER)).requests);
  const ok = first((await app.inject(answer(one, "200 OK"), { port: 5080 })).responses);
  await app.inject(within(ok, "ACK", 1), CALLER);
  // what is sent of our own accord leaves with the next message
  const next = async (cseq: number, method: string): Promise<SentMessage> => {
    const { requests } = await app.inject(within(ok, "OPTIONS", cseq), CALLER);
    return first(requests.filter((sent) => sent.port === 5071 && sent.startLine.startsWith(method)));
  };
  const told = tell("call-1@caller", "ten minutes left");
  const message = await next(2, "MESSAGE");
  assert.equal(message.text.split("\r\n\r\n")[1], "ten minutes left");
  await app.inject(answer(message, "200 OK"), CALLER);
  assert.equal(await told, true);
  assert.equal(await tell("nobody", "hello"), false);
  const moved = mediaMoved();
  await app.inject(answer(await next(3, "INVITE"), "488 Not Here"), CALLER);
  assert.equal(await moved, 1);
  await app.close();
});

test("messages.ts: Contacts lead back, codecs and options go, a 603 becomes a 486", async () => {
  const app = await run("messages.ts");
  const body = "v=0\r\nc=IN IP4 10.0.0.9\r\nm=audio 4000 RTP/AVP 0 97\r\na=rtpmap:97 speex/8000\r\n";
  const request = invite({ headers: ["Supported: 100rel, timer", "Content-Type: application/sdp"] }).replace(
    "Content-Length: 0\r\n\r\n",
    `Content-Length: ${body.length}\r\n\r\n${body}`,
  );
  const sent = first((await app.inject(request, { ip: "203.0.113.7", port: 4242 })).requests);
  assert.match(sent.text, /\r\nContact: <sip:alice@203\.0\.113\.7:4242;nat=yes>\r\n/);
  assert.match(sent.text, /\r\nSupported: timer\r\n/);
  assert.match(sent.text, /tag=from-tag\r\nX-Source: 203\.0\.113\.7\r\n/);
  assert.ok(sent.text.endsWith("v=0\r\nc=IN IP4 203.0.113.7\r\nm=audio 4000 RTP/AVP 0\r\n"));
  const refused = first((await app.inject(answer(sent, "603 Decline", ["P-Secret: x"]), { port: 5080 })).responses);
  assert.equal(refused.startLine, "SIP/2.0 486 Busy Here");
  assert.ok(!refused.text.includes("P-Secret"));
  assert.equal(app.counter("natted_calls").value, 1);
  await app.close();
});

test("trunk-failover: the second gateway is tried after a 5xx, not after a busy or unwilling callee", async () => {
  const app = await run("trunk-failover/routes.ts");
  const broken = first((await app.inject(invite({ callId: "1" }), CALLER)).requests);
  const tried = await app.inject(answer(broken, "502 Bad Gateway"), { port: 5080 });
  assert.ok(tried.requests.some((one) => one.startLine.startsWith("INVITE") && one.port === 5090));
  const busy = first((await app.inject(invite({ callId: "2" }), CALLER)).requests);
  const passed = await app.inject(answer(busy, "486 Busy Here"), { port: 5080 });
  assert.equal(first(passed.responses).startLine, "SIP/2.0 486 Busy Here");
  const unwilling = first((await app.inject(invite({ callId: "3" }), CALLER)).requests);
  const declined = await app.inject(answer(unwilling, "603 Decline"), { port: 5080 });
  assert.equal(first(declined.responses).startLine, "SIP/2.0 603 Decline");
  await app.close();
});

test("hooks.ts: forks to two, keeps early media back, strips a header, refuses an INFO from there", async () => {
  const app = await run("hooks.ts");
  const { requests } = await app.inject(invite({ headers: ["X-Account: 4711"] }), CALLER);
  assert.deepEqual(
    requests.map((one) => one.port),
    [5080, 5090],
  );
  const request = first(requests);
  assert.ok(!request.text.includes("X-Account"));
  assert.equal((await app.inject(answer(request, "183 Session Progress"), { port: 5080 })).sent.length, 0);
  const ok = first((await app.inject(answer(request, "200 OK"), { port: 5080 })).responses);
  await app.inject(within(ok, "ACK", 1), CALLER);
  assert.equal(app.profile("trunk").size("carrier-a"), 1);
  assert.equal([...app.dialogs][0]?.get("account"), "4711");
  assert.equal(first((await app.inject(within(ok, "INFO", 2), CALLER)).requests).port, 5080);
  await app.close();
});

test("routes-test.ts: prints what it says", async (context) => {
  const lines: string[] = [];
  context.mock.method(console, "log", (...words: readonly unknown[]) => lines.push(words.join(" ")));
  await run("routes-test.ts");
  assert.deepEqual(lines, ["SIP/2.0 603 Decline", "INVITE sip:bob@example.com SIP/2.0 → 10.0.0.20"]);
});

test("registrar.ts: a phone registers, is called where it came from, and the call leaves a record", async () => {
  const app = await run("registrar.ts");
  assert.equal(first((await app.inject(invite({ callId: "1" }), CALLER)).sent).startLine, "SIP/2.0 404 Not Found");
  const register = invite({ callId: "r", user: "bob" })
    .replaceAll("INVITE", "REGISTER")
    .replace("sip:bob@127.0.0.1:5071", "sip:bob@192.168.0.9;q=0.5");
  assert.equal(first((await app.inject(register, { port: 5080 })).sent).startLine, "SIP/2.0 200 OK");
  const records: string[] = [];
  app.records.on(({ kind, durationMs, extras }) => records.push(`${kind} ${durationMs} ${extras.get("account")}`));
  const call = first((await app.inject(invite({ callId: "2" }), CALLER)).requests);
  assert.deepEqual([call.startLine, call.port], ["INVITE sip:bob@192.168.0.9;q=0.5 SIP/2.0", 5080]);
  const ok = first((await app.inject(answer(call, "200 OK"), { port: 5080 })).responses);
  await app.inject(within(ok, "ACK", 1), CALLER);
  const bye = first((await app.inject(within(ok, "BYE", 2), CALLER)).requests);
  await app.inject(answer(bye, "200 OK"), { port: 5080 });
  assert.equal(records.length, 1);
  assert.match(records[0] ?? "", /^cdr \d+ alice$/);
  await app.close();
});
