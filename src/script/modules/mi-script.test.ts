// Management commands from inside a script, on a real engine (script-language 8.8, gotcha 17).
import assert from "node:assert/strict";
import { test } from "node:test";
import { createManagement } from "../../server/management.ts";
import { checkScript, type ScriptBench, testScript } from "../../testing/script.ts";
import type { CommandPort } from "../ports.ts";
import { CALLEE, CallBench, type Frame, LOAD, script } from "./dialog/harness.ts";

/** A call through a script whose `mi()` reaches the commands of its own engine. */
async function start(frame: Frame): Promise<CallBench<ScriptBench>> {
  let port: CommandPort | undefined;
  const commands: CommandPort = {
    execute: (request) => port?.execute(request) ?? "",
    has: (name) => port?.has(name) ?? false,
    forms: (name) => port?.forms(name),
    parameterType: (command, parameter) => port?.parameterType(command, parameter),
  };
  const call = new CallBench(await testScript(script(frame), { commands }));
  const management = createManagement(call.bench.engine, { get: () => 2, set: () => {} }, () => {});
  port = management.internal;
  return call;
}

test("a command by words gives 1 and its result as JSON; one that nobody knows gives -1", async () => {
  const call = await start({
    initial: `create_dialog();
      mi("list_all_profiles", $var(ret)); xlog("$rc $var(ret)\\n");
      mi("no_such_command", $var(x)); xlog("$rc $var(x)\\n");
      mi("get_statistics active_dialogs early_dialogs", $var(ret)); xlog("$rc $var(ret)\\n");
      mi("events_list"); xlog("$rc\\n");
      if (mi("dlg_end_dlg nobody", $var(ret))) xlog("ended"); xlog("$rc $var(ret)\\n");
      mi("which dlg_list", $var(ret)); xlog("$var(ret)\\n");`,
    head: 'modparam("dialog", "profiles_with_value", "caller")',
  });
  await call.invite();
  assert.deepEqual(call.printed().split("\n"), [
    '1 {"Profiles":[{"name":"caller","has value":true}]}',
    "-1 <null>",
    '1 {"dialog:active_dialogs":0,"dialog:early_dialogs":0}',
    "1",
    "-404 Requested Dialog not found",
    '[[],["callid"],["callid","from_tag"],["index","counter"]]',
    "",
  ]);
  await call.close();
});

test("names and values in two AVPs make named parameters, in pairs; bytes become characters and come back", async () => {
  const call = await start({
    initial: `create_dialog(); $dlg_val(who) = "J\u00c3\u00b6rg";
      $avp(n) = "callid"; $avp(v) = $ci; $avp(n) = "from_tag"; $avp(v) = $ft;
      mi("dlg_list_ctx", $var(ret), $avp(n), $avp(v)); xlog("$rc ");
      $json(reply) := $var(ret); xlog("$json(reply/Dialog/callid) $json(reply/Dialog/state)\\n");
      $avp(a) = "system"; $avp(b) = "local"; $avp(a) = "attr"; $avp(b) = "J\u00c3\u00b6rg"; $avp(a) = "value"; $avp(b) = "gr\u00c3\u00bcn"; $avp(a) = "expire"; $avp(b) = "60";
      mi("cache_store", $var(ret), $avp(a), $avp(b)); xlog("$rc $var(ret) ");
      mi("cache_fetch local J\u00c3\u00b6rg", $var(ret)); xlog("$rc $var(ret)\\n");`,
  });
  await call.invite();
  assert.equal(call.printed(), '1 call@10.0.0.2 1\n1 "OK" 1 {"key":"J\u00c3\u00b6rg","value":"gr\u00c3\u00bcn"}\n');
  await call.close();
});

test("t_reply answers a waiting request by the id that $T_id prints; a text that is a number is one (gotcha 17)", async () => {
  const call = await start({
    initial: `create_dialog(); t_on_reply("r"); t_newtran(); $avp(id) = $T_id;`,
    more: `onreply_route[r] {
      $avp(mi_names) = NULL;
      $avp(p) = "code"; $avp(q) = "480"; $avp(p) = "reason"; $avp(q) = "Gone \u00c3\u00b6"; $avp(p) = "trans_id"; $avp(q) = $T_id;
      $avp(p) = "to_tag"; $avp(q) = "mytag"; $avp(p) = "new_headers"; $avp(q) = "X-Why: me\\r\\n";
      mi("t_reply", $var(ret), $avp(p), $avp(q)); xlog("$rc $var(ret)\\n");
      exit;
    }`,
  });
  const invite = await call.invite();
  const sent = await call.answer(invite, "180 Ringing");
  const refusal = sent.find(({ to, text }) => to === "10.0.0.2:5060" && text.startsWith("SIP/2.0 480"))?.text ?? "";
  assert.match(refusal, /^SIP\/2\.0 480 Gone \u00c3\u00b6\r\n/);
  assert.match(refusal, /\r\nTo: [^\r]*;tag=mytag\r\n/);
  assert.match(refusal, /\r\nX-Why: me\r\n/);
  assert.equal(call.printed(), '1 "OK"\n');
  assert.ok(
    sent.some(({ to, text }) => to === CALLEE && text.startsWith("CANCEL ")),
    "what still rings is cancelled",
  );
  await call.close();
});

test("a command that waits for something suspends the route, with and without async()", async () => {
  const call = await start({
    initial: `create_dialog();
      $avp(n) = "method"; $avp(v) = "OPTIONS"; $avp(n) = "ruri"; $avp(v) = "sip:10.0.0.3:5060";
      $avp(n) = "headers"; $avp(v) = "From: <sip:me@x>\\r\\nTo: <sip:you@y>\\r\\n";
      mi("t_uac_dlg", $var(ret), $avp(n), $avp(v)); $json(r) := $var(ret); xlog("$rc $json(r/Status)\\n");
      async(mi("t_uac_dlg", $var(other), $avp(n), $avp(v)), resume);`,
    more: 'route[resume] { $json(r) := $var(other); xlog("resumed $rc $json(r/Status)\\n"); send_reply(480, "Later"); }',
  });
  assert.equal(await call.invite(), undefined);
  assert.equal(call.printed(), "");
  await call.answer(call.last("OPTIONS"), "200 Fine");
  assert.equal(call.printed(), "1 200 Fine\n");
  const sent = await call.answer(call.last("OPTIONS"), "486 Busy");
  await call.bench.advance(1);
  assert.equal(call.printed(), "resumed 1 486 Busy\n");
  assert.ok([...sent, ...call.bench.sent].some(({ text }) => text.startsWith("SIP/2.0 480 Later")));
  await call.close();
});

test("names without values are found by the check", () => {
  const problems = checkScript(`${LOAD}\nroute { mi("which", $var(x), $avp(n)); }`);
  assert.match(problems.join(), /names and values of parameters come together/);
});
