// Configurations of a shape of their own: provisional responses that scripts acknowledge or make reliable, requests of one kind that go
// on as another, two networks, a registrar that is also a proxy.
import assert from "node:assert/strict";
import { test } from "node:test";
import { H, type SipRequest } from "../../src/sip/index.ts";
import { call, hangUp, open, SDP, stageOf } from "./flows.ts";
import type { Phone } from "./phone.ts";

const RELIABLE = (number: number): readonly string[] => ["Require: 100rel", `RSeq: ${number}`];

test("dialog/08: each reliable provisional response gets a PRACK of its own, others get none", async () => {
  const { alice, bob } = await open("dialog/08");
  await alice.start("INVITE", bob.uri, { body: SDP });
  const invite = bob.request("INVITE");
  const numbers: number[] = [];
  for (const rseq of [7, 8]) {
    await bob.answer(invite, "183 Session Progress", { lines: RELIABLE(rseq) });
    const prack = bob.request("PRACK");
    assert.equal(prack.header("RAck"), `${rseq} ${invite.cseqNumber} INVITE`);
    numbers.push(prack.cseqNumber);
    await bob.answer(prack, "200 OK");
    alice.response(183);
  }
  assert.ok((numbers[1] ?? 0) > (numbers[0] ?? 0), String(numbers));
  await bob.answer(invite, "180 Ringing");
  alice.response(180);
  bob.hearsNothing();
});

test("dialog/09: two callees of one fork are acknowledged each in their own early dialog", async () => {
  const { alice, bob } = await open("dialog/09");
  await alice.start("INVITE", bob.uri, { body: SDP });
  const invite = bob.request("INVITE");
  for (const tag of ["desk", "mobile"]) {
    await bob.answer(invite, "183 Session Progress", { tag, lines: RELIABLE(1) });
    const prack = bob.request("PRACK");
    assert.equal(prack.toTag, tag);
    await bob.answer(prack, "200 OK");
    assert.equal(alice.response(183).toTag, tag);
  }
});

test("dialog/10: a PRACK that is answered lets the call go on, and the caller hears nothing of it", async () => {
  const { stage, alice, bob } = await open("dialog/10");
  await alice.start("INVITE", bob.uri, { body: SDP });
  const invite = bob.request("INVITE");
  await bob.answer(invite, "183 Session Progress", { lines: RELIABLE(1) });
  await bob.answer(bob.request("PRACK"), "200 OK");
  const progress = alice.response(183);
  assert.equal(progress.has(H.Require), false);
  await stage.advance(3_000);
  await bob.answer(invite, "200 OK", { body: SDP });
  const caller = alice.calling(alice.response(200));
  await alice.ack(caller);
  bob.request("ACK");
  await hangUp(alice, caller, bob);
  alice.hearsNothing();
  assert.ok(!stage.bench.printed.includes("failed"), stage.bench.printed);
});

for (const name of ["dialog/15", "dialog/16"]) {
  test(`${name}: provisional responses become reliable for callers that want it; the right PRACK is answered, a wrong one refused`, async () => {
    const { stage, alice, bob } = await open(name);
    await alice.start("INVITE", bob.uri, { lines: ["Supported: 100rel"], body: SDP });
    const invite = bob.request("INVITE");
    await bob.answer(invite, "180 Ringing");
    const ringing = alice.response(180);
    const rseq = ringing.number("RSeq");
    assert.ok(rseq > 1 && rseq <= 10_001, ringing.text);
    assert.equal(ringing.header(H.Require), "100rel");
    const early = alice.calling(ringing);
    await alice.within(early, "PRACK", { lines: [`RAck: ${rseq + 1} 1 INVITE`] });
    alice.response(481);
    await alice.within(early, "PRACK", { lines: [`RAck: ${rseq} 1 INVITE`] });
    alice.response(200);
    bob.hearsNothing();
    // a Require that is there already gets one option more
    await bob.answer(invite, "183 Session Progress", { lines: ["Require: precondition"] });
    const progress = alice.response(183);
    assert.equal(progress.number("RSeq"), rseq + 1);
    assert.deepEqual(progress.values(H.Require), ["precondition", "100rel"]);
    await alice.within(early, "PRACK", { lines: [`RAck: ${rseq + 1} 1 INVITE`] });
    alice.response(200);
    await stage.advance(3_000);
    alice.hearsNothing();
    await bob.answer(invite, "200 OK", { body: SDP });
    const caller = { ...alice.calling(alice.response(200)) };
    await alice.ack(caller);
    bob.request("ACK");
    await hangUp(alice, { ...caller, cseq: early.cseq }, bob);
    const [did] = /^[0-9a-f]+\.[0-9a-f]+(?=: 180 has RSeq)/m.exec(stage.bench.printed) ?? [];
    assert.ok(did !== undefined, stage.bench.printed);
  });
}

test("dialog/15: callers that do not know reliable responses get them as they come", async () => {
  const { alice, bob } = await open("dialog/15");
  await alice.start("INVITE", bob.uri, { body: SDP });
  await bob.answer(bob.request("INVITE"), "180 Ringing");
  const ringing = alice.response(180);
  assert.equal(ringing.header("RSeq"), undefined);
  assert.equal(ringing.has(H.Require), false);
});

test("dialog/16: without a PRACK within two seconds the job that was launched refuses the call", async () => {
  const { stage, alice, bob } = await open("dialog/16");
  await alice.start("INVITE", bob.uri, { lines: ["Supported: 100rel"], body: SDP });
  await bob.answer(bob.request("INVITE"), "180 Ringing");
  alice.response(180);
  await stage.advance(1_900);
  alice.hearsNothing();
  await stage.advance(200);
  const refusal = alice.response(504);
  assert.equal(refusal.reason, "Server Time-out");
  assert.equal(refusal.toTag, "bob");
  await bob.answer(bob.request("CANCEL"), "200 OK");
});

for (const name of ["dialog/17", "dialog/18"]) {
  test(`${name}: an UPDATE of the callee reaches the caller as an INVITE, and its answer goes back`, async () => {
    const { alice, bob } = await open(name);
    const { caller, callee } = await call(alice, bob);
    await bob.within(callee, "UPDATE", { body: SDP, cseq: 7 });
    callee.cseq = 7;
    const invite = alice.request("INVITE");
    assert.equal(invite.body, SDP[1]);
    assert.equal(invite.header("X-TID"), undefined);
    assert.equal(invite.header(H.ContentType), `<${bob.uri}>`, "what the script hands over as content type is taken as text");
    await alice.answer(invite, "200 Done", { body: SDP });
    alice.request("ACK");
    const done = bob.response(200);
    assert.equal(done.reason, "Done");
    assert.equal(done.cseqMethod, "UPDATE");
    assert.equal(done.cseqNumber, 7);
    assert.equal(done.body, SDP[1]);
    assert.equal(done.header(H.Contact), `<${alice.uri}>`);
    await hangUp(alice, caller, bob);
  });
}

test("dialog/17: a refusal of that INVITE refuses the UPDATE; the call goes on", async () => {
  const { stage, alice, bob } = await open("dialog/17");
  const { caller, callee } = await call(alice, bob);
  await bob.within(callee, "UPDATE", { body: SDP });
  await alice.answer(alice.request("INVITE"), "488 Not Acceptable Here");
  alice.request("ACK");
  assert.equal(bob.response(502).cseqMethod, "UPDATE");
  assert.match(stage.bench.printed, /refused with 488/);
  await hangUp(alice, caller, bob);
  assert.equal(stage.bench.engine.dialogs.active, 0);
});

test("dialog/18: a refusal of that INVITE ends the call for both", async () => {
  const { stage, alice, bob } = await open("dialog/18");
  const { callee } = await call(alice, bob);
  await bob.within(callee, "UPDATE", { body: SDP });
  await alice.answer(alice.request("INVITE"), "488 Not Acceptable Here");
  alice.request("ACK");
  bob.response(502);
  await bob.answer(bob.request("BYE"), "200 OK");
  await alice.answer(alice.request("BYE"), "200 OK");
  assert.equal(stage.bench.engine.dialogs.active, 0);
  assert.ok(!stage.bench.printed.includes("cannot"), stage.bench.printed);
});

const FIRST_PING = 6_000;

const PINGED = [
  ["dialog/02", "OPTIONS", "Ping Timeout"],
  ["dialog/03", "INVITE", "ReINVITE Ping Timeout"],
] as const;

/** Answers a ping; to a re-INVITE the proxy itself says ACK. */
async function stillHere(phone: Phone, ping: SipRequest): Promise<void> {
  if (ping.method === "OPTIONS") {
    await phone.answer(ping, "200 OK");
    return;
  }
  await phone.answer(ping, "200 OK", { body: SDP });
  assert.equal(phone.request("ACK").cseqNumber, ping.cseqNumber);
}

for (const [name, method, reason] of PINGED) {
  test(`${name}: both sides get ${method} every five seconds, each in its own dialog with its own numbers, and nobody else hears of it`, async () => {
    const { stage, alice, bob } = await open(name);
    const { invite, caller, callee } = await call(alice, bob);
    for (const round of [1, 2, 3]) {
      // lifetimes and intervals go by whole seconds, the first one rounded up
      await stage.advance(4_800);
      alice.hearsNothing();
      bob.hearsNothing();
      await stage.advance(round === 1 ? FIRST_PING - 4_800 : 200);
      const toAlice = alice.request(method);
      const toBob = bob.request(method);
      assert.deepEqual([toAlice.requestUri, toAlice.fromTag, toAlice.toTag], [alice.uri, "bob", "alice"]);
      assert.deepEqual([toBob.requestUri, toBob.fromTag, toBob.toTag], [bob.uri, "alice", "bob"]);
      for (const ping of [toAlice, toBob]) {
        assert.equal(ping.callId, invite.callId);
        assert.equal(ping.topVia.host, "10.0.0.1");
        assert.equal(ping.body, method === "INVITE" ? SDP[1] : "");
        assert.equal(ping.has(H.Contact), method === "INVITE");
      }
      assert.equal(toAlice.cseqNumber, round, "the callee has asked for nothing yet");
      assert.equal(toBob.cseqNumber, caller.cseq + round);
      await stillHere(alice, toAlice);
      await stillHere(bob, toBob);
    }
    // what either side asks afterwards goes on from there
    await alice.within(caller, "INFO");
    const info = bob.request("INFO");
    assert.equal(info.cseqNumber, caller.cseq + 3);
    await bob.answer(info, "200 OK");
    assert.equal(alice.response(200).cseqNumber, caller.cseq);
    await bob.within(callee, "BYE");
    const bye = alice.request("BYE");
    assert.equal(bye.cseqNumber, callee.cseq + 3);
    await alice.answer(bye, "200 OK");
    assert.equal(bob.response(200).cseqNumber, callee.cseq);
    await stage.advance(20_000);
    alice.hearsNothing();
    bob.hearsNothing();
  });

  for (const [answer, about] of [
    ["481 Call/Transaction Does Not Exist", "does not know the call any more"],
    [undefined, "is silent"],
  ] as const) {
    test(`${name}: when the callee ${about} the call ends for both`, async () => {
      const { stage, alice, bob } = await open(name);
      await call(alice, bob);
      const [dialog] = stage.bench.engine.dialogs.all();
      await stage.advance(FIRST_PING);
      await stillHere(alice, alice.request(method));
      const ping = bob.request(method);
      if (answer !== undefined) {
        await bob.answer(ping, answer);
        if (method === "INVITE") bob.request("ACK");
      } else {
        // fr_timeout
        await stage.advance(4_700);
        while (bob.inbox.length > 0) assert.equal(bob.request(method).cseqNumber, ping.cseqNumber);
        assert.equal(stage.bench.engine.dialogs.active, 1);
        await stage.advance(500);
        while (bob.inbox[0]?.cseqMethod === method) bob.request(method);
        // her next ping was on its way when his was given up
        await alice.answer(alice.request(method), "200 OK");
      }
      await alice.answer(alice.request("BYE"), "200 OK");
      await bob.answer(bob.request("BYE"), "200 OK");
      assert.equal(dialog?.endReason, reason);
      assert.equal(stage.bench.engine.dialogs.active, 0);
    });
  }
}

for (const name of ["dialog/11", "dialog/12"]) {
  test(`${name}: reliable provisional responses are acknowledged on the caller's behalf, who gets ordinary ones`, async () => {
    const { alice, bob } = await open(name);
    await alice.start("INVITE", bob.uri, { lines: ["Supported: 100rel"], body: SDP });
    const invite = bob.request("INVITE");
    for (const [count, rseq] of [7, 8].entries()) {
      await bob.answer(invite, "183 Session Progress", { lines: RELIABLE(rseq), body: SDP });
      const prack = bob.request("PRACK");
      assert.equal(prack.requestUri, bob.uri);
      assert.equal(prack.header("RAck"), `${rseq} ${invite.cseqNumber} INVITE`);
      assert.deepEqual([prack.callId, prack.fromTag, prack.toTag], [invite.callId, "alice", "bob"]);
      assert.equal(prack.cseqNumber, invite.cseqNumber + count + 1);
      await bob.answer(prack, "200 OK");
      const progress = alice.response(183);
      assert.deepEqual([progress.has(H.Require), progress.header("RSeq"), progress.body], [false, undefined, SDP[1]]);
    }
    // a copy, and a reply that nobody has to acknowledge
    await bob.answer(invite, "183 Session Progress", { lines: RELIABLE(8), body: SDP });
    alice.response(183);
    await bob.answer(invite, "180 Ringing");
    alice.response(180);
    bob.hearsNothing();
    await bob.answer(invite, "200 OK", { body: SDP });
    const caller = alice.calling(alice.response(200));
    await alice.ack(caller);
    assert.equal(bob.request("ACK").cseqNumber, invite.cseqNumber);
    const bye = await hangUp(alice, caller, bob);
    assert.equal(bye.cseqNumber, invite.cseqNumber + 3, "two numbers were used for PRACKs");
    alice.hearsNothing();
  });
}

for (const name of ["dialog/13", "dialog/14"]) {
  test(`${name}: a PRACK that gets no answer within two seconds refuses the call`, async () => {
    const { stage, alice, bob } = await open(name);
    await alice.start("INVITE", bob.uri, { body: SDP });
    const invite = bob.request("INVITE");
    await bob.answer(invite, "183 Session Progress", { lines: RELIABLE(1) });
    bob.request("PRACK");
    alice.response(183);
    await stage.advance(1_800);
    alice.hearsNothing();
    await stage.advance(300);
    const refusal = alice.response(502);
    assert.equal(refusal.reason, "Bad Gateway");
    await alice.hopAck(refusal, bob.uri);
    while (bob.inbox[0]?.cseqMethod === "PRACK") bob.request("PRACK");
    await bob.answer(bob.request("CANCEL"), "200 OK");
    await bob.answer(invite, "487 Request Terminated");
    bob.request("ACK");
    const { dialogs } = stage.bench.engine;
    assert.deepEqual(
      [...dialogs.all()].map((dialog) => dialog.status),
      [5],
    );
    await stage.advance(10_000);
    assert.equal(dialogs.count, 0);
  });

  test(`${name}: a PRACK that is answered lets the call go on`, async () => {
    const { stage, alice, bob } = await open(name);
    await alice.start("INVITE", bob.uri, { body: SDP });
    const invite = bob.request("INVITE");
    await bob.answer(invite, "183 Session Progress", { lines: RELIABLE(1) });
    await bob.answer(bob.request("PRACK"), "200 OK");
    alice.response(183);
    await stage.advance(3_000);
    await bob.answer(invite, "200 OK", { body: SDP });
    const caller = alice.calling(alice.response(200));
    await alice.ack(caller);
    bob.request("ACK");
    await hangUp(alice, caller, bob);
    assert.equal(stage.bench.engine.dialogs.active, 0);
  });
}

test("record-route/03: between two networks each side gets the address of its own", async () => {
  const stage = await stageOf("record-route/03", undefined, { listen: ["udp:10.0.0.1:5060", "udp:10.1.0.1:5060"] });
  // the system's routes, which a network in memory has none of
  Object.assign(stage.bench.network, { routeTo: (ip: string) => (ip.startsWith("10.1.") ? "10.1.0.1" : "10.0.0.1") });
  const alice = await stage.phone("alice", "10.0.0.2");
  const bob = await stage.phone("bob", "10.1.0.3", "udp", "10.1.0.1");
  const { invite, caller, callee } = await call(alice, bob);
  const own = invite.values(H.RecordRoute).map((value) => /^<sip:([0-9.]+)/.exec(value)?.[1]);
  assert.deepEqual(own, ["10.1.0.1", "10.0.0.1"]);
  assert.equal(invite.topVia.host, "10.1.0.1");
  await bob.within(callee, "INFO");
  const info = alice.request("INFO");
  assert.equal(info.topVia.host, "10.0.0.1");
  assert.equal(info.has(H.Route), false);
  await alice.answer(info, "200 OK");
  bob.response(200);
  await hangUp(alice, caller, bob);
});

test("registration/09: users register and call each other; who nobody knows is not found, strangers are kept out", async () => {
  const { stage, alice, bob } = await open("registration/09");
  const ours = "sip:10.0.0.1";
  await bob.start("REGISTER", ours, { to: "sip:bob@10.0.0.1", from: "<sip:bob@10.0.0.1>;tag=r", lines: ["Expires: 600"] });
  bob.response(200);
  assert.ok(JSON.stringify(await stage.mi("ul_dump")).includes(bob.uri));

  await alice.start("INVITE", "sip:bob@10.0.0.1", { callId: "found", body: SDP });
  const invite = bob.request("INVITE");
  assert.equal(invite.requestUri, bob.uri);
  await bob.answer(invite, "486 Busy Here");
  bob.request("ACK");
  await alice.hopAck(alice.response(486), "sip:bob@10.0.0.1");
  assert.equal(stage.bench.printed, `new branch at ${bob.uri}\nincoming reply\nnobody answers for sip:bob@10.0.0.1\n`);

  await alice.start("INVITE", "sip:carol@10.0.0.1", { callId: "unknown", body: SDP });
  await alice.hopAck(alice.response(404), "sip:carol@10.0.0.1");
  await alice.start("OPTIONS", ours, { callId: "nobody" });
  alice.response(484);
  await alice.start("OPTIONS", "sip:x@elsewhere.example", { callId: "stranger" });
  alice.response(403);
  await alice.start("OPTIONS", "sip:bob@10.0.0.1", { callId: "routed", lines: ["Route: <sip:10.0.0.1;lr>", "Route: <sip:10.0.0.3;lr>"] });
  alice.response(403);
});

test("registration/09: a caller that gives up is no missed call", async () => {
  const { stage, alice, bob } = await open("registration/09");
  await bob.start("REGISTER", "sip:10.0.0.1", { to: "sip:bob@10.0.0.1", from: "<sip:bob@10.0.0.1>;tag=r", lines: ["Expires: 600"] });
  bob.response(200);
  await alice.start("INVITE", "sip:bob@10.0.0.1", { branch: "z9hG4bKgone", body: SDP });
  const invite = bob.request("INVITE");
  await bob.answer(invite, "180 Ringing");
  alice.response(180);
  await alice.start("CANCEL", "sip:bob@10.0.0.1", { branch: "z9hG4bKgone" });
  alice.response(200);
  await bob.answer(bob.request("CANCEL"), "200 OK");
  await bob.answer(invite, "487 Request Terminated");
  alice.response(487);
  assert.ok(!stage.bench.printed.includes("nobody answers"), stage.bench.printed);
});

test("startup/01: users of the default script register, call and are accounted for", async () => {
  const { stage, alice, bob } = await open("startup/01 default");
  await bob.start("REGISTER", "sip:10.0.0.1", { to: "sip:bob@10.0.0.1", from: "<sip:bob@10.0.0.1>;tag=r", lines: ["Expires: 600"] });
  bob.response(200);
  await alice.start("INVITE", "sip:bob@10.0.0.1", { body: SDP });
  const invite = bob.request("INVITE");
  await bob.answer(invite, "200 OK", { body: SDP });
  const caller = alice.calling(alice.response(200));
  await alice.ack(caller);
  bob.request("ACK");
  await hangUp(alice, caller, bob);
  assert.match(stage.bench.printed, /call_id=alice-1;code=200/);
});

test("startup/02 to 04: where a database would have to know somebody, nobody is known", async () => {
  const refusals = [
    ["startup/02 residential", 403, "Relay Forbidden", "no database of domains"],
    ["startup/03 trunking", 403, "Forbidden", "no database of addresses"],
    ["trunking, defaults", 403, "Forbidden", "no database of addresses"],
    ["startup/04 load balancer", 500, "No Destination available", "no database of destinations"],
  ] as const;
  for (const [name, status, reason, why] of refusals) {
    const { stage, alice, bob } = await open(name);
    await alice.start("INVITE", "sip:bob@10.0.0.1", { body: SDP });
    assert.equal(alice.response(status).reason, reason, name);
    assert.ok(
      stage.bench.complaints.some((line) => line.includes(why)),
      `${name}: ${stage.bench.complaints.join("\n")}`,
    );
    bob.hearsNothing();
  }
});
