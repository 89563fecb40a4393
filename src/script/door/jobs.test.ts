import assert from "node:assert/strict";
import { test } from "node:test";
import { type ScriptBench, testScript } from "../../testing/script.ts";
import { readRequest, replyText, requestText, startOf } from "./fixtures.ts";

const HEAD = `loadmodule "tm.so" loadmodule "sl.so" loadmodule "signaling.so" loadmodule "rr.so" loadmodule "dialog.so" loadmodule "sipmsgops.so"\n`;
const CALLEE = "10.0.0.3:5060";
const CALLER = "10.0.0.2:5060";

async function arrive(bench: ScriptBench, text: string, from?: string): Promise<string[]> {
  const before = bench.sent.length;
  bench.receive(text, from);
  await bench.advance(20);
  return bench.sent.slice(before).map((one) => `${startOf(one.text)} ${one.to}`);
}

test("startup, timer and event routes run on the dummy message, with variables of their own", async () => {
  const bench = await testScript(`${HEAD}
    startup_route { $var(x) = "s"; xlog("$rm $ru $ci $var(x);"); }
    timer_route[tick, 2] { xlog("tick $var(x);"); }
    event_route[E_MINE] { xlog("event $param(name) $param(2) $rm;"); }
    route { $avp(n) = "name"; $avp(v) = "first"; $avp(n) = "other"; $avp(v) = 7; raise_event("E_MINE", $avp(n), $avp(v)); xlog("raised $rc;"); }`);
  await bench.advance(4100);
  await arrive(bench, requestText("OPTIONS"));
  assert.equal(bench.printed, "DUMMY sip:user@dummy.com dummy-1 s;tick <null>;tick <null>;raised 1;event first first DUMMY;");
  assert.deepEqual(bench.events.raised, [
    {
      name: "E_MINE",
      parameters: [
        ["other", 7],
        ["name", "first"],
      ],
    },
  ]);
  await bench.close();
});

test("raise_event wants as many values as names; subscribe_event hands on", async () => {
  const bench = await testScript(`${HEAD} route {
    $avp(n) = "a"; $avp(n) = "b"; $avp(v) = "1";
    raise_event("E_X", $avp(n), $avp(v)); xlog("$rc "); raise_event("E_X"); xlog("$rc "); raise_event("E_X", , $avp(v)); xlog("$rc ");
    subscribe_event("E_X", "udp:127.0.0.1:8888", 60); xlog("$rc"); }`);
  await arrive(bench, requestText("OPTIONS"));
  assert.equal(bench.printed, "-1 1 -1 1");
  assert.deepEqual(bench.events.subscribed, [{ name: "E_X", socket: "udp:127.0.0.1:8888", expireS: 60 }]);
  await bench.close();
});

test("dlg_on_answer runs its route on the dummy message with the dialog loaded", async () => {
  const bench = await testScript(`${HEAD}
    route { create_dialog(); dlg_on_answer("answered"); $dlg_val(who) = "alice"; t_relay(); }
    route[answered] { xlog("$rm $dlg_val(who) $DLG_status"); }`);
  await arrive(bench, requestText("INVITE"));
  await arrive(bench, replyText(bench.sent[0]?.text ?? "", 200), CALLEE);
  assert.equal(bench.printed, "DUMMY alice 3");
  await bench.close();
});

test("local_route sees requests made here, changes them, and its reply and failure routes get the answers (gotcha 13)", async () => {
  const bench = await testScript(`${HEAD}
    route { if (is_method("INVITE")) { t_new_request("MESSAGE", "sip:carol@10.0.0.4:5060", "Us sip:us@10.0.0.1", "sip:carol@example.org", "text/plain hello there", "ctx-1"); xlog("$rc;"); } exit; }
    local_route {
      xlog("$rm $hdr(From) $rb $avp(uac_ctx) $var(v);");
      $avp(kept) = "kept"; append_hf("X-Local: $rm\\r\\n"); remove_hf("User-Agent");
      $T_fr_timeout = 3; t_on_reply("r"); t_on_failure("f");
    }
    onreply_route[r] { xlog("r $rs $T_reply_code $(<request>rm);"); }
    failure_route[f] { xlog("f $T_reply_code $rm $ru $avp(kept);"); }`);
  await arrive(bench, requestText("INVITE"));
  const text = bench.sent[0]?.text ?? "";
  const request = readRequest(text);
  assert.deepEqual(
    [request.header("X-Local"), request.has("User-Agent"), request.body, request.contentType],
    ["MESSAGE", false, "hello there", "text/plain"],
  );
  assert.match(text, /^From: Us <sip:us@10\.0\.0\.1>;tag=/m);
  await arrive(bench, replyText(text, 100), "10.0.0.4:5060");
  await arrive(bench, replyText(text, 404), "10.0.0.4:5060");
  const from = request.header("From");
  assert.equal(
    bench.printed,
    `MESSAGE ${from} hello there ctx-1 <null>;1;r 100 100 MESSAGE;r 404 404 MESSAGE;f 404 MESSAGE sip:carol@10.0.0.4:5060 kept;`,
  );
  await bench.close();
});

test("local_route shares the variables of the block it runs inside, its timeouts count, and silence is 408 in its failure route", async () => {
  const bench = await testScript(`${HEAD}
    route { $var(v) = "mine"; t_new_request("OPTIONS", "sip:10.0.0.4:5060", "sip:us@10.0.0.1", "sip:carol@example.org"); xlog("$var(v);"); }
    local_route { xlog("$var(v);"); $var(v) = "changed"; $T_fr_timeout = 2; t_on_failure("f"); }
    failure_route[f] { xlog("$T_reply_code;"); }`);
  await arrive(bench, requestText("MESSAGE"));
  await bench.advance(1900);
  assert.equal(bench.printed, "mine;changed;");
  await bench.advance(500);
  assert.equal(bench.printed, "mine;changed;408;");
  await bench.close();
});

test("error_route: details in $err, its own answer in place of the usual one (section 1.8)", async () => {
  const bad = requestText("OPTIONS").replace("CSeq: 1 OPTIONS", "CSeq: x OPTIONS");
  const bench = await testScript(`${HEAD}
    route { exit; }
    error_route { xlog("$err.class $err.rcode $err.rreason $ci $si"); if ($ci == "c1@10.0.0.2") send_reply(499, "Mind your CSeq"); }`);
  assert.deepEqual(await arrive(bench, bad), [`499 ${CALLER}`]);
  assert.equal(bench.printed, "1 400 Bad CSeq Header c1@10.0.0.2 10.0.0.2");
  assert.deepEqual(await arrive(bench, bad.replace("c1@10.0.0.2", "other")), [`400 ${CALLER}`]);
  await bench.close();
});

test("a global reply route sees strays too", async () => {
  const bench = await testScript(`${HEAD} route { exit; } onreply_route { xlog("$rs $rm $DLG_status"); }`);
  assert.deepEqual(await arrive(bench, replyText(requestText("OPTIONS"), 200), CALLEE), []);
  assert.equal(bench.printed, "200 OPTIONS <null>");
  await bench.close();
});

test("another script takes the place of the one that runs; what is under way finishes with the old one", async () => {
  const bench = await testScript(`${HEAD}
    route { xlog("old;"); t_on_failure("f"); t_relay(); }
    failure_route[f] { xlog("old failure;"); }
    timer_route[t, 1] { xlog("old tick;"); }`);
  const next = await testScript(`${HEAD}
    startup_route { xlog("never;"); }
    route { xlog("new;"); t_on_failure("f"); t_relay(); }
    failure_route[f] { xlog("new failure;"); }`);
  await arrive(bench, requestText("INVITE"));
  bench.door.replace(next.program);
  await arrive(bench, requestText("OPTIONS", { callId: "c2", branch: "z9hG4bKx2" }));
  await arrive(bench, replyText(bench.sent[0]?.text ?? "", 404), CALLEE);
  await bench.advance(3000);
  assert.equal(bench.printed, "old;new;old failure;");
  await bench.close();
  await next.close();
});
