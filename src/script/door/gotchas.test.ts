// What script authors trip over (script-language 13.1), as far as the running of routes is concerned.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type ScriptBench, testScript } from "../../testing/script.ts";
import { readRequest, replyText, requestText, startOf } from "./fixtures.ts";

const HEAD = `loadmodule "tm.so" loadmodule "sl.so" loadmodule "signaling.so" loadmodule "rr.so" loadmodule "dialog.so" loadmodule "sipmsgops.so"\n`;
const CALLEE = "10.0.0.3:5060";
const CALLER = "10.0.0.2:5060";

async function start(text: string, message = requestText("INVITE")): Promise<ScriptBench> {
  const bench = await testScript(HEAD + text);
  bench.receive(message);
  await bench.advance(20);
  return bench;
}

async function answer(bench: ScriptBench, status: number): Promise<void> {
  const sent = bench.sent.findLast((one) => one.to === CALLEE)?.text ?? "";
  bench.receive(replyText(sent, status), CALLEE);
  await bench.advance(20);
}

function heard(bench: ScriptBench): string[] {
  return bench.sent.filter((one) => one.to === CALLER).map((one) => startOf(one.text));
}

test("10: return(0) anywhere ends the whole script", async () => {
  const bench = await start('route { xlog("a"); route(stop); xlog("b"); } route[stop] { xlog("c"); return(0); xlog("d"); }');
  assert.equal(bench.printed, "ac");
  await bench.close();
});

test("11: return and exit in a reply route end the route and the reply goes on; drop on a final does not keep it", async () => {
  const bench = await start(`route { t_on_reply("r"); t_relay(); }
    onreply_route[r] { if ($rs == 180) return; if ($rs == 181) exit; if ($rs >= 200) drop; xlog("$rs"); }`);
  for (const status of [180, 181, 183, 200]) await answer(bench, status);
  assert.equal(bench.printed, "183");
  assert.deepEqual(heard(bench), ["180", "181", "183", "200"]);
  await bench.close();
});

test("13: header edits are not seen before the message is sent", async () => {
  const bench = await start(
    'route { append_hf("X-New: 1\\r\\n"); remove_hf("X-Old"); xlog("$hdr(X-New) $hdr(X-Old)"); t_relay(); }',
    requestText("INVITE", { headers: "X-Old: 2\r\n" }),
  );
  const sent = readRequest(bench.sent[0]?.text ?? "");
  assert.deepEqual([bench.printed, sent.header("X-New"), sent.header("X-Old")], ["<null> 2", "1", undefined]);
  await bench.close();
});

test("14: $rs and $rr are NULL in failure routes; $T_reply_code and $(<reply>...) show the winner", async () => {
  const bench = await start(
    'route { t_on_failure("f"); t_relay(); } failure_route[f] { xlog("$rs $rr $T_reply_code $(<reply>rs) $(<reply>rr)"); }',
  );
  await answer(bench, 486);
  assert.equal(bench.printed, "<null> <null> 486 486 Busy Here");
  await bench.close();
});

test("20, 24: routes may be defined after their use and have names that are words of the language", async () => {
  const bench = await start('route { route(error); } route[error] { xlog("here"); }');
  assert.equal(bench.printed, "here");
  await bench.close();
});

test("1, 2: $DLG_timeout before create_dialog is taken over; a second create_dialog is 1", async () => {
  const bench = await start(
    'route { $DLG_timeout = 33; create_dialog(); xlog("$rc $DLG_status $DLG_timeout $DLG_dir "); create_dialog(); xlog("$rc"); t_relay(); }',
  );
  assert.equal(bench.printed, "1 1 33 downstream 1");
  await bench.close();
});

test("14.2: t_newtran and t_reply on an INVITE with a dialog", async () => {
  const bench = await start(
    'route { create_dialog(); t_newtran(); xlog("$rc "); t_reply(480, "Gone"); xlog("$rc $DLG_status $DLG_end_reason"); }',
  );
  assert.equal(bench.printed, "1 1 5 <null>");
  assert.deepEqual(heard(bench).slice(0, 2), ["100", "480"]);
  await bench.close();
});

test("routes that are armed by a name made of variables: -1 when there is none such", async () => {
  const bench =
    await start(`route { $var(f) = "f"; t_on_failure($var(f)); xlog("$rc "); $var(f) = "zz"; t_on_reply("$var(f)"); xlog("$rc "); t_relay(); }
    failure_route[f] { xlog("f"); }`);
  await answer(bench, 404);
  assert.equal(bench.printed, "1 -1 f");
  assert.deepEqual(bench.complaints, ["onreply route <zz> does not exist"]);
  await bench.close();
});
