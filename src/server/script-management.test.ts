// A script as a process with every way into its management: HTTP, a pipe, datagrams, events; on real sockets of this machine.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { DialoomError } from "../kit/index.ts";
import { freePorts } from "../testing/index.ts";
import { hasErrors, type LoadedScript, loadScript, ScriptServer } from "./script.ts";

const load = (names: string): string =>
  names
    .split(" ")
    .map((name) => `loadmodule "${name}.so"`)
    .join("\n");

function loaded(text: string): LoadedScript {
  const script = loadScript({ file: "test.cfg", reader: { read: (path) => (path === "test.cfg" ? text : undefined) } });
  assert.equal(hasErrors(script.problems), false, script.problems.map(({ message }) => message).join("\n"));
  return script;
}

test("modparams open HTTP, the pipe and the datagram socket; a subscriber hears of calls", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dialoom-mi-"));
  const [sip = 0, http = 0, datagram = 0] = await freePorts(3);
  const server = new ScriptServer(
    loaded(`
socket=udp:127.0.0.1:${sip}
log_level=-3
xlog_level=1
${load("proto_udp sl tm rr sipmsgops dialog httpd mi_http mi_fifo mi_datagram event_datagram")}
modparam("httpd", "ip", "127.0.0.1")
modparam("httpd", "port", ${http})
modparam("mi_http", "root", "json")
modparam("mi_fifo", "fifo_name", "${folder}/fifo")
modparam("mi_fifo", "fifo_mode", 0600)
modparam("mi_fifo", "reply_dir", "${folder}/")
modparam("mi_datagram", "socket_name", "udp:127.0.0.1:${datagram}")
route { if (is_method("INVITE")) { create_dialog(); sl_send_reply(480, "Not now"); } }
`),
  );
  await server.server.listen();
  try {
    const post = async (method: string, params?: unknown): Promise<unknown> => {
      const response = await fetch(`http://127.0.0.1:${http}/json`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      });
      const reply: unknown = await response.json();
      assert.ok(typeof reply === "object" && reply !== null);
      return Reflect.get(reply, "result") ?? Reflect.get(reply, "error");
    };
    const names = await post("which");
    assert.ok(Array.isArray(names) && names.includes("reload_routes") && names.includes("dlg_list"));
    assert.deepEqual(await post("xlog_level"), { "xLog Level": 1 });

    // the pipe answers what HTTP answers
    execFileSync("mkfifo", [`${folder}/answer`]);
    const shell = `cat ${folder}/answer & printf '%s' ':answer:{"jsonrpc":"2.0","id":"1","method":"list_all_profiles"}' > ${folder}/fifo; wait`;
    const answer = await new Promise<string>((resolve, reject) => {
      execFile("/bin/sh", ["-c", shell], { timeout: 10_000 }, (error, stdout) => (error === null ? resolve(stdout) : reject(error)));
    });
    assert.equal(answer, '{"jsonrpc":"2.0","result":{"Profiles":[]},"id":"1"}\n');

    const client = createSocket("udp4");
    const received: string[] = [];
    let arrived = (): void => {};
    client.on("message", (bytes) => {
      received.push(bytes.toString());
      arrived();
    });
    await new Promise<void>((resolve) => client.bind(0, "127.0.0.1", resolve));
    const next = async (): Promise<string> => {
      while (received.length === 0) await new Promise<void>((resolve) => (arrived = resolve));
      return received.shift() ?? "";
    };
    const subscribe = ["E_DLG_STATE_CHANGED", `udp:127.0.0.1:${client.address().port}`, 60];
    client.send(JSON.stringify({ jsonrpc: "2.0", id: 5, method: "event_subscribe", params: subscribe }), datagram, "127.0.0.1");
    assert.equal(await next(), '{"jsonrpc":"2.0","result":"OK","id":5}');
    const invite = [
      `INVITE sip:bob@127.0.0.1:${sip} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${client.address().port};branch=z9hG4bKx`,
      "Max-Forwards: 70",
      "From: <sip:alice@x>;tag=a",
      "To: <sip:bob@y>",
      "Call-ID: event-call",
      "CSeq: 1 INVITE",
      `Contact: <sip:alice@127.0.0.1:${client.address().port}>`,
      "Content-Length: 0",
      "",
      "",
    ];
    client.send(invite.join("\r\n"), sip, "127.0.0.1");
    const both = [await next(), await next()].sort();
    assert.match(both[0] ?? "", /^SIP\/2\.0 480 Not now\r\n/);
    const event: unknown = JSON.parse(both[1] ?? "");
    assert.ok(typeof event === "object" && event !== null);
    const params: unknown = Reflect.get(event, "params");
    assert.ok(typeof params === "object" && params !== null);
    assert.deepEqual(
      [Reflect.get(params, "callid"), Reflect.get(params, "old_state"), Reflect.get(params, "new_state")],
      ["event-call", 1, 5],
    );
    client.close();
  } finally {
    await server.server.close();
  }
  assert.equal(existsSync(`${folder}/fifo`), false);
  rmSync(folder, { recursive: true, force: true });
});

test("two ways in that cannot be opened are named together, and nothing stays open", async () => {
  const [sip = 0, taken = 0] = await freePorts(2);
  const blocker = createSocket("udp4");
  await new Promise<void>((resolve) => blocker.bind(taken, "127.0.0.1", resolve));
  const server = new ScriptServer(
    loaded(`
socket=udp:127.0.0.1:${sip}
log_level=-3
${load("proto_udp mi_fifo mi_datagram")}
modparam("mi_fifo", "fifo_name", "/no-such-folder/fifo")
modparam("mi_datagram", "socket_name", "udp:127.0.0.1:${taken}")
route { exit; }
`),
  );
  await assert.rejects(server.server.listen(), (error) => {
    assert.ok(error instanceof DialoomError);
    assert.match(error.message, /pipe \/no-such-folder\/fifo/);
    assert.match(error.message, new RegExp(`udp:127\\.0\\.0\\.1:${taken}`));
    return true;
  });
  blocker.close();
});

test("a setting that needs what comes later refuses the start and says what to do, though the script is right (decision 26)", () => {
  const script = loaded(`
socket=udp:127.0.0.1:5060
${load("proto_udp tm dialog cachedb_redis")}
modparam("dialog", "cachedb_url", "redis://127.0.0.1:6379")
modparam("dialog", "profiles_with_value", "caller/s")
route { exit; }
`);
  assert.equal(script.problems.filter(({ severity, message }) => severity === "notice" && message.includes("cachedb_redis")).length, 1);
  assert.throws(
    () => new ScriptServer(script),
    (error) => error instanceof DialoomError && /cachedb_url: .* come with a later release; take the \/s/.test(error.message),
  );
});
