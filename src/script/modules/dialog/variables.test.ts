// The eleven variables of the dialog module through the life of a call: what they show when, and when they are NULL (dialog-behaviour 9).
import assert from "node:assert/strict";
import { test } from "node:test";
import { createManagement } from "../../../server/management.ts";
import { type ScriptBench, testScript } from "../../../testing/script.ts";
import { CALLEE, CallBench, type Frame, script } from "./harness.ts";

const open = async (frame: Frame): Promise<CallBench<ScriptBench>> => new CallBench(await testScript(script(frame)));
const only = (call: CallBench<ScriptBench>) => {
  const [dialog] = call.bench.engine.dialogs.all();
  assert.ok(dialog !== undefined);
  return dialog;
};
/** Runs a route when the call is over and prints in it. */
const atHangup = (print: string, flags = "", before = ""): Frame => ({
  initial: `${before} create_dialog("${flags}"); dlg_on_hangup("over");`,
  more: `route[over] { xlog("${print}\\n"); }`,
});

test("$DLG_status follows the call from 1 to 5", async () => {
  const call = await open({
    initial: 'xlog("$DLG_status "); create_dialog(); xlog("$DLG_status "); t_on_reply("r"); dlg_on_answer("up"); dlg_on_hangup("over");',
    within: 'if (is_method("INFO")) xlog("$DLG_status ");',
    more: 'onreply_route[r] { xlog("$rs:$DLG_status "); }\nroute[up] { xlog("up:$DLG_status "); }\nroute[over] { xlog("over:$DLG_status"); }',
  });
  const invite = await call.invite();
  await call.answer(invite, "180 Ringing");
  await call.answer(invite, "183 Progress");
  await call.answer(invite, "200 OK");
  await call.request("INFO", 2, { toTag: "b" });
  await call.request("ACK", 1, { toTag: "b" });
  await call.request("INFO", 3, { toTag: "b" });
  await call.request("BYE", 4, { toTag: "b" });
  assert.equal(call.printed(), "<null> 1 180:1 183:2 200:2 up:3 3 4 over:5");
  await call.close();
});

test("$DLG_lifetime counts seconds from the answer, also after the end; a call without answer has lasted 0", async () => {
  const call = await open({
    initial: 'create_dialog(); xlog("$DLG_lifetime "); t_on_failure("f"); dlg_on_hangup("over");',
    within: 'if (is_method("INFO")) xlog("$DLG_lifetime ");',
    more: 'failure_route[f] { xlog("failed:$DLG_lifetime "); }\nroute[over] { xlog("over:$DLG_lifetime "); }',
  });
  const invite = await call.invite();
  await call.bench.advance(5_000);
  await call.answer(invite, "200 OK");
  await call.request("ACK", 1, { toTag: "b" });
  await call.bench.advance(3_100);
  await call.request("INFO", 2, { toTag: "b" });
  await call.bench.advance(4_000);
  await call.request("BYE", 3, { toTag: "b" });
  assert.equal(call.printed(), "0 3 over:7 ");
  const refused = await call.invite([], "other@x");
  await call.bench.advance(2_000);
  await call.answer(refused, "486 Busy");
  assert.equal(call.printed(), "0 failed:0 ");
  await call.close();
});

test("$DLG_dir is the way of the request; in reply routes and in routes of the call it is NULL", async () => {
  const call = await open({
    initial: 'xlog("$DLG_dir "); create_dialog(); xlog("$DLG_dir "); t_on_reply("r"); dlg_on_answer("up");',
    within: 'xlog("$rm:$DLG_dir "); t_on_reply("r");',
    more: 'onreply_route[r] { xlog("$rs:$DLG_dir "); }\nroute[up] { xlog("up:$DLG_dir "); }',
  });
  const invite = await call.invite();
  await call.answer(invite, "200 OK");
  await call.request("ACK", 1, { toTag: "b" });
  const info = await call.request("INFO", 9, { toTag: "a", from: CALLEE });
  await call.answer(info.find(({ text }) => text.startsWith("INFO"))?.text, "200 OK", [], "10.0.0.2:5060");
  await call.request("INFO", 2, { toTag: "b" });
  const printed = call.printed();
  assert.match(printed, /^<null> downstream 200:<null> up:<null> ACK:downstream INFO:upstream 200:<null> INFO:downstream $/);
  await call.close();
});

test("$DLG_did is the cookie of Record-Route and the ID of dlg_list", async () => {
  const call = await open({ initial: 'create_dialog(); xlog("$DLG_did");' });
  const invite = await call.invite();
  const { did, dbId } = only(call);
  assert.equal(call.printed(), did);
  assert.ok(invite?.includes(`;did=${did}>`));
  assert.match(did, /^[0-9a-f]+\.[0-9a-f]+$/);
  const digits = (text: string): bigint => BigInt(`0x${[...text].reverse().join("")}`);
  const [entry = "", id = ""] = did.split(".");
  assert.equal(BigInt(dbId), (digits(entry) << 32n) + digits(id));
  await call.close();
});

test("$DLG_flags is the mask of the call's flags: read, replaced, emptied", async () => {
  const call = await open({
    initial: 'create_dialog(); set_dlg_flag(0); set_dlg_flag(31); xlog("$DLG_flags "); $DLG_flags = 6; xlog("$DLG_flags ");',
    within: 'if (is_method("INFO")) { xlog("$DLG_flags "); $DLG_flags = NULL; xlog("$DLG_flags"); }',
  });
  await call.talk();
  await call.request("INFO", 2, { toTag: "b" });
  assert.equal(call.printed(), "2147483649 6 6 0");
  await call.close();
});

test("$DLG_timeout is the configured lifetime until the answer, then what is left of it; 0 at the end", async () => {
  const call = await open({
    initial:
      'xlog("$DLG_timeout "); $DLG_timeout = 90; xlog("$DLG_timeout "); create_dialog(); xlog("$DLG_timeout "); $DLG_timeout = "60"; xlog("$DLG_timeout "); dlg_on_hangup("over");',
    within: 'if (is_method("INFO")) { xlog("$DLG_timeout "); $DLG_timeout = 20; xlog("$DLG_timeout "); }',
    more: 'route[over] { xlog("over:$DLG_timeout"); }',
  });
  await call.talk();
  await call.bench.advance(10_000);
  await call.request("INFO", 2, { toTag: "b" });
  await call.request("BYE", 3, { toTag: "b" });
  assert.equal(call.printed(), "<null> 90 90 60 50 20 over:0");
  await call.close();
});

/** Answers every BYE that we sent since the last look. */
async function answerByes(call: CallBench<ScriptBench>): Promise<void> {
  for (const { to, text } of call.bench.take()) {
    if (text.startsWith("BYE ")) await call.answer(text, "200 OK", [], to);
  }
}

test("$DLG_end_reason: NULL while the call lives, then why it ended", async () => {
  const reason = "$DLG_end_reason";
  const byCallee = await open({ ...atHangup(reason), within: `if (is_method("INFO")) xlog("${reason} ");` });
  await byCallee.talk();
  await byCallee.request("INFO", 2, { toTag: "b" });
  await byCallee.request("BYE", 9, { toTag: "a", from: CALLEE });
  assert.equal(byCallee.printed(), "<null> Upstream BYE\n");
  await byCallee.close();

  const byCaller = await open(atHangup(reason));
  await byCaller.talk();
  await byCaller.request("BYE", 2, { toTag: "b" });
  assert.equal(byCaller.printed(), "Downstream BYE\n");
  await byCaller.close();

  const expired = await open(atHangup(reason, "B", "$DLG_timeout = 2;"));
  await expired.talk();
  await expired.bench.advance(3_500);
  await answerByes(expired);
  assert.equal(expired.printed(), "Lifetime Timeout\n");
  await expired.close();

  const raced = await open(atHangup(reason, "E", 'if (is_method("CANCEL")) { t_relay(); exit; }'));
  const invite = await raced.invite();
  await raced.answer(invite, "200 OK");
  await raced.request("CANCEL", 1, { branch: "z9hG4bKicall@10.0.0.2" });
  await raced.request("ACK", 1, { toTag: "b" });
  raced.bench.take();
  await raced.bench.advance(7_000);
  await answerByes(raced);
  assert.equal(raced.printed(), "SIP Race Condition\n");
  await raced.close();

  const ended = await open(atHangup(reason));
  await ended.talk();
  const { commands } = createManagement(ended.bench.engine, { get: () => 0, set: () => {} }, () => {});
  ended.bench.take();
  commands.execute('{"jsonrpc":"2.0","id":1,"method":"dlg_end_dlg","params":{"dialog_id":"call@10.0.0.2"}}', {
    transport: "internal",
    address: "",
  });
  await ended.bench.advance(1);
  await answerByes(ended);
  assert.equal(ended.printed(), "MI Termination\n");
  await ended.close();
});

test("$DLG_count is the number of answered calls", async () => {
  const call = await open({ initial: 'create_dialog(); xlog("$DLG_count ");', within: 'if (is_method("INFO")) xlog("$DLG_count ");' });
  await call.talk([], "one@x");
  await call.talk([], "two@x");
  await call.request("INFO", 2, { toTag: "b", callId: "two@x" });
  await call.request("BYE", 3, { toTag: "b", callId: "one@x" });
  await call.request("INFO", 3, { toTag: "b", callId: "two@x" });
  assert.equal(call.printed(), "0 1 2 1 ");
  await call.close();
});

test("$dlg_val(name) is there in every later route of the call, under its exact name, any bytes, newest first in listings", async () => {
  const call = await open({
    initial:
      'create_dialog(); $dlg_val(a) = "1"; $dlg_val(A) = "2"; $dlg_val(a) = "x|y#z"; t_on_reply("r"); t_on_branch("b"); dlg_on_answer("up");',
    within: 'if (is_method("INFO")) { $dlg_val(seen) = $(dlg_val(a){s.len}); xlog("$dlg_val(a) $dlg_val(A) $dlg_val(b) $dlg_val(seen)"); }',
    more: 'branch_route[b] { xlog("b:$dlg_val(a) "); }\nonreply_route[r] { xlog("r:$dlg_val(a) "); }\nroute[up] { xlog("up:$dlg_val(a) "); $dlg_val(b) = "\\tb"; }',
  });
  await call.talk();
  await call.request("INFO", 2, { toTag: "b" });
  assert.equal(call.printed(), "b:x|y#z r:x|y#z up:x|y#z x|y#z 2 \tb 5");
  assert.deepEqual(
    only(call).values.map(({ name }) => name),
    ["seen", "b", "A", "a"],
  );
  await call.close();
});

interface Shown {
  readonly [name: string]: unknown;
  readonly caller: Readonly<Record<string, string>>;
  readonly callees: readonly Readonly<Record<string, string>>[];
}

test("case 69: $DLG_json of a call whose description was changed is JSON, its scalars texts, its ID the number of tables", async () => {
  const offer = "v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8\r\n";
  const call = await open({
    head: 'modparam("dialog", "profiles_with_value", "caller")\nmodparam("dialog", "profiles_no_value", "all")',
    initial: `create_dialog(); set_dlg_profile("caller", "al\\"ice"); set_dlg_profile("caller", "two"); set_dlg_profile("all");
      $dlg_val(quote) = "a\\"b"; $dlg_val(line) = "a\\nb"; if (has_body("application/sdp")) codec_delete("PCMU");`,
    within: 'match_dialog(); if (is_method("INFO")) xlog("$DLG_json\\n$DLG_ctx_json");',
  });
  const sent = await call.request("INVITE", 1, {
    lines: ["Content-Type: application/sdp"],
    body: offer,
    branch: "z9hG4bKi",
  });
  const invite = sent.find(({ to }) => to === CALLEE)?.text;
  await call.answer(invite, "200 OK");
  await call.request("ACK", 1, { toTag: "b" });
  await call.request("INFO", 2, { toTag: "b" });
  const [plain = "", context = "", rest] = call.printed().split("\n");
  assert.equal(rest, undefined, "no line end is left bare");
  const shown: Shown = JSON.parse(plain);
  const dialog = only(call);
  assert.deepEqual(Object.keys(shown), [
    "ID",
    "state",
    "user_flags",
    "callid",
    "timestart",
    "timeout",
    "from_uri",
    "to_uri",
    "caller",
    "callees",
  ]);
  assert.equal(shown["ID"], String(dialog.dbId));
  assert.equal(shown["state"], "4");
  for (const [name, value] of Object.entries(shown))
    if (name !== "caller" && name !== "callees") assert.equal(typeof value, "string", name);
  for (const leg of [shown.caller, ...shown.callees]) {
    assert.deepEqual(Object.keys(leg), ["tag", "contact", "cseq", "route_set", "bind_addr", "sdp"]);
    for (const value of Object.values(leg)) assert.equal(typeof value, "string");
  }
  const full: Shown = JSON.parse(context);
  assert.deepEqual(full["profiles"], { all: [""], caller: ["two", 'al"ice'] });
  assert.deepEqual(full["values"], { quote: 'a"b' }, "what holds control characters stays away");
  assert.equal(full.caller["sdp"], "", "what was passed on as it was stands nowhere twice");
  assert.equal(full.callees[0]?.["sdp"], offer.replace("AVP 0 8", "AVP 8"), "what the callee got");
  await call.close();
});
