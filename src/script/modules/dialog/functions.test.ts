// The functions and variables of the dialog module on real calls in virtual time (script-language 6.2, 8.3; dialog-behaviour 9, 10.4, 15, 16).
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkScript, runStatements, type ScriptBench, type ScriptTestOptions, testScript } from "../../../testing/script.ts";
import { CALLEE, CALLER, CallBench, type Frame, LOAD, script } from "./harness.ts";

const PROFILES = 'modparam("dialog", "profiles_with_value", "caller")\nmodparam("dialog", "profiles_no_value", "inbound")';

/** A call through a script that is running. */
async function open(frame: Frame | string, options: ScriptTestOptions = {}): Promise<CallBench<ScriptBench>> {
  return new CallBench(await testScript(typeof frame === "string" ? frame : script(frame), options));
}

/** What an initial INVITE prints. */
async function printedBy(initial: string, head = PROFILES): Promise<string> {
  const call = await open({ head, initial });
  await call.invite();
  const printed = call.printed();
  await call.close();
  return printed;
}

test("a lifetime set before there is a dialog is read back and taken over by create_dialog (gotcha 1)", async () => {
  const printed = await printedBy(`
    xlog("$DLG_timeout $DLG_status $DLG_did ");
    $DLG_timeout = 33; xlog("$DLG_timeout ");
    $DLG_timeout = "44"; xlog("$DLG_timeout | ");
    create_dialog(); xlog("$rc $DLG_status $DLG_timeout $DLG_lifetime $DLG_dir $DLG_end_reason");`);
  assert.equal(printed, "<null> <null> <null> 33 44 | 1 1 44 0 downstream <null>");
});

test("a lifetime is a number of seconds that is not negative", async () => {
  const printed = await printedBy(`
    create_dialog(); $DLG_timeout = 50;
    $var(m) = 0 - 1;
    $DLG_timeout = $var(m); xlog("$rc ");
    $DLG_timeout = "ten"; xlog("$rc ");
    $DLG_timeout = NULL; xlog("$rc $DLG_timeout");`);
  assert.equal(printed, "-1 -1 -1 50");
});

test("the lifetime runs from the answer, is lengthened in the call, and ends it without BYE unless B says so", async () => {
  for (const [flags, byes] of [
    ["", 0],
    ["B", 2],
  ] as const) {
    const call = await open({
      initial: `$DLG_timeout = 10; create_dialog("${flags}"); dlg_on_timeout("over");`,
      within: 'if (is_method("INFO")) $DLG_timeout = 20; xlog("$rm $DLG_timeout\\n");',
      more: 'route[over] { xlog("over $DLG_status $DLG_timeout\\n"); }',
    });
    await call.talk();
    await call.bench.advance(4_000);
    await call.request("INFO", 2, { toTag: "b" });
    assert.equal(call.printed(), "ACK 10\nINFO 20\n");
    call.bench.take();
    await call.bench.advance(25_000);
    assert.equal(call.printed(), "over 4 0\n");
    assert.equal(call.bench.sent.filter(({ text }) => text.startsWith("BYE ")).length >= byes, true);
    assert.equal(
      call.bench.sent.some(({ text }) => text.startsWith("BYE ")),
      byes > 0,
    );
    await call.close();
  }
});

test("a timeout route that sets a lifetime keeps the call alive (8.3)", async () => {
  const call = await open({
    initial: '$DLG_timeout = 5; create_dialog(); dlg_on_timeout("over");',
    more: 'route[over] { xlog("over\\n"); if ($dlg_val(more) == NULL) { $dlg_val(more) = 1; $DLG_timeout = 60; } }',
  });
  await call.talk();
  await call.bench.advance(10_000);
  assert.equal(call.printed(), "over\n");
  assert.equal(call.bench.engine.dialogs.active, 1);
  await call.bench.advance(60_000);
  assert.equal(call.printed(), "over\n");
  assert.equal(call.bench.engine.dialogs.active, 0);
  await call.close();
});

test("named routes run at the turning points with the dialog, a phony message and AVPs of their own; omitted, they are disarmed", async () => {
  const call = await open({
    initial: `create_dialog(); $avp(x) = "mine";
      dlg_on_answer("answered"); dlg_on_hangup("other"); dlg_on_hangup("hung"); dlg_on_timeout("other"); dlg_on_timeout();
      $dlg_val(who) = $fU;`,
    within: 'if (is_method("INFO")) { dlg_on_hangup("other"); xlog("late $rc\\n"); }',
    more: `route[answered] { xlog("answered $DLG_status $rm $avp(x) $dlg_val(who) $DLG_dir\\n"); }
      route[hung] { xlog("hung $DLG_status $DLG_end_reason $DLG_lifetime\\n"); }
      route[other] { xlog("other\\n"); }`,
  });
  await call.talk();
  await call.request("INFO", 2, { toTag: "b" });
  await call.bench.advance(3_000);
  await call.request("BYE", 3, { toTag: "b" });
  assert.equal(call.printed(), "answered 3 DUMMY <null> alice <null>\nlate -1\nhung 5 Downstream BYE 3\n");
  await call.close();
});

test("a call that fails runs no hangup route (14.2)", async () => {
  const call = await open({ initial: 'create_dialog(); dlg_on_hangup("hung");', more: 'route[hung] { xlog("hung\\n"); }' });
  const invite = await call.invite();
  await call.answer(invite, "486 Busy");
  await call.bench.advance(40_000);
  assert.equal(call.printed(), "");
  assert.equal(call.bench.engine.dialogs.count, 0);
  await call.close();
});

test("create_dialog twice replaces the flags of pings and B and keeps the dialog (6.2)", async () => {
  const printed = await printedBy(`
    create_dialog("BPE"); $var(did) = $DLG_did; create_dialog("r"); xlog("$rc ");
    if ($var(did) == $DLG_did) xlog("same ");
    create_dialog(); xlog("$rc ");
    $var(f) = "no-such-word, B"; create_dialog("$var(f)"); xlog("$rc");`);
  assert.equal(printed, "1 same 1 -1");
});

test("flags of create_dialog: letters, words in any case, a wrong word is found by the check", () => {
  const check = (flags: string): readonly string[] => checkScript(script({ initial: `create_dialog("${flags}");` }));
  for (const flags of ["B", "Bx", "BE", "", "bye-on-timeout", "Bye-On-Timeout, end-on-race-condition"])
    assert.deepEqual(check(flags), [], flags);
  assert.match(check("bye-on-time").join(), /error .*unknown dialog flag "bye-on-time"/);
  assert.deepEqual(check("Pp"), []);
  assert.deepEqual(check("options-ping-caller,auto-prack"), []);
});

test("match_dialog finds a call whose requests come without Routes; validate and fix_route look at it", async () => {
  const call = await open(`${LOAD}
route {
  if (has_totag()) {
    xlog("$DLG_status ");
    match_dialog("DID_NONE"); xlog("$rc $DLG_dir "); match_dialog(); xlog("$rc ");
    validate_dialog(); xlog("$rc "); fix_route_dialog(); xlog("$rc $ru\\n");
    t_relay(); exit;
  }
  validate_dialog(); xlog("$rc "); fix_route_dialog(); xlog("$rc "); match_dialog(); xlog("$rc\\n");
  create_dialog(); t_relay();
}`);
  await call.talk();
  await call.request("INFO", 3, { toTag: "b" });
  await call.request("INFO", 2, { toTag: "b" });
  await call.request("INFO", 9, { toTag: "a", from: CALLEE });
  await call.request("INFO", 4, { toTag: "wrong" });
  const lines = call.printed().split("\n");
  assert.deepEqual(lines, [
    "-4 -1 -1",
    "<null> 1 downstream 1 1 1 sip:bob@10.0.0.3:5060",
    "<null> 1 downstream 1 1 1 sip:bob@10.0.0.3:5060",
    "<null> 1 downstream 1 -1 1 sip:bob@10.0.0.3:5060",
    "<null> 1 upstream 1 1 1 sip:alice@10.0.0.2:5060",
    "<null> -1 <null> -1 -4 -1 sip:bob@10.0.0.3:5060",
    "",
  ]);
  await call.close();
});

test("profiles count, say no and say why (11.2, 14.2)", async () => {
  const printed = await printedBy(`
    set_dlg_profile("inbound"); xlog("$rc ");
    create_dialog();
    set_dlg_profile("caller"); xlog("$rc ");
    set_dlg_profile("caller", $fU); xlog("$rc ");
    set_dlg_profile("caller", $fU); set_dlg_profile("inbound", "ignored"); xlog("$rc\\n");
    is_in_profile("caller"); xlog("$rc "); is_in_profile("caller", "zz"); xlog("$rc "); is_in_profile("inbound", "any"); xlog("$rc\\n");
    get_profile_size("caller", $fU, $var(n)); xlog("$rc $var(n) ");
    get_profile_size("caller",, $var(n)); xlog("$var(n) "); get_profile_size("inbound",, $var(n)); xlog("$var(n)\\n");
    unset_dlg_profile("caller", $fU); xlog("$rc "); get_profile_size("caller", $fU, $var(n)); xlog("$var(n) ");
    unset_dlg_profile("caller", "zz"); xlog("$rc ");
    set_dlg_profile("caller", "other"); set_dlg_profile("caller", "new", 1); get_profile_size("caller",, $var(n)); xlog("$var(n) ");
    unset_dlg_profile("caller"); xlog("$rc "); unset_dlg_profile("caller"); xlog("$rc ");
    $var(p) = "nobody"; get_profile_size("$var(p)",, $var(n)); xlog("$rc $var(n)");`);
  assert.deepEqual(printed.split("\n"), ["-1 -1 1 1", "1 -1 1", "1 2 2 1", "1 1 -1 1 1 -1 -1 1"]);
});

test("profiles of a call are given up when it ends", async () => {
  const call = await open({ head: PROFILES, initial: 'create_dialog(); set_dlg_profile("caller", $fU);' });
  await call.talk();
  const profile = call.bench.engine.profiles.get("caller");
  assert.equal(profile?.size("alice"), 1);
  await call.request("BYE", 2, { toTag: "b" });
  assert.equal(profile?.size(), 0);
  await call.close();
});

test("a profile that nobody declared is found by the check, with those there are", () => {
  const problems = checkScript(script({ head: PROFILES, initial: 'create_dialog(); set_dlg_profile("calller", $fU);' }));
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? "", /^error \d+:\d+ profile <calller> not defined \(declared are caller, inbound\)$/);
});

test("flags by number and by name are separate bits, and $DLG_flags shows names as soon as there are some", async () => {
  const numbers = await printedBy(`
    set_dlg_flag(3); xlog("$rc "); create_dialog();
    set_dlg_flag(3); is_dlg_flag_set(3); xlog("$rc $DLG_flags "); is_dlg_flag_set(4); xlog("$rc ");
    test_and_set_dlg_flag(3, 0); xlog("$rc "); test_and_set_dlg_flag(3, 1); xlog("$rc $DLG_flags ");
    reset_dlg_flag(3); $DLG_flags = 5; is_dlg_flag_set(2); xlog("$rc $DLG_flags "); $DLG_flags = NULL; xlog("$DLG_flags ");
    $var(i) = 32; set_dlg_flag($var(i)); xlog("$rc");`);
  assert.equal(numbers, "-1 1 8 -1 -1 1 0 1 5 0 -1");
  const names = await printedBy(`
    test_and_set_dlg_flag("vip", 0); xlog("$rc "); create_dialog();
    set_dlg_flag("vip"); set_dlg_flag(0); is_dlg_flag_set("gold"); xlog("$rc $DLG_flags "); set_dlg_flag("gold"); xlog("$DLG_flags | ");
    $DLG_flags = "gold"; is_dlg_flag_set("vip"); xlog("$rc "); is_dlg_flag_set(0); xlog("$rc $DLG_flags");`);
  assert.equal(names, "-2 -1 vip vip gold | -1 -1 gold");
});

test("variables keep what they were given: a number reads as both, NULL takes away (gotcha 31)", async () => {
  const printed = await printedBy(`
    $dlg_val(x) = "lost"; xlog("$rc $dlg_val(x) "); create_dialog();
    $dlg_val(n) = 5; if ($dlg_val(n) == 5) xlog("int "); if ($dlg_val(n) == "5") xlog("text ");
    $var(k) = "n"; xlog("$dlg_val($var(k)) ");
    $dlg_val(s) = "5"; if ($dlg_val(s) == "5") xlog("only ");
    $dlg_val(n) = NULL; xlog("$dlg_val(n) $rc ");
    store_dlg_value("account type", "prepaid"); xlog("$rc ");
    fetch_dlg_value("account type", $var(a)); xlog("$rc $var(a) ");
    $var(a) = "kept"; fetch_dlg_value("account_type", $var(a)); xlog("$rc $var(a) ");
    store_dlg_value("num", 7); fetch_dlg_value("num", $var(b)); $var(b) = $var(b) + 1; xlog("$var(b)");`);
  assert.equal(printed, "-1 <null> int text 5 only <null> 1 1 1 prepaid -1 kept 8");
});

test("other calls are found by variable, by profile and by Call-ID; outputs stay untouched when there are none", async () => {
  const call = await open({
    head: PROFILES,
    initial: `
      get_dialog_info("callee", $avp(callees), "caller", $fu, $var(n)); xlog("info $rc $var(n) $(avp(callees)[0]) $(avp(callees)[1])\\n");
      get_dialogs_by_val("caller", $fu, $avp(jsons), $var(m)); xlog("val $rc $var(m)\\n");
      get_dialogs_by_profile("caller", $fU, $avp(more), $var(p)); xlog("profile $rc $var(p)\\n");
      get_dialogs_by_profile("caller",, $avp(more), $var(p)); xlog("all $rc\\n");
      $json(one) := $(avp(jsons)[0]); xlog("json $json(one/callid) $json(one/state) $json(one/values/callee)\\n");
      get_dialog_vals($avp(names), $avp(vals), "first@x"); xlog("vals $rc $(avp(names)[0])=$(avp(vals)[0]) $(avp(names)[1])=$(avp(vals)[1])\\n");
      create_dialog(); set_dlg_profile("caller", $fU); $dlg_val(caller) = $fu; $dlg_val(callee) = $hdr(X-Callee);`,
  });
  await call.invite(["X-Callee: one"], "first@x");
  assert.equal(
    call.printed(),
    "info -1 <null> <null> <null>\nval -1 <null>\nprofile -1 <null>\nall -1\njson <null> <null> <null>\nvals -1 <null>=<null> <null>=<null>\n",
  );
  await call.invite(["X-Callee: two"], "second@x");
  assert.equal(
    call.printed(),
    "info 1 1 one <null>\nval 1 1\nprofile 1 1\nall 1\njson first@x 1 one\nvals 1 caller=sip:alice@example.com callee=one\n",
  );
  await call.invite(["X-Callee: three"], "third@x");
  assert.equal(call.printed().split("\n")[0], "info 2 2 two one", "index 0 is the last found");
  await call.close();
});

test("another call's context is loaded and unloaded once; the message's own comes back (16)", async () => {
  const call = await open({
    initial: `
      unload_dialog_ctx(); xlog("$rc ");
      load_dialog_ctx("nobody"); xlog("$rc ");
      if (load_dialog_ctx("first@x", "callid")) {
        xlog("$DLG_status $dlg_val(n) "); load_dialog_ctx("first@x"); xlog("$rc "); $dlg_val(n) = 9; set_dlg_flag(1);
        $var(did) = $DLG_did; unload_dialog_ctx(); xlog("$rc $DLG_status ");
        load_dialog_ctx("$var(did)", "did"); xlog("$rc $dlg_val(n) $DLG_flags "); unload_dialog_ctx();
      }
      create_dialog(); $dlg_val(n) = 1; xlog("$dlg_val(n)\\n");`,
  });
  await call.invite([], "first@x");
  await call.invite([], "second@x");
  assert.equal(call.printed(), "-1 -1 1\n-1 -1 1 1 -1 1 <null> 1 9 2 1\n");
  await call.close();
});

test("nothing of a dialog is there without one, and functions say no (9.1)", async () => {
  const printed = await runStatements(
    `xlog("$DLG_count $DLG_status $DLG_lifetime $DLG_flags $DLG_dir $DLG_did $DLG_end_reason $DLG_timeout $DLG_json $DLG_ctx_json $dlg_val(x)\\n");
     load_dialog_ctx("x"); xlog("$rc "); get_dialog_vals($avp(n), $avp(v), "x"); xlog("$rc "); dlg_send_sequential("INFO", "caller"); xlog("$rc ");
     get_profile_size("caller", "x", $var(n)); xlog("$rc $var(n)");`,
    { head: `${LOAD}\n${PROFILES}` },
  );
  assert.equal(printed, `0${" <null>".repeat(10)}\n-1 -1 -1 1 0`);
});

test("$DLG_count counts answered calls, and nothing when statistics are off (decision 21)", async () => {
  for (const [head, expected] of [
    ["", "0 1"],
    ['modparam("dialog", "enable_stats", 0)', "0 0"],
  ] as const) {
    const call = await open({
      head,
      initial: 'xlog("$DLG_count "); create_dialog();',
      within: 'if (is_method("INFO")) xlog("$DLG_count");',
    });
    await call.talk();
    await call.request("INFO", 2, { toTag: "b" });
    assert.equal(call.printed(), expected);
    await call.close();
  }
});

test("in reply routes the dialog is there as it was before the reply, without a direction (decision 21)", async () => {
  const call = await open({
    initial: 'create_dialog(); t_on_reply("r");',
    more: 'onreply_route[r] { xlog("$rs $DLG_status $DLG_dir $dlg_val(x);"); $dlg_val(x) = $rs; set_dlg_flag(1); }',
  });
  const invite = await call.invite();
  await call.answer(invite, "180 Ringing");
  await call.answer(invite, "200 OK");
  assert.equal(call.printed(), "180 1 <null> <null>;200 2 <null> 180;");
  await call.close();
});

test("dlg_send_sequential sends to one side with the next number, through the local route, and what follows is translated (15.1)", async () => {
  const call = await open({
    within: `if (is_method("INFO")) {
      dlg_send_sequential("MESSAGE", "callee", "hello $fU", "text/plain", "X-A: 1\\r\\nX-B: $rU\\r\\n"); xlog("$rc ");
      dlg_send_sequential("OPTIONS", "caller", "", "", ""); xlog("$rc ");
      $var(bad) = "X-A: 1\\r\\n\\r\\nbody"; dlg_send_sequential("MESSAGE", "callee", "x", "text/plain", "$var(bad)"); xlog("$rc ");
      $var(leg) = "nobody"; dlg_send_sequential("MESSAGE", $var(leg)); xlog("$rc\\n");
    }`,
    more: 'local_route { xlog("local $rm $DLG_status $DLG_dir\\n"); remove_hf("X-B"); append_hf("X-C: 3\\r\\n"); }',
  });
  await call.talk();
  const sent = await call.request("INFO", 2, { toTag: "b" });
  const message = sent.find(({ text }) => text.startsWith("MESSAGE "));
  assert.equal(message?.to, CALLEE);
  assert.match(message?.text ?? "", /^MESSAGE sip:bob@10\.0\.0\.3:5060 SIP\/2\.0\r\n/);
  assert.match(message?.text ?? "", /\r\nCSeq: 3 MESSAGE\r\n/);
  assert.match(message?.text ?? "", /\r\nX-A: 1\r\n/);
  assert.doesNotMatch(message?.text ?? "", /X-B/);
  assert.match(message?.text ?? "", /\r\nX-C: 3\r\n/);
  assert.match(message?.text ?? "", /Content-Type: text\/plain\r\n(.|\s)*\r\n\r\nhello alice$/);
  assert.equal(sent.find(({ text }) => text.startsWith("OPTIONS "))?.to, CALLER);
  assert.equal(call.printed(), "local MESSAGE 4 downstream\n1 local OPTIONS 4 upstream\n1 -1 -1\n");
  const [update] = await call.request("UPDATE", 3, { toTag: "b" });
  assert.match(update?.text ?? "", /\r\nCSeq: 4 UPDATE\r\n/);
  await call.close();
});

test("a PRACK from a reply route goes where the reliable reply came from, with its RAck (RFC 3262)", async () => {
  const call = await open({
    initial: 'create_dialog(); t_on_reply("r");',
    more: 'onreply_route[r] { if ($rs == 183) { dlg_send_sequential("PRACK", "callee"); xlog("$rc\\n"); } }',
  });
  const invite = await call.invite();
  const sent = await call.answer(invite, "183 Progress", ["Require: 100rel", "RSeq: 41", "Contact: <sip:media@10.0.0.3:5060>"]);
  const prack = sent.find(({ text }) => text.startsWith("PRACK "))?.text ?? "";
  assert.match(prack, /^PRACK sip:media@10\.0\.0\.3:5060 /);
  assert.match(prack, /\r\nRAck: 41 1 INVITE\r\n/);
  assert.match(prack, /\r\nCSeq: 2 PRACK\r\n/);
  assert.equal(call.printed(), "1\n");
  await call.close();
});

test("wrong arguments are found by the check, each where it stands", () => {
  const problems = checkScript(
    script({
      initial: `create_dialog();
  dlg_send_sequential("callee", "INFO");
  dlg_send_sequential("INFO", "callee", "body");
  dlg_on_answer("nowhere");
  set_dlg_flag(32);
  test_and_set_dlg_flag(1, 2);
  load_dialog_ctx("x", "tag");
  get_profile_size("x");`,
    }),
  );
  const all = problems.join("\n");
  assert.match(all, /error 22:33 unsupported dialog indetifier <INFO>/);
  assert.match(all, /warning 23:\d+ body without content type/);
  assert.match(all, /error 24:\d+ route <nowhere> does not exist/);
  assert.match(all, /error 25:\d+ bad dialog flag <32>/);
  assert.match(all, /error 26:\d+ bad value <2>/);
  assert.match(all, /error 27:\d+ unsupported dialog identifier type <tag>/);
  assert.match(all, /error 28:/);
});

test("the functions keep to the routes that the reference allows", () => {
  const all = checkScript(`${script({})}
failure_route[f] { create_dialog(); }
local_route { set_dlg_profile("x"); }
timer_route[t, 10] { is_dlg_flag_set(1); }
event_route[E_DLG_STATE_CHANGED] { load_dialog_ctx("x"); unload_dialog_ctx(); get_dialogs_by_val("a", "b", $avp(x), $var(n)); }
`).join("\n");
  for (const name of ["create_dialog", "set_dlg_profile", "is_dlg_flag_set"])
    assert.ok(all.includes(`Command <${name}> cannot be used in the block`), name);
  assert.ok(!all.includes("load_dialog_ctx") && !all.includes("get_dialogs_by_val"));
});

test("a job started in a call looks at that call when it comes back (launch, gotcha 31)", async () => {
  const call = await open({
    initial: 'create_dialog(); $dlg_val(pending) = 0; launch(sleep(2), later, "$DLG_did");',
    more: `route[later] {
      xlog("$DLG_status ");
      if (!load_dialog_ctx("$param(1)", "did")) { xlog("gone\\n"); exit; }
      if ($dlg_val(pending) == 0) xlog("none pending in state $DLG_status\\n");
      $dlg_val(pending) = $dlg_val(pending) + 1;
      unload_dialog_ctx();
      xlog("$DLG_status\\n");
    }`,
  });
  await call.talk();
  await call.bench.advance(3_000);
  assert.equal(call.printed(), "<null> none pending in state 4\n<null>\n");
  const [dialog] = call.bench.engine.dialogs.all();
  assert.deepEqual([dialog?.value("pending"), dialog?.valueEntry("pending")?.isInteger], ["1", true]);
  await call.close();
});

test('create_dialog("p"): the callee is pinged at the interval of the script, and whoever is gone ends the call', async () => {
  const call = await open(
    script({
      head: 'modparam("dialog", "options_ping_interval", 5)',
      initial: 'create_dialog("p"); dlg_on_hangup("hung");',
      more: 'route[hung] { xlog("$DLG_end_reason\\n"); }',
    }),
  );
  await call.talk();
  call.bench.take();
  await call.bench.advance(6_000);
  const [ping] = call.bench.take();
  assert.ok(ping?.to === "10.0.0.3:5060" && ping.text.startsWith("OPTIONS "), ping?.text);
  await call.bench.advance(60_000);
  assert.ok(call.bench.lines.some(({ text }) => text.includes("Ping Timeout")));
});
