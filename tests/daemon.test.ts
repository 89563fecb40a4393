// The daemon as a process: how it starts, what it says when it cannot, and how it ends.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const LAUNCHER = join(dirname(dirname(fileURLToPath(import.meta.url))), "bin", "dialoom");

/** One running daemon. */
class Daemon {
  readonly child: ChildProcess;
  readonly #ended: Promise<number>;
  stdout = "";
  stderr = "";

  constructor(args: readonly string[], environment: Record<string, string> = {}) {
    // settings of whoever runs the tests are none of ours
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("DIALOOM_"));
    this.child = spawn(LAUNCHER, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...Object.fromEntries(inherited), ...environment } });
    this.child.stdout?.on("data", (chunk) => {
      this.stdout += chunk;
    });
    this.child.stderr?.on("data", (chunk) => {
      this.stderr += chunk;
    });
    this.#ended = once(this.child, "close").then(([code, signal]) => code ?? `killed by ${signal}`);
    after(() => this.child.kill("SIGKILL"));
  }

  /** Its exit status. */
  get ended(): Promise<number> {
    return this.#ended;
  }

  /** Waits until it has said something. */
  async says(text: string | RegExp): Promise<void> {
    const has = (): boolean =>
      typeof text === "string" ? `${this.stdout}${this.stderr}`.includes(text) : text.test(this.stdout + this.stderr);
    while (!has()) {
      assert.equal(this.child.exitCode, null, `it ended without saying ${text}:\n${this.stdout}${this.stderr}`);
      await Promise.race([once(this.child.stdout ?? this.child, "data"), once(this.child.stderr ?? this.child, "data"), this.#ended]);
    }
  }
}

/** A started daemon on ports that the system chose. */
async function started(...args: string[]): Promise<{ daemon: Daemon; sip: number; mi: string }> {
  const daemon = new Daemon(["-l", "udp:127.0.0.1:0", "-l", "tcp:127.0.0.1:0", "--mi", "127.0.0.1:0", ...args]);
  await daemon.says("Ctrl-C ends it.");
  const sip = /udp:127\.0\.0\.1:(\d+)/.exec(daemon.stdout)?.[1];
  const mi = /http:\/\/127\.0\.0\.1:\d+/.exec(daemon.stdout)?.[0];
  assert.ok(sip !== undefined && mi !== undefined, daemon.stdout);
  return { daemon, sip: Number(sip), mi };
}

test("it starts, serves management, and ends with 0 on SIGTERM", async () => {
  const { daemon, mi } = await started();
  assert.deepEqual(await (await fetch(`${mi}/health`)).json(), { status: "ok" });
  const answer = await fetch(`${mi}/mi`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: '{"jsonrpc":"2.0","id":1,"method":"dlg_list","params":{}}',
  });
  assert.equal(await answer.text(), '{"jsonrpc":"2.0","result":{"Dialogs":[]},"id":1}');
  daemon.child.kill("SIGTERM");
  assert.equal(await daemon.ended, 0, daemon.stderr);
});

test("a second signal ends it at once with 1", async () => {
  const { daemon, sip } = await started();
  // somebody who rings for ever: the first signal waits for such a call
  const callee = createSocket("udp4");
  after(() => callee.close());
  callee.bind(0, "127.0.0.1");
  await once(callee, "listening");
  callee.on("message", (bytes, { port }) => {
    const text = bytes.toString("latin1");
    if (!text.startsWith("INVITE")) return;
    const head = text.slice(text.indexOf("\r\n"), text.indexOf("\r\n\r\n") + 4).replace(/(\r\nTo:[^\r]*)/, "$1;tag=b");
    callee.send(Buffer.from(`SIP/2.0 180 Ringing${head}`, "latin1"), port, "127.0.0.1");
  });
  const caller = createSocket("udp4");
  after(() => caller.close());
  caller.bind(0, "127.0.0.1");
  await once(caller, "listening");
  const { port } = caller.address();
  const invite = [
    `INVITE sip:bob@127.0.0.1:${callee.address().port} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bKdaemon;rport`,
    "Max-Forwards: 70",
    "From: <sip:alice@127.0.0.1>;tag=a",
    "To: <sip:bob@127.0.0.1>",
    "Call-ID: daemon@127.0.0.1",
    "CSeq: 1 INVITE",
    `Contact: <sip:alice@127.0.0.1:${port}>`,
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
  const ringing = new Promise<void>((resolve) => {
    caller.on("message", (bytes) => bytes.toString("latin1").startsWith("SIP/2.0 180") && resolve());
  });
  caller.send(invite, sip, "127.0.0.1");
  await ringing;
  daemon.child.kill("SIGTERM");
  await daemon.says("ending gracefully");
  daemon.child.kill("SIGINT");
  assert.equal(await daemon.ended, 1, daemon.stderr);
});

test("every mistake is listed at once, with its setting, and the status is 255", async () => {
  const daemon = new Daemon(
    ["-Z", "--set", "frTimeout=soon", "--set", "frTimeuot=5", "-l", "carrier-pigeon:*:5060", "--mi", "0.0.0.0:8888"],
    {
      DIALOOM_WT_TIMER: "-1",
    },
  );
  assert.equal(await daemon.ended, 255);
  for (const part of ["`-Z`", "frTimeout: ", "frTimeuot: there is no such setting; did you mean frTimeout", "listen[0]: ", "wtTimer: "]) {
    assert.ok(daemon.stderr.includes(part), `${part} is missing in\n${daemon.stderr}`);
  }
  assert.equal(daemon.stdout, "");
});

test("taken ports are all named, with the setting to change, and the status is 255", async () => {
  const udp = createSocket("udp4");
  after(() => udp.close());
  udp.bind(0, "127.0.0.1");
  await once(udp, "listening");
  const tcp = createServer().listen(0, "127.0.0.1");
  after(() => tcp.close());
  await once(tcp, "listening");
  const taken = (tcp.address() as AddressInfo).port;
  const daemon = new Daemon(["-l", `udp:127.0.0.1:${udp.address().port}`, "-l", `tcp:127.0.0.1:${taken}`, "--mi", `127.0.0.1:${taken}`]);
  assert.equal(await daemon.ended, 255);
  assert.match(daemon.stderr, new RegExp(`udp:127\\.0\\.0\\.1:${udp.address().port}.*DIALOOM_LISTEN`));
  assert.match(daemon.stderr, new RegExp(`tcp:127\\.0\\.0\\.1:${taken}.*DIALOOM_LISTEN`));
  assert.match(daemon.stderr, new RegExp(`management.*127\\.0\\.0\\.1:${taken}.*DIALOOM_MI`));
});

test("help and version need nothing", async () => {
  const version = new Daemon(["-V"]);
  assert.equal(await version.ended, 0);
  assert.match(version.stdout, /^version: dialoom \d+\.\d+\.\d+ \(\w+\/\w+\)\n/);
  const help = new Daemon(["--help"]);
  assert.equal(await help.ended, 0);
  assert.match(help.stdout, /Usage: dialoom/);
});
