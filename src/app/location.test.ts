// Registrations and call records through the TypeScript door.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dialoom } from "../index.ts";
import { answer, invite, within } from "./fixtures.ts";
import type { SentMessage } from "./index.ts";

const PHONE = { ip: "127.0.0.1", port: 5080 };
const CALLER = { port: 5071 };

function register(contact: string, cseq: number, headers: readonly string[] = []): string {
  return [
    "REGISTER sip:example.com SIP/2.0",
    `Via: SIP/2.0/UDP 127.0.0.1:5080;branch=z9hG4bK-reg-${cseq};rport`,
    "Max-Forwards: 70",
    "From: <sip:bob@example.com>;tag=r",
    "To: <sip:bob@example.com>",
    "Call-ID: reg@bob",
    `CSeq: ${cseq} REGISTER`,
    ...(contact === "" ? [] : [`Contact: ${contact}`]),
    ...headers,
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
}

function only(messages: readonly SentMessage[]): SentMessage {
  assert.equal(messages.length, 1, messages.map((one) => one.startLine).join(" | "));
  const [first] = messages;
  assert.ok(first);
  return first;
}

test("a registered user is called at his contacts; one who is gone is not found", async () => {
  const app = dialoom({ logLevel: "silent" });
  const changes: string[] = [];
  app.location.onChange(({ kind, aor }) => changes.push(`${kind} ${aor}`));
  app.request("REGISTER", (request) => app.location.register(request, { maxContacts: 2, viaSource: true }));
  app.invite((call) => {
    const targets = app.location.targets(call);
    return targets.length === 0 ? call.reject(404, "Not Found") : call.relay(targets);
  });
  assert.match(only((await app.inject(invite(), CALLER)).responses).startLine, /404/);
  const saved = only((await app.inject(register("<sip:bob@192.168.1.5:5060>;q=0.5;expires=600", 1), PHONE)).responses);
  assert.match(saved.startLine, /^SIP\/2\.0 200/);
  assert.match(saved.text, /Contact: <sip:bob@192\.168\.1\.5:5060>;q=0\.5;expires=600;received="sip:127\.0\.0\.1:5080"\r\n/);
  assert.deepEqual(
    app.location.contacts("sip:bob@anywhere").map(({ uri, q, userAgent }) => [uri, q, userAgent]),
    [["sip:bob@192.168.1.5:5060", 0.5, "n/a"]],
  );
  assert.ok(app.location.isRegistered("sip:bob@example.com"));
  const call = only((await app.inject(invite({ callId: "call-2" }), CALLER)).requests);
  // the contact's own address is behind a NAT: the call goes to where the phone registered from
  assert.deepEqual([call.startLine, call.ip, call.port], ["INVITE sip:bob@192.168.1.5:5060 SIP/2.0", "127.0.0.1", 5080]);
  assert.equal(app.location.remove("sip:bob@example.com"), 1);
  assert.match(only((await app.inject(invite({ callId: "call-3" }), CALLER)).responses).startLine, /404/);
  assert.deepEqual(changes, ["aorAdded bob", "added bob", "removed bob", "aorRemoved bob"]);
  await app.close();
});

test("a Path stands above the contact as Route, and names the next hop", async () => {
  const app = dialoom({ logLevel: "silent" });
  app.request("REGISTER", (request) => app.location.register(request, { path: "lazy" }));
  app.invite((call) => call.relay(app.location.targets(call)));
  await app.inject(register("<sip:bob@10.9.9.9>", 1, ["Path: <sip:127.0.0.1:5091;lr>", "Supported: path"]), PHONE);
  const call = only((await app.inject(invite(), CALLER)).requests);
  assert.deepEqual([call.startLine, call.port], ["INVITE sip:bob@10.9.9.9 SIP/2.0", 5091]);
  assert.match(call.text, /\r\nRoute: <sip:127\.0\.0\.1:5091;lr>\r\n/);
  await app.close();
});

test("records: of the end of a call with the route's values, of a missed one, and none after drop", async () => {
  const app = dialoom({ logLevel: "silent" });
  const heard: unknown[] = [];
  app.records.on(({ kind, code, extras, legs }) => heard.push([kind, code, Object.fromEntries(extras), legs.length]));
  app.invite((call) => {
    const records = app.records.of(call, { atEnd: true, missed: true, values: { customer: "4711" } });
    records.newLeg().setInLeg("to", "bob");
    if (call.from.uri.user === "nobody") records.drop();
    return call.relay("sip:127.0.0.1:5080");
  });
  const answered = only((await app.inject(invite(), CALLER)).requests);
  const ok = only((await app.inject(answer(answered, "200 OK"), { port: 5080 })).responses);
  await app.inject(within(ok, "ACK", 1), CALLER);
  assert.deepEqual(heard, []);
  const bye = only((await app.inject(within(ok, "BYE", 2), CALLER)).requests);
  await app.inject(answer(bye, "200 OK"), { port: 5080 });
  assert.deepEqual(heard, [["cdr", "200", { customer: "4711" }, 1]]);
  for (const user of ["alice", "nobody"]) {
    const refused = only((await app.inject(invite({ callId: `busy-${user}`, user }), CALLER)).requests);
    await app.inject(answer(refused, "486 Busy Here"), { port: 5080 });
  }
  assert.deepEqual(heard.slice(1), [["missed", "486", { customer: "4711" }, 1]]);
  await app.close();
});
