import assert from "node:assert/strict";
import { test } from "node:test";
import { Dialog, type DialogKeeper, type EndResult } from "../dialog/dialog.ts";
import { Leg } from "../dialog/leg.ts";
import type { DialogState, Lifecycle } from "../dialog/machine.ts";
import { DialogTable } from "../dialog/table.ts";
import { Slices, silentLog, Timers } from "../kit/index.ts";
import { Profiles } from "../profile/index.ts";
import { TestClock } from "../testing/index.ts";
import type { Listener } from "../transport/index.ts";
import { Commands, registerDialogCommands, registerProfileCommands } from "./index.ts";

// listings show local time
process.env["TZ"] = "UTC";

const SDP = "v=0\r\no=ua 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";

const UDP: Listener = {
  index: 0,
  transport: "udp",
  ip: "127.0.0.1",
  port: 5060,
  family: 4,
  name: "udp:127.0.0.1:5060",
  sentBy: "127.0.0.1:5060",
  uriHost: "127.0.0.1",
  advertisedHost: "127.0.0.1",
  advertisedPort: 5060,
  tag: undefined,
  isReliable: false,
};

/** What `end` was asked to do, and what it says. */
class Ends {
  readonly asked: { callId: string; reason: string; extraHeaders: string | undefined }[] = [];
  readonly results = new Map<string, EndResult>();
}

interface Bench {
  readonly clock: TestClock;
  readonly table: DialogTable;
  readonly profiles: Profiles<Dialog>;
  readonly ends: Ends;
  readonly commands: Commands;
  add(callId: string, id: number, state?: DialogState, fromTag?: string): Dialog;
  call(method: string, params?: unknown): unknown;
}

function setUp(): Bench {
  const clock = new TestClock();
  const fail = (error: unknown): never => {
    throw error;
  };
  const commands = new Commands({ clock, timers: new Timers(clock, clock, fail), log: silentLog });
  const table = new DialogTable(4096);
  const profiles = new Profiles<Dialog>();
  const ends = new Ends();
  const expiries = new Map<Dialog, number>();
  const keeper = {
    expiresAt: (dialog: Dialog) => (dialog.isTalking ? dialog.startAt + 43_200_500 : (expiries.get(dialog) ?? 0)),
    end: (dialog: Dialog, reason: string, options?: { extraHeaders?: string }): EndResult => {
      ends.asked.push({ callId: dialog.callId, reason, extraHeaders: options?.extraHeaders });
      return ends.results.get(dialog.callId) ?? "ok";
    },
  } as unknown as DialogKeeper; // the rest is not for listings
  registerDialogCommands(commands, table);
  registerProfileCommands(commands, profiles, new Slices(clock, clock.defer, fail));
  return {
    clock,
    table,
    profiles,
    ends,
    commands,
    add: (callId, id, state = "confirmed", fromTag = "2de8ac91") => {
      const leg = new Leg(-1, 0);
      leg.tag = fromTag;
      const life: Lifecycle = {
        state,
        winner: 1,
        options: 0,
        hasBye: false,
        wasCancelled: false,
        isRaced: false,
        isEnding: false,
        endReason: undefined,
        effects: [],
      };
      const entry = table.entryOf(callId);
      const dialog = new Dialog(
        keeper,
        entry,
        id,
        callId,
        "sip:alice@127.0.0.1",
        "sip:bob@127.0.0.1:5081",
        leg,
        life,
        clock.now(),
        43_200_000,
      );
      table.add(dialog);
      return dialog;
    },
    call: (method, params) => {
      const input = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
      const answer = commands.execute(input, { transport: "internal", address: "" });
      assert.ok(answer !== undefined && !(answer instanceof Promise));
      const reply = JSON.parse([...answer].join(""));
      return "error" in reply ? reply.error : reply.result;
    },
  };
}

/** The call of the reference's capture `basic`. */
function capturedCall({ add, profiles }: Bench): Dialog {
  const dialog = add("35b8519118@127.0.0.1", 0x48b540e6);
  dialog.startAt = 1_795_456_350_123;
  dialog.flags = 8;
  const { callerLeg } = dialog;
  callerLeg.remoteTarget = "sip:alice@127.0.0.1:5071";
  callerLeg.listener = UDP;
  callerLeg.receivedSdp = SDP;
  const callee = new Leg(0, 1);
  callee.tag = "389ec693";
  callee.remoteTarget = "sip:bob@127.0.0.1:5081";
  callee.listener = UDP;
  callee.receivedSdp = SDP;
  dialog.calleeLegs.push(callee);
  profiles.define("inbound", { withValue: false }).link(dialog, "");
  profiles.define("caller", { withValue: true }).link(dialog, "alice");
  const caller = { name: "caller", value: "sip:alice@127.0.0.1", isInteger: false, older: undefined };
  const account = { name: "account", value: "pre#paid|x;y", isInteger: false, older: caller };
  dialog.firstValue = { name: "sdp\\", value: "v=0\r\nö", isInteger: false, older: account };
  return dialog;
}

const CAPTURED = {
  ID: "09e.6e045b84",
  db_id: "16012857917670",
  state: 4,
  user_flags: 8,
  timestart: 1795456350,
  datestart: "2026-11-23 17:52:30",
  timeout: 1795499551,
  dateout: "2026-11-24 05:52:31",
  callid: "35b8519118@127.0.0.1",
  from_uri: "sip:alice@127.0.0.1",
  to_uri: "sip:bob@127.0.0.1:5081",
  caller_tag: "2de8ac91",
  caller_contact: "sip:alice@127.0.0.1:5071",
  callee_cseq: "0",
  caller_route_set: "",
  caller_bind_addr: "udp:127.0.0.1:5060",
  caller_sdp: SDP,
  CALLEES: [
    {
      callee_tag: "389ec693",
      callee_contact: "sip:bob@127.0.0.1:5081",
      caller_cseq: "1",
      callee_route_set: "",
      callee_bind_addr: "udp:127.0.0.1:5060",
      callee_sdp: SDP,
    },
  ],
};

test("dlg_list_ctx shows a call as the reference does: names, types, order", () => {
  const bench = setUp();
  capturedCall(bench);
  const expected = {
    Dialogs: [
      {
        ...CAPTURED,
        context: {
          values: [{ "sdp\\\\": "v=0\\r\\n\\xf6" }, { account: "pre#paid|x;y" }, { caller: "sip:alice@127.0.0.1" }],
          profiles: [{ caller: "alice" }, { inbound: "" }],
        },
      },
    ],
  };
  assert.equal(JSON.stringify(bench.call("dlg_list_ctx")), JSON.stringify(expected));
});

test("dlg_list leaves the context out, and what is not there", () => {
  const bench = setUp();
  const dialog = capturedCall(bench);
  const early = bench.add("early@x", 7, "early");
  early.calleeLegs.push(new Leg(0, 1));
  const { Dialogs: all } = bench.call("dlg_list") as { Dialogs: Record<string, unknown>[] };
  const shown = all.find((one) => one["callid"] === "early@x");
  assert.equal(
    JSON.stringify(shown),
    JSON.stringify({
      ID: early.did,
      db_id: String(early.dbId),
      state: 2,
      user_flags: 0,
      timestart: 0,
      timeout: 0,
      callid: "early@x",
      from_uri: "sip:alice@127.0.0.1",
      to_uri: "sip:bob@127.0.0.1:5081",
      caller_tag: "2de8ac91",
      caller_contact: "",
      callee_cseq: "0",
      caller_route_set: "",
      caller_bind_addr: "",
      CALLEES: [{ callee_tag: "", callee_contact: "", caller_cseq: "1", callee_route_set: "", callee_bind_addr: null }],
    }),
  );
  assert.ok(all.every((one) => !("context" in one)));
  dialog.callerLeg.sentSdp = "v=1\r\n";
  const answer = bench.call("dlg_list", { callid: dialog.callId }) as { Dialog: Record<string, unknown> };
  assert.equal(answer.Dialog["caller_sent_sdp"], "v=1\r\n");
  const bare = bench.call("dlg_list_ctx", { callid: "early@x" }) as { Dialog: Record<string, unknown> };
  assert.deepEqual(bare.Dialog["context"], {});
});

test("bytes that are UTF-8 are shown as what they mean, others one by one", () => {
  const bench = setUp();
  bench.add("caf\xc3\xa9@x", 1);
  bench.add("caf\xe9@y", 2);
  const { Dialogs: all } = bench.call("dlg_list") as { Dialogs: { callid: string }[] };
  assert.deepEqual(all.map((one) => one.callid).toSorted(), ["café@x", "café@y"]);
  assert.equal((bench.call("dlg_list", { callid: "café@x" }) as { Dialog: { callid: string } }).Dialog.callid, "café@x");
});

test("one call is found by Call-ID and caller tag, live ones only", () => {
  const bench = setUp();
  bench.add("a@x", 1, "ended", "one");
  bench.add("a@x", 2, "confirmed", "one");
  bench.add("a@x", 3, "confirmed", "two");
  bench.add("gone@x", 4, "ended");
  const didOf = (params: unknown): unknown => (bench.call("dlg_list", params) as { Dialog?: { ID: string } }).Dialog?.ID;
  const did = (id: number): string | undefined => [...bench.table.all()].find((dialog) => dialog.id === id)?.did;
  assert.equal(didOf({ callid: "a@x" }), did(2));
  assert.equal(didOf({ callid: "a@x", from_tag: "two" }), did(3));
  const none = { code: 404, message: "No such dialog" };
  assert.deepEqual(bench.call("dlg_list", { callid: "a@x", from_tag: "three" }), none);
  assert.deepEqual(bench.call("dlg_list", { callid: "gone@x" }), none);
  assert.deepEqual(bench.call("dlg_list_ctx", { callid: "" }), none);
});

test("pages have the number of all calls, and a counter of 0 means everything", () => {
  const bench = setUp();
  for (let i = 0; i < 10; i++) bench.add(`call-${i}@x`, i + 1, i === 3 ? "ended" : "confirmed");
  const order = [...bench.table.all()].map((dialog) => dialog.callId);
  const page = (index: unknown, counter: unknown): unknown => {
    const { count, Dialogs } = bench.call("dlg_list", { index, counter }) as { count?: number; Dialogs: { callid: string }[] };
    return [count, Dialogs.map((one) => one.callid)];
  };
  assert.deepEqual(page(0, 4), [10, order.slice(0, 4)]);
  assert.deepEqual(page("8", "4"), [10, order.slice(8)]);
  assert.deepEqual(page(10, 4), [10, []]);
  assert.deepEqual(page(0, 0), [undefined, order]);
  const badType = { code: -32602, message: "Invalid params" };
  assert.deepEqual(bench.call("dlg_list", { index: -1, counter: 1 }), { ...badType, data: "Bad type for parameter 'index'" });
  assert.deepEqual(bench.call("dlg_list", { index: 0, counter: -1 }), { ...badType, data: "Bad type for parameter 'counter'" });
  assert.deepEqual(bench.call("dlg_list", ["a@x"]), { ...badType, data: "Command only supports named parameters" });
});

test("calls that begin and end while a list leaves do not disturb it", () => {
  const bench = setUp();
  const dialogs = Array.from({ length: 50 }, (_, i) => bench.add(`call-${i}@x`, i + 1));
  const answer = bench.commands.execute('{"jsonrpc":"2.0","id":1,"method":"dlg_list"}', { transport: "internal", address: "" });
  assert.ok(answer !== undefined && !(answer instanceof Promise));
  let text = "";
  let next = 0;
  for (const piece of answer) {
    text += piece;
    const gone = dialogs[next++];
    if (gone !== undefined) bench.table.remove(gone);
    if (next < 50) bench.add(`new-${next}@x`, 1000 + next);
  }
  const { Dialogs: listed } = JSON.parse(text).result;
  const dids = listed.map((one: { ID: string }) => one.ID);
  assert.equal(new Set(dids).size, dids.length, "none twice");
});

test("dlg_end_dlg takes a did, a Call-ID or the number of tables, and says how it went", () => {
  const bench = setUp();
  const dialog = bench.add("a@x", 5);
  const other = bench.add("b@x", 6);
  bench.add("over@x", 7, "ended");
  for (const id of [dialog.did, "a@x", String(dialog.dbId)]) assert.equal(bench.call("dlg_end_dlg", { dialog_id: id }), "OK", id);
  assert.deepEqual(bench.ends.asked[0], { callId: "a@x", reason: "MI Termination", extraHeaders: "" });
  const gone = { code: 404, message: "Requested Dialog not found" };
  for (const id of ["nope", "over@x", "", "fff.fff"]) assert.deepEqual(bench.call("dlg_end_dlg", [id]), gone, id);
  bench.ends.results.set(other.callId, "failed");
  assert.deepEqual(bench.call("dlg_end_dlg", ["b@x"]), { code: 500, message: "Operation failed" });
  bench.ends.results.set(other.callId, "ended");
  assert.deepEqual(bench.call("dlg_end_dlg", ["b@x"]), gone);
});

test("extra headers are complete lines, or refused", () => {
  const bench = setUp();
  bench.add("a@x", 5);
  const given = (text: string): unknown => {
    bench.ends.asked.length = 0;
    const answer = bench.call("dlg_end_dlg", ["a@x", text]);
    return bench.ends.asked[0]?.extraHeaders ?? answer;
  };
  assert.equal(given("Reason: Q.850;cause=16\r\n"), "Reason: Q.850;cause=16\r\n");
  assert.equal(given("Reason: x\r\nX-A: ü"), "Reason: x\r\nX-A: \xc3\xbc\r\n");
  for (const text of ["no header", ": x", "A: b\r\n\r\nINVITE", "A: b\nB: c", "A: b\rC: d", "A: \0", "A b: c", "\r\n"]) {
    assert.deepEqual(given(text), { code: 400, message: "Bad headers" }, JSON.stringify(text));
  }
});

test("profile_get_size counts links, by value or in all", () => {
  const bench = setUp();
  const caller = bench.profiles.define("caller", { withValue: true });
  const inbound = bench.profiles.define("inbound", { withValue: false });
  const [a, b] = [bench.add("a@x", 1), bench.add("b@x", 2)];
  caller.link(a, "alice");
  caller.link(b, "alice");
  caller.link(b, "J\xc3\xbcrgen");
  inbound.link(a, "");
  const size = (...params: unknown[]): unknown => bench.call("profile_get_size", params);
  const shared = { shared: "no", replicated: "no" };
  assert.equal(
    JSON.stringify(size("caller", "alice")),
    JSON.stringify({ Profile: { name: "caller", value: "alice", count: 2, ...shared } }),
  );
  assert.deepEqual(size("caller"), { Profile: { name: "caller", value: null, count: 3, ...shared } });
  assert.deepEqual(size("caller", "Jürgen"), { Profile: { name: "caller", value: "Jürgen", count: 1, ...shared } });
  assert.deepEqual(size("caller", "nobody"), { Profile: { name: "caller", value: "nobody", count: 0, ...shared } });
  assert.deepEqual(size("inbound", "ignored"), { Profile: { name: "inbound", value: "ignored", count: 1, ...shared } });
  for (const name of ["nope", "", "caller/s", "bad name"]) assert.deepEqual(size(name), { code: 404, message: "Profile not found" }, name);
});

test("profile_get_values and list_all_profiles", () => {
  const bench = setUp();
  const caller = bench.profiles.define("caller", { withValue: true });
  bench.profiles.define("inbound", { withValue: false }).link(bench.add("a@x", 1), "");
  for (const dialog of bench.table.all()) caller.link(dialog, "alice");
  assert.deepEqual(bench.call("profile_get_values", ["caller"]), [{ value: "alice", count: 1 }]);
  assert.deepEqual(bench.call("profile_get_values", ["inbound"]), [{ value: null, count: 1 }]);
  assert.deepEqual(bench.call("list_all_profiles"), {
    Profiles: [
      { name: "caller", "has value": true },
      { name: "inbound", "has value": false },
    ],
  });
});

test("profile_list_dlgs lists calls without context", () => {
  const bench = setUp();
  capturedCall(bench);
  const expected = { Dialogs: [CAPTURED] };
  assert.equal(JSON.stringify(bench.call("profile_list_dlgs", ["caller", "alice"])), JSON.stringify(expected));
  assert.deepEqual(bench.call("profile_list_dlgs", ["inbound", "whatever"]), expected);
  assert.deepEqual(bench.call("profile_list_dlgs", ["caller", "bob"]), { Dialogs: [] });
});

test("profile_end_dlgs ends every call once, also where some cannot be ended", () => {
  const bench = setUp();
  const caller = bench.profiles.define("caller", { withValue: true });
  const dialogs = Array.from({ length: 200 }, (_, i) => bench.add(`call-${i}@x`, i + 1));
  for (const dialog of dialogs) caller.link(dialog, "alice");
  const [first, second] = dialogs;
  assert.ok(first !== undefined && second !== undefined);
  caller.link(first, "alice");
  bench.ends.results.set(second.callId, "failed");
  assert.equal(bench.call("profile_end_dlgs", ["caller", "alice"]), "OK");
  assert.equal(bench.ends.asked.length, 200);
  assert.equal(bench.call("profile_end_dlgs", ["caller", "bob"]), "OK");
  assert.deepEqual(bench.call("profile_end_dlgs", ["nope"]), { code: 404, message: "Profile not found" });
});
