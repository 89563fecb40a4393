import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Edit } from "../sip/index.ts";
import { Bench, CALLEE, replyText, requestText, responseOf, TO_CALLEE } from "./harness.ts";
import type { TransactionHook } from "./hooks.ts";

/** A hook that writes down what it is told. */
function recorder(log: string[]): TransactionHook {
  return {
    messageMatchedIn: (_t, message) => void log.push(`matchedIn ${"method" in message ? message.method : ""}`.trim()),
    responseIn: (_t, response) => void log.push(`responseIn ${response.status}`),
    requestForwarded: (_t, _edit, index) => void log.push(`requestForwarded ${index}`),
    requestBuilt: (_t, text) => void log.push(`built ${text.slice(0, text.indexOf(" "))}`),
    preSendBuffer: (_t, text) => text,
    messageSentOut: (_t, _text, kind) => void log.push(`sentOut ${kind}`),
    responseForwarded: (_t, response) => void log.push(`responseForwarded ${response.status}`),
    responsePreOut: (_t, status, response) => void log.push(`preOut ${status}${response === undefined ? " local" : ""}`),
    responseOut: (_t, status) => void log.push(`out ${status}`),
    transactionCancelled: () => void log.push("cancelled"),
    ackIn: () => void log.push("ackIn"),
    onFailure: (_t, status) => void log.push(`onFailure ${status}`),
    transactionDeleted: () => void log.push("deleted"),
  };
}

describe("hooks (TM-60)", () => {
  test("a relayed INVITE answered 200 fires them in the guaranteed order", () => {
    const bench = new Bench();
    const log: string[] = [];
    bench.layer.addGlobalHook({
      requestIn: (server) => {
        log.push("requestIn");
        server.attach(recorder(log));
      },
    });
    bench.receive(requestText("INVITE"));
    const server = bench.user.last;
    server.establish();
    bench.layer.hooks.requestForwarded(server, new Edit(server.request), 0, TO_CALLEE);
    const client = bench.relay(server);
    assert.ok(client);
    bench.user.onResponse = (from, response) => {
      const edit = from.takeEdit(response) ?? new Edit(response);
      bench.layer.hooks.responseForwarded(server, response, edit, from);
      server.respond(edit.serialise(), response.status, response, from);
    };
    bench.receive(replyText(client, 200), CALLEE);
    bench.receive(requestText("ACK", { branch: "z9hG4bKack", toTag: "b1" }));
    bench.time.advance(5_000);
    assert.deepEqual(log, [
      "requestIn",
      "requestForwarded 0",
      "built INVITE",
      "sentOut request",
      "matchedIn",
      "responseIn 200",
      "responseForwarded 200",
      "preOut 200",
      "sentOut reply",
      "out 200",
      "matchedIn ACK",
      "ackIn",
      "deleted",
    ]);
    assert.ok(bench.isClean);
  });

  test("a repeated 2xx fires no PRE_OUT and OUT; one with a new To-tag does (TM-37)", () => {
    const bench = new Bench();
    const log: string[] = [];
    bench.receive(requestText("INVITE"));
    const server = bench.user.last;
    server.establish();
    server.attach({
      responsePreOut: (_t, status, response) => void log.push(`preOut ${status} ${response?.toTag}`),
      responseOut: (_t, status) => void log.push(`out ${status}`),
    });
    const client = bench.relay(server);
    assert.ok(client);
    for (const tag of ["b1", "b1", "b2", "b2", "b1"]) {
      const text = replyText(client, 200, tag);
      assert.equal(server.respond(text, 200, responseOf(text), client), true);
    }
    assert.deepEqual(log, ["preOut 200 b1", "out 200", "preOut 200 b2", "out 200"]);
    assert.deepEqual(bench.transport.take(), ["INVITE", "200", "200", "200", "200", "200"]);
    assert.equal(bench.statistic("relayed_replies"), 5);
    assert.equal(bench.statistic("2xx_transactions"), 2);
  });

  test("To-tags of invented callees are remembered up to a bound", () => {
    const bench = new Bench();
    let fired = 0;
    bench.receive(requestText("INVITE"));
    const server = bench.user.last;
    server.establish();
    server.attach({ responseOut: () => void fired++ });
    const client = bench.relay(server);
    assert.ok(client);
    for (let i = 0; i < 100; i++) {
      const text = replyText(client, 200, `tag-${i}`);
      server.respond(text, 200, responseOf(text), client);
    }
    assert.equal(fired, 33);
  });

  test("local finals and 101–199 fire PRE_OUT and OUT, the automatic 100 does not", () => {
    const bench = new Bench();
    const log: string[] = [];
    bench.receive(requestText("INVITE"));
    bench.user.last.establish();
    bench.user.last.attach(recorder(log));
    bench.time.advance(100);
    bench.user.last.reply(182);
    bench.user.last.reply(480);
    assert.deepEqual(log, [
      "sentOut reply",
      "preOut 182 local",
      "sentOut reply",
      "out 182",
      "preOut 480 local",
      "sentOut reply",
      "out 480",
    ]);
  });

  test("a CANCEL fires MSG_MATCHED_IN and TRANS_CANCELLED before the user hears of it, not after a final", () => {
    const bench = new Bench();
    const log: string[] = bench.user.log;
    bench.receive(requestText("INVITE"));
    bench.user.last.establish();
    bench.user.last.attach(recorder(log));
    log.length = 0;
    bench.receive(requestText("CANCEL"));
    assert.deepEqual(log, ["matchedIn CANCEL", "cancel", "cancelled", "cancelled"]);
    const late = new Bench();
    const lateLog: string[] = [];
    late.receive(requestText("INVITE"));
    late.user.last.establish();
    late.user.last.reply(480);
    late.user.last.attach(recorder(lateLog));
    late.receive(requestText("CANCEL"));
    assert.deepEqual(lateLog, ["matchedIn CANCEL"]);
  });

  test("a hook that throws is logged, the others and the transaction go on (TM-62)", () => {
    const bench = new Bench();
    const log: string[] = [];
    const bad = new Proxy<TransactionHook>(
      {},
      {
        get: () => () => {
          throw new Error("hook");
        },
      },
    );
    bench.receive(requestText("INVITE"));
    const server = bench.user.last;
    server.establish();
    server.attach(bad);
    server.attach(recorder(log));
    const client = bench.relay(server);
    assert.ok(client);
    bench.receive(replyText(client, 180), CALLEE);
    client.cancel("");
    bench.receive(requestText("CANCEL"));
    bench.receive(replyText(client, 487), CALLEE);
    server.reply(487);
    bench.receive(requestText("ACK", { toTag: server.sentTag }));
    bench.time.advance(40_000);
    assert.ok(bench.isClean);
    assert.equal(log.at(-1), "deleted");
    assert.equal(bench.log.lines.length, 20);
    assert.ok(bench.log.lines.every((line) => line === "error: a transaction hook threw"));
    assert.deepEqual(bench.transport.take(), ["INVITE", "CANCEL", "200", "ACK", "487"]);
  });

  test("PRE_SEND_BUFFER may replace what leaves, at every send", () => {
    const bench = new Bench();
    bench.receive(requestText("INVITE"));
    const server = bench.user.last;
    let sends = 0;
    server.attach({ preSendBuffer: (_t, text) => text.replace("Max-Forwards: 70", `Max-Forwards: 70\r\nX-Send: ${++sends}`) });
    server.establish();
    bench.relay(server);
    bench.time.advance(600);
    const texts = bench.transport.sent.filter((one) => one.what === "INVITE").map((one) => /X-Send: (\d)/.exec(one.text)?.[1]);
    assert.deepEqual(texts, ["1", "3"], "the second send was the 100");
  });

  test("a hook is attached once, and let go once", () => {
    const bench = new Bench();
    let deleted = 0;
    const hook = { transactionDeleted: (): void => void deleted++ };
    bench.receive(requestText("OPTIONS"));
    bench.user.last.attach(hook);
    bench.user.last.attach(hook);
    assert.equal(bench.user.last.hooks.length, 1);
    bench.user.last.establish();
    bench.user.last.slot = "dialog";
    bench.user.last.reply(200);
    bench.time.advance(5_000);
    assert.equal(deleted, 1);
    assert.equal(bench.user.last.hooks.length, 0);
    assert.equal(bench.user.last.slot, undefined);
  });

  test("TRANS_DELETED waits for the last branch (C-5)", () => {
    const bench = new Bench();
    let deleted = 0;
    bench.receive(requestText("INVITE"));
    const server = bench.user.last;
    server.establish();
    server.attach({ transactionDeleted: () => void deleted++ });
    bench.relay(server);
    server.reply(500);
    bench.receive(requestText("ACK", { toTag: server.sentTag }));
    bench.time.advance(20_000);
    assert.equal(server.state, "terminated");
    assert.equal(deleted, 0);
    assert.equal(bench.layer.byId(server.hashIndex, server.label), server);
    bench.time.advance(45_000);
    assert.equal(deleted, 1);
    assert.ok(bench.isClean);
  });
});
