import assert from "node:assert/strict";
import { test } from "node:test";
import { type ScriptBench, testScript } from "../../testing/script.ts";
import { readRequest, replyText, requestText, startOf } from "./fixtures.ts";

const HEAD = `
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "signaling.so"
loadmodule "rr.so"
loadmodule "maxfwd.so"
loadmodule "dialog.so"
loadmodule "sipmsgops.so"
`;
const CALLEE = "10.0.0.3:5060";
const CALLER = "10.0.0.2:5060";

async function arrive(bench: ScriptBench, text: string, from?: string): Promise<string[]> {
  const before = bench.sent.length;
  bench.receive(text, from);
  await bench.advance(20);
  return bench.sent.slice(before).map((one) => `${startOf(one.text)} ${one.to}`);
}

/** The text of the newest message of a kind that was sent to an address. */
function last(bench: ScriptBench, to: string, start: string): string {
  const found = bench.sent.findLast((one) => one.to === to && startOf(one.text) === start);
  assert.ok(found !== undefined, `no ${start} to ${to}`);
  return found.text;
}

test("TM-19: a script that decides nothing sends nothing, and a retransmission runs it again", async () => {
  const bench = await testScript(`${HEAD} route { xlog("$rm "); }`);
  assert.deepEqual(await arrive(bench, requestText("OPTIONS")), []);
  assert.deepEqual(await arrive(bench, requestText("OPTIONS")), []);
  assert.equal(bench.printed, "OPTIONS OPTIONS ");
  await bench.close();
});

test("t_newtran sends 100 at once; retransmissions do not run the route; the transaction stays open for a later answer (TM-16, TM-19)", async () => {
  const bench = await testScript(`${HEAD} route { xlog("$rm $T_id:"); t_newtran(); xlog("$rc"); t_newtran(); xlog(" $rc "); }`);
  assert.deepEqual(await arrive(bench, requestText("INVITE")), [`100 ${CALLER}`]);
  assert.deepEqual(await arrive(bench, requestText("INVITE")), [`100 ${CALLER}`]);
  assert.equal(bench.printed, "INVITE <null>:1 -1 ");
  // nobody answers it: its own timer does
  await bench.advance(130_000);
  assert.equal(startOf(bench.sent.at(-1)?.text ?? ""), "408");
  await bench.close();
});

test("auto_100trying=0: neither t_newtran nor waiting sends 100", async () => {
  const bench = await testScript(`${HEAD} modparam("tm", "auto_100trying", 0) route { t_newtran(); }`);
  assert.deepEqual(await arrive(bench, requestText("INVITE")), []);
  await bench.advance(1000);
  assert.deepEqual(bench.sent, []);
  await bench.close();
});

test("gotcha 12: after create_dialog or t_newtran send_reply answers by the transaction, otherwise without", async () => {
  const script = (first: string): string =>
    `${HEAD} route { if (is_method("ACK")) exit; ${first} send_reply(486, "Busy"); xlog("$rc"); exit; }`;
  for (const [first, isStateful] of [
    ["", false],
    ["create_dialog();", true],
    ["t_newtran();", true],
  ] as const) {
    const bench = await testScript(script(first));
    await arrive(bench, requestText("INVITE"));
    await bench.advance(2000);
    const answers = bench.sent.filter((one) => startOf(one.text) === "486").length;
    assert.equal(answers > 1, isStateful, `${first} ${answers}`);
    assert.equal(bench.printed, "1");
    await bench.close();
  }
});

test("gotcha 12: t_relay returns 1 when tm has answered the failure itself, its code after t_newtran or with no-auto-477", async () => {
  const script = (before: string, flags: string): string => `${HEAD} route {
    ${before}
    $ru = "sip:bob@nowhere.invalid";
    if (!t_relay(${flags})) { xlog("failed $rc "); t_reply(500, "Script"); }
    else xlog("fine $rc "); }`;
  for (const [before, flags, printed, status] of [
    ["", "", "fine 1 ", "478"],
    ["t_newtran();", "", "failed -4 ", "500"],
    ["", '"no-auto-477"', "failed -4 ", "500"],
    ["", "2", "failed -4 ", "500"],
    ["", '"0x02"', "failed -4 ", "500"],
  ] as const) {
    const bench = await testScript(script(before, flags));
    await arrive(bench, requestText("OPTIONS"));
    await bench.advance(6000);
    assert.equal(bench.printed, printed);
    assert.deepEqual(
      bench.sent.map((one) => startOf(one.text)),
      [status],
    );
    await bench.close();
  }
});

test("a wrong t_relay flag or destination is found when the script is read", async () => {
  const wrong = (call: string): Promise<unknown> => testScript(`${HEAD} route { ${call}; }`);
  await assert.rejects(wrong('t_relay("no-auto-478")'), /unknown t_relay flag/);
  await assert.rejects(wrong('t_relay(, "udp:")'), /bad destination/);
  await assert.rejects(wrong('t_on_failure("zz")'), /failure route <zz> does not exist/);
  await assert.rejects(wrong('t_inject_branches("msg")'), /t_inject_branches .*not supported/);
});

test("t_relay to a given destination sends there this once and leaves $du alone", async () => {
  const bench = await testScript(`${HEAD} route { t_relay(, "udp:10.0.0.9:5099"); xlog("$rc $du"); }`);
  assert.deepEqual(await arrive(bench, requestText("OPTIONS")), ["OPTIONS 10.0.0.9:5099"]);
  assert.equal(bench.printed, "1 <null>");
  await bench.close();
});

test("decision 5: CANCEL and the ACK of a 2xx run the route, hop-by-hop ACKs and retransmissions do not (TM-21, TM-24)", async () => {
  const bench = await testScript(`${HEAD} route {
    xlog("$rm ");
    if (is_method("CANCEL")) { t_check_trans(); xlog("trans=$rc "); t_relay(); exit; }
    if (is_method("ACK")) { t_check_trans(); xlog("trans=$rc "); if (has_totag()) t_relay(); exit; }
    t_check_trans(); xlog("trans=$rc ");
    t_relay(); }`);
  const invite = requestText("INVITE");
  await arrive(bench, invite);
  await arrive(bench, invite);
  await arrive(bench, replyText(last(bench, CALLEE, "INVITE"), 180), CALLEE);
  assert.deepEqual(await arrive(bench, requestText("CANCEL")), [`200 ${CALLER}`, `CANCEL ${CALLEE}`]);
  await arrive(bench, replyText(last(bench, CALLEE, "INVITE"), 487), CALLEE);
  await arrive(bench, requestText("ACK", { toTag: "callee" }));
  assert.equal(bench.printed, "INVITE trans=-1 CANCEL trans=1 ");
  const again = { callId: "c2", branch: "z9hG4bKx2" };
  await arrive(bench, requestText("INVITE", again));
  await arrive(bench, replyText(last(bench, CALLEE, "INVITE"), 200), CALLEE);
  const ack = requestText("ACK", { ...again, branch: "z9hG4bKx3", toTag: "callee" });
  assert.deepEqual(await arrive(bench, ack), [`ACK ${CALLEE}`]);
  assert.equal(bench.printed, "INVITE trans=-1 CANCEL trans=1 INVITE trans=-1 ACK trans=-2 ");
  assert.deepEqual(await arrive(bench, requestText("CANCEL", { callId: "none", branch: "z9hG4bKnone" })), [`CANCEL ${CALLEE}`]);
  assert.match(bench.printed, /CANCEL trans=-1 $/);
  await bench.close();
});

test("gotcha 23: the condition with t_check_trans is false for the ACK of a 2xx", async () => {
  const bench = await testScript(`${HEAD} route {
    if (is_method("ACK") && t_check_trans()) xlog("yes"); else xlog("no");
    if (is_method("INVITE")) t_relay(); }`);
  await arrive(bench, requestText("INVITE"));
  await arrive(bench, replyText(last(bench, CALLEE, "INVITE"), 200), CALLEE);
  await arrive(bench, requestText("ACK", { branch: "z9hG4bKx3", toTag: "callee" }));
  assert.equal(bench.printed, "nono");
  await bench.close();
});

test("Reason of our CANCELs: t_add_cancel_reason, pass-reason-hdr, allow-no-cancel (TM-18, TM-39)", async () => {
  for (const [statement, headers, expected] of [
    ["t_relay();", "", 'SIP;cause=487;text="ORIGINATOR_CANCEL"'],
    ['t_add_cancel_reason("Reason: SIP ;cause=200;text=\\"elsewhere\\"\\r\\n"); t_relay();', "", 'SIP ;cause=200;text="elsewhere"'],
    ['t_relay("pass-reason-hdr");', "Reason: SIP;cause=599\r\n", "SIP;cause=599"],
    ["t_relay(8);", "Reason: SIP;cause=599\r\n", "SIP;cause=599"],
    ['t_relay("allow-no-cancel");', "Request-Disposition: no-cancel\r\n", undefined],
  ] as const) {
    const bench = await testScript(`${HEAD} route { if (is_method("CANCEL")) { ${statement} exit; } t_relay(); }`);
    await arrive(bench, requestText("INVITE"));
    await arrive(bench, replyText(last(bench, CALLEE, "INVITE"), 180), CALLEE);
    const sent = await arrive(bench, requestText("CANCEL", { headers }));
    if (expected === undefined) assert.deepEqual(sent, [`200 ${CALLER}`]);
    else assert.equal(readRequest(last(bench, CALLEE, "CANCEL")).header("Reason"), expected);
    await bench.close();
  }
});

test("exit in a sub-route ends everything; what is set in a branch route inside t_relay is seen after it (decision 9, gotcha 22)", async () => {
  const bench = await testScript(`${HEAD}
    route { $var(x) = "main"; t_on_branch("b"); t_relay(); xlog("after $var(x) "); route(leave); xlog("never"); }
    route[leave] { exit; }
    branch_route[b] { xlog("branch $var(x) "); $var(x) = "changed"; }`);
  await arrive(bench, requestText("OPTIONS"));
  assert.equal(bench.printed, "branch main after changed ");
  await bench.close();
});

test("drop in a branch route keeps the branch from being sent; all dropped is -3 (TM-27)", async () => {
  const bench = await testScript(`${HEAD}
    route { $branch = "sip:carol@10.0.0.4"; t_on_branch("b"); t_relay("no-auto-477"); xlog("$rc "); }
    branch_route[b] { if (is_method("OPTIONS") || $rU == "bob") drop; append_hf("X-Branch: $T_branch_idx\\r\\n"); }`);
  assert.deepEqual(await arrive(bench, requestText("MESSAGE")), ["MESSAGE 10.0.0.4:5060"]);
  assert.equal(readRequest(bench.sent.at(-1)?.text ?? "").header("X-Branch"), "1");
  assert.deepEqual(await arrive(bench, requestText("OPTIONS", { callId: "c2", branch: "z9hG4bKx2" })), []);
  assert.equal(bench.printed, "1 -3 ");
  await bench.close();
});

test("gotcha 15: t_on_branch and t_on_reply persist over serial forking, t_on_failure does not; edits of a failure route are its own", async () => {
  const bench = await testScript(`${HEAD}
    route { t_on_branch("b"); t_on_reply("r"); t_on_failure("f"); append_hf("X-Main: 1\\r\\n"); t_relay(); }
    branch_route[b] { xlog("b$T_branch_idx "); t_on_reply("rb"); }
    onreply_route[rb] { xlog("rb$rs "); }
    onreply_route[r] { xlog("r$rs "); }
    failure_route[f] { xlog("f$T_reply_code "); append_hf("X-Failure: 1\\r\\n"); $ru = "sip:other@10.0.0.3:5060"; t_relay(); }`);
  await arrive(bench, requestText("MESSAGE"));
  assert.deepEqual(await arrive(bench, replyText(last(bench, CALLEE, "MESSAGE"), 404), CALLEE), [`MESSAGE ${CALLEE}`]);
  const second = last(bench, CALLEE, "MESSAGE");
  assert.deepEqual(
    [readRequest(second).requestUri, readRequest(second).header("X-Main"), readRequest(second).header("X-Failure")],
    ["sip:other@10.0.0.3:5060", "1", "1"],
  );
  assert.deepEqual(await arrive(bench, replyText(second, 403), CALLEE), [`403 ${CALLER}`]);
  assert.equal(bench.printed, "b0 rb404 r404 f404 b1 rb403 r403 ");
  await bench.close();
});

test("TM-35: a failure route runs for a cancelled call, cannot add branches, may answer; t_was_cancelled, t_check_status, t_local_replied", async () => {
  const bench = await testScript(`${HEAD}
    modparam("tm", "fr_timeout", 2)
    route { if (is_method("CANCEL")) { t_relay(); exit; } t_on_failure("f"); t_relay(); t_was_cancelled(); xlog("$rc "); }
    failure_route[f] {
      if (t_was_cancelled()) xlog("cancelled ");
      if (t_check_status("48[67]|408")) xlog("status ");
      if (t_local_replied("all")) xlog("local ");
      t_relay(); xlog("relay=$rc "); }`);
  await arrive(bench, requestText("INVITE"));
  await arrive(bench, replyText(last(bench, CALLEE, "INVITE"), 180), CALLEE);
  await arrive(bench, requestText("CANCEL"));
  const sent = await arrive(bench, replyText(last(bench, CALLEE, "INVITE"), 487), CALLEE);
  assert.deepEqual(sent, [`ACK ${CALLEE}`, `487 ${CALLER}`]);
  assert.equal(bench.printed, "-1 cancelled status relay=-3 ");
  await bench.close();
  const silent = await testScript(`${HEAD}
    modparam("tm", "fr_timeout", 2)
    route { t_on_failure("f"); t_relay(); }
    failure_route[f] { if (t_local_replied("all") && t_local_replied("last")) xlog("local $T_reply_code"); t_reply(480, "Nobody"); }`);
  await arrive(silent, requestText("INVITE"));
  await silent.advance(3000);
  assert.equal(silent.printed, "local 408");
  assert.equal(startOf(last(silent, CALLER, "480")), "480");
  await silent.close();
});

test("3.14: the reference script relays calls, requests inside them and their ACKs, and refuses the rest", async () => {
  const bench = await testScript(`${HEAD}
route {
  if (!mf_process_maxfwd_header(10)) { send_reply(483, "Too Many Hops"); exit; }
  if (has_totag()) {
    if (is_method("ACK") && t_check_trans()) { t_relay(); exit; }
    if (!loose_route()) {
      if (match_dialog()) { t_relay(); exit; }
      if (is_method("ACK")) exit;
      send_reply(404, "Not here"); exit;
    }
    route(relay); exit;
  }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); else send_reply(481, "Call/Transaction Does Not Exist"); exit; }
  t_check_trans();
  if (loose_route()) { if (!is_method("ACK")) send_reply(403, "Preload Route denied"); exit; }
  if (!is_method("REGISTER|MESSAGE")) record_route();
  route(relay);
}
route[relay] { if (!t_relay()) send_reply(500, "Internal Error"); }
`);
  assert.deepEqual(await arrive(bench, requestText("OPTIONS", { maxForwards: 0 })), [`483 ${CALLER}`]);
  assert.deepEqual(await arrive(bench, requestText("BYE", { toTag: "x", callId: "c9" })), [`404 ${CALLER}`]);
  assert.deepEqual(await arrive(bench, requestText("CANCEL", { callId: "c8" })), [`481 ${CALLER}`]);
  const preloaded = requestText("INVITE", { callId: "c7", headers: "Route: <sip:10.0.0.9;lr>\r\n" });
  assert.deepEqual(await arrive(bench, preloaded), [`403 ${CALLER}`]);
  await arrive(bench, requestText("INVITE", { maxForwards: "none" }));
  const invite = readRequest(last(bench, CALLEE, "INVITE"));
  assert.deepEqual([invite.maxForwards, invite.values("Record-Route")], [10, ["<sip:10.0.0.1;lr;ftag=ft1>"]]);
  assert.deepEqual(await arrive(bench, replyText(last(bench, CALLEE, "INVITE"), 200), CALLEE), [`200 ${CALLER}`]);
  const inside = { branch: "z9hG4bKx5", toTag: "callee", headers: "Route: <sip:10.0.0.1;lr;ftag=ft1>\r\n" };
  assert.deepEqual(await arrive(bench, requestText("ACK", inside)), [`ACK ${CALLEE}`]);
  assert.deepEqual(await arrive(bench, requestText("BYE", { ...inside, cseq: 2, branch: "z9hG4bKx6" })), [`BYE ${CALLEE}`]);
  assert.deepEqual(readRequest(last(bench, CALLEE, "BYE")).values("Route"), []);
  await bench.close();
});
