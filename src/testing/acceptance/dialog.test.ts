// Acceptance cases of dialogs that need a whole script: two sockets, a listing while a call ends, a context that outlives its call.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CALLEE, CallBench, LOAD, script } from "../../script/modules/dialog/harness.ts";
import { createManagement } from "../../server/management.ts";
import { type ScriptBench, testScript } from "../script.ts";

const LISTEN = { listen: ["udp:10.0.0.1:5060", "udp:10.0.0.1:5070"] };

test("case 3: with a pair of Record-Routes both carry the cookie; without cookies neither does", async () => {
  for (const mode of [1, 2]) {
    const text = script({
      head: `modparam("dialog", "dlg_match_mode", ${mode})`,
      initial: 'create_dialog(); $socket_out = "udp:10.0.0.1:5070";',
    });
    const call = new CallBench<ScriptBench>(await testScript(text, { options: LISTEN }));
    const invite = await call.invite();
    const [dialog] = call.bench.engine.dialogs.all();
    const routes = [...(invite ?? "").matchAll(/\r\nRecord-Route: ([^\r]*)/g)].map(([, value = ""]) => value);
    assert.equal(routes.length, 2);
    for (const route of routes) {
      assert.ok(route.includes(";r2=on"));
      assert.equal(route.includes(`;did=${dialog?.did}`), mode === 1);
    }
    await call.close();
  }
});

test("case 16: a call that has just ended may be listed, in state 5, and is not found by its Call-ID", async () => {
  const call = new CallBench<ScriptBench>(await testScript(script({})));
  await call.talk();
  const { commands } = createManagement(call.bench.engine, { get: () => 0, set: () => {} }, () => {});
  const ask = (
    params: object,
  ): { readonly result?: { readonly Dialogs: readonly { readonly state: number }[] }; readonly error?: object } => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "dlg_list", params });
    const answered = commands.execute(body, { transport: "internal", address: "" });
    assert.ok(answered !== undefined && !(answered instanceof Promise));
    return JSON.parse([...answered].join(""));
  };
  assert.deepEqual(
    ask({}).result?.Dialogs.map(({ state }) => state),
    [4],
  );
  await call.request("BYE", 2, { toTag: "b" });
  for (const { state } of ask({}).result?.Dialogs ?? []) assert.equal(state, 5);
  assert.deepEqual(ask({ callid: "call@10.0.0.2" }).error, { code: 404, message: "No such dialog" });
  await call.answer(call.last("BYE"), "200 OK");
  await call.bench.advance(60_000);
  assert.deepEqual(ask({}).result?.Dialogs, []);
  await call.close();
});

test("case 72: a loaded dialog that ends is still there, in state 5, until it is unloaded", async () => {
  const text = `${LOAD}
route {
  if (has_totag()) { loose_route(); t_relay(); exit; }
  if ($ci == "first@x") { create_dialog(); record_route(); t_relay(); exit; }
  load_dialog_ctx("first@x"); xlog("$rc "); load_dialog_ctx("first@x"); xlog("$rc $DLG_status ");
  async(sleep(2), resumed);
}
route[resumed] { xlog("$DLG_status "); unload_dialog_ctx(); xlog("$rc $DLG_status "); unload_dialog_ctx(); xlog("$rc\\n"); }`;
  const call = new CallBench<ScriptBench>(await testScript(text));
  const invite = await call.invite([], "first@x");
  await call.answer(invite, "200 OK");
  await call.request("ACK", 1, { toTag: "b", callId: "first@x" });
  call.printed();
  const route = /\r\nRecord-Route: ([^\r]*)/.exec(invite ?? "")?.[1] ?? "";
  await call.invite([], "second@x");
  assert.equal(call.printed(), "1 -1 4 ");
  const bye = [
    `BYE sip:bob@${CALLEE} SIP/2.0`,
    "Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKbye",
    "Max-Forwards: 70",
    "From: <sip:alice@example.com>;tag=a",
    "To: <sip:bob@example.com>;tag=b",
    "Call-ID: first@x",
    "CSeq: 2 BYE",
    `Route: ${route}`,
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
  call.bench.receive(bye);
  await call.bench.advance(1);
  await call.answer(call.last("BYE"), "200 OK");
  await call.bench.advance(4_000);
  const printed = call.printed();
  assert.equal(printed, "5 1 <null> -1\n");
  await call.bench.advance(60_000);
  assert.equal(call.bench.engine.dialogs.count, 0, "nothing holds it any more");
  await call.close();
});
