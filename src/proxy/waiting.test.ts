import assert from "node:assert/strict";
import { test } from "node:test";
import { TestClock } from "../testing/index.ts";
import { requestText } from "./fixtures.ts";
import { A, B, briefs, C, Harness, type HarnessOptions, lastOf, only, TCP } from "./harness.ts";
import type { MalformedRequest } from "./malformed.ts";
import type { RelayCode } from "./ports.ts";
import type { ReplyContext } from "./reply.ts";

const INVITE = requestText("INVITE", "sip:bob@10.0.0.3");

function house(options: HarnessOptions = {}): Harness {
  return new Harness(new TestClock(), options);
}

/** Lets every pending microtask run. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A promise and its end. */
class Door {
  open: () => void = () => {};
  readonly promise: Promise<void> = new Promise((resolve) => {
    this.open = resolve;
  });
}

test("a reply hook that waits holds its reply and the later ones of its branch, changes kept; other branches go on", async () => {
  const door = new Door();
  const seen: string[] = [];
  const h = house({
    route: (context) => {
      context.onReply = (reply: ReplyContext) => {
        seen.push(`${reply.branch.index}:${reply.status}`);
        reply.edit.append("X-Seen", "1");
        if (reply.status !== 180) return undefined;
        return door.promise.then(() => void reply.edit.append("X-Late", "1"));
      };
      context.relay({ targets: [{ requestUri: `sip:bob@${B}` }, { requestUri: `sip:bob@${C}` }] });
    },
  });
  h.receive(INVITE);
  const toB = lastOf(h.to(B), B);
  assert.deepEqual(briefs(h.answer(toB, 180)), []);
  assert.deepEqual(briefs(h.answer(toB, 183)), []);
  assert.deepEqual(briefs(h.answer(lastOf(h.to(C), C), 182)), [`182 ${A}`]);
  assert.deepEqual(seen, ["0:180", "1:182"]);
  h.take();
  door.open();
  await turn();
  const sent = h.take();
  assert.deepEqual(briefs(sent), [`180 ${A}`, `183 ${A}`]);
  assert.deepEqual(
    sent.map((one) => [one.message.header("X-Seen"), one.message.header("X-Late")]),
    [
      ["1", "1"],
      ["1", undefined],
    ],
  );
});

test("while a reply is held, a CANCEL reaches the branches and a final behind it waits its turn", async () => {
  const door = new Door();
  const h = house({
    route: (context) => {
      context.onReply = (reply) => (reply.status === 180 ? door.promise : undefined);
      context.relay();
    },
  });
  h.receive(INVITE);
  const toB = lastOf(h.to(B), B);
  h.answer(toB, 180);
  assert.deepEqual(briefs(h.receive(requestText("CANCEL", "sip:bob@10.0.0.3"))), [`200 ${A}`, `CANCEL ${B}`]);
  assert.deepEqual(briefs(h.answer(toB, 487)), [`ACK ${B}`]);
  h.take();
  door.open();
  await turn();
  assert.deepEqual(briefs(h.take()), [`180 ${A}`, `487 ${A}`]);
});

test("a bound number of replies wait; a hook that fails later lets the rest go on", async () => {
  let fail: (error: Error) => void = () => {};
  const h = house({
    route: (context) => {
      context.onReply = (reply) => (reply.status === 180 ? new Promise((_resolve, reject) => (fail = reject)) : undefined);
      context.relay();
    },
  });
  h.receive(INVITE);
  const toB = lastOf(h.to(B), B);
  h.answer(toB, 180);
  for (let i = 0; i < 20; i++) h.answer(toB, 183);
  h.take();
  fail(new RangeError("broken"));
  await turn();
  assert.deepEqual(briefs(h.take()), [`180 ${A}`, ...Array.from({ length: 16 }, () => `183 ${A}`)]);
  assert.equal(h.stat("core:drop_replies"), 4);
  assert.deepEqual(h.logged, ["a reply hook threw"]);
});

test("onSettled gets the code of a relay that had to look a name up, also when the request is over by then", async () => {
  const codes: RelayCode[] = [];
  const h = house({
    route: (context) => {
      assert.equal(context.relay(), undefined);
      context.onSettled = (code) => codes.push(code);
    },
  });
  h.names.slowNames.add("slow.example");
  h.receive(requestText("OPTIONS", "sip:bob@slow.example"));
  h.names.slow.get("slow.example")?.([{ transport: "udp", ip: B, port: 5060 }]);
  assert.deepEqual([codes, briefs(h.to(B))], [[1], [`OPTIONS ${B}`]]);
  h.names.slow.clear();
  h.receive(requestText("OPTIONS", "sip:bob@slow.example", { callId: "2" }));
  h.wait(40_000); // its transaction gives up
  h.names.slow.get("slow.example")?.([]);
  assert.equal(codes.length, 2);
});

test("a request that cannot be read may be answered by a route; what the route leaves is refused as usual (section 1.8)", () => {
  const bad = requestText("OPTIONS", "sip:bob@10.0.0.3").replace("Max-Forwards: 70", "Max-Forwards: x");
  const h = house();
  const seen: MalformedRequest[] = [];
  h.proxy.onMalformed = (one) => void seen.push(one);
  assert.deepEqual(briefs(h.receive(bad)), [`400 ${A}`]);
  const [first] = seen;
  assert.deepEqual([first?.fault.class, first?.request?.method, first?.request?.from.uri !== "sip:invalid"], ["X-15", "OPTIONS", true]);
  const codes: number[] = [];
  h.proxy.onMalformed = (one) => {
    codes.push(one.reply(499, "a\r\nX: y"), one.reply(99), one.reply(499, "Mind it", { headers: "X-Why: x\r\n" }), one.reply(500));
  };
  const answer = only(h.receive(bad));
  assert.deepEqual(codes, [-1, -1, 1, -1]);
  assert.match(answer.text, /^SIP\/2\.0 499 Mind it\r\n/);
  assert.equal(answer.message.header("X-Why"), "x");
  h.proxy.onMalformed = () => {
    throw new RangeError("broken");
  };
  assert.deepEqual(briefs(h.receive(bad)), [`400 ${A}`]);
  assert.deepEqual(h.logged, ["an error route threw"]);
});

test("what is left of a request without addresses still reads", () => {
  const h = house();
  const seen: string[] = [];
  h.proxy.onMalformed = ({ request }) =>
    void seen.push(`${request?.method} ${request?.from.uri} ${request?.requestUri} ${request?.callId}`);
  const bad = requestText("OPTIONS", "sip:bob@10.0.0.3")
    .replace(/From: .*/, "From: <")
    .replace("OPTIONS sip:bob@10.0.0.3", "OPTIONS <sip:bob>");
  h.receive(bad);
  assert.equal(seen.length, 1);
  assert.match(seen[0] ?? "", /^OPTIONS sip:invalid sip:invalid /);
});

test("forward() without a transaction: the same branch again for a retransmission, replies by the second Via (section 16.11)", () => {
  const h = house({ door: "script", route: (context) => void h.proxy.forward(context) });
  const text = requestText("OPTIONS", "sip:bob@10.0.0.3");
  const first = only(h.receive(text));
  const again = only(h.receive(text));
  assert.equal(again.text, first.text);
  assert.equal(h.transactions.count, 0);
  assert.deepEqual(briefs(h.answer(first, 100)), [`100 ${A}`]);
  assert.deepEqual(briefs(h.answer(first, 404)), [`404 ${A}`]);
  // nobody else makes branches that verify
  const forged = { ...first, text: first.text.replace(/branch=z9hG4bK./, "branch=z9hG4bK~") };
  assert.deepEqual(briefs(h.answer(forged, 200)), []);
});

test("replies without a transaction go nowhere as long as nothing was forwarded without one (D-03)", () => {
  const h = house();
  const toB = only(h.receive(requestText("OPTIONS", "sip:bob@10.0.0.3")));
  h.answer(toB, 200);
  h.wait(60_000);
  assert.deepEqual(briefs(h.answer(toB, 200)), []);
});

test("a name of the route's own in Via and Record-Route; replies that show it are taken (X-20)", () => {
  const h = house({
    route: (context) => {
      context.advertisedHost = "198.51.100.7";
      context.recordRoute();
      context.relay({ targets: [{ requestUri: `sip:bob@${B};transport=tcp` }] });
    },
    transaction: { checkVia: true },
  });
  const out = only(h.receive(INVITE));
  assert.equal(out.message.topVia.host, "198.51.100.7");
  assert.deepEqual(out.message.values("Record-Route"), [
    "<sip:198.51.100.7;transport=tcp;r2=on;lr;ftag=a>",
    "<sip:198.51.100.7;r2=on;lr;ftag=a>",
  ]);
  assert.equal(out.listener, TCP);
  assert.deepEqual(briefs(h.answer(out, 180)), [`180 ${A}`]);
});
