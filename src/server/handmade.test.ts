// Requests, replies, caches, connections and levels by hand: the commands on a real engine in virtual time (proxy-core 7.6).
import assert from "node:assert/strict";
import { test } from "node:test";
import { type ScriptBench, testScript } from "../testing/script.ts";
import { createManagement, type Management } from "./management.ts";

interface Bench {
  readonly bench: ScriptBench;
  readonly management: Management;
  call(method: string, params?: unknown): Promise<unknown>;
  /** The command runs on while the test does something else. */
  begin(method: string, params: unknown): Promise<unknown>;
}

async function start(script = "route { exit; }"): Promise<Bench> {
  const load = ["proto_udp", "sl", "tm", "rr", "sipmsgops"].map((name) => `loadmodule "${name}.so"`).join("\n");
  const bench = await testScript(`${load}\n${script}`);
  const management = createManagement(bench.engine, { get: () => 2, set: () => {} }, () => {});
  const begin = async (method: string, params: unknown): Promise<unknown> => {
    const reply: unknown = JSON.parse(await management.internal.execute(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params })));
    assert.ok(typeof reply === "object" && reply !== null);
    return Reflect.get(reply, "error") ?? Reflect.get(reply, "result");
  };
  return { bench, management, begin, call: begin };
}

const HEADERS =
  'From: "Me" <sip:me@example.com>;tag=own\r\nTo: <sip:you@example.org>\r\nCall-ID: byhand@x\r\nCSeq: 40 OPTIONS\r\nX-More: 1\r\n';

test("t_uac_dlg sends what it is given and answers with the reply", async () => {
  const { bench, begin } = await start();
  const asked = begin("t_uac_dlg", {
    method: "OPTIONS",
    ruri: "sip:you@10.0.0.3:5060",
    headers: `${HEADERS}Route: <sip:10.0.0.9:5060;lr>\r\nContent-Type: text/plain\r\n`,
    socket: "udp:10.0.0.1:5060",
    next_hop: "sip:10.0.0.8:5060",
    body: "Gr\u00fc\u00dfe",
  });
  await bench.advance(1);
  const [sent] = bench.take();
  assert.equal(sent?.to, "10.0.0.8:5060");
  const text = sent?.text ?? "";
  assert.match(text, /^OPTIONS sip:you@10\.0\.0\.3:5060 SIP\/2\.0\r\n/);
  for (const line of [
    'From: "Me" <sip:me@example.com>;tag=own',
    "To: <sip:you@example.org>",
    "Call-ID: byhand@x",
    "CSeq: 40 OPTIONS",
    "X-More: 1",
    "Route: <sip:10.0.0.9:5060;lr>",
    "Content-Type: text/plain",
  ])
    assert.ok(text.includes(`\r\n${line}\r\n`), line);
  assert.ok(text.endsWith("\r\n\r\nGr\u00c3\u00bc\u00c3\u009fe"), "characters leave as UTF-8");
  const kept = text.split("\r\n").filter((line) => /^(Via|From|Call-ID|CSeq):/.test(line));
  const reply = [
    "SIP/2.0 200 Fine",
    ...kept,
    "To: <sip:you@example.org>;tag=z",
    "Contact: <sip:really@10.0.0.3>",
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
  bench.receive(reply, "10.0.0.8:5060");
  await bench.advance(1);
  assert.deepEqual(await asked, {
    Status: "200 Fine",
    RURI: "sip:really@10.0.0.3",
    "Next-hop": "sip:10.0.0.8:5060",
    Routes: ["<sip:10.0.0.9:5060;lr>"],
    Message: reply,
  });
  await bench.close();
});

test("what nobody answers is reported as 408 without a message; an INVITE by hand can be cancelled", async () => {
  const { bench, begin, call } = await start();
  const asked = begin("t_uac_dlg", { method: "OPTIONS", ruri: "sip:10.0.0.3", headers: HEADERS });
  await bench.advance(60_000);
  assert.deepEqual(await asked, { Status: "408 Request Timeout", RURI: "sip:10.0.0.3", "Next-hop": "sip:10.0.0.3", Routes: [] });

  bench.take();
  const invite = begin("t_uac_dlg", { method: "INVITE", ruri: "sip:10.0.0.3", headers: HEADERS.replace("OPTIONS", "INVITE") });
  await bench.advance(1);
  const [sent] = bench.take();
  const kept = (sent?.text ?? "").split("\r\n").filter((line) => /^(Via|From|Call-ID|CSeq|To):/.test(line));
  bench.receive(["SIP/2.0 180 Ringing", ...kept, "Content-Length: 0", "", ""].join("\r\n"), "10.0.0.3:5060");
  await bench.advance(1);
  assert.deepEqual(await call("t_uac_cancel", ["byhand@x", 41]), { code: 481, message: "No such transaction" });
  assert.equal(await call("t_uac_cancel", ["byhand@x", "40"]), "OK");
  await bench.advance(1);
  assert.ok(bench.take().some(({ text }) => text.startsWith("CANCEL sip:10.0.0.3 ")));
  bench.receive(["SIP/2.0 487 Over", ...kept, "Content-Length: 0", "", ""].join("\r\n"), "10.0.0.3:5060");
  await bench.advance(1);
  const result = await invite;
  assert.ok(typeof result === "object" && result !== null && Reflect.get(result, "Status") === "487 Over");
  assert.deepEqual(await call("t_uac_cancel", ["byhand@x", 40]), { code: 481, message: "No such transaction" });
  await bench.close();
});

test("what cannot be sent is refused with the reference's words", async () => {
  const { bench, call } = await start();
  const good = { method: "OPTIONS", ruri: "sip:10.0.0.3", headers: HEADERS };
  const cases: readonly (readonly [Record<string, string>, number, string])[] = [
    [{ ruri: "nonsense" }, 400, "Invalid ruri"],
    [{ next_hop: "::" }, 400, "Invalid next_hop"],
    [{ headers: "no header\r\n" }, 400, "Bad headers"],
    [{ headers: "From: <sip:a@b>\r\n\r\nTo: <sip:c@d>\r\n" }, 400, "Bad headers"],
    [{ headers: "From: <sip:a@b>\r\n" }, 400, "To missing"],
    [{ headers: "To: <sip:a@b>\r\n" }, 400, "From missing"],
    [{ headers: "To: <sip:a@b>\r\nFrom: <sip:a@b>\r\nVia: SIP/2.0/UDP x\r\n" }, 400, "Bad headers"],
    [{ body: "text" }, 400, "Content-Type missing"],
    [{ headers: `${HEADERS}Content-Length: 4\r\n` }, 400, "Content-Length disallowed"],
    [{ headers: HEADERS.replace("40", "x") }, 400, "Bad CSeq number"],
    [{ method: "INFO" }, 400, "CSeq method mismatch"],
    [{ method: "OP TIONS" }, 400, "Bad method"],
    [{ method: "ACK" }, 400, "Bad method"],
    [{ socket: "udp" }, 404, "Invalid local socket"],
    [{ socket: "udp:10.9.9.9:5060" }, 404, "Local socket not found"],
  ];
  for (const [parts, code, message] of cases) assert.deepEqual(await call("t_uac_dlg", { ...good, ...parts }), { code, message }, message);
  assert.equal(bench.take().length, 0);
  await bench.close();
});

test("t_reply answers what waits, by an id in either form, and refuses what could break a message", async () => {
  const { bench, call } = await start(
    'route { t_newtran(); xlog("$T_id"); async(usleep(60000000), later); }\nroute[later] { exit; }'.replace(
      "async(usleep(60000000), later);",
      "",
    ),
  );
  const request = (branch: string): string =>
    `MESSAGE sip:bob@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK${branch}\nFrom: <sip:a@b>;tag=1\nTo: <sip:c@d>\nCall-ID: ${branch}\nCSeq: 1 MESSAGE\nMax-Forwards: 70\nContent-Length: 0\n\n`;
  bench.receive(request("one"));
  await bench.advance(1);
  const id = bench.printed;
  const [hash = "", label = ""] = id.split(".");
  const good = { code: 200, reason: "Done", trans_id: id, to_tag: "tt" };
  const refused: readonly (readonly [Record<string, string | number>, number, string])[] = [
    [{ code: 99 }, 400, "Bad reply code"],
    [{ reason: "a\r\nb" }, 400, "Bad reason"],
    [{ to_tag: "a\nb" }, 400, "Bad to_tag"],
    [{ new_headers: "broken" }, 400, "Bad headers"],
    [{ trans_id: "12" }, 400, "Bad transaction id"],
    [{ trans_id: "1:x" }, 400, "Bad transaction id"],
    [{ trans_id: "1:2" }, 404, "Transaction not found"],
  ];
  for (const [parts, code, message] of refused) assert.deepEqual(await call("t_reply", { ...good, ...parts }), { code, message }, message);
  bench.take();
  const decimal = `${Number.parseInt(hash, 16)}:${Number.parseInt(label, 16)}`;
  assert.equal(await call("t_reply", { ...good, trans_id: decimal, new_headers: "X-A: b\r\n", body: "hi" }), "OK");
  await bench.advance(1);
  const [sent] = bench.take();
  assert.match(sent?.text ?? "", /^SIP\/2\.0 200 Done\r\n/);
  assert.match(sent?.text ?? "", /\r\nTo: <sip:c@d>;tag=tt\r\n/);
  assert.match(sent?.text ?? "", /\r\nX-A: b\r\n/);
  assert.deepEqual(await call("t_reply", good), { code: 500, message: "Cannot send the reply" }, "it has its final answer");
  const counted = await call("t_hash");
  assert.deepEqual(counted, [{ index: 0, Current: 1, Total: 1 }]);
  await bench.close();
});

test("the cache of scripts is reached by hand, and its values end", async () => {
  const { bench, call, management } = await start();
  assert.equal(await call("cache_store", ["local", "k", "v\u00e4", 5]), "OK");
  assert.deepEqual(await call("cache_fetch", ["local", "k"]), { key: "k", value: "v\u00e4" });
  assert.equal(management.cache.get("k"), "v\u00c3\u00a4", "scripts see bytes");
  await bench.advance(5_000);
  assert.deepEqual(await call("cache_fetch", ["local", "k"]), { code: 404, message: "Value not found" });
  assert.equal(await call("cache_store", ["local:col", "n", 7]), "OK");
  assert.equal(await call("cache_remove", ["local", "n"]), "OK");
  assert.equal(management.cache.size, 0);
  assert.deepEqual(await call("cache_store", ["redis", "k", "v"]), { code: 404, message: "Cache system not found" });
  await bench.close();
});

test("commands about the script are there once there is one; a reload with mistakes changes nothing", async () => {
  const { bench, call, management } = await start();
  assert.deepEqual(await call("xlog_level"), { code: -32601, message: "Method not found" });
  let level = 2;
  let problem: string | undefined = "3:1 syntax error";
  management.script = { xlogLevel: { get: () => level, set: (to) => (level = to) }, reload: () => Promise.resolve(problem) };
  assert.deepEqual(await call("xlog_level"), { "xLog Level": 2 });
  assert.equal(await call("xlog_level", [9]), "OK");
  assert.equal(level, 4);
  assert.deepEqual(await call("reload_routes"), { code: 500, message: "Failed to reload the routes", data: "3:1 syntax error" });
  problem = undefined;
  assert.equal(await call("reload_routes"), "OK");
  assert.deepEqual(await call("list_tcp_conns"), { Connections: [] });
  const names = await call("which");
  const wanted =
    "kill help pwd arg ps which uptime version log_level xlog_level list_tcp_conns t_uac_dlg t_reply t_hash cache_store cache_fetch cache_remove " +
    "reload_routes get_statistics list_statistics reset_statistics events_list subscribers_list event_subscribe raise_event";
  assert.ok(Array.isArray(names));
  for (const name of wanted.split(" ")) assert.ok(names.includes(name), name);
  await bench.close();
});
