import assert from "node:assert/strict";
import { test } from "node:test";
import { testScript } from "../../testing/script.ts";
import { replyText, requestText, startOf } from "./fixtures.ts";

const HEAD = `
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "signaling.so"
loadmodule "dialog.so"
`;

const CALLEE = "10.0.0.3:5060";
const CALLER = "10.0.0.2:5060";

test("14.3: a serial fork runs its routes in the documented order", async () => {
  const bench = await testScript(`${HEAD}
route {
  xlog("main\\n");
  create_dialog();
  t_on_branch("b"); t_on_reply("r"); t_on_failure("f");
  t_relay();
}
branch_route[b] { xlog("branch idx $T_branch_idx\\n"); }
onreply_route {
  xlog("global $rs\\n");
  if ($rs == 183) drop;
}
onreply_route[r] {
  xlog("r $rs ru=$ru request=$(<request>ru) status=$DLG_status\\n");
  if ($rs == 181) drop;
  if ($rs == 182) exit;
  xlog("");
}
failure_route[f] {
  xlog("f code=$T_reply_code rs=$rs rm=$rm reply=$(<reply>rs)\\n");
  t_on_failure("f2");
  t_relay();
}
failure_route[f2] {
  xlog("f2 $T_reply_code\\n");
  t_reply(600, "Busy Everywhere");
}
`);
  bench.receive(requestText("INVITE"));
  await bench.advance(150);
  const first = bench.sent.find((one) => one.to === CALLEE)?.text ?? "";
  for (const status of [180, 181, 182, 183, 486]) {
    bench.receive(replyText(first, status), CALLEE);
    await bench.advance(20);
  }
  const second = bench.sent.findLast((one) => one.to === CALLEE && one.text.startsWith("INVITE"))?.text ?? "";
  assert.notEqual(second, first);
  bench.receive(replyText(second, 480), CALLEE);
  await bench.advance(20);
  assert.deepEqual(bench.printed.trimEnd().split("\n"), [
    "main",
    "branch idx 0",
    "global 180",
    "r 180 ru=<null> request=sip:bob@10.0.0.3:5060 status=1",
    "global 181",
    "r 181 ru=<null> request=sip:bob@10.0.0.3:5060 status=2",
    "global 182",
    "r 182 ru=<null> request=sip:bob@10.0.0.3:5060 status=2",
    "global 183",
    "global 486",
    "r 486 ru=<null> request=sip:bob@10.0.0.3:5060 status=2",
    "f code=486 rs=<null> rm=INVITE reply=486",
    "branch idx 1",
    "global 480",
    "r 480 ru=<null> request=sip:bob@10.0.0.3:5060 status=2",
    "f2 480",
  ]);
  assert.deepEqual(
    bench.sent.filter((one) => one.to === CALLER).map((one) => startOf(one.text)),
    ["100", "180", "182", "600"],
  );
  assert.deepEqual(bench.complaints, []);
  await bench.close();
});

for (const mode of [0, 1]) {
  test(`14.3: AVPs in a named reply route with onreply_avp_mode=${mode}`, async () => {
    const bench = await testScript(`${HEAD}
modparam("tm", "onreply_avp_mode", ${mode})
route { $avp(a) = "request"; t_on_reply("r"); t_on_failure("f"); t_relay(); }
onreply_route { xlog("global $avp(a)\\n"); $avp(g) = "global"; }
onreply_route[r] { xlog("r $avp(a) $avp(g)\\n"); $avp(b) = "reply"; }
failure_route[f] { xlog("f $avp(a) $avp(b)\\n"); }
`);
    bench.receive(requestText("INVITE"));
    await bench.advance(10);
    bench.receive(replyText(bench.sent[0]?.text ?? "", 486), CALLEE);
    await bench.advance(10);
    const expected =
      mode === 0 ? ["global <null>", "r <null> <null>", "f request <null>"] : ["global <null>", "r request <null>", "f request reply"];
    assert.deepEqual(bench.printed.trimEnd().split("\n"), expected);
    await bench.close();
  });
}
