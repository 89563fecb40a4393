import assert from "node:assert/strict";
import { test } from "node:test";
import { SipRequest } from "../sip/index.ts";
import { TestClock } from "../testing/index.ts";
import type { RequestContext } from "./context.ts";
import { requestText } from "./fixtures.ts";
import { A, B, briefs, C, Harness, type HarnessOptions, lastOf, only, type Sent } from "./harness.ts";

const INVITE = requestText("INVITE", "sip:bob@10.0.0.3");
const CANCEL = requestText("CANCEL", "sip:bob@10.0.0.3");

function house(options: HarnessOptions = {}): Harness {
  return new Harness(new TestClock(), options);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function ackFor(headers = "", cseq = 1): string {
  return requestText("ACK", "sip:bob@10.0.0.3:5070", { toTag: "t3", branch: "z9hG4bKack", cseq, headers });
}

test("a route of the TypeScript door that decides nothing, or throws, is answered 500 and logged (TM-19)", async () => {
  const silent = house({ route: () => {} });
  assert.deepEqual(briefs(silent.receive(INVITE)), [`500 ${A}`]);
  assert.deepEqual(silent.logged, ["a route decided nothing; the request was answered 500"]);
  const throwing = house({
    route: () => {
      throw new Error("of the route");
    },
  });
  assert.deepEqual(briefs(throwing.receive(INVITE)), [`500 ${A}`]);
  assert.equal(throwing.logged[0], "a route threw");
  const rejecting = house({ route: async () => Promise.reject(new Error("of the route")) });
  assert.deepEqual(rejecting.receive(INVITE), []);
  await turn();
  assert.deepEqual(briefs(rejecting.to(A)), [`500 ${A}`]);
});

test("a route that throws after it has relayed harms nothing", () => {
  const h = house({
    route: (context) => {
      context.relay();
      throw new Error("of the route");
    },
  });
  assert.deepEqual(briefs(h.receive(INVITE)), [`INVITE ${B}`]);
});

test("without a router everything is answered 500, and a CANCEL too", () => {
  const h = house();
  h.proxy.router = undefined;
  assert.deepEqual(briefs(h.receive(INVITE)), [`500 ${A}`]);
  assert.deepEqual(h.receive(ackFor()), []);
});

test("a suspended route: retransmissions are absorbed, 100 goes out, the answer comes later", async () => {
  let go = (): void => {};
  const h = house({
    route: async (context) => {
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      context.reply(404);
    },
  });
  assert.deepEqual(h.receive(INVITE), []);
  assert.deepEqual(h.receive(INVITE), []);
  assert.deepEqual(briefs(h.wait(150)), [`100 ${A}`]);
  go();
  await turn();
  assert.deepEqual(briefs(h.to(A)), [`100 ${A}`, `404 ${A}`]);
});

test("C-2: INVITEs of one Call-ID wait for the undecided route; everything else passes", async () => {
  const order: string[] = [];
  const gates: (() => void)[] = [];
  const h = house({
    route: async (context) => {
      const { method } = context.request;
      order.push(`${method} ${context.request.cseqNumber}`);
      if (method === "INVITE" && !context.hasToTag) {
        await new Promise<void>((resolve) => {
          gates.push(resolve);
        });
      }
      context.relay();
    },
  });
  const inviteNo = (cseq: number, callId = "one"): string =>
    requestText("INVITE", "sip:bob@10.0.0.3", { cseq, callId, branch: `z9hG4bK-${callId}-${cseq}` });
  h.receive(inviteNo(1));
  h.receive(inviteNo(2));
  h.receive(inviteNo(3));
  h.receive(inviteNo(9, "other"));
  h.receive(requestText("INVITE", "sip:bob@10.0.0.3", { cseq: 4, callId: "one", toTag: "b", branch: "z9hG4bK-re" }));
  h.receive(requestText("OPTIONS", "sip:bob@10.0.0.3", { cseq: 5, callId: "one", branch: "z9hG4bK-o" }));
  assert.deepEqual(order, ["INVITE 1", "INVITE 9", "INVITE 4", "OPTIONS 5"]);
  assert.equal(h.proxy.waiting, 2);
  gates[0]?.();
  await turn();
  h.clock.runDue();
  assert.deepEqual(order.slice(4), ["INVITE 2"], "the next begins when the first is relayed");
  gates[2]?.();
  await turn();
  h.clock.runDue();
  assert.deepEqual(order.slice(5), ["INVITE 3"]);
  gates[3]?.();
  gates[1]?.();
  await turn();
  assert.equal(h.proxy.waiting, 0);
  assert.equal(h.to(B).length, 6);
});

test("C-2: a full queue drops; beyond the total an INVITE is told 503 with Retry-After", () => {
  const h = house({ route: () => new Promise<void>(() => {}), proxy: { queuePerCallId: 2, queueTotal: 3 } });
  for (let i = 0; i < 5; i++) h.receive(requestText("INVITE", "sip:bob@10.0.0.3", { cseq: i + 1, branch: `z9hG4bK-${i}` }));
  const refused = h.to(A);
  assert.deepEqual(briefs(refused), [`503 ${A}`, `503 ${A}`]);
  assert.equal(refused[0]?.message.header("Retry-After"), "5");
  assert.equal(h.stat("core:drop_requests"), 2);
});

test("a route that never settles is bounded: 408 after fr_inv_timeout, its place in the queue is given up", async () => {
  let routes = 0;
  const h = house({
    route: (context) => {
      routes++;
      if (routes === 1) return new Promise<void>(() => {});
      context.relay();
      return undefined;
    },
    transaction: { frInvTimeoutMs: 10_000 },
  });
  h.receive(INVITE);
  h.wait(5000);
  h.receive(requestText("INVITE", "sip:bob@10.0.0.3", { cseq: 2, branch: "z9hG4bK2" }));
  h.receive(requestText("INVITE", "sip:bob@10.0.0.3", { cseq: 3, branch: "z9hG4bK3" }));
  assert.equal(h.proxy.waiting, 2);
  const refusal = lastOf(h.wait(5200), A);
  assert.ok(refusal.message.text.startsWith("SIP/2.0 408 "));
  h.receive(requestText("ACK", "sip:bob@10.0.0.3", { toTag: refusal.message.toTag }));
  h.clock.runDue();
  assert.equal(h.proxy.waiting, 0);
  assert.equal(briefs(h.to(B)).length, 2, "those that waited had their turn");
  h.wait(300_000);
  assert.deepEqual([h.transactions.size, h.timers.count], [0, 0]);
});

test("script door: nothing is made for a request that is dropped or forgotten; a transaction made stays open (TM-19)", () => {
  const h = house({ door: "script", route: () => {} });
  assert.deepEqual(h.receive(INVITE), []);
  assert.deepEqual([h.transactions.size, h.stat("core:drop_requests"), h.timers.count], [0, 1, 0]);
  let open: RequestContext | undefined;
  const held = house({
    door: "script",
    route: (context) => {
      open = context;
      context.newTransaction();
    },
  });
  held.receive(INVITE);
  assert.deepEqual(briefs(held.wait(150)), [`100 ${A}`]);
  assert.equal(open?.reply(486), 1, "it may be answered later");
  assert.deepEqual(briefs(held.to(A)), [`100 ${A}`, `486 ${A}`]);
  const dropping = house({ door: "script", route: (context) => context.drop() });
  dropping.receive(INVITE);
  assert.deepEqual([dropping.transactions.size, dropping.stat("core:drop_requests")], [0, 1]);
});

test("SG-1: an answer is stateless before a transaction, stateful after; localTag is what goes on the wire", () => {
  const tags: string[] = [];
  const h = house({
    door: "script",
    route: (context) => {
      if (context.request.cseqNumber === 2) context.newTransaction();
      tags.push(context.localTag);
      assert.equal(context.reply(404), 1);
      assert.equal(context.reply(404), -1);
    },
  });
  const first = only(h.receive(INVITE));
  assert.equal(h.transactions.size, 0);
  const second = only(h.receive(requestText("INVITE", "sip:bob@10.0.0.3", { cseq: 2, branch: "z9hG4bK2" })));
  assert.equal(h.transactions.size, 1);
  assert.deepEqual(tags, [first.message.toTag, second.message.toTag]);
});

test("SL-1: what a stateless reply refuses, and what it carries", () => {
  const results: number[] = [];
  const h = house({
    door: "script",
    route: (context) => {
      if (context.request.method === "ACK") {
        results.push(context.replyStateless(404));
        return;
      }
      for (const bad of ["", "x".repeat(129), "x\r\ny"]) results.push(context.replyStateless(404, bad));
      results.push(context.replyStateless(99), context.replyStateless(700));
      results.push(context.replyStateless(200, "OK", { headers: `X-Long: ${"x".repeat(66_000)}\r\n` })); // no datagram holds it
      results.push(context.replyStateless(100), context.replyStateless(302, "Moved", { headers: "Contact: <sip:c@d>\r\n" }));
    },
  });
  const sent = h.receive(requestText("INVITE", "sip:bob@10.0.0.3", { headers: "Record-Route: <sip:x;lr>\r\nTimestamp: 7\r\n" }));
  h.receive(requestText("ACK", "sip:bob@10.0.0.3", { branch: "z9hG4bKother", toTag: "x" }));
  assert.deepEqual(results, [-1, -1, -1, -1, -1, -1, 1, 1, -1]);
  assert.equal(h.stat("sl:sent_replies"), 2);
  assert.deepEqual(briefs(sent), [`100 ${A}`, `302 ${A}`]);
  const [trying, moved] = sent;
  assert.deepEqual([trying?.message.toTag, trying?.message.header("Timestamp")], ["", "7"], "SL-7");
  assert.deepEqual(
    [moved?.message.header("Contact"), moved?.message.has("Record-Route"), moved?.message.header("Server")],
    ["<sip:c@d>", false, "Dialoom"],
  );
});

test("decision 5: in the script door a matched CANCEL runs the route, relaying it answers and propagates", () => {
  const methods: string[] = [];
  const h = house({
    door: "script",
    route: (context) => {
      methods.push(context.request.method);
      if (context.request.method === "CANCEL") {
        assert.equal(context.invite !== undefined, true);
        assert.equal(context.relay(), 1);
        assert.equal(context.relay(), -1);
      } else context.relay();
    },
  });
  h.answer(only(h.receive(INVITE)), 180);
  assert.deepEqual(briefs(h.receive(CANCEL)), [`200 ${A}`, `CANCEL ${B}`]);
  assert.deepEqual(methods, ["INVITE", "CANCEL"]);
});

test("D-08: in the script door a CANCEL that matches nothing is a request like any other", () => {
  const h = house({ door: "script", route: (context) => void (context.invite === undefined && context.relay()) });
  assert.deepEqual(briefs(h.receive(CANCEL)), [`CANCEL ${B}`]);
  assert.deepEqual(briefs(h.answer(lastOf(h.to(B), B), 481)), [`481 ${A}`]);
});

test("TM-21: an ACK to a 2xx is routed, forwarded without a transaction, and looks the same each time", () => {
  const seen: string[] = [];
  const h = house({
    route: (context) => {
      seen.push(context.request.method);
      if (context.request.method === "ACK") assert.equal(context.reply(404), -1);
      assert.equal(context.relay(), 1);
    },
  });
  const invite = only(h.receive(INVITE));
  h.answer(invite, 200);
  const first = only(h.receive(ackFor()));
  assert.ok(first.message instanceof SipRequest);
  assert.deepEqual([first.ip, first.port, first.message.method, first.message.maxForwards], [B, 5070, "ACK", 69]);
  assert.equal(only(h.receive(ackFor())).text, first.text);
  const index = (one: Sent): string | undefined => one.message.topVia.branch.split(".")[2];
  assert.notEqual(index(first), index(invite));
  assert.deepEqual(seen, ["INVITE", "ACK", "ACK"]);
});

test("an ACK may wait for a name, and ends where its hops end or its target is nowhere", () => {
  const codes: (number | undefined)[] = [];
  const h = house({ route: (context) => void codes.push(context.relay({ settled: (code) => void codes.push(code) })) });
  h.names.slowNames.add("slow.example");
  const ack = (uri: string, maxForwards = 70): string =>
    requestText("ACK", uri, { toTag: "b", maxForwards, branch: `z9hG4bK-${codes.length}` });
  h.receive(ack("sip:bob@slow.example"));
  h.names.slow.get("slow.example")?.([{ transport: "udp", ip: C, port: 5060 }]);
  h.receive(ack("sip:bob@nowhere.example"));
  h.receive(ack("sip:bob@10.0.0.3", 0));
  assert.deepEqual(codes, [undefined, 1, -4, -2]);
  assert.deepEqual(briefs(h.take()), [`ACK ${C}`]);
});

test("a router with `ack` gets the ACKs, with what the dialog room left on the INVITE", () => {
  const slots: unknown[] = [];
  const h = house({
    route: (context) => {
      context.slot = "the dialog";
      context.relay();
    },
  });
  const { router } = h.proxy;
  assert.ok(router !== undefined);
  h.proxy.router = {
    door: router.door,
    wantsCancel: false,
    route: (context) => router.route(context),
    ack: (context) => void slots.push(context.slot),
  };
  h.answer(only(h.receive(INVITE)), 200);
  h.receive(ackFor());
  assert.deepEqual(slots, ["the dialog"]);
});

test("D-03: a stray reply is dropped and counted, unless it opens a dialog that is known", () => {
  const h = house();
  const sent = only(
    h.receive(requestText("INVITE", "sip:bob@10.0.0.3", { via: "SIP/2.0/UDP 10.0.0.2:5060;rport;branch=z9hG4bKi" }), { port: 6000 }),
  );
  h.answer(sent, 200);
  h.wait(40_000);
  assert.equal(h.transactions.size, 0);
  assert.deepEqual(h.answer(sent, 200), []);
  assert.equal(h.stat("core:drop_replies"), 1);
  const asked: string[] = [];
  h.proxy.strayAnswers = {
    numberFor: (response) => {
      asked.push(`${response.status} ${response.callId}`);
      return response.cseqNumber;
    },
  };
  const forwarded = only(h.answer(sent, 200));
  assert.deepEqual([forwarded.ip, forwarded.port, forwarded.message.topVia.branch], [A, 6000, "z9hG4bKi"]);
  assert.deepEqual(h.answer(sent, 180), [], "only a 2xx");
  const forged = sent.text.replace(/branch=z9hG4bK[0-9a-f]/, "branch=z9hG4bK0");
  const forgedSent: Sent = { ...sent, text: forged };
  assert.deepEqual(h.answer(forgedSent, 200), [], "our branch must verify (S-11)");
  assert.deepEqual(asked, ["200 call1@10.0.0.2"]);
});

test("section 1.8: a malformed request is answered without a transaction, with a To-tag, to where it came from", () => {
  const h = house();
  const text = INVITE.replace("CSeq: 1 INVITE", "CSeq: 36893488147419103232 INVITE");
  h.receive(text, { port: 7000 });
  const [sent] = h.wire.unreadable;
  assert.ok(sent !== undefined && h.wire.unreadable.length === 1);
  assert.deepEqual([sent.ip, sent.port], [A, 5060]);
  assert.match(sent.text, /^SIP\/2\.0 400 Bad CSeq Header\r\nVia: [^\r]+;received=10\.0\.0\.2|^SIP\/2\.0 400 Bad CSeq Header\r\nVia: /);
  assert.match(sent.text, /\r\nTo: <sip:bob@10\.0\.0\.1>;tag=[0-9a-f]{8}-[a-z2-7]{22}\r\n/);
  assert.deepEqual([h.transactions.size, h.stat("sl:4xx_replies"), h.stat("sl:sent_err_replies")], [0, 1, 1]);
  h.receive(text.replaceAll("INVITE", "ACK")); // an ACK is never answered (AC-05)
  h.receive(text, { ip: "224.0.0.1" }); // nor is a multicast source (S-03)
  h.receive(text.replace("10.0.0.2:5060;", "10.0.0.2:5060;rport;"), { port: 19 });
  assert.equal(h.wire.unreadable.length, 1);
});

test("S-03: errors of our own accord are bounded per source, replies of a script are not", () => {
  const h = house();
  const bad = (i: number): string => INVITE.replace("CSeq: 1 INVITE", "CSeq: x INVITE").replace("call1", `call${i}`);
  for (let i = 0; i < 100; i++) h.receive(bad(i));
  assert.equal(h.wire.unreadable.length, 20);
  for (let i = 0; i < 100; i++) h.receive(CANCEL.replaceAll("call1", `call${i}`));
  assert.equal(h.to(A).length, 0, "481 counts too");
  h.wait(1000);
  h.receive(CANCEL);
  assert.equal(h.to(A).length, 1);
  const script = house({ door: "script", route: (context) => void context.replyStateless(404) });
  for (let i = 0; i < 100; i++) script.receive(requestText("INVITE", "sip:bob@10.0.0.3", { callId: `c${i}` }));
  assert.equal(script.to(A).length, 100);
});

test("S-04: when the table is full a new request is told 503 without a transaction", () => {
  const h = house({ transaction: { maxInuseTransactions: 1 } });
  h.receive(INVITE);
  const sent = only(h.receive(requestText("INVITE", "sip:bob@10.0.0.3", { callId: "2" })));
  assert.deepEqual([briefs([sent]), sent.message.header("Retry-After")], [[`503 ${A}`], "5"]);
  assert.equal(h.transactions.size, 1);
});

test("ST-7: what is counted", () => {
  const h = house();
  const sent = only(h.receive(INVITE));
  h.wait(600); // one retransmission
  h.answer(sent, 180);
  h.answer(sent, 200);
  h.receive(ackFor());
  h.receive(requestText("FROBNICATE", "sip:bob@10.0.0.3", { callId: "2" }));
  assert.deepEqual(
    ["core:fwd_requests", "core:fwd_replies", "core:unsupported_methods", "core:drop_requests"].map((name) => h.stat(name)),
    [3, 2, 1, 0],
  );
});

test("a hook of another room that refuses a request has it answered 500 before any route", () => {
  let routed = 0;
  const h = house({ route: () => void routed++ });
  h.transactions.addGlobalHook({
    requestIn: () => {
      throw new Error("no room");
    },
  });
  assert.deepEqual(briefs(h.receive(INVITE)), [`500 ${A}`]);
  assert.equal(routed, 0);
});

test("a finished relay lets go of its request (section 3 of the design)", () => {
  let context: RequestContext | undefined;
  const h = house({
    route: (one) => {
      context ??= one;
      one.relay();
    },
  });
  const sent = only(h.receive(INVITE));
  h.answer(sent, 200);
  assert.ok(context?.responses?.context !== undefined, "a late CANCEL or failure may still need it");
  h.receive(ackFor());
  assert.equal(context.responses.context, undefined);
  assert.deepEqual(briefs(h.answer(sent, 200)), [`200 ${A}`], "late answers still pass (D-14)");
  h.wait(40_000);
  assert.deepEqual([h.transactions.size, h.transactions.clientCount, h.timers.count], [0, 0, 0]);
});

test("MF-2, RR-14: looseRoute and Max-Forwards are done once however often a route asks", () => {
  const codes: number[] = [];
  const h = house({
    route: (context) => {
      codes.push(context.looseRoute(), context.looseRoute());
      context.decrementMaxForwards();
      context.relay();
    },
  });
  const routes = "Route: <sip:10.0.0.1;lr>, <sip:10.0.0.1;lr>, <sip:10.0.0.4;lr>\r\n";
  const sent = only(h.receive(requestText("BYE", "sip:bob@10.0.0.3", { toTag: "b", headers: routes }), {}));
  assert.deepEqual(sent.message.values("Route"), ["<sip:10.0.0.1;lr>", "<sip:10.0.0.4;lr>"]);
  assert.deepEqual([codes, sent.message.maxForwards, sent.ip], [[1, 1], 69, "10.0.0.1"]);
});

test("a mismatched pair is warned about and not forced", () => {
  const h = house({
    route: (context) => {
      context.looseRoute();
      context.relay();
    },
  });
  h.receive(requestText("BYE", "sip:bob@10.0.0.3", { toTag: "b", headers: "Route: <sip:10.0.0.1;r2=on;lr>, <sip:10.0.0.4;lr>\r\n" }));
  assert.deepEqual(h.logged, ["the second Route of a pair names none of our sockets"]);
});
