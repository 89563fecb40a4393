import assert from "node:assert/strict";
import { test } from "node:test";
import { SipRequest, SipResponse } from "../sip/index.ts";
import { TestClock } from "../testing/index.ts";
import type { RequestContext } from "./context.ts";
import { listener, type RequestShape, requestText } from "./fixtures.ts";
import { A, B, briefs, C, Harness, type HarnessOptions, lastOf, only, type Sent, TCP, UDP } from "./harness.ts";
import type { RelayCode } from "./ports.ts";

/** A route that relays to the address given, whatever the R-URI. */
function toward(...ips: readonly string[]): (context: RequestContext) => void {
  return (context) => {
    context.decrementMaxForwards(10);
    if (context.request.method === "INVITE" && !context.hasToTag) context.recordRoute();
    context.relay({ targets: ips.map((ip) => ({ requestUri: `sip:bob@${ip}` })) });
  };
}

function house(options: HarnessOptions = {}): Harness {
  return new Harness(new TestClock(), options);
}

const INVITE = requestText("INVITE", "sip:bob@10.0.0.3");

function invite(shape: RequestShape = {}): string {
  return requestText("INVITE", "sip:bob@10.0.0.3", shape);
}

function headerOf(one: Sent, name: string): string | undefined {
  return one.message.header(name);
}

/** ACK of A for a refusal: same branch as the INVITE. */
function hopAck(final: Sent, shape: RequestShape = {}): string {
  return requestText("ACK", "sip:bob@10.0.0.3", { ...shape, toTag: final.message.toTag });
}

test("a relayed INVITE differs only in Via, received/rport, Max-Forwards and Record-Route (M-5, AC-15)", () => {
  const h = house({ route: toward(B), proxy: { addLocalRport: false } });
  const text = invite({
    via: "SIP/2.0/UDP 192.168.0.5:5060;rport;branch=z9hG4bKx",
    headers: "X-Odd:   kept  \r\nsubject : Hi\r\n",
    body: "v=0\r\n",
  });
  const sent = only(h.receive(text, { port: 40_000 }));
  assert.equal(sent.ip, B);
  const via = sent.text.split("\r\n")[2] ?? "";
  assert.match(via, /^Via: SIP\/2\.0\/UDP 10\.0\.0\.1;branch=z9hG4bK[0-9a-f]+\.[0-9a-f]+\.0\.[0-9a-f]{8}\.[0-9a-f]{8}$/);
  const expected = text
    .replace(
      "\r\nVia: SIP/2.0/UDP 192.168.0.5:5060;rport;branch=z9hG4bKx",
      `\r\nRecord-Route: <sip:10.0.0.1;lr;ftag=a>\r\n${via}\r\nVia: SIP/2.0/UDP 192.168.0.5:5060;received=10.0.0.2;rport=40000;branch=z9hG4bKx`,
    )
    .replace("Max-Forwards: 70", "Max-Forwards: 69");
  assert.equal(sent.text, expected);
  const back = only(h.answer(sent, 180));
  assert.deepEqual([back.ip, back.port, back.listener], [A, 40_000, UDP]);
});

test("AC-03: without Max-Forwards 10 is added by the route's call, else 70", () => {
  assert.equal(only(house({ route: toward(B) }).receive(invite({ maxForwards: "none" }))).message.maxForwards, 10);
  assert.equal(only(house().receive(invite({ maxForwards: "none" }))).message.maxForwards, 70);
  assert.equal(only(house().receive(invite({ maxForwards: 70 }))).message.maxForwards, 69);
});

test("AC-04: Max-Forwards 0 is answered 483 and no branch is sent", () => {
  const h = house();
  const sent = only(h.receive(invite({ maxForwards: 0 })));
  assert.deepEqual(briefs([sent]), [`483 ${A}`]);
  assert.deepEqual(briefs(h.receive(hopAck(sent))), []);
});

test("MF-1, MF-2: what the route sees of Max-Forwards", () => {
  const seen: (readonly [number, number])[] = [];
  const route = (context: RequestContext): void => {
    seen.push([context.decrementMaxForwards(10), context.decrementMaxForwards(10)]);
    context.relay();
  };
  const h = house({ route });
  assert.equal(only(h.receive(invite({ maxForwards: 5, callId: "1" }))).message.maxForwards, 4, "lowered once");
  assert.equal(only(h.receive(invite({ maxForwards: 255, callId: "2" }))).message.maxForwards, 254);
  h.receive(invite({ maxForwards: "none", callId: "3" }));
  h.receive(invite({ maxForwards: 0, callId: "4" }));
  assert.deepEqual(seen, [
    [1, 1],
    [1, 1],
    [2, 2],
    [-1, -1],
  ]);
});

test("AC-12: an unknown Proxy-Require is refused 420 with Unsupported, a CANCEL is not", () => {
  const h = house();
  const refused = only(h.receive(invite({ headers: "Proxy-Require: foo, bar\r\n" })));
  assert.deepEqual(briefs([refused]), [`420 ${A}`]);
  assert.equal(headerOf(refused, "Unsupported"), "foo, bar");
  assert.deepEqual(briefs(h.receive(requestText("CANCEL", "sip:bob@10.0.0.3", { headers: "Proxy-Require: foo\r\n" }))), [`481 ${A}`]);
  const knowing = house({ proxy: { knownExtensions: ["foo", "bar"] } });
  assert.deepEqual(briefs(knowing.receive(invite({ headers: "Proxy-Require: foo, bar\r\n" }))), [`INVITE ${B}`]);
});

test("AC-13: a scheme nobody can route by is refused 416; tel has no address", () => {
  const h = house();
  assert.deepEqual(briefs(h.receive(requestText("OPTIONS", "unknownscheme:x"))), [`416 ${A}`]);
  assert.deepEqual(briefs(h.receive(requestText("OPTIONS", "tel:+123", { callId: "2" }))), [`478 ${A}`]);
});

test("AC-14: a reply never goes where its second Via points", () => {
  const h = house();
  const sent = only(h.receive(INVITE));
  const forged = `SIP/2.0 200 OK\r\nVia: ${sent.message.topVia.text}\r\nVia: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bKx\r\nFrom: <sip:alice@10.0.0.2>;tag=a\r\nTo: <sip:bob@10.0.0.1>;tag=b\r\nCall-ID: call1@10.0.0.2\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n`;
  assert.deepEqual(briefs(h.receive(forged, { ip: B })), [`200 ${A}`]);
  const unmatched = forged.replace(/branch=z9hG4bK[0-9a-f.]+/, "branch=z9hG4bKunknown");
  assert.deepEqual(h.receive(unmatched, { ip: B }), []);
  assert.equal(h.stat("core:drop_replies"), 1);
});

test("AC-16: without rport replies go to the Via port of the source", () => {
  const h = house();
  const sent = only(h.receive(invite({ via: "SIP/2.0/UDP 192.168.0.5:5062;branch=z9hG4bKx" }), { port: 40_000 }));
  const below = sent.message.values("Via")[1];
  assert.equal(below, "SIP/2.0/UDP 192.168.0.5:5062;received=10.0.0.2;branch=z9hG4bKx");
  const back = only(h.answer(sent, 200));
  assert.deepEqual([back.ip, back.port], [A, 5062]);
});

test("AC-20: an advertised address stands in Via and Record-Route, and a Route with it is ours", () => {
  const shown = listener("udp", "10.0.0.1", 5060, 0, { host: "1.2.3.4", port: 5080 });
  const codes: number[] = [];
  const route = (context: RequestContext): void => {
    codes.push(context.looseRoute());
    if (!context.hasToTag) context.recordRoute();
    context.relay();
  };
  const h = house({ listeners: [shown], route });
  const sent = only(h.receive(INVITE, { listener: shown }));
  assert.match(sent.message.topVia.text, /^SIP\/2\.0\/UDP 1\.2\.3\.4:5080;/);
  assert.equal(headerOf(sent, "Record-Route"), "<sip:1.2.3.4:5080;lr;ftag=a>");
  const bye = requestText("BYE", "sip:bob@10.0.0.3", {
    toTag: "b",
    cseq: 2,
    headers: "Route: <sip:1.2.3.4:5080;lr;ftag=a>\r\n",
    branch: "z9hG4bKbye",
  });
  const passed = only(h.receive(bye, { listener: shown }));
  assert.deepEqual([passed.ip, passed.message.has("Route")], [B, false]);
  assert.deepEqual(codes, [-1, 1]);
});

test("AC-21: B silent on UDP: the INVITE is repeated up to T2, A gets 100 and at 30 s 408", () => {
  const h = house({ route: toward(B) });
  h.receive(INVITE);
  h.wait(29_999);
  assert.deepEqual(
    h.to(B).map((one) => one.at),
    [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500],
  );
  assert.deepEqual(briefs(h.to(A)), [`100 ${A}`]);
  h.wait(1);
  assert.deepEqual(briefs(h.to(A)), [`100 ${A}`, `408 ${A}`]);
  assert.notEqual(h.to(A)[1]?.message.toTag, "", "a final made here has a To-tag (TM-36)");
});

test("AC-22: 100 and then silence: no repetition, 100 not relayed; timer C cancels with 480 and A gets 408 at once", () => {
  const h = house({ route: toward(B) });
  const sent = only(h.receive(INVITE));
  h.wait(300);
  h.take();
  assert.deepEqual(h.answer(sent, 100), []);
  assert.deepEqual(h.wait(119_999), []);
  const last = h.wait(1);
  assert.deepEqual(briefs(last).sort(), [`408 ${A}`, `CANCEL ${B}`].sort());
  assert.equal(headerOf(lastOf(last, B), "Reason"), 'SIP;cause=480;text="NO_ANSWER"');
});

test("AC-23, AC-24: a non-INVITE that nobody answers ends in silence, unless 408 is asked for", () => {
  const outcomes: number[] = [];
  const failures: number[] = [];
  const route = (context: RequestContext): void => {
    context.onOutcome = (status) => outcomes.push(status);
    context.onFailure = (failure) => void failures.push(failure.status);
    context.relay();
  };
  const h = house({ route });
  h.receive(requestText("OPTIONS", "sip:bob@10.0.0.3"));
  h.wait(3499);
  assert.deepEqual(briefs(h.to(A)), []);
  h.wait(60_000);
  assert.deepEqual(briefs(h.to(A)), [`100 ${A}`]);
  assert.deepEqual([failures, outcomes], [[408], [408]]);
  assert.equal(h.transactions.size, 0);
  const loud = house({ proxy: { nonInvite408: true }, transaction: { nonInvite408: true } });
  loud.receive(requestText("OPTIONS", "sip:bob@10.0.0.3"));
  loud.wait(60_000);
  assert.deepEqual(briefs(loud.to(A)), [`100 ${A}`, `408 ${A}`]);
});

test("AC-25: a 486 is acknowledged hop by hop and repeated to A until its ACK, which is absorbed", () => {
  const h = house({ route: toward(B) });
  const sent = only(h.receive(INVITE));
  const [ack, refusal] = h.answer(sent, 486);
  assert.ok(ack !== undefined && refusal !== undefined);
  assert.deepEqual(briefs([ack, refusal]), [`ACK ${B}`, `486 ${A}`]);
  assert.equal(ack.message.topVia.branch, sent.message.topVia.branch);
  assert.ok(ack.message instanceof SipRequest && sent.message instanceof SipRequest);
  assert.equal(ack.message.requestUri, sent.message.requestUri);
  assert.deepEqual(
    h.wait(3600).map((one) => [one.at, ...briefs([one])]),
    [
      [500, `486 ${A}`],
      [1500, `486 ${A}`],
      [3500, `486 ${A}`],
    ],
  );
  assert.deepEqual(h.receive(hopAck(refusal)), []);
  assert.deepEqual(h.wait(60_000), []);
  assert.equal(h.transactions.size, 0);
});

test("AC-26: a refusal that is never acknowledged ends after fr_timeout and leaves nothing behind", () => {
  const h = house({ route: toward(B) });
  h.answer(only(h.receive(INVITE)), 486);
  h.wait(40_000);
  assert.equal(h.to(A).at(-1)?.at, 27_500);
  assert.deepEqual([h.transactions.size, h.transactions.clientCount, h.timers.count], [0, 0, 0]);
});

test("AC-27: a 401 is relayed once; only a repeated INVITE brings it again", () => {
  const h = house({ route: toward(B) });
  const sent = only(h.receive(INVITE));
  assert.deepEqual(briefs(h.answer(sent, 401)), [`ACK ${B}`, `401 ${A}`]);
  assert.deepEqual(h.wait(4000), []);
  assert.deepEqual(briefs(h.receive(INVITE)), [`401 ${A}`]);
});

test("AC-28, AC-29: a repeated INVITE makes no second branch; 100 again before, nothing after the 200", () => {
  const h = house({ route: toward(B) });
  const sent = only(h.receive(INVITE));
  assert.deepEqual(briefs(h.wait(150)), [`100 ${A}`]);
  assert.deepEqual(briefs(h.receive(INVITE)), [`100 ${A}`]);
  assert.deepEqual(briefs(h.answer(sent, 200)), [`200 ${A}`]);
  assert.deepEqual(h.receive(INVITE), []);
});

test("AC-30: repeated 200s are relayed each, RESPONSE_PRE_OUT fires for the first alone", () => {
  let before = 0;
  let forwarded = 0;
  const h = house({ route: toward(B) });
  h.transactions.addGlobalHook({
    requestIn: (transaction) =>
      transaction.attach({
        responsePreOut: () => void before++,
        responseForwarded: () => void forwarded++,
      }),
  });
  const sent = only(h.receive(INVITE));
  for (let i = 0; i < 4; i++) {
    assert.deepEqual(briefs(h.answer(sent, 200)), [`200 ${A}`]);
    h.wait(500);
  }
  assert.deepEqual([before, forwarded], [1, 4]);
});

test("AC-31: a 200 after A was told 487 is relayed and told to the hooks (D-14)", () => {
  const seen: string[] = [];
  const h = house({ route: toward(B) });
  h.transactions.addGlobalHook({
    requestIn: (transaction) =>
      transaction.attach({
        responsePreOut: (_transaction, status) => void seen.push(`out ${status}`),
        responseForwarded: (_transaction, response) => void seen.push(`forwarded ${response.status}`),
      }),
  });
  const sent = only(h.receive(INVITE));
  h.receive(requestText("CANCEL", "sip:bob@10.0.0.3"));
  h.wait(31_000); // B never says anything: 408 is faked, which a cancelled INVITE gets as 487 (TM-41)
  assert.equal(briefs(h.to(A)).includes(`487 ${A}`), true);
  seen.length = 0;
  assert.deepEqual(briefs(h.answer(sent, 200)), [`200 ${A}`]);
  assert.deepEqual(seen, ["forwarded 200", "out 200"]);
});

test("AC-32, AC-33: the first 200 cancels the others, with their first provisional where they had none", () => {
  const h = house({ route: toward(B, C) });
  h.receive(INVITE);
  const toB = lastOf(h.to(B), B);
  const toC = lastOf(h.to(C), C);
  assert.notEqual(toB.message.topVia.branch, toC.message.topVia.branch);
  h.answer(toB, 180);
  assert.deepEqual(briefs(h.answer(toC, 200)), [`200 ${A}`, `CANCEL ${B}`]);
  const cancel = lastOf(h.to(B), B, "CANCEL");
  assert.equal(headerOf(cancel, "Reason"), 'SIP;cause=200;text="Call completed elsewhere"');
  assert.equal(cancel.message.topVia.branch, toB.message.topVia.branch);
  h.answer(cancel, 200);
  assert.deepEqual(briefs(h.answer(toB, 487)), [`ACK ${B}`], "its 487 is acknowledged and goes no further");

  const silent = house({ route: toward(B, C) });
  silent.receive(INVITE);
  assert.deepEqual(briefs(silent.answer(lastOf(silent.to(B), B), 200)), [`200 ${A}`]);
  assert.deepEqual(briefs(silent.answer(lastOf(silent.to(C), C), 180)), [`CANCEL ${C}`]);
});

test("AC-34: a 603 wins at once, the others are cancelled, the failure hook cannot add branches", () => {
  const codes: (RelayCode | undefined)[] = [];
  const route = (context: RequestContext): void => {
    context.onFailure = (failure) => void codes.push(failure.relay({ targets: [{ requestUri: "sip:x@10.0.0.5" }] }));
    context.relay({ targets: [{ requestUri: "sip:bob@10.0.0.3" }, { requestUri: "sip:bob@10.0.0.4" }] });
  };
  const h = house({ route });
  h.receive(INVITE);
  const toB = lastOf(h.to(B), B);
  h.answer(toB, 180);
  assert.deepEqual(briefs(h.answer(lastOf(h.to(C), C), 603)), [`ACK ${C}`, `CANCEL ${B}`, `603 ${A}`]);
  assert.deepEqual(codes, [-3]);
});

test("TM-29: with disable6xxBlock a 603 waits for the others", () => {
  const h = house({ route: toward(B, C), proxy: { disable6xxBlock: true } });
  h.receive(INVITE);
  assert.deepEqual(briefs(h.answer(lastOf(h.to(C), C), 603)), [`ACK ${C}`]);
  assert.deepEqual(briefs(h.answer(lastOf(h.to(B), B), 404)), [`ACK ${B}`, `603 ${A}`]);
});

test("AC-35: the challenges of all branches travel in the 401", () => {
  const h = house({ route: toward(B, C) });
  h.receive(INVITE);
  h.answer(lastOf(h.to(C), C), 407, { headers: 'Proxy-Authenticate: Digest realm="c"\r\n' });
  const last = h.answer(lastOf(h.to(B), B), 401, { headers: 'WWW-Authenticate: Digest realm="b"\r\n' });
  const relayed = lastOf(last, A);
  assert.ok(relayed.message instanceof SipResponse && relayed.message.status === 401);
  assert.equal(headerOf(relayed, "WWW-Authenticate"), 'Digest realm="b"');
  assert.equal(headerOf(relayed, "Proxy-Authenticate"), 'Digest realm="c"');
  const plain = house({ route: toward(B, C), proxy: { aggregateChallenges: false } });
  plain.receive(INVITE);
  plain.answer(lastOf(plain.to(C), C), 407, { headers: 'Proxy-Authenticate: Digest realm="c"\r\n' });
  plain.answer(lastOf(plain.to(B), B), 401, { headers: 'WWW-Authenticate: Digest realm="b"\r\n' });
  assert.equal(headerOf(lastOf(plain.to(A), A), "Proxy-Authenticate"), undefined);
});

test("AC-36: a timeout is better than a 503; a 503 alone goes up as 500 with its reason", () => {
  const h = house({ route: toward(B, C) });
  h.receive(INVITE);
  h.answer(lastOf(h.to(C), C), 503);
  h.wait(30_000);
  assert.equal(briefs(h.to(A)).includes(`408 ${A}`), true);
  const alone = house({ route: toward(B) });
  const sent = only(alone.receive(INVITE));
  const relayed = lastOf(alone.answer(sent, 503, { reason: "Busy Trunk", headers: "Retry-After: 7\r\n" }), A);
  assert.ok(relayed.message instanceof SipResponse);
  assert.deepEqual([relayed.message.status, relayed.message.reason, headerOf(relayed, "Retry-After")], [500, "Busy Trunk", "7"]);
  const open = house({ route: toward(B), proxy: { disable503Translation: true } });
  assert.deepEqual(briefs(open.answer(only(open.receive(INVITE)), 503)), [`ACK ${B}`, `503 ${A}`]);
});

test("AC-37: 404 is better than 486", () => {
  const h = house({ route: toward(B, C) });
  h.receive(INVITE);
  assert.deepEqual(briefs(h.answer(lastOf(h.to(B), B), 486)), [`ACK ${B}`]);
  assert.deepEqual(briefs(h.answer(lastOf(h.to(C), C), 404)), [`ACK ${C}`, `404 ${A}`]);
});

test("AC-38: a 503 of the first address goes on to the second, with a new branch and no failure hook", () => {
  let failures = 0;
  const route = (context: RequestContext): void => {
    context.onFailure = () => void failures++;
    context.relay();
  };
  const h = house({ route });
  h.names.add("example.com", B, C);
  const sent = only(h.receive(requestText("INVITE", "sip:bob@example.com")));
  assert.equal(sent.ip, B);
  const next = h.answer(sent, 503);
  assert.deepEqual(briefs(next), [`ACK ${B}`, `INVITE ${C}`]);
  assert.notEqual(lastOf(next, C).message.topVia.branch, sent.message.topVia.branch);
  assert.deepEqual(briefs(h.answer(lastOf(next, C), 200)), [`200 ${A}`]);
  assert.equal(failures, 0);
});

test("TM-34: silence fails over too, an answer before it does not; noDnsFailover stops at the first", () => {
  const h = house();
  h.names.add("example.com", B, C);
  h.receive(requestText("OPTIONS", "sip:example.com"));
  h.wait(30_000);
  assert.equal(h.to(C).length, 1);
  const rung = house();
  rung.names.add("example.com", B, C);
  rung.answer(only(rung.receive(requestText("INVITE", "sip:bob@example.com"))), 180);
  rung.wait(121_000);
  assert.equal(rung.to(C).length, 0);
  const first = house({ route: (context) => void context.relay({ noDnsFailover: true }) });
  first.names.add("example.com", B, C);
  assert.deepEqual(briefs(first.answer(only(first.receive(requestText("INVITE", "sip:bob@example.com"))), 503)), [`ACK ${B}`, `500 ${A}`]);
});

test("an address that cannot be sent to at once is passed over for the next one", () => {
  const h = house();
  h.names.add("example.com", B, C);
  h.wire.broken.add(B);
  assert.deepEqual(briefs(h.receive(requestText("INVITE", "sip:bob@example.com"))), [`INVITE ${C}`]);
});

test("AC-39: a failure hook forks again; a second failure does not run it twice", () => {
  let runs = 0;
  const route = (context: RequestContext): void => {
    context.onFailure = (failure) => {
      runs++;
      assert.equal(failure.status, 486);
      assert.equal(failure.branches.length, 1);
      failure.relay({ targets: [{ requestUri: `sip:bob@${C}` }] });
    };
    context.relay();
  };
  const h = house({ route });
  const sent = only(h.receive(INVITE));
  const next = h.answer(sent, 486);
  assert.deepEqual(briefs(next), [`ACK ${B}`, `INVITE ${C}`]);
  assert.deepEqual(briefs(h.answer(lastOf(next, C), 200)), [`200 ${A}`]);
  assert.equal(runs, 1);
  const again = house({ route });
  const second = again.answer(only(again.receive(INVITE)), 486);
  assert.deepEqual(briefs(again.answer(lastOf(second, C), 480)), [`ACK ${C}`, `480 ${A}`], "the later round alone has a say");
  assert.equal(runs, 2);
});

test("AC-40: a CANCEL before any provisional waits for it", () => {
  const h = house({ route: toward(B) });
  const sent = only(h.receive(INVITE));
  const own = only(h.receive(requestText("CANCEL", "sip:bob@10.0.0.3")));
  assert.ok(own.message instanceof SipResponse);
  assert.deepEqual([own.ip, own.message.status, own.message.reason], [A, 200, "canceling"]);
  const cancel = only(h.answer(sent, 100));
  assert.deepEqual(briefs([cancel]), [`CANCEL ${B}`]);
});

test("AC-41: a CANCEL after 180 goes on with the branch of the INVITE, its 487 is relayed", () => {
  const h = house({ route: toward(B) });
  const sent = only(h.receive(INVITE));
  h.answer(sent, 180);
  const cancelled = h.receive(requestText("CANCEL", "sip:bob@10.0.0.3"));
  assert.deepEqual(briefs(cancelled), [`200 ${A}`, `CANCEL ${B}`]);
  const cancel = lastOf(cancelled, B);
  assert.equal(cancel.message.topVia.branch, sent.message.topVia.branch);
  assert.equal(headerOf(cancel, "Reason"), 'SIP;cause=487;text="ORIGINATOR_CANCEL"');
  assert.deepEqual(briefs(h.answer(sent, 487)), [`ACK ${B}`, `487 ${A}`]);
});

test("TM-18: the Reason of a CANCEL is passed on when asked for; no-cancel is honoured when asked for", () => {
  const passing = house({ route: (context) => void context.relay({ passReason: true }) });
  passing.answer(only(passing.receive(INVITE)), 180);
  passing.receive(requestText("CANCEL", "sip:bob@10.0.0.3", { headers: "Reason: Q.850;cause=16\r\n" }));
  assert.equal(headerOf(lastOf(passing.to(B), B, "CANCEL"), "Reason"), "Q.850;cause=16");
  const stubborn = house({ route: (context) => void context.relay({ allowNoCancel: true }) });
  stubborn.answer(only(stubborn.receive(invite({ headers: "Request-Disposition: no-cancel\r\n" }))), 180);
  assert.deepEqual(briefs(stubborn.receive(requestText("CANCEL", "sip:bob@10.0.0.3"))), [`200 ${A}`]);
  const own = house({
    route: (context) => {
      context.cancelReason = 'SIP;cause=486;text="mine"';
      context.relay();
    },
  });
  own.answer(only(own.receive(INVITE)), 180);
  own.receive(requestText("CANCEL", "sip:bob@10.0.0.3"));
  assert.equal(headerOf(lastOf(own.to(B), B, "CANCEL"), "Reason"), 'SIP;cause=486;text="mine"');
});

test("AC-42: a CANCEL that belongs to nothing is answered 481", () => {
  const h = house();
  assert.deepEqual(briefs(h.receive(requestText("CANCEL", "sip:bob@10.0.0.3"))), [`481 ${A}`]);
  assert.equal(h.transactions.size, 0);
});

test("AC-43: a relay after a CANCEL that came while the route waited is answered 487", async () => {
  let go = (): void => {};
  let code: RelayCode | undefined;
  const route = async (context: RequestContext): Promise<void> => {
    await new Promise<void>((resolve) => {
      go = resolve;
    });
    code = context.relay();
  };
  const h = house({ route });
  assert.deepEqual(h.receive(INVITE), []);
  assert.deepEqual(briefs(h.receive(requestText("CANCEL", "sip:bob@10.0.0.3"))), [`200 ${A}`]);
  go();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(code, -3);
  assert.deepEqual(briefs(h.to(A)), [`200 ${A}`, `487 ${A}`]);
  assert.deepEqual(h.to(B), []);
});

test("AC-44: an RFC 2543 INVITE makes one branch, its ACK to a 486 is absorbed", () => {
  const h = house({ route: toward(B) });
  const text = invite({ via: "SIP/2.0/UDP 10.0.0.2:5060;branch=1" });
  const sent = only(h.receive(text));
  assert.deepEqual(h.receive(text), []);
  const refusal = lastOf(h.answer(sent, 486), A);
  assert.deepEqual(h.receive(hopAck(refusal, { via: "SIP/2.0/UDP 10.0.0.2:5060;branch=1" })), []);
  assert.deepEqual(h.wait(10_000), []);
});

test("AC-45: a request that comes back unchanged is refused 482 on the second revolution at the latest", () => {
  const h = house({ route: (context) => void context.relay({ targets: [{ requestUri: "sip:bob@10.0.0.1" }] }) });
  let next: readonly Sent[] = h.receive(INVITE);
  let invites = 0;
  for (let i = 0; i < 10; i++) {
    const request = next.find((one) => one.message instanceof SipRequest && one.message.method === "INVITE");
    if (request === undefined) break;
    invites++;
    next = h.receive(request.text, { ip: "10.0.0.1" });
  }
  assert.ok(invites <= 3, `${invites} INVITEs`);
  assert.deepEqual(briefs(next), ["482 10.0.0.1"]);
});

test("TM-49: a spiral with another target is allowed; a loop can be allowed too; a looping ACK is dropped", () => {
  let hop = 0;
  const h = house({ route: (context) => void context.relay({ targets: [{ requestUri: `sip:hop${hop++}@10.0.0.1` }] }) });
  let sent = only(h.receive(INVITE));
  for (let i = 0; i < 5; i++) sent = only(h.receive(sent.text, { ip: "10.0.0.1" }));
  const ack = house({ route: (context) => void context.relay({ targets: [{ requestUri: "sip:bob@10.0.0.1" }] }) });
  let round = only(ack.receive(requestText("ACK", "sip:bob@10.0.0.1", { toTag: "b" })));
  round = only(ack.receive(round.text, { ip: "10.0.0.1" }));
  assert.deepEqual(ack.receive(round.text, { ip: "10.0.0.1" }), []);
  const off = house({
    proxy: { loopDetect: false },
    route: (context) => void context.relay({ targets: [{ requestUri: "sip:bob@10.0.0.1" }] }),
  });
  let again = only(off.receive(INVITE));
  for (let i = 0; i < 5; i++) again = only(off.receive(again.text, { ip: "10.0.0.1" }));
});

test("TM-50: Max-Breadth is shared by a fork, too little of it is 440", () => {
  const h = house({ route: toward(B, C) });
  h.receive(INVITE);
  assert.deepEqual([headerOf(lastOf(h.to(B), B), "Max-Breadth"), headerOf(lastOf(h.to(C), C), "Max-Breadth")], ["30", "30"]);
  const given = house({ route: toward(B, C) });
  given.receive(invite({ headers: "Max-Breadth: 5\r\n" }));
  assert.deepEqual([headerOf(lastOf(given.to(B), B), "Max-Breadth"), headerOf(lastOf(given.to(C), C), "Max-Breadth")], ["3", "2"]);
  assert.deepEqual(briefs(house({ route: toward(B, C) }).receive(invite({ headers: "Max-Breadth: 1\r\n" }))), [`440 ${A}`]);
  const single = house({ route: toward(B) });
  assert.equal(headerOf(only(single.receive(invite({ headers: "Max-Breadth: 1\r\n" }))), "Max-Breadth"), "1");
  assert.equal(headerOf(only(house({ route: toward(B) }).receive(INVITE)), "Max-Breadth"), undefined);
});

test("AC-46, AC-47: UDP in and TCP out: two Record-Routes; the callee's BYE comes back through both", () => {
  const directions: boolean[] = [];
  const route = (context: RequestContext): void => {
    if (context.hasToTag) {
      assert.equal(context.looseRoute(), 1);
      directions.push(context.isDirection("upstream"));
      context.relay();
      return;
    }
    context.recordRoute();
    context.relay({ targets: [{ requestUri: "sip:bob@10.0.0.3;transport=tcp" }] });
  };
  const h = house({ route });
  const sent = only(h.receive(INVITE));
  assert.deepEqual([sent.transport, sent.listener], ["tcp", TCP]);
  const routes = sent.message.values("Record-Route");
  assert.deepEqual(routes, ["<sip:10.0.0.1;transport=tcp;r2=on;lr;ftag=a>", "<sip:10.0.0.1;r2=on;lr;ftag=a>"]);
  const bye = requestText("BYE", "sip:alice@10.0.0.2", {
    via: "SIP/2.0/TCP 10.0.0.3:5060;branch=z9hG4bKbye",
    fromTag: "b",
    toTag: "a",
    headers: `Route: ${routes.join(", ")}\r\n`,
  });
  const passed = only(h.receive(bye, { ip: B, listener: TCP, flow: 7 }));
  assert.deepEqual([passed.ip, passed.transport, passed.listener, passed.message.has("Route")], [A, "udp", UDP, false]);
  assert.deepEqual(directions, [true]);
});

test("AC-48: the same socket on both sides: one header, and the BYE leaves from where it came in", () => {
  const h = house({
    route: (context) => {
      if (context.hasToTag) context.looseRoute();
      else context.recordRoute();
      context.relay();
    },
  });
  const sent = only(h.receive(INVITE));
  assert.deepEqual(sent.message.values("Record-Route"), ["<sip:10.0.0.1;lr;ftag=a>"]);
  const bye = requestText("BYE", "sip:bob@10.0.0.3", { toTag: "b", branch: "z9hG4bKbye", headers: "Route: <sip:10.0.0.1;lr;ftag=a>\r\n" });
  assert.equal(only(h.receive(bye)).listener, UDP);
});

test("AC-49, AC-50, AC-51: strict neighbours and pre-loaded Routes on the wire", () => {
  const codes: number[] = [];
  const route = (context: RequestContext): void => {
    codes.push(context.looseRoute());
    context.relay();
  };
  const h = house({ route });
  const strictBefore = only(
    h.receive(requestText("BYE", "sip:10.0.0.1;lr;ftag=b", { toTag: "a", fromTag: "b", headers: "Route: <sip:10.0.0.2>\r\n" }), { ip: B }),
  );
  assert.ok(strictBefore.message instanceof SipRequest);
  assert.deepEqual([strictBefore.ip, strictBefore.message.requestUri, strictBefore.message.has("Route")], [A, "sip:10.0.0.2", false]);
  const strictAfter = only(
    h.receive(
      requestText("BYE", "sip:bob@10.0.0.9", {
        toTag: "b",
        callId: "2",
        headers: "Route: <sip:10.0.0.1;lr>, <sip:10.0.0.3>, <sip:10.0.0.4;lr>\r\n",
      }),
    ),
  );
  assert.ok(strictAfter.message instanceof SipRequest);
  assert.deepEqual([strictAfter.ip, strictAfter.message.requestUri], [B, "sip:10.0.0.3"]);
  assert.deepEqual(strictAfter.message.values("Route"), ["<sip:10.0.0.4;lr>", "<sip:bob@10.0.0.9>"]);
  const preloaded = only(h.receive(invite({ callId: "3", headers: "Route: <sip:10.0.0.1;lr>\r\n" })));
  assert.deepEqual([preloaded.ip, preloaded.message.has("Route")], [B, false]);
  assert.deepEqual(codes, [1, 1, -1]);
});

test("RR-18: a Route line with several values loses only ours, other lines stay as they are", () => {
  const h = house({
    route: (context) => {
      context.looseRoute();
      context.relay();
    },
  });
  const headers = "Route: <sip:10.0.0.1;lr> , <sip:10.0.0.3;lr>\r\nX: y\r\nRoute:   <sip:10.0.0.4;lr>\r\n";
  const passed = only(h.receive(requestText("BYE", "sip:bob@10.0.0.9", { toTag: "b", headers })));
  assert.equal(passed.ip, B);
  assert.ok(passed.text.includes("\r\nRoute: <sip:10.0.0.3;lr>\r\nX: y\r\nRoute:   <sip:10.0.0.4;lr>\r\n"), passed.text);
});

test("AC-52: parameters buffered before recordRoute stand in both headers and come back to the callbacks", () => {
  const seen: unknown[] = [];
  const h = house({
    route: (context) => {
      if (context.hasToTag) context.looseRoute();
      else {
        assert.equal(context.addRrParam(";did=a3f.1"), 1);
        assert.equal(context.recordRoute(), 1);
        assert.equal(context.recordRoute(), -1);
      }
      context.relay();
    },
  });
  h.proxy.rrCallbacks.push((context, params, direction) => void seen.push([context.rrParams === params, params, direction]));
  const routes = only(h.receive(requestText("INVITE", "sip:bob@10.0.0.3;transport=tcp"))).message.values("Record-Route");
  assert.ok(routes.length === 2 && routes.every((value) => value.includes(";did=a3f.1")), routes.join());
  h.receive(requestText("BYE", "sip:bob@10.0.0.3", { toTag: "b", branch: "z9hG4bKbye", headers: `Route: ${routes[1]}, ${routes[0]}\r\n` }));
  h.receive(requestText("BYE", "sip:bob@10.0.0.3", { toTag: "b", branch: "z9hG4bKbye2", headers: "Route: <sip:10.0.0.4;lr>\r\n" }));
  assert.deepEqual(seen, [
    [true, ";r2=on;lr;ftag=a;did=a3f.1", "downstream"],
    [false, undefined, "downstream"],
  ]);
});

test("AC-53: a stateless 404 has the same To-tag each time, its ACK is absorbed for 4 s", () => {
  let acks = 0;
  const h = house({
    door: "script",
    route: (context) => {
      if (context.request.method === "ACK") acks++;
      else context.replyStateless(404, "Nobody");
    },
  });
  const first = only(h.receive(INVITE));
  const second = only(h.receive(INVITE));
  assert.ok(first.message instanceof SipResponse);
  assert.deepEqual([first.message.status, first.message.reason], [404, "Nobody"]);
  assert.match(first.message.toTag, /^[0-9a-f]{8}-[a-z2-7]{22}$/);
  assert.equal(second.message.toTag, first.message.toTag);
  assert.equal(h.transactions.size, 0);
  h.receive(hopAck(first));
  assert.deepEqual([acks, h.stat("sl:received_ACKs"), h.stat("sl:4xx_replies"), h.stat("sl:sent_replies")], [0, 1, 2, 2]);
  h.wait(4001);
  h.receive(hopAck(first));
  assert.equal(acks, 1, "after the window it is an ACK like any other");
  h.receive(INVITE);
  h.receive(requestText("ACK", "sip:bob@10.0.0.3", { toTag: "guessed" }));
  assert.equal(acks, 2);
});

test("AC-54: an answer of a route with a transaction is stateful: repeated on UDP, its ACK absorbed", () => {
  const h = house({ route: (context) => void context.reply(500, "Server error occurred") });
  const sent = only(h.receive(INVITE));
  assert.deepEqual(briefs(h.wait(1600)), [`500 ${A}`, `500 ${A}`]);
  assert.deepEqual(h.receive(hopAck(sent)), []);
  assert.deepEqual(h.wait(60_000), []);
});

test("S-12: a Route from elsewhere does not lead to our own host", () => {
  const route = (context: RequestContext): void => {
    context.looseRoute();
    context.relay();
  };
  const text = requestText("BYE", "sip:bob@10.0.0.3", { toTag: "b", headers: "Route: <sip:10.0.0.1;lr>, <sip:127.0.0.1:5070;lr>\r\n" });
  const h = house({ route });
  assert.deepEqual(briefs(h.receive(text)), [`473 ${A}`]);
  assert.deepEqual(h.receive(text.replaceAll("BYE", "ACK")), []);
  assert.deepEqual(briefs(house({ route }).receive(text, { ip: "127.0.0.1" })), ["BYE 127.0.0.1"]);
  assert.deepEqual(briefs(house({ route, proxy: { blockLoopbackRoutes: false } }).receive(text)), ["BYE 127.0.0.1"]);
  const chosen = house({ route: (context) => void context.relay({ targets: [{ requestUri: "sip:app@127.0.0.1:5070" }] }) });
  assert.deepEqual(briefs(chosen.receive(text)), ["BYE 127.0.0.1"], "what a route chooses itself is its own affair");
});

test("T-18: a request too large for a datagram goes by TCP, and by UDP where that fails", () => {
  const large = invite({ body: "x".repeat(1300) });
  const large2 = invite({ body: "x".repeat(1300), callId: "2" });
  const h = house({ route: toward(B) });
  h.wire.mtu = 1300;
  const byTcp = only(h.receive(large));
  assert.deepEqual([byTcp.transport, byTcp.listener, byTcp.message.topVia.transport], ["tcp", TCP, "TCP"]);
  assert.equal(byTcp.message.values("Record-Route").length, 2);
  byTcp.observer?.sendFailed("ECONNREFUSED");
  const byUdp = lastOf(h.take(), B);
  assert.deepEqual([byUdp.transport, byUdp.message.topVia.transport, byUdp.message.values("Record-Route").length], ["udp", "UDP", 1]);
  assert.notEqual(byUdp.message.topVia.branch, byTcp.message.topVia.branch);
  assert.deepEqual(briefs(h.answer(byUdp, 200)), [`200 ${A}`]);
  const refused = house({ route: toward(B) });
  refused.wire.mtu = 1300;
  refused.wire.brokenTransports.add("tcp");
  assert.equal(only(refused.receive(large)).transport, "udp");
  const explicit = house({ route: (context) => void context.relay({ targets: [{ requestUri: "sip:bob@10.0.0.3;transport=udp" }] }) });
  explicit.wire.mtu = 1300;
  assert.equal(only(explicit.receive(large)).transport, "udp");
  assert.equal(only(house({ route: toward(B) }).receive(large2)).transport, "udp", "off by default");
  const small = house({ route: toward(B) });
  small.wire.mtu = 1300;
  assert.equal(only(small.receive(INVITE)).transport, "udp");
});
