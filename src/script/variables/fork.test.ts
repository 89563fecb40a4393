// Variables in the routes of a serial fork (script-language 14.3), on the engine.
import assert from "node:assert/strict";
import { test } from "node:test";
import { PEER_IP, type ScriptBench, testScript } from "../../testing/script.ts";

const MODULES = ["signaling", "sl", "tm", "rr", "maxfwd", "sipmsgops"].map((name) => `loadmodule "${name}.so"\n`).join("");

const INVITE = `INVITE sip:bob@10.0.0.1 SIP/2.0
Via: SIP/2.0/UDP ${PEER_IP}:5060;branch=z9hG4bK-call
From: "Al Ice" <sip:alice@a.com>;tag=ft1
To: <sip:bob@b.com>
Call-ID: fork@a.com
CSeq: 7 INVITE
Max-Forwards: 70
Contact: <sip:alice@${PEER_IP}>
Content-Length: 0

`;

const SCRIPT = `${MODULES}
route {
  t_on_branch("b"); t_on_reply("r"); t_on_failure("f");
  $avp(a) = "from main";
  $T_fr_timeout = 5;
  $du = "sip:10.0.0.3:5060";
  xlog("main id=$T_id code=$T_reply_code fr=$T_fr_timeout\\n");
  t_relay();
  xlog("relayed code=$T_reply_code\\n");
}
branch_route[b] {
  $bavp(seen) = "b" + $T_branch_idx;
  xlog("branch $T_branch_idx rU=$rU ru=$ru du=$du avp=$avp(a) kind=$route.type\\n");
  if ($T_branch_idx == 0) $rU = "branched";
}
onreply_route { xlog("global $rs rm=$rm ru=$ru avp=$avp(a)\\n"); }
onreply_route[r] {
  xlog("r $rs $rr idx=$T_branch_idx code=$T_reply_code ru=$ru request=$(<request>ru) T_ruri=$T_ruri bavp=$bavp(seen) avp=$avp(a) si=$si tt=$tt reply=$(<reply>rs)\\n");
}
failure_route[f] {
  xlog("f code=$T_reply_code rs=$rs rm=$rm reply=$(<reply>rs) $(<reply>rr) idx=$T_branch_idx bavp=$bavp(seen) ru=$ru avp=$avp(a)\\n");
  t_on_failure("f2");
  $ru = "sip:second@b.com";
  $du = "sip:10.0.0.3:5060";
  t_relay();
}
failure_route[f2] {
  xlog("f2 code=$T_reply_code ru=$ru reply=$(<reply>rs) ou=$ou\\n");
  t_reply(600, "Enough");
}
`;

/** The last request that went to the callee, as a reply to it. */
function answer(bench: ScriptBench, method: string, status: string, tag: string): string {
  const request = bench.sent.findLast((one) => one.to === "10.0.0.3:5060" && one.text.startsWith(method));
  assert.ok(request !== undefined, "the callee was called");
  const lines = request.text.split("\r\n").filter((line) => /^(Via|From|Call-ID|CSeq|To):/.test(line));
  return `SIP/2.0 ${status}\r\n${lines.map((line) => (line.startsWith("To:") ? `${line};tag=${tag}` : line)).join("\r\n")}\r\nContent-Length: 0\r\n\r\n`;
}

test("each route of a serial fork sees its own message, target, branch and AVPs (script-language 14.3)", async () => {
  const bench = await testScript(SCRIPT, { request: INVITE });
  await bench.advance(10);
  const reply = async (status: string): Promise<void> => {
    bench.receive(answer(bench, "INVITE", status, "callee"), "10.0.0.3:5060");
    await bench.advance(10);
  };
  await reply("180 Ringing");
  await reply("486 Busy Here");
  await reply("480 Gone");
  const id = "<null>";
  assert.deepEqual(bench.complaints, []);
  assert.deepEqual(bench.printed.trimEnd().split("\n"), [
    `main id=${id} code=0 fr=5`,
    "branch 0 rU=bob ru=sip:bob@10.0.0.1 du=sip:10.0.0.3:5060 avp=from main kind=branch_route",
    "relayed code=0",
    "global 180 rm=INVITE ru=<null> avp=<null>",
    "r 180 Ringing idx=0 code=180 ru=<null> request=sip:bob@10.0.0.1 T_ruri=sip:branched@10.0.0.1 bavp=b0 avp=<null> si=10.0.0.3 tt=callee reply=180",
    "global 486 rm=INVITE ru=<null> avp=<null>",
    "r 486 Busy Here idx=0 code=486 ru=<null> request=sip:bob@10.0.0.1 T_ruri=sip:branched@10.0.0.1 bavp=b0 avp=<null> si=10.0.0.3 tt=callee reply=486",
    "f code=486 rs=<null> rm=INVITE reply=486 Busy Here idx=0 bavp=b0 ru=sip:bob@10.0.0.1 avp=from main",
    "branch 1 rU=second ru=sip:second@b.com du=sip:10.0.0.3:5060 avp=from main kind=branch_route",
    "global 480 rm=INVITE ru=<null> avp=<null>",
    "r 480 Gone idx=1 code=480 ru=<null> request=sip:bob@10.0.0.1 T_ruri=sip:second@b.com bavp=b1 avp=<null> si=10.0.0.3 tt=callee reply=480",
    "f2 code=480 ru=sip:bob@10.0.0.1 reply=480 ou=sip:bob@10.0.0.1",
  ]);
  const invites = bench.sent.filter((one) => one.text.startsWith("INVITE")).map((one) => one.text.split("\r\n", 1)[0]);
  assert.deepEqual(invites, ["INVITE sip:branched@10.0.0.1 SIP/2.0", "INVITE sip:second@b.com SIP/2.0"]);
  await bench.close();
});

test("$T_fr_timeout set in the request route ends a branch that nobody answers", async () => {
  const bench = await testScript(SCRIPT, { request: INVITE });
  await bench.advance(4900);
  assert.doesNotMatch(bench.printed, /^f code/m);
  await bench.advance(200);
  assert.match(bench.printed, /^f code=408 rs=<null> rm=INVITE reply=<null> <null> idx=0/m);
  await bench.close();
});
