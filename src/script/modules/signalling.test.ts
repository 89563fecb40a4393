import assert from "node:assert/strict";
import { test } from "node:test";
import { type ScriptBench, testScript } from "../../testing/script.ts";
import { readRequest, replyText, requestText, startOf } from "../door/fixtures.ts";

const HEAD = `loadmodule "tm.so" loadmodule "sl.so" loadmodule "signaling.so" loadmodule "rr.so" loadmodule "maxfwd.so" loadmodule "options.so" loadmodule "sipmsgops.so"\n`;
const CALLEE = "10.0.0.3:5060";
const CALLER = "10.0.0.2:5060";

async function run(text: string, message = requestText("OPTIONS")): Promise<ScriptBench> {
  const bench = await testScript(HEAD + text);
  bench.receive(message);
  await bench.advance(20);
  return bench;
}

async function prints(statements: string, message?: string): Promise<string> {
  const bench = await run(`route { ${statements} }`, message);
  const { printed } = bench;
  await bench.close();
  return printed;
}

test("sl_send_reply answers without a transaction; not an ACK, not twice, not after t_newtran, not with a line end in the reason", async () => {
  const bench = await run(
    'route { $var(r) = "a\\r\\nX: y"; sl_send_reply(404, $var(r)); xlog("$rc "); sl_send_reply(404, "Not here"); xlog("$rc "); sl_send_reply(404, "Again"); xlog("$rc"); }',
  );
  assert.deepEqual(
    bench.sent.map((one) => startOf(one.text)),
    ["404"],
  );
  assert.equal(bench.printed, "-1 1 -1");
  await bench.close();
  assert.equal(await prints('t_newtran(); sl_send_reply(404, "Not here"); xlog("$rc");'), "-1");
  assert.equal(await prints('sl_send_reply(404, "Not here"); xlog("$rc");', requestText("ACK", { toTag: "x" })), "-1");
  await assert.rejects(testScript(`${HEAD} route { sl_send_reply(700, "No"); }`), /a reply code is 100 to 699/);
});

test("headers of append_to_reply are in one answer; a redirection names the places to go to (SL-1)", async () => {
  const bench = await run(
    `route {
    append_to_reply("X-Why: because\\r\\n"); $ru = "sip:new@10.0.0.8"; append_branch("sip:b1@h", "0.5");
    t_reply(180, "Ringing"); sl_send_reply(302, "x"); send_reply(302, "Moved"); }`,
    requestText("INVITE"),
  );
  const [ringing, moved] = bench.sent.map((one) => one.text);
  assert.match(ringing ?? "", /^SIP\/2\.0 180 Ringing\r\n.*X-Why: because\r\n/s);
  assert.match(moved ?? "", /^SIP\/2\.0 302 Moved\r\n.*Contact: <sip:new@10\.0\.0\.8>, <sip:b1@h>;q=0\.5\r\n/s);
  assert.doesNotMatch(moved ?? "", /X-Why/);
  await bench.close();
});

test("sl_reply_error answers for the last relay that failed (SL-5)", async () => {
  const bench = await run('route { $ru = "sip:x@nowhere.invalid"; forward(); sl_reply_error(); xlog("$rc"); }');
  assert.equal(bench.printed, "-1");
  await bench.close();
  const plain = await run('route { sl_reply_error(); xlog("$rc"); }');
  assert.deepEqual([plain.printed, startOf(plain.sent[0]?.text ?? "")], ["1", "500"]);
  assert.equal(plain.engine.statistics.find("sl:sent_err_replies")?.read(), 1);
  await plain.close();
});

test("t_reply makes the transaction, refuses a second final, answers from the failure route; t_reply_with_body (TM-22)", async () => {
  const bench = await run(
    'route { t_reply(183, "Progress"); xlog("$rc "); t_reply(200, "OK"); xlog("$rc "); t_reply(486, "Busy"); xlog("$rc"); }',
    requestText("INVITE"),
  );
  assert.equal(bench.printed, "1 1 -1");
  assert.deepEqual(
    bench.sent.map((one) => startOf(one.text)),
    ["183", "200"],
  );
  await bench.close();
  const body = await run('route { append_to_reply("Content-Type: text/plain\\r\\n"); t_reply_with_body(200, "OK", "hello"); }');
  assert.match(body.sent[0]?.text ?? "", /Content-Type: text\/plain\r\n.*Content-Length: 5\r\n\r\nhello$/s);
  await body.close();
  assert.equal(await prints('t_reply(200, "OK"); xlog("$rc");', requestText("ACK", { toTag: "x" })), "-1");
});

test("mf_process_maxfwd_header and is_maxfwd_lt (MF-1, MF-2)", async () => {
  const call = 'mf_process_maxfwd_header(10); xlog("$rc ");';
  assert.equal(await prints(call, requestText("OPTIONS", { maxForwards: 5 })), "1 ");
  assert.equal(await prints(call, requestText("OPTIONS", { maxForwards: "none" })), "2 ");
  assert.equal(await prints(call, requestText("OPTIONS", { maxForwards: 0 })), "-1 ");
  assert.equal(
    await prints('is_maxfwd_lt(6); xlog("$rc "); is_maxfwd_lt(5); xlog("$rc");', requestText("OPTIONS", { maxForwards: 5 })),
    "1 -1",
  );
  assert.equal(await prints('is_maxfwd_lt(6); xlog("$rc");', requestText("OPTIONS", { maxForwards: "none" })), "-2");
  const lowered = await run(
    'modparam("maxfwd", "max_limit", 20) route { mf_process_maxfwd_header(10); t_relay(); }',
    requestText("OPTIONS", { maxForwards: 200 }),
  );
  assert.equal(readRequest(lowered.sent[0]?.text ?? "").maxForwards, 20);
  await lowered.close();
  await assert.rejects(testScript(`${HEAD} route { mf_process_maxfwd_header(0); }`), /Max-Forwards is 1 to 255/);
});

test("options_reply answers for us, not for users, not for other methods", async () => {
  const bench = await run(
    'modparam("options", "support", "path") route { options_reply(); xlog("$rc"); }',
    requestText("OPTIONS", { uri: "sip:10.0.0.1" }),
  );
  const text = bench.sent[0]?.text ?? "";
  assert.match(text, /^SIP\/2\.0 200 OK\r\n.*Accept: \*\/\*\r\nAccept-Encoding:\r\nAccept-Language: en\r\nSupported: path\r\n/s);
  assert.equal(bench.printed, "1");
  await bench.close();
  assert.equal(await prints('options_reply(); xlog("$rc");'), "-1");
  assert.equal(await prints('options_reply(); xlog("$rc");', requestText("MESSAGE", { uri: "sip:10.0.0.1" })), "-1");
});

test("record_route once; parameters before and after it; of one branch alone; preset (RR-1 to RR-6)", async () => {
  const routes = async (statements: string, more = ""): Promise<readonly string[]> => {
    const bench = await run(`route { ${statements} t_relay(); } ${more}`, requestText("INVITE"));
    const values = readRequest(bench.sent[0]?.text ?? "").values("Record-Route");
    await bench.close();
    return values;
  };
  assert.deepEqual(await routes('add_rr_param(";a=1"); record_route(); add_rr_param(";b=2"); record_route();'), [
    "<sip:10.0.0.1;lr;ftag=ft1;a=1;b=2>",
  ]);
  assert.deepEqual(await routes('record_route(";x=y");'), ["<sip:10.0.0.1;lr;ftag=ft1;x=y>"]);
  assert.deepEqual(await routes('add_rr_param(";a=1");'), []);
  assert.deepEqual(await routes('record_route_preset("h.example:5070");'), ["<sip:h.example:5070;ftag=ft1;lr>"]);
  assert.deepEqual(await routes('t_on_branch("b");', 'branch_route[b] { record_route(";own=1"); }'), ["<sip:10.0.0.1;lr;ftag=ft1;own=1>"]);
  assert.equal(await prints('record_route(); xlog("$rc "); record_route(); xlog("$rc");', requestText("INVITE")), "1 -1");
});

test("rr parameters: append_fromtag, add_username", async () => {
  const bench = await run(
    'modparam("rr", "append_fromtag", 0) modparam("rr", "add_username", 1) route { record_route(); t_relay(); }',
    requestText("INVITE"),
  );
  assert.deepEqual(readRequest(bench.sent[0]?.text ?? "").values("Record-Route"), ["<sip:bob@10.0.0.1;lr>"]);
  await bench.close();
});

test("loose_route, $rr_params, check_route_param, is_direction (RR-11, RR-15)", async () => {
  const inside = (tag: string): string => requestText("BYE", { toTag: "x", headers: `Route: <sip:10.0.0.1;lr;ftag=${tag};did=1.2>\r\n` });
  const statements = `check_route_param("did"); xlog("$rc "); loose_route(); xlog("$rc $rr_params "); check_route_param("did=[0-9]"); xlog("$rc ");
    check_route_param("zz"); xlog("$rc "); is_direction("downstream"); xlog("$rc "); is_direction("Upstream"); xlog("$rc");`;
  assert.equal(await prints(statements, inside("ft1")), "-1 1 lr;ftag=ft1;did=1.2 1 -1 1 -1");
  assert.equal(await prints(statements, inside("other")), "-1 1 lr;ftag=other;did=1.2 1 -1 -1 1");
  assert.equal(await prints('loose_route(); xlog("$rc");'), "-1");
  await assert.rejects(testScript(`${HEAD} route { is_direction("sideways"); }`), /unknown direction/);
});

test("t_replicate sends a copy whose answers concern nobody", async () => {
  const bench = await run(
    'route { t_replicate("udp:10.0.0.4:5060"); xlog("$rc"); t_relay(); }',
    requestText("MESSAGE", { headers: "Content-Type: text/plain\r\nX-Kept: 1\r\n", body: "hello" }),
  );
  const copy = readRequest(bench.sent.find((one) => one.to === "10.0.0.4:5060")?.text ?? "");
  assert.deepEqual(
    [copy.method, copy.requestUri, copy.header("X-Kept"), copy.body, copy.fromTag, copy.values("Via").length],
    ["MESSAGE", "sip:bob@10.0.0.3:5060", "1", "hello", "ft1", 1],
  );
  bench.receive(replyText(bench.sent.find((one) => one.to === "10.0.0.4:5060")?.text ?? "", 403), "10.0.0.4:5060");
  await bench.advance(20);
  assert.deepEqual(
    bench.sent.filter((one) => one.to === CALLER),
    [],
  );
  await bench.close();
});

test("t_cancel_branch in a reply route ends this branch, the others, or all", async () => {
  const bench = await testScript(`${HEAD}
    route { append_branch("sip:carol@10.0.0.4:5060"); t_on_reply("r"); t_relay(); }
    onreply_route[r] { if ($rs == 183) t_cancel_branch("o"); }`);
  bench.receive(requestText("INVITE"));
  await bench.advance(20);
  const [first, second] = bench.sent.map((one) => one.text);
  bench.receive(replyText(second ?? "", 180), "10.0.0.4:5060");
  await bench.advance(20);
  bench.receive(replyText(first ?? "", 183), CALLEE);
  await bench.advance(20);
  assert.deepEqual(
    bench.sent.filter((one) => startOf(one.text) === "CANCEL").map((one) => one.to),
    ["10.0.0.4:5060"],
  );
  await bench.close();
});

test("t_add_hdrs goes into every branch; minor branches are not waited for", async () => {
  const bench = await testScript(`${HEAD} modparam("tm", "minor_branch_flag", "minor")
    route { t_newtran(); t_add_hdrs("X-All: 1\\r\\n"); append_branch("sip:carol@10.0.0.4:5060"); setbflag("minor", 1); t_relay(); }`);
  bench.receive(requestText("INVITE"));
  await bench.advance(20);
  const invites = bench.sent.filter((one) => startOf(one.text) === "INVITE");
  assert.deepEqual(
    invites.map((one) => readRequest(one.text).header("X-All")),
    ["1", "1"],
  );
  bench.receive(replyText(invites[0]?.text ?? "", 404), CALLEE);
  await bench.advance(20);
  assert.equal(
    bench.sent.some((one) => one.to === CALLER && startOf(one.text) === "404"),
    true,
  );
  await bench.close();
});

test("parameters of tm become options of the engine", async () => {
  const bench = await testScript(`${HEAD}
    modparam("tm", "fr_timeout", 7) modparam("tm", "fr_inv_timeout", 70) modparam("tm", "T1_timer", 250) modparam("tm", "auto_100trying", 0)
    modparam("tm", "pass_provisional_replies", 1) modparam("tm", "ruri_matching", 0) modparam("rr", "enable_double_rr", 0) modparam("maxfwd", "max_limit", 256)
    route { exit; }`);
  const { transaction, proxy } = bench.engine.rooms;
  assert.deepEqual(
    [
      transaction.frTimeoutMs,
      transaction.frInvTimeoutMs,
      transaction.t1Ms,
      transaction.autoTrying,
      transaction.passProvisionalReplies,
      transaction.ruriMatching,
    ],
    [7000, 70_000, 250, false, true, false],
  );
  assert.deepEqual([proxy.enableDoubleRr, proxy.maxForwardsLimit], [false, 255]);
  await bench.close();
});
