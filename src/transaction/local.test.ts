import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SipResponse } from "../sip/index.ts";
import { Bench, CALLEE, requestOf, responseOf, TCP, TO_CALLEE, UDP } from "./harness.ts";
import type { TransactionHook } from "./hooks.ts";
import type { LocalTransaction } from "./local.ts";
import type { LocalRequest } from "./ports.ts";
import { planRoute } from "./route.ts";

/** A hook that writes down what it is told. */
function recorder(log: string[]): TransactionHook {
  return {
    requestBuilt: (_t, text) => void log.push(`built ${text.slice(0, text.indexOf(" "))}`),
    messageSentOut: (_t, _text, kind) => void log.push(`sentOut ${kind}`),
    localRequestOut: () => void log.push("requestOut"),
    messageMatchedIn: () => void log.push("matchedIn"),
    localResponseOut: (_t, response) => void log.push(`responseOut ${response.status}`),
    localCompleted: (_t, status, response) => void log.push(`completed ${status}${response === undefined ? " faked" : ""}`),
    transactionDeleted: () => void log.push("deleted"),
  };
}

const within: LocalRequest = {
  method: "BYE",
  requestUri: "sip:bob@10.0.0.3:5070",
  from: { uri: "sip:alice@10.0.0.2", tag: "a1" },
  to: { uri: "sip:bob@10.0.0.3", tag: "b1", display: '"Bob"' },
  callId: "call-9",
  cseq: 42,
  listener: UDP,
};

/** The reply of the peer to what was sent last. */
function answer(bench: Bench, status: number, headers = "", toTag = "b1", at = -1): SipResponse {
  const sent = bench.transport.sent.filter((one) => one.what !== "ACK" && one.what !== "CANCEL").at(at);
  assert.ok(sent);
  const request = requestOf(sent.text);
  const text =
    `SIP/2.0 ${status} Something\r\nVia: ${request.topVia.text}\r\nFrom: ${request.header("From")}\r\n` +
    `To: <sip:bob@10.0.0.3>;tag=${toTag}\r\nCall-ID: ${request.callId}\r\n` +
    `CSeq: ${request.cseqNumber} ${request.method}\r\n${headers}Content-Length: 0\r\n\r\n`;
  bench.receive(text, CALLEE);
  return responseOf(text);
}

function start(bench: Bench, parts: Partial<LocalRequest>, log: string[] = []): LocalTransaction {
  return bench.layer.request({ ...within, hook: recorder(log), ...parts });
}

describe("route sets of our own requests (TM-53)", () => {
  test("none: the remote target is the next hop", () => {
    assert.deepEqual(planRoute("sip:b@h", []), { requestUri: "sip:b@h", routes: [], nextHop: "sip:b@h" });
  });
  test("loose: all Routes stay, the first is the next hop", () => {
    const routes = ["<sip:p1;lr>", "<sip:p2;lr>"];
    assert.deepEqual(planRoute("sip:b@h", routes), { requestUri: "sip:b@h", routes, nextHop: "sip:p1;lr" });
  });
  test("strict: the first Route becomes the Request-URI, the target the last Route (RFC 3261 §12.2.1.1)", () => {
    assert.deepEqual(planRoute("sip:b@h", ["<sip:p1;x=y>", "<sip:p2;lr>"]), {
      requestUri: "sip:p1;x=y",
      routes: ["<sip:p2;lr>", "<sip:b@h>"],
      nextHop: "sip:p1;x=y",
    });
  });
});

describe("local requests (TM-51 to TM-59)", () => {
  test("a request within a dialog has the parts that were given, and completes once", () => {
    const bench = new Bench({ userAgent: "Dialoom" });
    const log: string[] = [];
    const local = start(bench, { routeSet: ["<sip:10.0.0.8;lr>"], headers: "Reason: Q.850;cause=16\r\n" }, log);
    const sent = bench.transport.sent[0];
    assert.equal(sent?.to, "10.0.0.8");
    const lines = (sent?.text ?? "").split("\r\n");
    assert.equal(lines[0], "BYE sip:bob@10.0.0.3:5070 SIP/2.0");
    assert.match(lines[1] ?? "", /^Via: SIP\/2\.0\/UDP 10\.0\.0\.1;branch=z9hG4bK[0-9a-f.]+;rport$/);
    assert.deepEqual(lines.slice(2), [
      "Route: <sip:10.0.0.8;lr>",
      "From: <sip:alice@10.0.0.2>;tag=a1",
      'To: "Bob" <sip:bob@10.0.0.3>;tag=b1',
      "Call-ID: call-9",
      "CSeq: 42 BYE",
      "Max-Forwards: 70",
      "Reason: Q.850;cause=16",
      "User-Agent: Dialoom",
      "Content-Length: 0",
      "",
      "",
    ]);
    answer(bench, 200);
    answer(bench, 200);
    assert.deepEqual(log, ["built BYE", "sentOut request", "requestOut", "matchedIn", "completed 200", "matchedIn"]);
    assert.equal(local.finalStatus, 200);
    assert.equal(local.isFaked, false);
    assert.equal(bench.layer.inUse, 0);
    bench.time.advance(5_000);
    assert.equal(log.at(-1), "deleted");
    assert.ok(bench.isClean);
    assert.equal(bench.statistic("UAC_transactions"), 1);
    assert.equal(bench.statistic("2xx_transactions"), 1);
  });

  test("missing tags, Call-ID and CSeq are made up (TM-51)", () => {
    const bench = new Bench();
    const local = bench.layer.request({
      method: "OPTIONS",
      requestUri: "sip:bob@10.0.0.3",
      from: { uri: "sip:me@10.0.0.1" },
      to: { uri: "sip:bob@10.0.0.3" },
      listener: UDP,
    });
    assert.match(local.callId, /^[0-9a-f]{24}@10\.0\.0\.1$/);
    assert.match(local.fromTag, /^[0-9a-f]{16}$/);
    const text = bench.transport.sent[0]?.text ?? "";
    assert.ok(text.includes(`From: <sip:me@10.0.0.1>;tag=${local.fromTag}\r\nTo: <sip:bob@10.0.0.3>\r\n`));
    assert.match(text, /\r\nCSeq: 10 OPTIONS\r\n/);
  });

  test("LOCAL_TRANS_NEW may attach hooks before anything is built", () => {
    const bench = new Bench();
    const log: string[] = [];
    bench.layer.addGlobalHook({ localTransactionNew: (local) => local.attach(recorder(log)) });
    bench.layer.request(within);
    assert.deepEqual(log, ["built BYE", "sentOut request", "requestOut"]);
  });

  test("provisional replies are told only when asked for (TM-55)", () => {
    const bench = new Bench();
    const quiet: string[] = [];
    start(bench, {}, quiet);
    answer(bench, 183);
    assert.equal(quiet.includes("responseOut 183"), false);
    const told: string[] = [];
    start(bench, { passProvisional: true, callId: "other", method: "INVITE" }, told);
    answer(bench, 100);
    answer(bench, 183);
    assert.deepEqual(
      told.filter((line) => line.startsWith("responseOut")),
      ["responseOut 100", "responseOut 183"],
    );
  });

  test("no answer is a faked 408, and the next address is tried first unless there was a sign of life (TM-58)", () => {
    const bench = new Bench();
    const log: string[] = [];
    const second = { ...TO_CALLEE, ip: "10.0.0.4" };
    start(bench, { destinations: [TO_CALLEE, second] }, log);
    bench.time.advance(30_000);
    assert.equal(log.includes("completed 408 faked"), false);
    assert.equal(bench.transport.sent.at(-1)?.to, "10.0.0.4");
    assert.notEqual(
      requestOf(bench.transport.sent[0]?.text ?? "").topVia.branch,
      requestOf(bench.transport.sent.at(-1)?.text ?? "").topVia.branch,
    );
    bench.time.advance(30_000);
    assert.equal(log.filter((line) => line.startsWith("completed")).join(), "completed 408 faked");
    assert.ok(bench.isClean);

    const alive: string[] = [];
    start(bench, { destinations: [TO_CALLEE, second] }, alive);
    answer(bench, 100);
    bench.time.advance(30_000);
    assert.equal(alive.includes("completed 408 faked"), true);

    const single: string[] = [];
    start(bench, { destinations: [TO_CALLEE, second], failover: false }, single);
    bench.time.advance(30_000);
    assert.equal(single.includes("completed 408 faked"), true);
  });

  test("what cannot be sent completes with 503 after request() has returned", () => {
    for (const parts of [{}, { requestUri: "not a uri" }, { requestUri: "tel:+123" }, { destinations: [] }]) {
      const bench = new Bench();
      const log: string[] = [];
      bench.transport.result = "unreachable";
      const local = start(bench, parts, log);
      assert.equal(local.isCompleted, false);
      bench.time.advance(0);
      assert.equal(local.finalStatus, 503);
      assert.deepEqual(log.slice(-2), ["completed 503 faked", "deleted"]);
      assert.ok(bench.isClean);
    }
  });

  test("a name is looked up first; cancelled meanwhile, nothing is sent and it completes with 487", () => {
    const bench = new Bench();
    const log: string[] = [];
    start(bench, { requestUri: "sip:bob@example.com" }, log);
    assert.equal(log.length, 0);
    bench.resolver.answer();
    assert.equal(bench.transport.sent[0]?.to, "10.0.0.9");
    answer(bench, 200);
    assert.equal(log.includes("completed 200"), true);

    const given: string[] = [];
    const local = start(bench, { requestUri: "sip:bob@example.com", callId: "x" }, given);
    bench.transport.take();
    local.cancel();
    local.cancel();
    bench.resolver.answer();
    assert.deepEqual(given, ["completed 487 faked", "deleted"]);
    assert.deepEqual(bench.transport.take(), []);
  });

  test("a name without an address completes with 503", () => {
    const bench = new Bench();
    const log: string[] = [];
    bench.resolver.names = [];
    start(bench, { requestUri: "sip:bob@example.com" }, log);
    bench.resolver.answer();
    assert.deepEqual(log, ["completed 503 faked", "deleted"]);
  });

  test("dstUri and the socket asked for decide where it goes (TM-54)", () => {
    const bench = new Bench();
    start(bench, { dstUri: "sip:10.0.0.7:5090", listener: TCP });
    assert.equal(bench.transport.sent[0]?.to, "10.0.0.7");
  });

  test("the 2xx of an INVITE is acknowledged by itself, once for each time it comes (TM-56)", () => {
    const bench = new Bench();
    const log: string[] = [];
    start(bench, { method: "INVITE", callId: "i1", headers: "Contact: <sip:10.0.0.1>\r\n" }, log);
    const headers = "Contact: <sip:bob@10.0.0.33:5062>\r\nRecord-Route: <sip:10.0.0.6;lr>, <sip:10.0.0.5;lr>\r\n";
    answer(bench, 200, headers);
    answer(bench, 200, headers);
    const acks = bench.transport.sent.filter((one) => one.what === "ACK");
    assert.equal(acks.length, 2);
    assert.equal(acks[0]?.text, acks[1]?.text);
    assert.equal(acks[0]?.to, "10.0.0.5", "the last Record-Route is our first hop");
    const ack = requestOf(acks[0]?.text ?? "");
    assert.equal(ack.requestUri, "sip:bob@10.0.0.33:5062");
    assert.deepEqual(ack.values("Route"), ["<sip:10.0.0.5;lr>", "<sip:10.0.0.6;lr>"]);
    assert.equal(ack.cseqNumber, 42);
    assert.equal(ack.toTag, "b1");
    assert.notEqual(ack.topVia.branch, requestOf(bench.transport.sent[0]?.text ?? "").topVia.branch);
    assert.deepEqual(
      log.filter((line) => line.startsWith("completed")),
      ["completed 200"],
    );
    bench.time.advance(32_000);
    assert.ok(bench.isClean);
    assert.deepEqual(bench.log.lines, []);
  });

  test("a preset route set is used for the ACK too; without a Contact the Request-URI stays", () => {
    const bench = new Bench();
    start(bench, { method: "INVITE", routeSet: ["<sip:10.0.0.8;lr>"] });
    answer(bench, 200, "Record-Route: <sip:10.0.0.5;lr>\r\n");
    const ack = bench.transport.sent.find((one) => one.what === "ACK");
    assert.equal(ack?.to, "10.0.0.8");
    assert.equal(requestOf(ack?.text ?? "").requestUri, "sip:bob@10.0.0.3:5070");
  });

  test("noAutoAck: the caller acknowledges; an ACK that never comes is one warning", () => {
    const bench = new Bench();
    const local = start(bench, { method: "INVITE", noAutoAck: true });
    assert.equal(local.ackFor2xx(), false);
    answer(bench, 200, "Contact: <sip:bob@10.0.0.33>\r\n");
    assert.equal(
      bench.transport.sent.some((one) => one.what === "ACK"),
      false,
    );
    assert.equal(local.ackFor2xx({ body: "v=0\r\n", contentType: "application/sdp" }), true);
    assert.equal(local.ackFor2xx(), false);
    const ack = requestOf(bench.transport.sent.find((one) => one.what === "ACK")?.text ?? "");
    assert.equal(ack.body, "v=0\r\n");
    answer(bench, 200, "Contact: <sip:bob@10.0.0.33>\r\n");
    assert.equal(bench.transport.sent.filter((one) => one.what === "ACK").length, 2);

    const silent = new Bench();
    start(silent, { method: "INVITE", noAutoAck: true });
    answer(silent, 200);
    silent.time.advance(31_999);
    assert.deepEqual(silent.log.lines, []);
    silent.time.advance(1);
    assert.deepEqual(silent.log.lines, ["warn: an answered INVITE of ours was never acknowledged"]);
    assert.ok(silent.isClean);
  });

  test("a refused INVITE is acknowledged hop by hop, a cancelled one completes with what comes", () => {
    const bench = new Bench();
    const log: string[] = [];
    const local = start(bench, { method: "INVITE" }, log);
    answer(bench, 180);
    local.cancel();
    assert.equal(bench.transport.sent.at(-1)?.what, "CANCEL");
    answer(bench, 487);
    assert.equal(bench.transport.sent.at(-1)?.what, "ACK");
    assert.equal(log.includes("completed 487"), true);
    bench.time.advance(5_000);
    assert.ok(bench.isClean);
  });
});
