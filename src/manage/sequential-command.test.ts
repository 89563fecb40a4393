import assert from "node:assert/strict";
import { test } from "node:test";
import { A, B, CALL_ID, DialogHarness, SDP_A, SDP_B } from "../dialog/harness.ts";
import { silentLog } from "../kit/index.ts";
import { seededRandom, TestClock } from "../testing/index.ts";
import { Commands, registerSequentialCommand } from "./index.ts";

const SDP_NEW = "v=0\r\no=n 2 2 IN IP4 10.0.0.9\r\n";

interface Bench {
  readonly h: DialogHarness;
  /** @returns the reply's result or error; the promise of it while the command waits */
  call(params: unknown): unknown;
}

function setUp(): Bench {
  const clock = new TestClock();
  const h = new DialogHarness(clock, seededRandom(5));
  const commands = new Commands({ clock, timers: h.timers, log: silentLog });
  registerSequentialCommand(commands, h.tracker);
  const read = (pieces: Iterable<string> | undefined): unknown => {
    const reply = JSON.parse([...(pieces ?? [])].join(""));
    return reply.error ?? reply.result;
  };
  const call = (params: unknown): unknown => {
    const request = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "dlg_send_sequential", params });
    const answer = commands.execute(request, { transport: "internal", address: "" });
    return answer instanceof Promise ? answer.then(read) : read(answer);
  };
  return { h, call };
}

test("without words it is an INVITE to the caller, without a body, and its answer is awaited", async () => {
  const { h, call } = setUp();
  h.talk();
  const answer = call({ callid: CALL_ID });
  assert.ok(answer instanceof Promise);
  const [invite] = h.requests(A, "INVITE");
  assert.deepEqual([invite?.cseqNumber, invite?.body], [1, ""]);
  h.answer(h.lastSent(A, "INVITE"), 200, { body: SDP_A });
  assert.deepEqual(await answer, { Code: 200, Reason: "OK" });
});

test("case 70: 486 is a result, silence an error, and what cannot be is said at once", async () => {
  const { h, call } = setUp();
  h.talk();
  const busy = call({ callid: CALL_ID, mode: "callee", method: "OPTIONS" });
  h.answer(h.lastSent(B, "OPTIONS"), 486);
  assert.deepEqual(await busy, { Code: 486, Reason: "Busy Here" });
  const silent = call({ callid: CALL_ID, mode: "callee", method: "OPTIONS" });
  h.clock.advance(31_000);
  assert.deepEqual(await silent, { code: 408, message: "Request Timeout" });

  assert.deepEqual(call({ callid: CALL_ID, mode: "challenge", method: "INFO" }), { code: 406, message: "Not Acceptable" });
  assert.deepEqual(call({ callid: "nobody" }), { code: 404, message: "Dialog Not Found" });
  assert.deepEqual(call({ callid: CALL_ID, mode: "both" }), { code: 400, message: "Invalid mode" });
  assert.deepEqual(call({ callid: CALL_ID, body: "all" }), { code: 400, message: "Invalid body mode" });
  assert.deepEqual(call({ callid: CALL_ID, headers: "no header" }), { code: 400, message: "Bad headers" });
  assert.deepEqual(call({ callid: CALL_ID, method: "ACK" }), { code: 500, message: "Internal Error" });
  assert.deepEqual(call([CALL_ID]), { code: -32602, message: "Invalid params", data: "Command only supports named parameters" });
  assert.deepEqual(call({ callid: CALL_ID, leg: "caller" }), {
    code: -32602,
    message: "Invalid params",
    data: "Named parameters do not match",
  });
});

test("case 71: the caller's description arrives at the callee in an INVITE, and the callee's final code is the answer", async () => {
  const { h, call } = setUp();
  h.talk();
  const answer = call({ callid: CALL_ID, mode: "challenge", headers: "X-Why: move" });
  assert.equal(h.requests(A, "INVITE")[0]?.header("X-Why"), "move");
  h.answer(h.lastSent(A, "INVITE"), 200, { body: SDP_NEW });
  const second = h.requests(B, "INVITE").at(-1);
  assert.deepEqual([second?.body, second?.header("Content-Type"), second?.header("X-Why")], [SDP_NEW, "application/sdp", "move"]);
  h.answer(h.lastSent(B, "INVITE"), 200, { body: SDP_B });
  assert.deepEqual(await answer, { Code: 200, Reason: "OK" });
  assert.equal(h.requests(A, "ACK")[0]?.body, SDP_B);
});

test("a body of the operator's choice, bytes and all; a call that ends in between is told", async () => {
  const { h, call } = setUp();
  h.talk();
  const first = call({ callid: CALL_ID, mode: "callee", method: "MESSAGE", body: "custom:text/plain:Grüße" });
  assert.equal(h.requests(B, "MESSAGE")[0]?.body, "Gr\u00c3\u00bc\u00c3\u009fe");
  const second = call({ callid: CALL_ID, mode: "callee", method: "MESSAGE" });
  h.request("BYE", 7, B, { toTag: "a", headers: h.route() });
  assert.deepEqual(await second, { code: 481, message: "Call/Transaction Does Not Exist" });
  h.answer(h.lastSent(B, "MESSAGE"), 202);
  assert.deepEqual(await first, { Code: 202, Reason: "Accepted" });
  assert.deepEqual(call({ callid: CALL_ID }), { code: 404, message: "Dialog Not Found" });
});
