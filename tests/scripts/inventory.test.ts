// Every configuration of the inventory is checked and started, with its databases in files, and carries the calls that it is about, in
// virtual time on the real engine.
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadScript, systemHash } from "../../src/server/index.ts";
import { H, type SipRequest } from "../../src/sip/index.ts";
import { call, open, SDP, scratch, stageOf } from "./flows.ts";
import { inFolder, inventory, LOGIN, loginRows } from "./inventory.ts";
import { ScriptStage } from "./stage.ts";

const HA1 = systemHash("md5", `${LOGIN.user}:${LOGIN.realm}:${LOGIN.password}`);
const ROWS = [...inventory(), ...loginRows(HA1)];

function load(text: string): ReturnType<typeof loadScript> {
  return loadScript({
    file: "test.cfg",
    reader: { read: () => text },
    listen: ["udp:10.0.0.1:5060", ...(text.includes("proto_tcp") ? ["tcp:10.0.0.1:5060"] : [])],
  });
}

for (const { name, text } of ROWS) {
  test(`${name} is a right script, and starts`, async () => {
    const loaded = load(text);
    assert.deepEqual(
      loaded.problems.filter((one) => one.severity === "error").map((one) => one.message),
      [],
    );
    assert.deepEqual(loaded.needs, []);
    const stage = await ScriptStage.open(inFolder(text, scratch()).replaceAll(/^socket=.*$/gm, ""));
    await stage.close();
  });
}

for (const name of ["dialog/01", "dialog/05", "dialog/06"]) {
  test(`${name}: the call is listed while it lasts; a challenged request inside it goes through`, async () => {
    const { stage, alice, bob } = await open(name);
    const { caller, callee } = await call(alice, bob);
    const [dialog] = await stage.dialogs();
    assert.equal(dialog?.["state"], 4);
    const method = name === "dialog/06" ? "UPDATE" : "INVITE";
    await alice.within(caller, method, { body: SDP });
    const first = bob.request(method);
    await bob.answer(first, "401 Unauthorized", { lines: ['WWW-Authenticate: Digest realm="bob", nonce="n"'] });
    const refused = alice.response(401);
    if (method === "INVITE") {
      bob.request("ACK");
      await alice.hopAck(refused, caller.target);
    }
    await alice.within(caller, method, {
      body: SDP,
      lines: ['Authorization: Digest username="alice", realm="bob", nonce="n", uri="sip:bob", response="r"'],
    });
    const second = bob.request(method);
    assert.ok(second.cseqNumber > first.cseqNumber);
    await bob.answer(second, "200 OK", { body: SDP });
    alice.response(200);
    if (method === "INVITE") {
      await alice.ack(caller);
      bob.request("ACK");
    }
    await bob.within(callee, "BYE");
    await alice.answer(alice.request("BYE"), "200 OK");
    bob.response(200);
    assert.equal(stage.bench.engine.dialogs.active, 0);
  });
}

test("dialog/04: after five seconds both sides get a BYE", async () => {
  const { stage, alice, bob } = await open("dialog/04");
  await call(alice, bob);
  await stage.advance(4_000);
  alice.hearsNothing();
  await stage.advance(2_500);
  await alice.answer(alice.request("BYE"), "200 OK");
  await bob.answer(bob.request("BYE"), "200 OK");
  assert.equal(stage.bench.engine.dialogs.active, 0);
});

for (const name of ["dialog/07", "dialog/08", "dialog/09"]) {
  test(`${name}: a reliable provisional reply is acknowledged by the script`, async () => {
    const { stage, alice, bob } = await open(name);
    await alice.start("INVITE", bob.uri, { lines: ["Supported: 100rel"], body: SDP });
    const invite = bob.request("INVITE");
    await bob.answer(invite, "183 Session Progress", { lines: ["Require: 100rel", "RSeq: 7"], body: SDP });
    const prack = bob.request("PRACK");
    assert.equal(prack.header("RAck"), `7 ${invite.cseqNumber} INVITE`);
    assert.equal(prack.toTag, "bob");
    await bob.answer(prack, "200 OK");
    alice.response(183);
    await bob.answer(invite, "200 OK", { body: SDP });
    const caller = alice.calling(alice.response(200));
    await alice.ack(caller);
    bob.request("ACK");
    await alice.within(caller, "BYE");
    const bye = bob.request("BYE");
    assert.ok(bye.cseqNumber > prack.cseqNumber, "numbers on the callee's side go up");
    await bob.answer(bye, "200 OK");
    assert.equal(alice.response(200).cseqNumber, caller.cseq);
    assert.equal(stage.bench.engine.dialogs.active, 0);
  });
}

test("dialog/10: a PRACK that nobody answers fails the call through mi(t_reply)", async () => {
  const { stage, alice, bob } = await open("dialog/10");
  await alice.start("INVITE", bob.uri, { lines: ["Supported: 100rel"], body: SDP });
  const invite = bob.request("INVITE");
  await bob.answer(invite, "183 Session Progress", { lines: ["Require: 100rel", "RSeq: 1"], body: SDP });
  const prack = bob.request("PRACK");
  assert.equal(prack.header("X-TID"), undefined, "the local route took it away");
  const progress = alice.response(183);
  assert.equal(progress.header("RSeq"), undefined);
  await stage.advance(3_000);
  assert.equal(alice.response(502).reason, "Bad Gateway");
});

test("record-route/01: requests inside the call come by", async () => {
  const { alice, bob } = await open("record-route/01");
  const { invite, caller } = await call(alice, bob);
  assert.match(invite.header(H.RecordRoute) ?? "", /^<sip:10\.0\.0\.1;lr>/);
  await alice.within(caller, "BYE");
  const bye = bob.request("BYE");
  assert.equal(bye.header(H.Route), undefined);
  await bob.answer(bye, "200 OK");
  alice.response(200);
});

test("record-route/02: two Record-Routes where a call goes from UDP to TCP", async () => {
  const stage = await stageOf("record-route/02", undefined, { listen: ["udp:10.0.0.1:5060", "tcp:10.0.0.1:5060"] });
  const alice = await stage.phone("alice", "10.0.0.2");
  const bob = await stage.phone("bob", "10.0.0.3", "tcp");
  const { invite, caller } = await call(alice, bob);
  assert.deepEqual(
    invite.values(H.RecordRoute).map((value) => [value.includes("transport=tcp"), value.includes(";r2=on")]),
    [
      [true, true],
      [false, true],
    ],
  );
  await alice.within(caller, "BYE");
  await bob.answer(bob.request("BYE"), "200 OK");
  alice.response(200);
});

const CONTACTS: Readonly<Record<string, RegExp>> = {
  "01": /^<sip:10\.0\.0\.1(:5060)?;thinfo=[^;>]+>$/,
  "02": /^<sip:alice@10\.0\.0\.1(:5060)?;thinfo=[^;>]+>$/,
  "03": /^<sip:10\.0\.0\.1(:5060)?;did=[0-9a-f]+\.[0-9a-f]+>$/,
  "04": /^<sip:alice@10\.0\.0\.1(:5060)?;did=[0-9a-f]+\.[0-9a-f]+>$/,
  "05": /^<sip:X\.did\.[0-9a-f]+\.[0-9a-f]+@10\.0\.0\.1(:5060)?>$/,
  "06": /^<sip:10\.0\.0\.1(:5060)?;did=[0-9a-f]+\.[0-9a-f]+>$/,
};

for (const [number, contact] of Object.entries(CONTACTS)) {
  test(`topology-hiding/${number}: neither side learns where the other is`, async () => {
    const { alice, bob } = await open(`topology-hiding/${number}`);
    const { invite, ok, caller, callee } = await call(alice, bob);
    assert.match(invite.header(H.Contact) ?? "", contact);
    assert.equal(invite.has(H.RecordRoute), false);
    assert.equal(invite.values(H.Via).length, 1);
    assert.ok(!invite.text.slice(0, invite.headEnd).includes("10.0.0.2"), invite.text);
    assert.ok(!ok.text.slice(0, ok.headEnd).includes("10.0.0.3"), ok.text);
    if (number === "06") assert.match(invite.callId, /^HIDDEN_/);
    else assert.equal(invite.callId, "alice-1");
    await bob.within(callee, "UPDATE", { body: SDP });
    const update = alice.request("UPDATE");
    assert.equal(update.callId, "alice-1");
    assert.ok(!(update.header(H.Contact) ?? "").includes("10.0.0.3"));
    await alice.answer(update, "200 OK", { body: SDP });
    bob.response(200);
    await alice.within(caller, "BYE");
    await bob.answer(bob.request("BYE"), "200 OK");
    alice.response(200);
  });
}

/** What RFC 7616 says the response has to be, for the challenge that bob gave. */
function isRightResponse(invite: SipRequest, qop: string): boolean {
  const header = invite.header(H.Authorization) ?? "";
  const field = (name: string): string => new RegExp(`\\b${name}="?([^",]*)"?`).exec(header)?.[1] ?? "";
  const isInt = !qop.split(",").includes("auth");
  assert.equal(field("qop"), isInt ? "auth-int" : "auth");
  const ha2 = systemHash("md5", `INVITE:${field("uri")}${isInt ? `:${systemHash("md5", invite.body)}` : ""}`);
  return field("response") === systemHash("md5", `${HA1}:${field("nonce")}:${field("nc")}:${field("cnonce")}:${field("qop")}:${ha2}`);
}

for (const { name, text, qop, frame } of loginRows(HA1)) {
  test(`${name}: the carrier's challenge is answered, and the caller sees nothing of it`, async () => {
    const { alice, bob } = await open(name, text);
    await alice.start("INVITE", bob.uri, { body: SDP, cseq: 5 });
    const first = bob.request("INVITE");
    await bob.answer(first, "401 Unauthorized", {
      lines: [`WWW-Authenticate: Digest realm="${LOGIN.realm}", nonce="abc", algorithm=MD5, qop="${qop}"`],
    });
    bob.request("ACK");
    const second = bob.request("INVITE");
    assert.equal(second.cseqNumber, first.cseqNumber + 1);
    assert.ok(isRightResponse(second, qop), second.text);
    await bob.answer(second, "200 OK", { body: SDP });
    const ok = alice.response(200);
    assert.equal(ok.cseqNumber, 5, "the caller's own number comes back");
    if (frame === "base") return;
    const caller = alice.calling(ok);
    await alice.ack(caller);
    assert.equal(bob.request("ACK").cseqNumber, second.cseqNumber);
    await alice.within(caller, "BYE");
    const bye = bob.request("BYE");
    assert.ok(bye.cseqNumber > second.cseqNumber);
    await bob.answer(bye, "200 OK");
    assert.equal(alice.response(200).cseqNumber, caller.cseq);
  });
}

test("limit of concurrent calls: the third call of a user is refused", async () => {
  const { stage, alice, bob } = await open("limit of concurrent calls");
  await bob.start("REGISTER", "sip:10.0.0.1", {
    to: "sip:bob@10.0.0.1",
    from: "<sip:bob@10.0.0.1>;tag=r",
    lines: [`Contact: <${bob.uri}>;expires=600`],
  });
  bob.response(200);
  for (const callId of ["one", "two"]) {
    await alice.start("INVITE", "sip:bob@10.0.0.1", { callId, body: SDP });
    await bob.answer(bob.request("INVITE"), "180 Ringing");
    alice.response(180);
  }
  await alice.start("INVITE", "sip:bob@10.0.0.1", { callId: "three", body: SDP });
  assert.equal(alice.response(486).reason, "Limit reached");
  assert.equal(((await stage.mi("profile_get_size", { profile: "caller" })) as { Profile: { count: number } }).Profile.count, 2);
});

test("load balancer, defaults: without a database there is no destination", async () => {
  const { alice, bob } = await open("load balancer, defaults");
  await alice.start("INVITE", "sip:bob@10.0.0.1", { body: SDP });
  assert.equal(alice.response(500).reason, "No Destination available");
  bob.hearsNothing();
});
