import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ClientTransaction } from "./client.ts";
import { Bench, CALLER, CALLER_TCP, replyText, requestText, responseOf, TO_CALLEE } from "./harness.ts";

/** An INVITE that arrived, was established and relayed. */
function call(bench: Bench): ClientTransaction {
  bench.receive(requestText("INVITE"));
  bench.user.last.establish();
  const client = bench.relay(bench.user.last);
  assert.ok(client);
  return client;
}

/** Relays a reply upstream, as the proxy would. */
function forward(bench: Bench, client: ClientTransaction, status: number, tag = "b1"): boolean {
  const text = replyText(client, status, tag);
  return bench.user.last.respond(text, status, responseOf(text), client);
}

describe("INVITE server transactions", () => {
  test("100 Trying leaves after 100 ms of silence, once (RFC 3261 §17.2.1)", () => {
    const bench = new Bench();
    call(bench);
    bench.transport.take();
    bench.time.advance(99);
    assert.deepEqual(bench.transport.take(), []);
    bench.time.advance(1);
    assert.equal(bench.transport.sent[0]?.text.split("\r\n")[0], "SIP/2.0 100 Giving it a try");
    assert.match(bench.transport.sent[0]?.text ?? "", /\r\nTo: <sip:bob@10\.0\.0\.3>\r\n/, "no To-tag in a 100 (TM-45)");
    assert.deepEqual(bench.transport.take(), ["100"]);
    bench.time.advance(300);
    assert.deepEqual(bench.transport.take(), []);
  });

  test("no 100 when something was sent before, nor when it is switched off, but at once when asked for", () => {
    const early = new Bench();
    const client = call(early);
    forward(early, client, 180);
    early.transport.take();
    early.time.advance(400);
    assert.deepEqual(early.transport.take(), []);

    const off = new Bench({ autoTrying: false });
    call(off);
    off.transport.take();
    off.time.advance(400);
    assert.deepEqual(off.transport.take(), []);
    off.user.last.sendTryingNow();
    off.user.last.sendTryingNow();
    assert.deepEqual(off.transport.take(), ["100"]);
  });

  test("a retransmitted INVITE is absorbed, and answered with the last provisional (RFC 3261 §17.2.1)", () => {
    const bench = new Bench();
    const client = call(bench);
    bench.transport.take();
    bench.receive(requestText("INVITE"));
    assert.deepEqual(bench.transport.take(), []);
    forward(bench, client, 183);
    bench.transport.take();
    bench.receive(requestText("INVITE"));
    assert.deepEqual(bench.transport.take(), ["183"]);
    assert.deepEqual(bench.user.take(), ["request INVITE"]);
  });

  test("a refusal is repeated at T1, 2·T1 … T2 until its ACK, then absorbed for wt_timer", () => {
    const bench = new Bench();
    bench.receive(requestText("INVITE"));
    const server = bench.user.last;
    server.establish();
    assert.equal(server.reply(486), true);
    const tag = server.sentTag;
    assert.match(tag, /^[0-9a-f]{16}$/);
    bench.time.advance(15_600);
    assert.deepEqual(
      bench.transport.sent.map((one) => one.at),
      [0, 500, 1500, 3500, 7500, 11_500, 15_500],
    );
    assert.equal(bench.statistic("retransmission_rpl_T2"), 3);
    bench.transport.take();
    bench.receive(requestText("INVITE"));
    assert.deepEqual(bench.transport.take(), ["486"]);
    assert.equal(server.state, "completed");
    bench.receive(requestText("ACK", { toTag: "someone-else" }));
    assert.equal(server.state, "completed", "S-09");
    bench.receive(requestText("ACK", { toTag: tag }));
    assert.equal(server.state, "confirmed");
    bench.receive(requestText("INVITE"));
    bench.receive(requestText("ACK", { toTag: tag }));
    bench.time.advance(4_999);
    assert.deepEqual(bench.transport.take(), []);
    assert.equal(bench.layer.size, 1);
    bench.time.advance(1);
    assert.ok(bench.isClean);
    assert.deepEqual(bench.user.take(), ["request INVITE", "server over"]);
  });

  test("over a stream a refusal is sent once, and given up after fr_timeout (timer H)", () => {
    const bench = new Bench();
    bench.receive(requestText("INVITE", { via: "SIP/2.0/TCP 10.0.0.2;branch=z9hG4bKt" }), CALLER_TCP);
    bench.user.last.establish();
    bench.user.last.reply(404);
    bench.time.advance(29_999);
    assert.deepEqual(bench.transport.take(), ["404"]);
    assert.equal(bench.layer.size, 1);
    bench.time.advance(1);
    assert.ok(bench.isClean);
    assert.deepEqual(bench.log.lines, [], "a caller that is gone is no news");
  });

  test("a challenge is never repeated by itself, and kept for wt_timer only (D-13)", () => {
    const bench = new Bench();
    bench.receive(requestText("INVITE"));
    bench.user.last.establish();
    bench.user.last.reply(407);
    bench.time.advance(2_000);
    assert.deepEqual(bench.transport.take(), ["407"]);
    bench.receive(requestText("INVITE"));
    assert.deepEqual(bench.transport.take(), ["407"]);
    bench.time.advance(3_000);
    assert.ok(bench.isClean);
  });

  test("after a 2xx: retransmissions absorbed, other finals refused, repeated and second 2xx relayed (RFC 6026 §7.1)", () => {
    const bench = new Bench();
    const client = call(bench);
    forward(bench, client, 200);
    bench.transport.take();
    bench.receive(requestText("INVITE"));
    assert.deepEqual(bench.transport.take(), []);
    assert.equal(forward(bench, client, 486), false);
    assert.equal(forward(bench, client, 180), false);
    assert.equal(bench.user.last.reply(500), false);
    assert.equal(forward(bench, client, 200), true);
    assert.equal(forward(bench, client, 200, "other-callee"), true);
    assert.deepEqual(bench.transport.take(), ["200", "200"]);
    assert.equal(bench.user.last.finalStatus, 200);
  });

  test("the Accepted state lasts 64·T1, or wt_timer from the ACK on", () => {
    const bench = new Bench();
    const client = call(bench);
    bench.receive(replyText(client, 200));
    forward(bench, client, 200);
    bench.time.advance(31_999);
    assert.equal(bench.user.last.state, "accepted");
    bench.time.advance(1);
    assert.ok(bench.isClean);

    const acked = new Bench();
    const branch = call(acked);
    acked.receive(replyText(branch, 200));
    forward(acked, branch, 200);
    acked.user.take();
    acked.time.advance(1_000);
    acked.receive(requestText("ACK", { branch: "z9hG4bKother", toTag: "b1" }));
    assert.deepEqual(acked.user.take(), ["server over", "ack associated"]);
    assert.equal(acked.user.last.hasRequest, false, "the request's text is let go");
    acked.time.advance(4_000);
    acked.transport.take();
    assert.equal(forward(acked, branch, 200), true, "a repeated 200 still passes");
    assert.deepEqual(acked.transport.take(), ["200"]);
    acked.receive(requestText("ACK", { branch: "z9hG4bKother", toTag: "b1" }));
    acked.time.advance(999);
    assert.equal(acked.layer.size, 1);
    acked.time.advance(1);
    assert.ok(acked.isClean, "a repeated ACK does not start the period anew");
  });

  test("strict_wait keeps the periods of RFC 6026", () => {
    const bench = new Bench({ strictWait: true });
    const client = call(bench);
    bench.receive(replyText(client, 200));
    forward(bench, client, 200);
    bench.receive(requestText("ACK", { branch: "z9hG4bKother", toTag: "b1" }));
    bench.time.advance(31_999);
    assert.equal(bench.layer.size, 1);
    bench.time.advance(1);
    assert.ok(bench.isClean);
  });

  test("an ACK with the branch of an accepted INVITE is routed, not absorbed (TM-9)", () => {
    const bench = new Bench();
    const client = call(bench);
    forward(bench, client, 200);
    bench.user.take();
    bench.receive(requestText("ACK", { toTag: "b1" }));
    assert.deepEqual(bench.user.take(), ["server over", "ack associated"]);
  });

  test("an ACK while nothing final was sent is dropped", () => {
    const bench = new Bench();
    call(bench);
    bench.user.take();
    bench.receive(requestText("ACK", { toTag: "x" }));
    assert.deepEqual(bench.user.take(), []);
  });

  test("an ACK of nothing we know goes to the user", () => {
    const bench = new Bench();
    bench.receive(requestText("ACK", { toTag: "x" }));
    assert.deepEqual(bench.user.take(), ["ack unknown"]);
  });

  test("a 2xx after a refusal is relayed and changes nothing else, also after the ACK (D-14)", () => {
    const bench = new Bench();
    const client = call(bench);
    bench.user.last.reply(408);
    const tag = bench.user.last.sentTag;
    bench.transport.take();
    assert.equal(forward(bench, client, 200), true);
    assert.equal(bench.user.last.state, "completed");
    assert.equal(bench.user.last.finalStatus, 408);
    assert.deepEqual(bench.transport.take(), ["200"]);
    bench.receive(requestText("INVITE"));
    assert.deepEqual(bench.transport.take(), ["408"], "what is repeated is the refusal");
    bench.receive(requestText("ACK", { toTag: tag }));
    assert.equal(forward(bench, client, 200), true);
    assert.equal(bench.user.last.state, "confirmed");
    assert.deepEqual(bench.transport.take(), ["200"]);
  });

  test("a 2xx made here is repeated on every transport until its ACK, which is absorbed (TM-10)", () => {
    const bench = new Bench();
    bench.receive(requestText("INVITE", { via: "SIP/2.0/TCP 10.0.0.2;branch=z9hG4bKt" }), CALLER_TCP);
    const server = bench.user.last;
    server.establish();
    server.reply(200, "OK", { headers: "Contact: <sip:10.0.0.1>\r\n" });
    bench.time.advance(3_600);
    assert.deepEqual(
      bench.transport.sent.map((one) => one.at),
      [0, 500, 1500, 3500],
    );
    bench.user.take();
    bench.receive(requestText("ACK", { branch: "z9hG4bKe2e", toTag: "wrong" }));
    assert.deepEqual(bench.user.take(), ["ack unknown"], "the To-tag is ours to know");
    bench.receive(requestText("ACK", { branch: "z9hG4bKe2e", toTag: server.sentTag }));
    assert.deepEqual(bench.user.take(), ["server over"]);
    bench.transport.take();
    bench.time.advance(6_000);
    assert.deepEqual(bench.transport.take(), []);
    assert.ok(bench.isClean);
  });

  test("first final wins, later ones are refused (TM-11)", () => {
    const bench = new Bench();
    bench.receive(requestText("INVITE"));
    bench.user.last.establish();
    assert.equal(bench.user.last.reply(480), true);
    assert.equal(bench.user.last.reply(486), false);
    assert.equal(bench.user.last.reply(200), false);
    assert.equal(bench.statistic("local_replies"), 1);
    assert.equal(bench.statistic("4xx_transactions"), 1);
  });

  test("one To-tag for all replies made here; Record-Route goes into 180–299 only (TM-22)", () => {
    const bench = new Bench();
    bench.receive(requestText("INVITE", { headers: "Record-Route: <sip:10.9.9.9;lr>\r\nTimestamp: 7\r\n" }));
    const server = bench.user.last;
    server.establish();
    server.reply(100);
    server.reply(183, "Queued");
    server.reply(486);
    const [trying, progress, busy] = bench.transport.sent.map((one) => one.text);
    assert.match(trying ?? "", /\r\nTimestamp: 7\r\n/);
    assert.doesNotMatch(trying ?? "", /Record-Route|tag=[0-9a-f]{16}/);
    assert.match(progress ?? "", /^SIP\/2\.0 183 Queued\r\n/);
    assert.match(progress ?? "", /Record-Route/);
    assert.ok(progress?.includes(`;tag=${server.localTag}\r\n`));
    assert.doesNotMatch(busy ?? "", /Record-Route/);
    assert.ok(busy?.includes(`;tag=${server.localTag}\r\n`));
  });

  test("an INVITE that nobody works on is answered 408 after fr_inv_timeout (TM-19)", () => {
    const bench = new Bench();
    bench.receive(requestText("INVITE"));
    bench.user.last.establish();
    bench.time.advance(120_100);
    assert.deepEqual(bench.transport.take(), ["100", "408"]);
  });

  test("an INVITE with a ringing branch is not", () => {
    const bench = new Bench({ frInvTimeoutMs: 60_000 });
    const client = call(bench);
    client.frInvTimeoutMs = 300_000;
    bench.receive(replyText(client, 180));
    bench.transport.take();
    bench.time.advance(250_000);
    assert.deepEqual(bench.transport.take(), ["100"]);
    assert.equal(bench.user.last.state, "proceeding");
  });

  test("forget ends a tentative transaction without a trace; its hooks are let go", () => {
    const bench = new Bench();
    bench.receive(requestText("INVITE"));
    let deleted = 0;
    bench.user.last.attach({ transactionDeleted: () => deleted++ });
    bench.user.last.forget();
    bench.user.last.forget();
    assert.equal(deleted, 1);
    assert.ok(bench.isClean);
    assert.deepEqual(bench.transport.take(), []);
    assert.equal(bench.statistic("UAS_transactions"), 0);
  });

  test("a hook that throws in requestIn refuses the request with 500 (TM-62)", () => {
    const bench = new Bench();
    bench.layer.addGlobalHook({
      requestIn: () => {
        throw new Error("no");
      },
    });
    bench.receive(requestText("INVITE"));
    assert.equal(bench.user.last.establish(), false);
    assert.deepEqual(bench.transport.take(), ["500"]);
    assert.deepEqual(bench.log.lines, ["error: a hook refused a request"]);
  });
});

describe("non-INVITE server transactions", () => {
  const bye = (bench: Bench): void => {
    bench.receive(requestText("BYE", { toTag: "b1", cseq: 2 }));
    bench.user.last.establish();
  };

  test("a retransmission is absorbed, then answered with the final for wt_timer", () => {
    const bench = new Bench();
    bye(bench);
    bench.receive(requestText("BYE", { toTag: "b1", cseq: 2 }));
    assert.deepEqual(bench.transport.take(), []);
    bench.user.last.reply(200);
    assert.equal(bench.user.last.hasRequest, false);
    assert.throws(() => bench.user.last.request, /broken invariant/);
    bench.receive(requestText("BYE", { toTag: "b1", cseq: 2 }));
    assert.deepEqual(bench.transport.take(), ["200", "200"]);
    assert.equal(bench.user.last.reply(500), false);
    bench.time.advance(4_999);
    assert.equal(bench.layer.size, 1);
    bench.time.advance(1);
    assert.ok(bench.isClean);
    assert.deepEqual(bench.user.take(), ["request BYE", "server over"]);
  });

  test("timer J is a tick on streams, 32 s with strict_wait", () => {
    const stream = new Bench();
    stream.receive(requestText("BYE", { toTag: "b1", via: "SIP/2.0/TCP 10.0.0.2;branch=z9hG4bKt" }), CALLER_TCP);
    stream.user.last.establish();
    stream.user.last.reply(200);
    stream.time.advance(50);
    assert.ok(stream.isClean);

    const strict = new Bench({ strictWait: true });
    bye(strict);
    strict.user.last.reply(200);
    strict.time.advance(31_999);
    assert.equal(strict.layer.size, 1);
    strict.time.advance(1);
    assert.ok(strict.isClean);
  });

  test("100 leaves after 7·T1 without an answer, and is repeated for retransmissions (D-02, RFC 4320 §4.1)", () => {
    const bench = new Bench();
    bye(bench);
    bench.time.advance(3_499);
    assert.deepEqual(bench.transport.take(), []);
    bench.time.advance(1);
    assert.deepEqual(bench.transport.take(), ["100"]);
    bench.receive(requestText("BYE", { toTag: "b1", cseq: 2 }));
    assert.deepEqual(bench.transport.take(), ["100"]);
    assert.equal(bench.user.last.reply(180), false, "101–199 do not exist here");
  });

  test("no 100 with non_invite_100=no", () => {
    const bench = new Bench({ nonInvite100: false });
    bye(bench);
    bench.time.advance(31_000);
    assert.deepEqual(bench.transport.take(), []);
  });

  test("nobody answers: silence, and retransmissions are absorbed (D-01, RFC 4320 §4.2)", () => {
    const bench = new Bench({ nonInvite100: false });
    bye(bench);
    bench.user.last.release();
    bench.receive(requestText("BYE", { toTag: "b1", cseq: 2 }));
    assert.deepEqual(bench.transport.take(), []);
    assert.deepEqual(bench.user.take(), ["request BYE", "server over"]);
    bench.time.advance(5_000);
    assert.ok(bench.isClean);
  });

  for (const nonInvite100 of [true, false]) {
    test(`a final 64·T1 after the request is not sent any more (TM-15), ${nonInvite100 ? "with" : "without"} a 100`, () => {
      const bench = new Bench({ nonInvite100 });
      bye(bench);
      bench.time.advance(31_999);
      assert.equal(bench.user.last.isPending, true);
      bench.time.advance(1);
      bench.transport.take();
      assert.equal(bench.user.last.reply(200), false);
      assert.deepEqual(bench.transport.take(), []);
    });
  }
});

describe("matching requests", () => {
  test("branch, sent-by host without case, port with its default, transport and method make the key (TM-3)", () => {
    const bench = new Bench();
    bench.receive(requestText("OPTIONS", { via: "SIP/2.0/UDP Host.Example;branch=z9hG4bKk" }));
    const others = ["SIP/2.0/UDP host.example:5060;branch=z9hG4bKk", "SIP/2.0/UDP HOST.example;received=1.2.3.4;branch=z9hG4bKk"];
    for (const via of others) bench.receive(requestText("OPTIONS", { via }));
    assert.equal(bench.user.requests.length, 1);
    const different = [
      "SIP/2.0/UDP host.example;branch=z9hG4bKK",
      "SIP/2.0/UDP host.example:5070;branch=z9hG4bKk",
      "SIP/2.0/UDP host2.example;branch=z9hG4bKk",
      "SIP/2.0/TCP host.example;branch=z9hG4bKk",
    ];
    for (const via of different) bench.receive(requestText("OPTIONS", { via }));
    assert.equal(bench.user.requests.length, 5);
    bench.receive(requestText("INFO", { via: "SIP/2.0/UDP host.example;branch=z9hG4bKk" }));
    bench.receive(requestText("INFO", { via: "SIP/2.0/UDP host.example;branch=z9hG4bKk" }));
    assert.equal(bench.user.requests.length, 6);
  });

  test("without the cookie the rules of RFC 2543 apply (TM-4)", () => {
    const bench = new Bench();
    const via = "SIP/2.0/UDP 10.0.0.2:5060;branch=1";
    bench.receive(requestText("INVITE", { via }));
    bench.receive(requestText("INVITE", { via }));
    assert.equal(bench.user.requests.length, 1);
    bench.receive(requestText("INVITE", { via, cseq: 2 }));
    bench.receive(requestText("INVITE", { via, callId: "another" }));
    bench.receive(requestText("INVITE", { via, fromTag: "another" }));
    bench.receive(requestText("INVITE", { via, uri: "sip:carol@10.0.0.3" }));
    bench.receive(requestText("INVITE", { via, toTag: "t" }));
    bench.receive(requestText("INVITE", { via: "SIP/2.0/UDP 10.0.0.2:5060;branch=2" }));
    assert.equal(bench.user.requests.length, 7);
  });

  test("a branch that is the cookie alone is RFC 2543 too", () => {
    const bench = new Bench();
    const via = "SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK";
    bench.receive(requestText("INVITE", { via }));
    bench.receive(requestText("INVITE", { via, cseq: 2 }));
    bench.receive(requestText("INVITE", { via }));
    assert.equal(bench.user.requests.length, 2);
  });

  test("an RFC 2543 ACK and CANCEL find their INVITE (TM-4)", () => {
    const bench = new Bench();
    const via = "SIP/2.0/UDP 10.0.0.2:5060";
    bench.receive(requestText("INVITE", { via }));
    const invite = bench.user.last;
    invite.establish();
    bench.receive(requestText("CANCEL", { via }));
    assert.equal(invite.wasCancelled, true);
    invite.reply(487);
    bench.receive(requestText("ACK", { via, toTag: "wrong" }));
    assert.equal(invite.state, "completed");
    bench.receive(requestText("ACK", { via, toTag: invite.sentTag }));
    assert.equal(invite.state, "confirmed");
  });

  test("an RFC 2543 re-INVITE finds its ACK by the To-tag both have", () => {
    const bench = new Bench();
    const via = "SIP/2.0/UDP 10.0.0.2:5060";
    bench.receive(requestText("INVITE", { via, toTag: "b1", cseq: 5 }));
    bench.user.last.establish();
    bench.user.last.reply(488);
    bench.receive(requestText("ACK", { via, toTag: "b1", cseq: 5 }));
    assert.equal(bench.user.last.state, "confirmed");
  });

  test("id and cancelTransaction find a live transaction (TM-7, TM-63)", () => {
    const bench = new Bench();
    bench.receive(requestText("INVITE"));
    const server = bench.user.last;
    assert.equal(bench.layer.byId(server.hashIndex, server.label), undefined, "tentative ones have no id yet");
    server.establish();
    assert.equal(bench.layer.byId(server.hashIndex, server.label), server);
    assert.equal(bench.layer.byId(server.hashIndex ^ 1, server.label), undefined);
    assert.equal(bench.layer.cancelTransaction(server.hashIndex, server.label), true);
    assert.equal(bench.layer.cancelTransaction(server.hashIndex, server.label), false);
    assert.deepEqual(bench.user.take(), ["request INVITE", "cancelled by us"]);
  });

  test("a full table refuses new requests; waiting transactions do not count (S-04)", () => {
    const bench = new Bench({ maxInuseTransactions: 2 });
    for (const branch of ["z9hG4bK1", "z9hG4bK2", "z9hG4bK3"]) bench.receive(requestText("INVITE", { branch }));
    assert.deepEqual(bench.user.take(), ["request INVITE", "request INVITE", "overload INVITE"]);
    bench.receive(requestText("CANCEL", { branch: "z9hG4bK3" }));
    assert.deepEqual(bench.user.take(), ["overload CANCEL"]);
    bench.receive(requestText("CANCEL", { branch: "z9hG4bK2" }));
    assert.deepEqual(bench.user.take(), ["cancel", "cancelled"]);
    bench.user.last.establish();
    bench.user.last.reply(486);
    bench.receive(requestText("INVITE", { branch: "z9hG4bK4" }));
    assert.deepEqual(bench.user.take(), ["request INVITE"]);
    assert.equal(bench.statistic("overload_transactions"), 2);

    const whole = new Bench({ maxTransactions: 1 });
    whole.receive(requestText("OPTIONS", { branch: "z9hG4bK1" }));
    whole.user.last.reply(200);
    whole.receive(requestText("OPTIONS", { branch: "z9hG4bK2" }));
    assert.deepEqual(whole.user.take(), ["request OPTIONS", "server over", "overload OPTIONS"]);
  });
});

describe("CANCEL of a caller (TM-38 to TM-44)", () => {
  test("is answered 200 with the INVITE's To-tag, marks it and reaches the user; a repeated one is answered again", () => {
    const bench = new Bench();
    const client = call(bench);
    bench.receive(replyText(client, 180));
    bench.user.take();
    bench.transport.take();
    bench.receive(requestText("CANCEL"));
    assert.deepEqual(bench.user.take(), ["cancel", "cancelled"]);
    const invite = bench.user.last;
    assert.equal(invite.wasCancelled, true);
    assert.match(bench.transport.sent[0]?.text ?? "", /^SIP\/2\.0 200 canceling\r\n/);
    assert.ok(bench.transport.sent[0]?.text.includes(`;tag=${invite.localTag}`));
    bench.receive(requestText("CANCEL"));
    assert.deepEqual(bench.transport.take(), ["200", "200"]);
    assert.deepEqual(bench.user.take(), []);
  });

  test("after a final it is answered and has no effect", () => {
    const bench = new Bench();
    const client = call(bench);
    forward(bench, client, 200);
    bench.user.take();
    bench.transport.take();
    bench.receive(requestText("CANCEL"));
    assert.deepEqual(bench.transport.take(), ["200"]);
    assert.deepEqual(bench.user.take(), ["cancel"]);
    assert.equal(bench.user.requests[0]?.wasCancelled, false);
  });

  test("while the route still runs it leaves a mark (C-3)", () => {
    const bench = new Bench();
    bench.receive(requestText("INVITE"));
    const invite = bench.user.last;
    bench.receive(requestText("CANCEL"));
    assert.equal(invite.wasCancelled, true);
    assert.deepEqual(bench.transport.take(), ["200"]);
  });

  test("that matches nothing is a request like others; 481 is the user's word (D-08)", () => {
    const bench = new Bench();
    bench.receive(requestText("CANCEL"));
    assert.deepEqual(bench.user.take(), ["request CANCEL"]);
    assert.deepEqual(bench.transport.take(), []);
    bench.user.last.reply(481);
    bench.time.advance(5_000);
    assert.ok(bench.isClean);
  });

  test("of a non-INVITE is answered and has no effect (TM-44)", () => {
    const bench = new Bench();
    bench.receive(requestText("MESSAGE"));
    bench.user.take();
    bench.receive(requestText("CANCEL"));
    assert.deepEqual(bench.transport.take(), ["200"]);
    assert.deepEqual(bench.user.take(), ["cancel"]);
  });

  test("the script's way: the user answers and propagates", () => {
    const bench = new Bench();
    call(bench);
    bench.user.take();
    bench.user.takesCancel = true;
    bench.transport.take();
    bench.receive(requestText("CANCEL"));
    assert.deepEqual(bench.transport.take(), []);
    assert.deepEqual(bench.user.take(), ["cancel"]);
    const cancel = bench.layer.findCancelled(bench.user.last.request);
    assert.equal(cancel, bench.user.last);
    assert.equal(bench.user.last.cancelBy(bench.user.last.request), true);
    assert.deepEqual(bench.user.take(), ["cancelled"]);
  });

  test("from another address counts as unmatched when cancel_same_source is set (S-09)", () => {
    const bench = new Bench({ cancelSameSource: true });
    call(bench);
    bench.user.take();
    bench.receive(requestText("CANCEL"), { ...CALLER, ip: "10.0.0.66" });
    assert.deepEqual(bench.user.take(), ["request CANCEL"]);
  });
});

describe("association of end-to-end ACKs (TM-8)", () => {
  test("a call that spirals through us has two INVITEs alike; each ACK goes to one that had none", () => {
    const bench = new Bench();
    bench.receive(requestText("INVITE", { branch: "z9hG4bKouter" }));
    bench.receive(requestText("INVITE", { branch: "z9hG4bKinner" }));
    const [outer, inner] = bench.user.requests;
    assert.ok(outer && inner);
    for (const server of [inner, outer]) {
      server.establish();
      const client = bench.relay(server, 0, TO_CALLEE);
      assert.ok(client);
      const text = replyText(client, 200);
      bench.receive(text);
      server.respond(text, 200, responseOf(text), client);
    }
    bench.receive(requestText("ACK", { branch: "z9hG4bKack1", toTag: "b1" }));
    bench.receive(requestText("ACK", { branch: "z9hG4bKack2", toTag: "b1" }));
    assert.equal(outer.isAcknowledged, true);
    assert.equal(inner.isAcknowledged, true);
    bench.time.advance(5_000);
    assert.ok(bench.isClean);
  });
});
