import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CancelReason, type ClientTransaction } from "./client.ts";
import { Bench, CALLEE, replyText, requestText, responseOf, TO_CALLEE, TO_CALLEE_TCP } from "./harness.ts";

/** A relayed request; what left so far is forgotten. */
function branch(bench: Bench, method = "INVITE", destination = TO_CALLEE): ClientTransaction {
  bench.receive(requestText(method));
  bench.user.last.establish();
  const client = bench.relay(bench.user.last, 0, destination);
  assert.ok(client);
  bench.user.take();
  bench.transport.take();
  return client;
}

function times(bench: Bench, what: string): number[] {
  return bench.transport.sent.filter((one) => one.what === what).map((one) => one.at);
}

describe("INVITE branches", () => {
  const quiet = { autoTrying: false };

  test("an unanswered INVITE is repeated up to T2, then 408 is made up and late replies still match (TM-14)", () => {
    const bench = new Bench(quiet);
    const client = branch(bench);
    bench.time.advance(29_999);
    assert.deepEqual(times(bench, "INVITE"), [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500]);
    assert.equal(bench.statistic("retransmission_req_T1_1"), 1);
    assert.equal(bench.statistic("retransmission_req_T1_2"), 1);
    assert.equal(bench.statistic("retransmission_req_T1_3"), 1);
    assert.equal(bench.statistic("retransmission_req_T2"), 6);
    bench.time.advance(1);
    assert.deepEqual(bench.user.take(), ["failed 408"]);
    assert.equal(client.finalStatus, 408);
    assert.equal(client.isFaked, true);
    assert.equal(bench.statistic("timeout_finalresponse"), 1);
    assert.equal(client.state, "expired");
    bench.time.advance(32_000);
    assert.deepEqual(bench.user.take(), ["client over"]);
  });

  test("invite_retr_cap=no doubles without end (D-07)", () => {
    const bench = new Bench({ ...quiet, inviteRetrCap: false });
    branch(bench);
    bench.time.advance(29_999);
    assert.deepEqual(times(bench, "INVITE"), [500, 1500, 3500, 7500, 15_500]);
  });

  test("over a stream nothing is repeated", () => {
    const bench = new Bench(quiet);
    branch(bench, "INVITE", TO_CALLEE_TCP);
    bench.time.advance(30_000);
    assert.deepEqual(times(bench, "INVITE"), []);
    assert.deepEqual(bench.user.take(), ["failed 408"]);
  });

  test("100 stops retransmissions and is not delivered; timer C then runs, each 1xx starts it anew", () => {
    const bench = new Bench(quiet);
    const client = branch(bench);
    bench.receive(replyText(client, 100, ""), CALLEE);
    assert.deepEqual(bench.user.take(), ["observed 100"]);
    bench.time.advance(100_000);
    assert.deepEqual(times(bench, "INVITE"), []);
    bench.receive(replyText(client, 180), CALLEE);
    bench.time.advance(100_000);
    bench.receive(replyText(client, 180), CALLEE);
    assert.deepEqual(bench.user.take(), ["response 180", "response 180"]);
    bench.time.advance(119_999);
    assert.equal(client.state, "proceeding");
    bench.time.advance(1);
    assert.equal(client.state, "expired");
  });

  test("restart_fr_on_each_reply=0: only the first 1xx or a higher status from 180 on starts timer C anew", () => {
    const bench = new Bench({ ...quiet, restartFrOnEachReply: false });
    const client = branch(bench);
    bench.receive(replyText(client, 100, ""), CALLEE);
    bench.time.advance(60_000);
    bench.receive(replyText(client, 181), CALLEE);
    bench.time.advance(60_000);
    bench.receive(replyText(client, 180), CALLEE);
    bench.receive(replyText(client, 181), CALLEE);
    bench.time.advance(59_999);
    assert.equal(client.state, "proceeding");
    bench.time.advance(1);
    assert.equal(client.state, "expired");
  });

  test("timer C cancels the branch, makes up 408 at once, and the 487 is only acknowledged", () => {
    const bench = new Bench(quiet);
    const client = branch(bench);
    bench.receive(replyText(client, 180), CALLEE);
    bench.user.take();
    bench.time.advance(120_000);
    assert.deepEqual(bench.user.take(), ["failed 408"]);
    assert.ok(bench.transport.sent[0]?.text.includes('\r\nReason: SIP;cause=480;text="NO_ANSWER"\r\n'));
    assert.deepEqual(bench.transport.take(), ["CANCEL"]);
    bench.receive(replyText(client, 200, "x", "CANCEL"), CALLEE);
    bench.receive(replyText(client, 487), CALLEE);
    assert.deepEqual(bench.transport.take(), ["ACK"]);
    assert.deepEqual(bench.user.take(), []);
    bench.time.advance(5_000);
    assert.deepEqual(bench.user.take(), ["client over"]);
  });

  test("a made-up 408 does not hide a late 2xx; a late 1xx is cancelled once (TM-12)", () => {
    const bench = new Bench(quiet);
    const client = branch(bench);
    bench.time.advance(30_000);
    bench.user.take();
    bench.transport.take();
    bench.receive(replyText(client, 180), CALLEE);
    bench.receive(replyText(client, 183), CALLEE);
    assert.deepEqual(bench.transport.take(), ["CANCEL"]);
    assert.deepEqual(bench.user.take(), []);
    bench.receive(replyText(client, 200), CALLEE);
    assert.deepEqual(bench.user.take(), ["response 200"]);
    assert.equal(client.finalStatus, 200);
    assert.equal(client.isFaked, false);
    bench.time.advance(31_999);
    assert.equal(client.state, "accepted");
    bench.time.advance(1);
    assert.equal(client.state, "terminated");
    bench.transport.take();
    bench.time.advance(60_000);
    assert.equal(bench.transport.take().includes("CANCEL"), false, "the CANCEL is not repeated after the branch is over");
  });

  test("a refusal is acknowledged before anybody hears of it, once for each time it comes (TM-57)", () => {
    const bench = new Bench(quiet);
    const client = branch(bench);
    let sentFirst: string[] = [];
    bench.user.onResponse = () => {
      sentFirst = bench.transport.take();
    };
    bench.receive(replyText(client, 486, "b9"), CALLEE);
    assert.deepEqual(sentFirst, ["ACK"]);
    bench.receive(replyText(client, 486, "b9"), CALLEE);
    assert.deepEqual(bench.user.take(), ["response 486"]);
    const ack = bench.transport.sent[0]?.text ?? "";
    assert.ok(ack.startsWith(`ACK sip:bob@10.0.0.3 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=${client.branch}\r\n`));
    assert.match(ack, /\r\nTo: <sip:bob@10\.0\.0\.3>;tag=b9\r\n/);
    assert.match(ack, /\r\nCSeq: 1 ACK\r\n/);
    assert.equal(client.sent, "");
    bench.receive(replyText(client, 200), CALLEE);
    assert.deepEqual(bench.user.take(), ["response 200"], "D-14");
    bench.time.advance(4_999);
    assert.equal(client.state, "completed");
    bench.time.advance(1);
    assert.equal(client.state, "terminated");
  });

  test("timer D: a tick on streams, 32 s with strict_wait", () => {
    const stream = new Bench(quiet);
    const fast = branch(stream, "INVITE", TO_CALLEE_TCP);
    stream.receive(replyText(fast, 404), CALLEE);
    stream.time.advance(50);
    assert.equal(fast.state, "terminated");

    const strict = new Bench({ ...quiet, strictWait: true });
    const slow = branch(strict);
    strict.receive(replyText(slow, 404), CALLEE);
    strict.time.advance(31_999);
    assert.equal(slow.state, "completed");
    strict.time.advance(1);
    assert.equal(slow.state, "terminated");
  });

  test("2xx: repeated ones and those of other callees are delivered, all else is not (RFC 6026 §7.2)", () => {
    const bench = new Bench(quiet);
    const client = branch(bench);
    for (const [status, tag] of [
      [200, "b1"],
      [180, "b1"],
      [486, "b1"],
      [200, "b1"],
      [200, "b2"],
    ] as const) {
      bench.receive(replyText(client, status, tag), CALLEE);
    }
    assert.deepEqual(bench.user.take(), ["response 200", "response 200", "response 200"]);
    assert.deepEqual(bench.transport.take(), []);
    assert.equal(client.finalStatus, 200);
    assert.equal(client.sent, "");
  });

  test("a request that the transport could not send after all is a 503 (TM-20)", () => {
    const bench = new Bench(quiet);
    bench.receive(requestText("INVITE"));
    bench.user.last.establish();
    const client = bench.relay(bench.user.last);
    bench.user.take();
    bench.transport.sent[0]?.observer?.sendFailed("ECONNREFUSED");
    assert.deepEqual(bench.user.take(), ["failed 503", "client over"]);
    assert.equal(client?.state, "terminated");
    assert.equal(bench.layer.clientCount, 0);
    bench.transport.sent[0]?.observer?.sendFailed("again");
    assert.deepEqual(bench.user.take(), []);
  });

  test("a send that fails at once makes no branch; the layer says why", () => {
    const bench = new Bench(quiet);
    bench.receive(requestText("INVITE"));
    bench.transport.result = "noConnection";
    assert.equal(bench.relay(bench.user.last), undefined);
    assert.equal(bench.layer.lastSend, "noConnection");
    assert.equal(bench.layer.clientCount, 0);
  });

  test("a reply of another method, a foreign Via or an unknown branch is a stray (TM-5, X-20, D-03)", () => {
    const bench = new Bench(quiet);
    const client = branch(bench);
    bench.receive(replyText(client, 200, "b1", "BYE"), CALLEE);
    bench.receive(replyText(client, 200, "b1", "CANCEL"), CALLEE);
    bench.receive(replyText(client, 200).replace("10.0.0.1;", "10.0.0.77;"), CALLEE);
    bench.receive(replyText(client, 200).replace(client.branch, `${client.branch.slice(0, -1)}x`), CALLEE);
    assert.deepEqual(bench.user.take(), ["stray 200", "stray 200", "stray 200", "stray 200"]);
    assert.equal(bench.statistic("received_replies"), 4);
    const lax = new Bench({ ...quiet, checkVia: false });
    const other = branch(lax);
    lax.receive(replyText(other, 200).replace("10.0.0.1;", "10.0.0.77;"), CALLEE);
    assert.deepEqual(lax.user.take(), ["response 200"]);
  });

  test("the edit begun in RESPONSE_IN is the one that whoever relays takes", () => {
    const bench = new Bench(quiet);
    const client = branch(bench);
    bench.user.last.attach({ responseIn: (_server, response, from) => void from.editOf(response).append("X-Seen", "yes") });
    let relayed: string | undefined;
    bench.user.onResponse = (from, response) => {
      relayed = from.takeEdit(response)?.serialise();
      assert.equal(from.takeEdit(response), undefined);
    };
    bench.receive(replyText(client, 183), CALLEE);
    assert.match(relayed ?? "", /\r\nX-Seen: yes\r\n/);
  });
});

describe("CANCEL of a branch (TM-39, TM-40)", () => {
  const quiet = { autoTrying: false };

  test("waits for the first provisional reply", () => {
    const bench = new Bench(quiet);
    const client = branch(bench);
    client.cancel(CancelReason.originator);
    client.cancel(CancelReason.elsewhere);
    assert.deepEqual(bench.transport.take(), []);
    bench.receive(replyText(client, 100, ""), CALLEE);
    assert.ok(bench.transport.sent[0]?.text.includes('cause=487;text="ORIGINATOR_CANCEL"'));
    assert.deepEqual(bench.transport.take(), ["CANCEL"]);
  });

  test("looks like its INVITE: same branch, target, From, To, number; one ever", () => {
    const bench = new Bench(quiet);
    const client = branch(bench);
    bench.receive(replyText(client, 180), CALLEE);
    client.cancel(CancelReason.elsewhere);
    client.cancel(CancelReason.elsewhere);
    const text = bench.transport.sent[0]?.text ?? "";
    assert.ok(text.startsWith(`CANCEL sip:bob@10.0.0.3 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=${client.branch}\r\n`));
    assert.match(text, /\r\nTo: <sip:bob@10\.0\.0\.3>\r\n/);
    assert.match(text, /\r\nCSeq: 1 CANCEL\r\n/);
    assert.match(text, /\r\nReason: SIP;cause=200;text="Call completed elsewhere"\r\n/);
    assert.deepEqual(bench.transport.take(), ["CANCEL"]);
  });

  test("is repeated until anything answers it, at most fr_timeout long", () => {
    const bench = new Bench(quiet);
    const client = branch(bench);
    bench.receive(replyText(client, 180), CALLEE);
    client.cancel("");
    bench.time.advance(1_600);
    assert.deepEqual(times(bench, "CANCEL"), [0, 500, 1500]);
    bench.receive(replyText(client, 200, "x", "CANCEL"), CALLEE);
    bench.time.advance(10_000);
    assert.deepEqual(times(bench, "CANCEL"), [0, 500, 1500]);
    assert.equal(client.state, "proceeding");

    const alone = new Bench(quiet);
    const second = branch(alone);
    alone.receive(replyText(second, 180), CALLEE);
    second.cancel("");
    alone.time.advance(100_000);
    assert.deepEqual(times(alone, "CANCEL"), [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500]);
  });

  test("does nothing after a final, nor for other methods", () => {
    const bench = new Bench(quiet);
    const client = branch(bench);
    bench.receive(replyText(client, 486), CALLEE);
    bench.transport.take();
    client.cancel("");
    assert.deepEqual(bench.transport.take(), []);
    const other = new Bench();
    const bye = branch(other, "BYE");
    other.receive(replyText(bye, 100, ""), CALLEE);
    bye.cancel("");
    assert.deepEqual(other.transport.take(), []);
  });

  test("a 2xx that crosses it is delivered (TM-42)", () => {
    const bench = new Bench(quiet);
    const client = branch(bench);
    bench.receive(replyText(client, 180), CALLEE);
    client.cancel("");
    bench.receive(replyText(client, 200), CALLEE);
    assert.deepEqual(bench.user.take(), ["response 180", "response 200"]);
    bench.transport.take();
    bench.time.advance(10_000);
    assert.deepEqual(bench.transport.take(), []);
  });
});

describe("a final made here (TM-22)", () => {
  for (const [status, reason] of [
    [480, 'SIP;cause=480;text="Temporarily Unavailable"'],
    [200, 'SIP;cause=200;text="Call completed elsewhere"'],
  ] as const) {
    test(`${status} cancels the branches that still ring, after it was sent`, () => {
      const bench = new Bench({ autoTrying: false });
      const ringing = branch(bench);
      const silent = bench.relay(bench.user.last, 1);
      const refused = bench.relay(bench.user.last, 2);
      assert.ok(silent && refused);
      bench.receive(replyText(ringing, 180), CALLEE);
      bench.receive(replyText(refused, 486), CALLEE);
      bench.transport.take();
      bench.user.last.reply(status);
      assert.ok(bench.transport.sent[1]?.text.includes(`\r\nReason: ${reason}\r\n`));
      assert.deepEqual(bench.transport.take(), [String(status), "CANCEL"]);
      bench.receive(replyText(silent, 180), CALLEE);
      assert.deepEqual(bench.transport.take(), ["CANCEL"]);
    });
  }
});

describe("non-INVITE branches", () => {
  const quiet = { nonInvite100: false };

  test("repeated up to T2, 408 after fr_timeout (TM-14)", () => {
    const bench = new Bench(quiet);
    const client = branch(bench, "BYE");
    bench.time.advance(29_999);
    assert.deepEqual(times(bench, "BYE"), [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500]);
    bench.time.advance(1);
    assert.deepEqual(bench.user.take(), ["failed 408", "client over"]);
    assert.equal(client.state, "terminated");
  });

  test("a provisional reply slows them to T2 and is not delivered (D-02)", () => {
    const bench = new Bench(quiet);
    const client = branch(bench, "BYE");
    bench.time.advance(500);
    bench.receive(replyText(client, 183), CALLEE);
    bench.receive(replyText(client, 100, ""), CALLEE);
    assert.deepEqual(bench.user.take(), ["observed 183", "observed 100"]);
    bench.time.advance(9_000);
    assert.deepEqual(times(bench, "BYE"), [500, 4500, 8500]);
  });

  test("over a stream a provisional reply starts no retransmission", () => {
    const bench = new Bench(quiet);
    const client = branch(bench, "BYE", TO_CALLEE_TCP);
    bench.receive(replyText(client, 100, ""), CALLEE);
    bench.time.advance(20_000);
    assert.deepEqual(times(bench, "BYE"), []);
  });

  test("the final is delivered once, then everything is absorbed for wt_timer", () => {
    const bench = new Bench(quiet);
    const client = branch(bench, "BYE");
    bench.receive(replyText(client, 200), CALLEE);
    bench.receive(replyText(client, 200), CALLEE);
    assert.deepEqual(bench.user.take(), ["response 200", "client over"]);
    assert.equal(client.sent, "");
    bench.time.advance(4_999);
    assert.equal(bench.layer.clientCount, 1);
    bench.time.advance(1);
    assert.equal(bench.layer.clientCount, 0);
  });

  test("a final for the INVITE that a transaction has relayed completes the whole story cleanly", () => {
    const bench = new Bench();
    const client = branch(bench);
    const text = replyText(client, 486);
    bench.receive(text, CALLEE);
    bench.user.last.respond(text, 486, responseOf(text), client);
    bench.receive(requestText("ACK", { toTag: "b1" }));
    bench.time.advance(5_000);
    assert.ok(bench.isClean);
    assert.equal(bench.statistic("relayed_replies"), 1);
    assert.equal(bench.statistic("4xx_transactions"), 1);
    assert.equal(bench.statistic("inuse_transactions"), 0);
  });
});
