import assert from "node:assert/strict";
import { test } from "node:test";
import { type ScriptBench, type ScriptTestOptions, testScript } from "../../testing/script.ts";
import { readRequest, replyText, requestText, startOf } from "../door/fixtures.ts";

const HEAD = `loadmodule "tm.so" loadmodule "sl.so" loadmodule "signaling.so" loadmodule "sipmsgops.so"\n`;
const CALLEE = "10.0.0.3:5060";
const CALLER = "10.0.0.2:5060";

async function run(statements: string, message = requestText("OPTIONS"), options: ScriptTestOptions = {}): Promise<ScriptBench> {
  const bench = await testScript(`${HEAD} route { ${statements} }`, options);
  bench.receive(message);
  await bench.advance(20);
  return bench;
}

/** What statements print, `;` between them. */
async function prints(statements: string, message?: string): Promise<string> {
  const bench = await run(statements, message);
  const { printed } = bench;
  await bench.close();
  return printed;
}

test("parts of the Request-URI: what each function leaves, and -1 for what can be no URI", async () => {
  const uri = "sip:bob:pw@10.0.0.3:5071;x=y";
  for (const [call, rc, left] of [
    ['sethost("h.new")', 1, "sip:bob:pw@h.new:5071;x=y"],
    ['rewritehost("h.new")', 1, "sip:bob:pw@h.new:5071;x=y"],
    ['sethost("2001:db8::1")', 1, "sip:bob:pw@[2001:db8::1]:5071;x=y"],
    ['sethost("a b")', -1, uri],
    ['sethostport("h.new")', 1, "sip:bob:pw@h.new;x=y"],
    ['sethostport("h.new:99")', 1, "sip:bob:pw@h.new:99;x=y"],
    ['sethostport("[2001:db8::1]:99")', 1, "sip:bob:pw@[2001:db8::1]:99;x=y"],
    ['sethostport("h.new:x")', -1, uri],
    ['setuser("carol")', 1, "sip:carol:pw@10.0.0.3:5071;x=y"],
    ['setuserpass("carol:secret")', 1, "sip:carol:secret@10.0.0.3:5071;x=y"],
    ["setport(7000)", 1, "sip:bob:pw@10.0.0.3:7000;x=y"],
    ['setport("7000")', 1, "sip:bob:pw@10.0.0.3:7000;x=y"],
    ["setport(70000)", -1, uri],
    ['prefix("00")', 1, "sip:00bob:pw@10.0.0.3:5071;x=y"],
    ["strip(1)", 1, "sip:ob:pw@10.0.0.3:5071;x=y"],
    ["strip(3)", 1, "sip:10.0.0.3:5071;x=y"],
    ["strip(4)", -1, uri],
    ["strip_tail(2)", 1, "sip:b:pw@10.0.0.3:5071;x=y"],
    ['seturi("sip:x@y")', 1, "sip:x@y"],
  ] as const) {
    assert.equal(await prints(`${call}; xlog("$rc $ru");`, requestText("OPTIONS", { uri })), `${rc} ${left}`, call);
  }
  assert.equal(await prints('seturi("sip:x@y"); revert_uri(); xlog("$rc $ru");'), "1 sip:bob@10.0.0.3:5060");
});

test("script_trace prints a line for each statement until it is turned off, or the block ends", async () => {
  const traced = `
    $var(x) = 1;
    script_trace(1, "$rm x=$var(x)", "me");
    $var(x) = 2;
    if (is_method("OPTIONS") && $var(x) == 2)
      route(r);
    script_trace();
    $var(x) = 3;`;
  const text = `${HEAD} route {${traced} script_trace(4, "hidden"); exit; }\nroute[r] { setflag("f"); }`;
  const bench = await testScript(text, { request: requestText("OPTIONS") });
  await bench.advance(20);
  const first = text.split("\n").findIndex((line) => line.includes('"me"')) + 2;
  assert.deepEqual(bench.printed.trimEnd().split("\n"), [
    `[line ${first}][me][assign equal] -> (OPTIONS x=1)`,
    `[line ${first + 1}][me][core if] -> (OPTIONS x=2)`,
    `[line ${first + 1}][me][module is_method] -> (OPTIONS x=2)`,
    `[line ${first + 2}][me][core route] -> (OPTIONS x=2)`,
    `[line ${first + 5}][me][core setflag] -> (OPTIONS x=2)`,
    `[line ${first + 3}][me][core script_trace] -> (OPTIONS x=2)`,
  ]);
  await bench.close();
});

test("use_blacklist and unuse_blacklist are 1 and lead nobody elsewhere", async () => {
  const bench = await run(
    'use_blacklist("gw"); xlog("$rc"); unuse_blacklist("gw"); xlog("$rc"); $var(n) = "other"; use_blacklist("$var(n)"); xlog("$rc"); t_relay();',
  );
  assert.equal(bench.printed, "111");
  assert.deepEqual(
    bench.sent.map(({ to }) => to),
    [CALLEE],
  );
  await bench.close();
});

test("t_flush_flags: flags set after the transaction began are those of its reply and failure routes", async () => {
  const bench = await testScript(
    `${HEAD}
    route { t_flush_flags(); xlog("$rc "); t_newtran(); t_on_failure("f"); t_on_reply("r"); t_relay(); setflag("late"); t_flush_flags(); xlog("$rc "); }
    onreply_route[r] { isflagset("late"); xlog("$rc "); }
    failure_route[f] { isflagset("late"); xlog("$rc"); }`,
    { request: requestText("INVITE") },
  );
  await bench.advance(20);
  bench.receive(replyText(bench.sent.find(({ to }) => to === CALLEE)?.text ?? "", 486), CALLEE);
  await bench.advance(20);
  assert.equal(bench.printed, "-1 1 1 1");
  await bench.close();
});

test("setdsturi, resetdsturi, isdsturiset", async () => {
  assert.equal(
    await prints(
      'isdsturiset(); xlog("$rc "); setdsturi("sip:1.2.3.4:5099"); xlog("$rc $du "); isdsturiset(); xlog("$rc "); resetdsturi(); isdsturiset(); xlog("$rc $du");',
    ),
    "-1 1 sip:1.2.3.4:5099 1 -1 <null>",
  );
});

test("flags belong to the transaction: set in the request route, seen in the failure route; numbers are names too", async () => {
  const bench = await testScript(`${HEAD}
    route { setflag("a"); setflag(7); setbflag("br"); isflagset("b"); xlog("$rc "); resetflag("zz"); t_on_failure("f"); t_on_branch("b"); t_relay(); }
    branch_route[b] { if (isbflagset("br")) xlog("branch "); setbflag("own"); resetbflag("br"); }
    failure_route[f] { if (isflagset("a") && isflagset("7")) xlog("both "); if (isbflagset("br")) xlog("kept "); if (isbflagset("own")) xlog("leaked "); }`);
  bench.receive(requestText("MESSAGE"));
  await bench.advance(20);
  bench.receive(replyText(bench.sent[0]?.text ?? "", 404), CALLEE);
  await bench.advance(20);
  assert.equal(bench.printed, "-1 branch both kept ");
  await bench.close();
});

test("branch flags by index; -1 for a branch that is not there", async () => {
  assert.equal(
    await prints(`append_branch("sip:carol@10.0.0.4"); setbflag("x", 1); xlog("$rc "); isbflagset("x", 1); xlog("$rc "); isbflagset("x", 0); xlog("$rc ");
      resetbflag("x", 1); isbflagset("x", 1); xlog("$rc "); setbflag("x", 2); xlog("$rc");`),
    "1 1 -1 -1 -1",
  );
});

test("append_branch, remove_branch, serialize_branches, next_branches (TM-26)", async () => {
  assert.equal(
    await prints(`append_branch("sip:b1@h", "0.5"); xlog("$rc "); append_branch(); append_branch("sip:b3@h", "1.0"); remove_branch(1); xlog("$rc $(branch(uri)[*]) ");
      remove_branch(9); xlog("$rc "); serialize_branches(1); xlog("$rc $ru $(branch(uri)[*]) "); next_branches(); xlog("$rc $ru "); next_branches(); xlog("$rc");`),
    "1 1 sip:b1@h, sip:b3@h -1 1 sip:bob@10.0.0.3:5060 sip:b3@h 2 sip:b1@h -1",
  );
  // with the second argument the order is that in which they were added
  assert.equal(
    await prints(
      'append_branch("sip:b1@h", "0.1"); append_branch("sip:b2@h"); serialize_branches(1, 1); xlog("$ru "); next_branches(); xlog("$rc $ru "); next_branches(); xlog("$rc $ru");',
    ),
    "sip:bob@10.0.0.3:5060 1 sip:b1@h 2 sip:b2@h",
  );
});

test("forward() sends without a transaction, retransmissions run the route again, replies come back by the second Via", async () => {
  const bench = await run('forward(); xlog("$rc ");');
  const first = bench.sent[0]?.text ?? "";
  bench.receive(requestText("OPTIONS"));
  await bench.advance(20);
  assert.equal(bench.printed, "1 1 ");
  assert.equal(bench.sent[1]?.text, first);
  bench.receive(replyText(first, 200), CALLEE);
  await bench.advance(20);
  assert.deepEqual([bench.sent.length, bench.sent[2]?.to, startOf(bench.sent[2]?.text ?? "")], [3, CALLER, "200"]);
  // a branch that nobody here has made leads nowhere
  bench.receive(replyText(first.replace(/branch=z9hG4bK\w/, "branch=z9hG4bK0"), 200), CALLEE);
  await bench.advance(20);
  assert.equal(bench.sent.length, 3);
  await bench.close();
});

test("forward() to a place, and not after t_newtran", async () => {
  const bench = await run('forward("udp:10.0.0.4:5099");');
  assert.deepEqual(
    bench.sent.map((one) => one.to),
    ["10.0.0.4:5099"],
  );
  await bench.close();
  assert.equal(await prints('t_newtran(); forward(); xlog("$rc");'), "-1");
});

test("send() passes the message on as it came, with further headers if asked", async () => {
  const bench = await run(
    'send("udp:10.0.0.4:5099"); xlog("$rc "); send("udp:10.0.0.4:5099", "X-Copy: yes\\r\\n"); xlog("$rc "); send("nonsense here"); xlog("$rc");',
  );
  const [plain, more] = bench.sent;
  assert.equal(plain?.text, requestText("OPTIONS"));
  assert.equal(readRequest(more?.text ?? "").header("X-Copy"), "yes");
  assert.deepEqual([bench.printed, bench.sent.length], ["1 1 -1", 2]);
  await bench.close();
});

test("is_myself: sockets and aliases, with a port or without; force_send_socket only names sockets of ours", async () => {
  const bench = await testScript(`alias=udp:example.org:5070 ${HEAD} route {
    is_myself("10.0.0.1"); xlog("$rc "); is_myself("10.0.0.1", 5060); xlog("$rc "); is_myself("10.0.0.1", 5061); xlog("$rc ");
    is_myself("example.org", 5070); xlog("$rc "); is_myself("10.0.0.9"); xlog("$rc ");
    force_send_socket("udp:10.0.0.1:5060"); xlog("$rc "); force_send_socket("udp:10.0.0.9:5060"); xlog("$rc "); force_rport(); xlog("$rc"); }`);
  bench.receive(requestText("OPTIONS"));
  await bench.advance(20);
  assert.equal(bench.printed, "1 1 -1 1 -1 1 -1 1");
  await bench.close();
});

test("pv_printf expands, construct_uri joins, get_timestamp reads the clock", async () => {
  assert.equal(
    await prints(
      '$var(n) = 5; pv_printf($var(o), "n=$var(n)"); xlog("$rc $var(o) "); construct_uri("sip", "bob", "h", "5070", "lr", $var(u)); xlog("$var(u) "); get_timestamp($var(s), $var(m)); if ($var(s) == $Ts) xlog("now");',
    ),
    "1 n=5 sip:bob@h:5070;lr now",
  );
});

test("the local key-value store: store, fetch, remove, add, sub, time to live", async () => {
  const bench = await testScript(`${HEAD} route {
    cache_fetch("local", "k", $var(v)); xlog("$rc $var(v) ");
    cache_store("local", "k", "value", 2); xlog("$rc "); cache_fetch("local", "k", $var(v)); xlog("$rc $var(v) ");
    cache_add("local", "n", 5, 0, $var(n)); xlog("$rc $var(n) "); cache_sub("local", "n", 2); cache_counter_fetch("local", "n", $var(n)); xlog("$rc $var(n) ");
    cache_add("local", "k", 1, 0); xlog("$rc "); cache_remove("local", "n"); xlog("$rc "); cache_fetch("local", "n", $var(x)); xlog("$rc;"); }`);
  bench.receive(requestText("OPTIONS"));
  await bench.advance(20);
  assert.equal(bench.printed, "-2 <null> 1 1 value 1 5 1 3 -1 1 -2;");
  await bench.advance(2100);
  bench.receive(requestText("OPTIONS"));
  await bench.advance(20);
  assert.ok(bench.printed.includes(";-2 <null> 1 "), bench.printed);
  await bench.close();
  await assert.rejects(testScript(`${HEAD} route { cache_remove("redis:x", "k"); }`), /no cache system/);
});

test("set_advertised_address and set_advertised_port: Via and Record-Route show them, and replies still find their branch", async () => {
  const bench = await testScript(`${HEAD} loadmodule "rr.so" route {
    set_advertised_address("198.51.100.7"); xlog("$rc "); set_advertised_port(5099); xlog("$rc "); set_advertised_address("a b"); xlog("$rc "); set_advertised_port(0); xlog("$rc");
    record_route(); t_relay(); }`);
  bench.receive(requestText("INVITE"));
  await bench.advance(20);
  const invite = readRequest(bench.sent[0]?.text ?? "");
  assert.equal(bench.printed, "1 1 -1 -1");
  assert.equal(`${invite.topVia.host}:${invite.topVia.port}`, "198.51.100.7:5099");
  assert.deepEqual(invite.values("Record-Route"), ["<sip:198.51.100.7:5099;lr;ftag=ft1>"]);
  bench.receive(replyText(invite.text, 180), CALLEE);
  await bench.advance(20);
  assert.equal(startOf(bench.sent.findLast((one) => one.to === CALLER)?.text ?? ""), "180");
  await bench.close();
});
