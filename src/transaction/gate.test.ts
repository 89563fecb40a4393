import assert from "node:assert/strict";
import { test } from "node:test";
import { edit, H, type SipResponse } from "../sip/index.ts";
import type { ReplyGate } from "./gate.ts";
import { Bench, CALLEE, replyText, requestText, TO_CALLEE } from "./harness.ts";

/** Lets every pending microtask run. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A gate that says what a test wants, and remembers whom it has seen. */
class TestGate implements ReplyGate {
  readonly seen: string[] = [];
  verdict: (response: SipResponse) => boolean | Promise<boolean> = () => true;

  reply(response: SipResponse, _source: unknown, client: unknown): boolean | Promise<boolean> {
    this.seen.push(`${response.status}${client === undefined ? " stray" : ""}`);
    return this.verdict(response);
  }
}

function ringing(): { bench: Bench; gate: TestGate; reply: (status: number, tag?: string) => void } {
  const bench = new Bench();
  const gate = new TestGate();
  bench.layer.replyGate = gate;
  bench.receive(requestText("INVITE"));
  const { last } = bench.user;
  last.establish();
  const client = bench.relay(last);
  assert.ok(client !== undefined);
  bench.user.take();
  return { bench, gate, reply: (status, tag) => bench.receive(replyText(client, status, tag), CALLEE) };
}

test("the gate sees every reply before it is looked up, strays too, and what it refuses never came (TM-61)", () => {
  const { bench, gate, reply } = ringing();
  gate.verdict = (response) => response.status !== 183;
  reply(183);
  assert.deepEqual(bench.user.take(), []);
  reply(180);
  assert.deepEqual(bench.user.take(), ["response 180"]);
  bench.receive(requestText("OPTIONS").replace(/^OPTIONS .*/, "SIP/2.0 200 OK"), CALLEE);
  assert.deepEqual(bench.user.take(), ["stray 200"]);
  assert.deepEqual(gate.seen, ["183", "180", "200 stray"]);
});

test("a reply that is held keeps the later ones of its branch waiting, in order; a bound number of them", async () => {
  const { bench, gate, reply } = ringing();
  let open: (mayPass: boolean) => void = () => {};
  gate.verdict = (response) => (response.status === 180 ? new Promise((resolve) => (open = resolve)) : true);
  reply(180);
  for (let i = 0; i < 40; i++) reply(182);
  assert.deepEqual(bench.user.take(), []);
  assert.deepEqual(gate.seen, ["180"]);
  open(false);
  await turn();
  // the one that was held is dropped, sixteen of the others are there
  assert.deepEqual(
    bench.user.take(),
    Array.from({ length: 16 }, () => "response 182"),
  );
  reply(183);
  assert.deepEqual(bench.user.take(), ["response 183"]);
});

test("while a reply is held the timers of its branch go on", async () => {
  const { bench, gate, reply } = ringing();
  let open: (mayPass: boolean) => void = () => {};
  gate.verdict = (response) => (response.status === 180 ? new Promise((resolve) => (open = resolve)) : true);
  reply(180);
  bench.time.advance(30_000);
  assert.deepEqual(bench.user.take(), ["failed 408"]);
  open(true);
  await turn();
  assert.equal(bench.user.take().includes("response 200"), false);
});

test("a gate that throws, at once or later, lets the reply pass and is logged", async () => {
  const { bench, gate, reply } = ringing();
  gate.verdict = () => {
    throw new RangeError("broken");
  };
  reply(180);
  assert.deepEqual(bench.user.take(), ["response 180"]);
  gate.verdict = () => Promise.reject(new RangeError("broken"));
  reply(183);
  await turn();
  assert.deepEqual(bench.user.take(), ["response 183"]);
  assert.deepEqual(bench.log.lines, ["error: a reply route threw", "error: a reply route threw"]);
});

test("changes made while a reply is held belong to it, not to the next one", async () => {
  const { bench, gate, reply } = ringing();
  let open: (mayPass: boolean) => void = () => {};
  const clients = bench.user.requests[0]?.clients;
  assert.ok(clients !== undefined);
  gate.verdict = (response) => {
    if (response.status !== 180) return true;
    clients.editOf(response).append("X-Held", "1");
    return new Promise((resolve) => (open = resolve));
  };
  const edited: (string | undefined)[] = [];
  bench.user.onResponse = (client, response) => edited.push(client.editOf(response).serialise().includes("X-Held") ? "held" : undefined);
  reply(180);
  reply(183);
  open(true);
  await turn();
  assert.deepEqual(edited, ["held", undefined]);
  assert.equal(bench.user.take().length, 2);
});

test("a local request is edited once; another destination gets the same changes under a Via of its own", () => {
  const bench = new Bench();
  let edits = 0;
  bench.layer.localEditor = {
    edit: (transaction, request, destination) => {
      edits++;
      assert.equal(destination.ip, "10.0.0.3");
      transaction.frTimeoutMs = 2000;
      return edit(request).append("X-Local", "1").remove(H.UserAgent);
    },
  };
  const statuses: number[] = [];
  const local = bench.layer.request({
    method: "OPTIONS",
    requestUri: "sip:10.0.0.3",
    from: { uri: "sip:us@10.0.0.1" },
    to: { uri: "sip:them@10.0.0.3" },
    destinations: [TO_CALLEE, { ...TO_CALLEE, ip: "10.0.0.4" }],
    hook: { localCompleted: (_transaction, status) => statuses.push(status) },
  });
  const first = bench.transport.sent.at(-1)?.text ?? "";
  bench.time.advance(2100);
  const second = bench.transport.sent.findLast((one) => one.to === "10.0.0.4")?.text ?? "";
  assert.equal(edits, 1);
  assert.match(first, /X-Local: 1\r\n/);
  assert.match(second, /X-Local: 1\r\n/);
  const viaOf = (text: string): string => text.split("\r\n").find((line) => line.startsWith("Via: ")) ?? "";
  assert.notEqual(viaOf(first), viaOf(second));
  assert.equal(second.split("Via: ").length, 2);
  bench.time.advance(2100);
  assert.deepEqual([statuses, local.finalStatus], [[408], 408]);
});

test("an editor that throws leaves the request as it was", () => {
  const bench = new Bench();
  bench.layer.localEditor = {
    edit() {
      throw new RangeError("broken");
    },
  };
  bench.layer.request({
    method: "OPTIONS",
    requestUri: "sip:10.0.0.3",
    from: { uri: "sip:us@10.0.0.1" },
    to: { uri: "sip:them@10.0.0.3" },
    destinations: [TO_CALLEE],
  });
  assert.deepEqual(bench.transport.take(), ["OPTIONS"]);
  assert.deepEqual(bench.log.lines, ["error: a local route threw"]);
});

test("every reply to a request of ours reaches localResponseIn until its final", () => {
  const bench = new Bench();
  const heard: string[] = [];
  const local = bench.layer.request({
    method: "OPTIONS",
    requestUri: "sip:10.0.0.3",
    from: { uri: "sip:us@10.0.0.1" },
    to: { uri: "sip:them@10.0.0.3" },
    destinations: [TO_CALLEE],
    hook: {
      localResponseIn: (_transaction, response, source) => heard.push(`in ${response.status} ${source.ip}`),
      localCompleted: (_transaction, status) => heard.push(`final ${status}`),
    },
  });
  const client = local.clients;
  assert.ok(client !== undefined);
  bench.receive(replyText(client, 100, "", "OPTIONS"), CALLEE);
  bench.receive(replyText(client, 200, "x", "OPTIONS"), CALLEE);
  bench.receive(replyText(client, 200, "x", "OPTIONS"), CALLEE);
  assert.deepEqual(heard, ["in 100 10.0.0.3", "in 200 10.0.0.3", "final 200"]);
});
