import assert from "node:assert/strict";
import { test } from "node:test";
import { DialogHarness } from "../dialog/harness.ts";
import type { DialogSettings } from "../dialog/index.ts";
import { Slices, silentLog } from "../kit/index.ts";
import { seededRandom, TestClock } from "../testing/index.ts";
import { Commands, registerInspectCommands } from "./index.ts";

const A = "10.0.0.2";

interface Bench {
  readonly clock: TestClock;
  readonly harness: DialogHarness;
  call(method: string, params?: unknown): unknown;
  /** A command that takes its time. */
  wait(method: string): Promise<unknown>;
}

function setUp(historyBytes = 65_536, settings: Partial<DialogSettings> = {}): Bench {
  const clock = new TestClock();
  const harness = new DialogHarness(clock, seededRandom(5), { settings: { historyBytes, ...settings } });
  harness.profiles.define("caller", { withValue: true });
  const commands = new Commands({ clock, timers: harness.timers, log: silentLog });
  const slices = new Slices(clock, clock.defer, (error) => harness.errors.push(error));
  registerInspectCommands(commands, harness.tracker, clock, slices);
  return {
    clock,
    harness,
    call: (method, params) => {
      const answer = commands.execute(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }), { transport: "internal", address: "" });
      assert.ok(answer !== undefined && !(answer instanceof Promise));
      const reply = JSON.parse([...answer].join(""));
      return "error" in reply ? reply.error : reply.result;
    },
    wait: async (method) => {
      const answer = commands.execute(JSON.stringify({ jsonrpc: "2.0", id: 1, method }), { transport: "internal", address: "" });
      clock.advance(0);
      return JSON.parse([...((await answer) ?? [])].join("")).result;
    },
  };
}

interface Story {
  readonly ID: string;
  readonly callid: string;
  readonly state: number;
  readonly in_memory: boolean;
  readonly complete: boolean;
  readonly end_reason: string | null;
  readonly answered: number | null;
  readonly timers: readonly { readonly name: string; readonly ends: number }[];
  readonly messages_complete: boolean;
  readonly messages: readonly {
    readonly direction: string;
    readonly from: string;
    readonly to: string;
    readonly line: string;
    readonly cseq: string;
    readonly size: number;
    readonly text?: string;
  }[];
  readonly steps: readonly { readonly event: string; readonly detail: string; readonly after: number }[];
}

function stories({ call }: Bench, id: string): readonly Story[] {
  const result = call("dlg_explain", [id]);
  assert.ok(typeof result === "object" && result !== null && "Calls" in result && Array.isArray(result.Calls));
  return result.Calls;
}

function end(harness: DialogHarness, callId?: string): void {
  harness.request("BYE", 103, A, { toTag: "b", headers: harness.route(), ...(callId === undefined ? {} : { callId }) });
  harness.answer(harness.lastSent("10.0.0.3", "BYE"), 200);
}

test("a live call is explained: what came, what was set and refused, which timers run", () => {
  const bench = setUp();
  const { clock, harness } = bench;
  const dialog = harness.talk();
  const caller = harness.profiles.get("caller");
  assert.ok(caller);
  clock.advance(1500);
  dialog.setValue("account", "4711");
  assert.ok(dialog.join(caller, "alice", 1));
  assert.ok(!dialog.join(caller, "alice", 1));
  dialog.setLifetime(60_000);
  const [story] = stories(bench, dialog.did);
  assert.ok(story);
  assert.deepEqual([story.ID, story.state, story.in_memory, story.complete, story.end_reason], [dialog.did, 4, true, true, null]);
  assert.deepEqual(
    story.steps.slice(-4).map(({ event, detail, after }) => `${after} ${event} ${detail}`),
    ["1.5 value account=4711", "1.5 joined caller=alice", "1.5 joinRefused caller=alice: 1 are in already", "1.5 lifetime 60 s"],
  );
  assert.deepEqual(story.timers, [{ name: "lifetime", ends: clock.now() + 60_000 }]);
  assert.deepEqual(stories(bench, dialog.callId), [story]);
  assert.deepEqual(stories(bench, String(dialog.dbId)), [story]);
});

test("a call that has gone is found by its cookie and its Call-ID, with the reason of its end", () => {
  const bench = setUp();
  const { clock, harness } = bench;
  const { did, dbId, callId } = harness.talk();
  end(harness);
  clock.advance(60_000);
  assert.equal(harness.tracker.count, 0);
  const [story] = stories(bench, did);
  assert.ok(story);
  assert.deepEqual([story.state, story.in_memory, story.complete, story.end_reason], [5, false, true, "Downstream BYE"]);
  assert.equal(story.steps[0]?.event, "created");
  assert.equal(story.steps.at(-1)?.event, "destroyed");
  assert.deepEqual(stories(bench, callId), [story]);
  assert.deepEqual(stories(bench, String(dbId)), [story]);
});

test("a Call-ID that was used again has several stories, the oldest first", () => {
  const bench = setUp();
  const first = bench.harness.talk();
  end(bench.harness);
  bench.clock.advance(60_000);
  const second = bench.harness.talk();
  assert.deepEqual(
    stories(bench, second.callId).map(({ ID, in_memory }) => [ID, in_memory]),
    [
      [first.did, false],
      [second.did, true],
    ],
  );
});

test("what has been overwritten is not made up: a call whose beginning is gone says so, one that is gone whole is unknown", () => {
  const bench = setUp(4096);
  const { harness, clock } = bench;
  const long = harness.talk();
  for (let i = 0; i < 100; i++) long.setValue("n", String(i));
  const [story] = stories(bench, long.did);
  assert.ok(story);
  assert.equal(story.complete, false);
  assert.ok(story.steps.every(({ event }) => event === "value"));
  end(harness);
  clock.advance(60_000);
  const busy = harness.talk({ callId: "2@x" });
  for (let i = 0; i < 100; i++) busy.setValue("n", String(i));
  assert.deepEqual(bench.call("dlg_explain", [long.did]), { code: 404, message: "No such dialog" });
});

test("for people it is a few lines", () => {
  const bench = setUp();
  bench.harness.talk();
  end(bench.harness);
  const text = bench.call("dlg_explain", { dialog_id: "1-2345@127.0.0.1", format: "text" });
  assert.ok(typeof text === "string");
  assert.match(text, /^call 1-2345@127\.0\.0\.1, did [0-9a-f.]+: ended, Downstream BYE\nfrom sip:alice@10\.0\.0\.2 \(tag a\)/);
  assert.match(text, /\n {4}\+0\.000 s {2}1→2 {2}a provisional reply went to the caller: 180 Ringing b\n/);
  assert.match(text, /4→5 {2}a party hung up: BYE 103 downstream "Downstream BYE"/);
});

test("unknown calls and formats are refused", () => {
  const { call } = setUp();
  assert.deepEqual(call("dlg_explain", ["nobody"]), { code: 404, message: "No such dialog" });
  assert.deepEqual(call("dlg_explain", ["nobody", "xml"]), {
    code: -32602,
    message: "Invalid params",
    data: "Bad type for parameter 'format'",
  });
});

test("messages stand among the steps, each with its addresses, number and size; lines alone unless asked for more", () => {
  const bench = setUp();
  bench.harness.talk();
  end(bench.harness);
  const [story] = stories(bench, "1-2345@127.0.0.1");
  assert.ok(story);
  assert.deepEqual(
    story.messages.map(
      ({ direction, from, to, line, cseq }) => `${direction} ${direction === "sent" ? to : from} ${line.split(" ", 2).join(" ")} ${cseq}`,
    ),
    [
      "received udp:10.0.0.2:5060 INVITE sip:b@10.0.0.3:5060 102 INVITE",
      "sent udp:10.0.0.3:5060 INVITE sip:b@10.0.0.3:5060 102 INVITE",
      "received udp:10.0.0.3:5060 SIP/2.0 180 102 INVITE",
      "sent udp:10.0.0.2:5060 SIP/2.0 180 102 INVITE",
      "received udp:10.0.0.3:5060 SIP/2.0 200 102 INVITE",
      "sent udp:10.0.0.2:5060 SIP/2.0 200 102 INVITE",
      "received udp:10.0.0.2:5060 ACK sip:b@10.0.0.3:5060 102 ACK",
      "sent udp:10.0.0.3:5060 ACK sip:b@10.0.0.3:5060 102 ACK",
      "received udp:10.0.0.2:5060 BYE sip:b@10.0.0.3:5060 103 BYE",
      "sent udp:10.0.0.3:5060 BYE sip:b@10.0.0.3:5060 103 BYE",
      "received udp:10.0.0.3:5060 SIP/2.0 200 103 BYE",
      "sent udp:10.0.0.2:5060 SIP/2.0 200 103 BYE",
    ],
  );
  assert.ok(story.messages.every(({ size, text }) => size > 100 && text === undefined));
  assert.equal(story.messages_complete, true);
  const text = bench.call("dlg_explain", { dialog_id: story.ID, format: "text" });
  assert.ok(typeof text === "string");
  // what came stands before what it brought about, and that before what left
  assert.match(text, / ← {3}udp:10\.0\.0\.2:5060 {2}BYE [^\n]+\n[^\n]+a party hung up[^\n]+\n[^\n]+ → {3}udp:10\.0\.0\.3:5060 {2}BYE /);
});

test("whole messages are shown without what proves who somebody is", () => {
  const bench = setUp(65_536, { messageDetail: "whole" });
  const headers =
    'Proxy-Authorization: Digest username="alice", realm="x", nonce="n", response="0123456789abcdef"\r\nAuthorization: Basic YWxpY2U6c2VjcmV0\r\n';
  bench.harness.invite({ headers, body: "v=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3\r\n" });
  const [story] = stories(bench, "1-2345@127.0.0.1");
  const text = story?.messages[0]?.text ?? "";
  assert.match(text, /^INVITE sip:b@10\.0\.0\.3:5060 SIP\/2\.0\r\nVia: /);
  assert.match(text, /username="alice", realm="x", nonce="n", response="\*\*\*"\r\nAuthorization: Basic \*\*\*\r\n/);
  assert.match(text, /inline:\*\*\*\r\n$/);
  const shown = JSON.stringify(stories(bench, "1-2345@127.0.0.1"));
  for (const secret of ["0123456789abcdef", "YWxpY2U6c2VjcmV0", "d0RmdmcmVCspeEc3"]) assert.ok(!shown.includes(secret));
  const lines = bench.call("dlg_explain", ["1-2345@127.0.0.1", "text"]);
  assert.ok(typeof lines === "string" && lines.includes("| Call-ID: 1-2345@127.0.0.1\n") && !lines.includes("0123456789abcdef"));
});

test("a Call-ID that was used again: each call has its own messages", () => {
  const bench = setUp();
  bench.harness.talk();
  end(bench.harness);
  bench.clock.advance(60_000);
  bench.harness.talk();
  assert.deepEqual(
    stories(bench, "1-2345@127.0.0.1").map(({ messages }) => [messages.length, messages[0]?.line.split(" ")[0], messages.at(-1)?.cseq]),
    [
      [12, "INVITE", "103 BYE"],
      [8, "INVITE", "102 ACK"],
    ],
  );
});

test("messages that were overwritten are missed, and that is said", () => {
  const bench = setUp(65_536, { messageBytes: 4096 });
  const first = bench.harness.talk();
  for (let i = 0; i < 20; i++) bench.harness.talk({ callId: `${i}@x` });
  const [story] = stories(bench, first.did);
  assert.ok(story);
  assert.deepEqual([story.messages, story.messages_complete, story.complete], [[], false, true]);
  assert.ok(bench.harness.stat("explain_lost_messages") > 0);
  assert.ok(bench.harness.stat("explain_message_bytes") <= 4096);
  assert.match(String(bench.call("dlg_explain", [first.did, "text"])), /\n\(messages may have been overwritten\)\n/);
});

test("no messages are kept where none are wanted", () => {
  const bench = setUp(65_536, { messageDetail: "none" });
  const { did } = bench.harness.talk();
  const [story] = stories(bench, did);
  assert.deepEqual([story?.messages, story?.messages_complete], [[], true]);
});

test("dlg_check says that all is well, or what is not", async () => {
  const bench = setUp();
  const { harness } = bench;
  const dialog = harness.talk();
  assert.deepEqual(await bench.wait("dlg_check"), { Checked: 1, OK: true, Problems: [] });
  dialog.valueCount = 3;
  assert.deepEqual(await bench.wait("dlg_check"), { Checked: 1, OK: false, Problems: [`dialog ${dialog.did} says 3 values, has 0`] });
  dialog.valueCount = 0;
  const both = [bench.wait("dlg_check"), bench.wait("dlg_check")];
  for (const result of await Promise.all(both)) assert.deepEqual(result, { Checked: 1, OK: true, Problems: [] });
});
