// Variables on the engine: what only a whole script shows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { PEER_IP, runStatements, testScript } from "../../testing/script.ts";

const HEAD = ["signaling", "sl", "tm", "rr", "maxfwd", "sipmsgops", "cfgutils", "json", "statistics"]
  .map((name) => `loadmodule "${name}.so"\n`)
  .join("");

const INVITE = `INVITE sip:bob@10.0.0.1 SIP/2.0
Via: SIP/2.0/UDP ${PEER_IP}:5060;branch=z9hG4bK-live
From: <sip:alice@a.com>;tag=ft1
To: <sip:bob@b.com>
Call-ID: live@a.com
CSeq: 7 INVITE
Max-Forwards: 70
X-A: one
Content-Length: 0

`;

test("a job sees the dummy request (script-language 4)", async () => {
  const printed = await runStatements('xlog("$rm $ru $fu $ci $si $socket_in $T_id $T_fr_timeout $route.type");', { head: HEAD });
  assert.equal(printed, "DUMMY sip:user@dummy.com sip:from@dummy.com dummy-1 0.0.0.0 <null> <null> 30 startup_route");
});

test("header edits do not show before the message is sent (script-language 5.10, 13.1 no. 13)", async () => {
  const script = `${HEAD}route {
  append_hf("X-B: new\\r\\n"); remove_hf("X-A"); $rU = "carol";
  xlog("$hdr(X-A) $hdr(X-B) $ru $ou");
  $du = "sip:10.0.0.3"; t_relay();
}`;
  const bench = await testScript(script, { request: INVITE });
  await bench.advance(10);
  assert.equal(bench.printed, "one <null> sip:carol@10.0.0.1 sip:bob@10.0.0.1");
  const relayed = bench.sent.find((one) => one.to === "10.0.0.3:5060")?.text ?? "";
  assert.match(relayed, /^INVITE sip:carol@10\.0\.0\.1 SIP\/2\.0\r\n/);
  assert.match(relayed, /\r\nX-B: new\r\n/);
  assert.doesNotMatch(relayed, /X-A/);
  await bench.close();
});

test("$T_id and $T_reply_code follow t_newtran and t_reply, and $sig_local_totag is the tag of the answer", async () => {
  const script = `${HEAD}route {
  t_newtran();
  xlog("$(T_id{re.subst,/^[0-9a-f]+[.][0-9a-f]+$/id/}) $T_reply_code\\n");
  t_reply(480, "Gone");
  xlog("$T_reply_code $sig_local_totag");
}`;
  const bench = await testScript(script, { request: INVITE });
  await bench.advance(10);
  const tag = /^SIP\/2\.0 480[\s\S]*?\r\nTo: [^\r]*;tag=([^\r;]+)/.exec(bench.sent.at(-1)?.text ?? "")?.[1];
  assert.ok(tag !== undefined);
  assert.equal(bench.printed, `id 100\n480 ${tag}`);
  await bench.close();
});

test("$branch adds parallel branches to a relay", async () => {
  const script = `${HEAD}route { $ru = "sip:x@10.0.0.3"; $branch = "sip:y@10.0.0.4"; t_relay(); }`;
  const bench = await testScript(script, { request: INVITE });
  await bench.advance(10);
  const invites = bench.sent.filter((one) => one.text.startsWith("INVITE")).map((one) => `${one.to} ${one.text.split(" ", 2)[1]}`);
  assert.deepEqual(invites, ["10.0.0.3:5060 sip:x@10.0.0.3", "10.0.0.4:5060 sip:y@10.0.0.4"]);
  await bench.close();
});

test("$shv outlives its run, $var and $json do not", async () => {
  const script = `${HEAD}route {
  xlog("$shv(a) $var(a) $json(a) $avp(a)\\n");
  $shv(a) = "kept"; $var(a) = 1; $json(a) := "{}"; $avp(a) = 1;
  sl_send_reply(480, "Gone");
}`;
  const bench = await testScript(script, { request: INVITE });
  await bench.advance(10);
  bench.receive(INVITE.replaceAll("live", "live2"));
  await bench.advance(10);
  assert.equal(bench.printed, "<null> <null> <null> <null>\nkept <null> <null> <null>\n");
  await bench.close();
});

test("statistics of the engine can be read and reset", async () => {
  const script = `${HEAD}route { xlog("$stat(rcv_requests) $stat(core:rcv_requests) "); $stat(rcv_requests) = 0; xlog("$stat(rcv_requests)"); sl_send_reply(480, "x"); }`;
  const bench = await testScript(script, { request: INVITE });
  await bench.advance(10);
  assert.equal(bench.printed, "1 1 0");
  await bench.close();
});
