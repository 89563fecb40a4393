// Scripts on the command line: checking, starting, tools for their authors. The statuses and texts are those of script-language 11.
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const LAUNCHER = join(ROOT, "bin", "dialoom");

const folder = mkdtempSync(join(tmpdir(), "dialoom-scripts-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a file into the test's folder. @returns its path */
function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

interface Done {
  readonly status: number | null;
  readonly stdout: string;
  /** Without the stamps. */
  readonly stderr: string;
}

function dialoom(args: readonly string[], input = ""): Done {
  const { status, stdout, stderr } = spawnSync(LAUNCHER, args, { cwd: folder, encoding: "latin1", input, timeout: 20_000 });
  return { status, stdout, stderr: stderr.replaceAll(/^\w{3} [ \d]\d \d\d:\d\d:\d\d \[\d+\] /gm, "") };
}

const MODULES = `loadmodule "proto_udp.so"
loadmodule "sl.so"
loadmodule "signaling.so"
loadmodule "tm.so"
loadmodule "sipmsgops.so"
`;

const GOOD = `alias=udp:example.com:5060 foo.example
socket=udp:127.0.0.1:5060
${MODULES}
route {
  if (is_method("OPTIONS")) {
    send_reply(200, "Here");
    exit;
  }
  $du = "sip:127.0.0.1:5080";
  t_relay();
}
`;

const OPTIONS = `OPTIONS sip:127.0.0.1:5060 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:5071;branch=z9hG4bKone
From: <sip:alice@example.com>;tag=a
To: <sip:127.0.0.1>
Call-ID: one
CSeq: 1 OPTIONS
Content-Length: 0

`;

test("-C lists sockets and aliases, says ok and ends with 0", () => {
  const { status, stdout, stderr } = dialoom(["-C", "-f", file("good.cfg", GOOD)]);
  assert.equal(
    stdout,
    "Listening on \n             udp: 127.0.0.1 [127.0.0.1]:5060\nAliases: \n             udp: example.com:5060\n             *: foo.example:*\n\n",
  );
  assert.equal(stderr, "NOTICE:core:main: config file ok, exiting...\n");
  assert.equal(status, 0);
});

test("-c finds every mistake at once and ends with 255", () => {
  const text = GOOD.replace("send_reply(200,", 'send_reply("200",').replace("t_relay();", "t_rely();\n  route(nowhere);");
  const { status, stdout, stderr } = dialoom(["-c", "-f", file("bad.cfg", text)]);
  assert.equal(status, 255);
  assert.equal(stdout, "");
  assert.match(stderr, /CRITICAL:core:yyerror: parse error in .*bad\.cfg:\d+:\d+-\d+: Param \[1\] expected to be an integer or variable/);
  assert.match(stderr, /unknown command <t_rely>, missing loadmodule\?\n.*hint in .*: did you mean t_relay\?/);
  assert.match(stderr, /nowhere/);
  assert.match(
    stderr,
    /ERROR:core:parse_opensips_cfg: bad config file \(\d+ errors\)\nERROR:core:main: failed to parse config file .*bad\.cfg\nNOTICE:core:main: Exiting\.\.\.\.\n$/,
  );
});

test("a file that is not there", () => {
  const { status, stderr } = dialoom(["-C", "-f", join(folder, "nothing.cfg")]);
  assert.equal(status, 255);
  assert.match(stderr, /loading config file .*nothing\.cfg: No such file or directory/);
});

test("-f - reads standard input; -p pipes the text through a command; -o gives $argv; -l adds sockets, and the same one twice is one", () => {
  const text = GOOD.replace("127.0.0.1:5080", "CALLEE").replace('"sip:CALLEE"', "$argv(to)");
  const args = ["-C", "-f", "-", "-p", "sed s/5060/5062/", "-o", "to=sip:127.0.0.1", "-l", "udp:127.0.0.1:5062", "-l", "127.0.0.1:5063"];
  const { status, stdout } = dialoom(args, text);
  assert.equal(status, 0);
  assert.match(
    stdout,
    /^Listening on \n {13}udp: 127\.0\.0\.1 \[127\.0\.0\.1\]:5062\n {13}udp: 127\.0\.0\.1 \[127\.0\.0\.1\]:5063\nAliases/,
  );
});

test("sockets and the modules that serve them", () => {
  const bare = dialoom(["-C", "-f", file("bare.cfg", GOOD.replace("socket=udp:127.0.0.1:5060\n", ""))]);
  assert.equal(bare.status, 255);
  assert.match(bare.stderr, /no transport protocol loaded/);
  const stream = dialoom(["-C", "-f", file("stream.cfg", GOOD), "-l", "tcp:127.0.0.1:5060"]);
  assert.equal(stream.status, 255);
  assert.match(stream.stderr, /listeners found for protocol tcp, but no module can handle it\n.*add loadmodule "proto_tcp\.so"/);
  const idle = dialoom(["-C", "-f", file("idle.cfg", GOOD.replace("loadmodule", 'loadmodule "proto_tcp.so"\nloadmodule'))]);
  assert.equal(idle.status, 0);
  assert.match(idle.stderr, /WARNING:core:main: module proto_tcp is loaded and no socket uses it/);
});

test("settings of our own that are wrong say what to write instead", () => {
  const wrong = [`"ack_timeout", -3`, `"fr_timeout", "abc"`, `"mi", "abc"`, `"log_level", "x"`, `"listen", "udp:127.0.0.1"`];
  const { status, stderr } = dialoom([
    "-C",
    "-f",
    file("own.cfg", `${GOOD}${wrong.map((one) => `modparam("dialoom", ${one})\n`).join("")}`),
  ]);
  assert.equal(status, 255);
  assert.match(stderr, /parameter ack_timeout of module dialoom: -3 is no duration; write a number of s or text like "30s"/);
  assert.match(stderr, /parameter fr_timeout of module dialoom: "abc" is no duration/);
  assert.match(stderr, /parameter mi of module dialoom: (?!Invalid input)/);
  assert.match(stderr, /parameter log_level of module dialoom: .*"silent"/);
  assert.match(stderr, /parameter listen not found in module dialoom/);
});

test("what needs a backend that is not there is right for -C and refused at the start, in a sentence (decision 26)", () => {
  const head = `${MODULES}loadmodule "rr.so"\nloadmodule "dialog.so"\nloadmodule "cachedb_redis.so"\n`;
  const shared = 'modparam("dialog", "cachedb_url", "redis://127.0.0.1:6379")\nmodparam("dialog", "profiles_with_value", "caller/s")\n';
  const path = file("shared.cfg", GOOD.replace(MODULES, `${head}${shared}`));
  assert.equal(dialoom(["-C", "-f", path]).status, 0);
  const { status, stderr } = dialoom(["-f", path]);
  assert.equal(status, 255);
  assert.match(stderr, /ERROR:core:main: .*cachedb_url/);
});

/** A running script. */
class Script {
  readonly child: ChildProcess;
  text = "";

  constructor(args: readonly string[]) {
    this.child = spawn(LAUNCHER, args, { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.text += chunk.toString("latin1");
      });
    }
    after(() => this.child.kill("SIGKILL"));
  }

  async says(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.text)) {
      assert.equal(this.child.exitCode, null, `it ended without saying ${pattern}:\n${this.text}`);
      await Promise.race([
        once(this.child.stdout ?? this.child, "data"),
        once(this.child.stderr ?? this.child, "data"),
        once(this.child, "close"),
      ]);
    }
  }

  async stop(): Promise<number | null> {
    const closed = once(this.child, "close");
    this.child.kill("SIGTERM");
    const [code] = await closed;
    return code;
  }
}

test("a script runs its startup route, writes its process id, reloads its routes, and ends with 0 on SIGTERM", async () => {
  const pid = join(folder, "pid");
  const text = `${GOOD.replace("socket=udp:127.0.0.1:5060\n", "")}\nstartup_route { xlog("up with $argv(name)\\n"); }\n`;
  const path = file("run.cfg", text);
  const script = new Script([
    "-FE",
    "-f",
    path,
    "-l",
    "udp:127.0.0.1:0",
    "-P",
    pid,
    "-G",
    join(folder, "pgid"),
    "-o",
    "name=value",
    "--mi",
    "127.0.0.1:0",
  ]);
  await script.says(/up with value\n/);
  await script.says(/management: .*\n/);
  assert.equal(Number(readFileSync(pid, "utf8")), script.child.pid);
  assert.match(readFileSync(join(folder, "pgid"), "utf8"), /^\d+\n$/);

  const sip = Number(/sip: udp:127\.0\.0\.1:(\d+)/.exec(script.text)?.[1]);
  const mi = /management: (\S+)/.exec(script.text)?.[1] ?? "";
  const command = async (method: string): Promise<string> => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method });
    return await (await fetch(mi, { method: "POST", headers: { "Content-Type": "application/json" }, body })).text();
  };
  assert.match(await ask(sip), /^SIP\/2\.0 200 Here\r\n/);
  writeFileSync(path, text.replace('"Here"', '"Still here"'));
  assert.match(await command("reload_routes"), /"result":"OK"/);
  assert.match(await ask(sip), /^SIP\/2\.0 200 Still here\r\n/);
  writeFileSync(path, text.replace("send_reply", "send_rply"));
  assert.match(await command("reload_routes"), /"error":.*send_rply/);
  assert.match(await ask(sip), /^SIP\/2\.0 200 Still here\r\n/, "the old routes go on");
  writeFileSync(path, text);
  const second = dialoom(["-f", path, "-l", "udp:127.0.0.1:0", "-P", pid]);
  assert.equal(second.status, 255);
  assert.match(second.stderr, /ERROR:core:main: -P .*pid: process \d+, which it names, is running\n/);
  assert.equal(await script.stop(), 0);
  assert.equal(existsSync(pid), false, "the file goes with the process");
});

test("a folder or a file that is not there is named in a sentence", () => {
  const path = file("nowhere.cfg", GOOD.replace("socket=udp:127.0.0.1:5060\n", ""));
  const folderless = dialoom(["-f", path, "-w", "/no/such/folder"]);
  assert.equal(folderless.status, 255);
  assert.match(folderless.stderr, /^ERROR:core:main: -w \/no\/such\/folder: no such file or folder\n$/);
  const pidless = dialoom(["-f", path, "-l", "udp:127.0.0.1:0", "-P", "/no/such/pid"]);
  assert.equal(pidless.status, 255);
  assert.match(pidless.stderr, /^ERROR:core:main: -P \/no\/such\/pid: no such file or folder\nNOTICE:core:main: Exiting/);
});

/** Sends an OPTIONS. @returns the answer */
async function ask(port: number): Promise<string> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const answered = once(socket, "message");
  const text = OPTIONS.replaceAll("\n", "\r\n").replace(
    "5071;branch=z9hG4bKone",
    `${socket.address().port};branch=z9hG4bK${socket.address().port}`,
  );
  socket.send(Buffer.from(text, "latin1"), port, "127.0.0.1");
  const [bytes] = await answered;
  socket.close();
  return String(bytes);
}

test("check finds what is legal and probably wrong", () => {
  const path = file("lint.cfg", GOOD.replace("exit;", 'exit;\n    xlog("never");'));
  const { status, stdout } = dialoom(["check", path]);
  assert.equal(status, 0);
  assert.match(stdout, /warning in .*lint\.cfg:\d+:\d+-\d+: unreachable: what stands before it always ends with exit\n/);
  assert.match(stdout, /lint\.cfg: 0 errors, 1 warning, 0 notices\n$/);
  assert.equal(dialoom(["check", file("bad2.cfg", "route { nonsense }")]).status, 255);
  const missing = dialoom(["check", join(folder, "nothing.cfg")]);
  assert.equal(missing.status, 255);
  assert.match(missing.stdout, /nothing\.cfg: No such file or directory\n.*: 1 error, 0 warnings, 0 notices\n$/);
  const unbound = dialoom(["check", file("unbound.cfg", GOOD.replace("socket=udp:127.0.0.1:5060\n", ""))]);
  assert.match(unbound.stdout, /: 0 errors/, "its sockets may stand on the command line");
});

test("run shows each line that a message runs, what it changed, and what was sent", () => {
  const path = file("inject.cfg", GOOD.replace("if (is_method", "$var(method) = $rm;\n  if (is_method"));
  const { status, stdout } = dialoom(["run", path, "--inject", "-"], OPTIONS);
  assert.equal(status, 0);
  assert.match(stdout, /inject\.cfg:\d+ +\$var\(method\) = \$rm +# \$var\(method\) = .*OPTIONS/);
  assert.match(stdout, /inject\.cfg:\d+ +send_reply\(200, "Here"\)/);
  assert.match(stdout, /\nsent udp 127\.0\.0\.1:5071\n {2}SIP\/2\.0 200 Here\n/);
  assert.ok(!stdout.includes("t_relay"));
  assert.equal(dialoom(["run", path, "--inject", join(folder, "no-message")]).status, 255);
  assert.equal(existsSync(join(folder, "no-message")), false);
  const noise = dialoom(["run", path, "--inject", "-"], "route { exit; }\n");
  assert.equal(noise.status, 255);
  assert.match(noise.stderr, /^dialoom: - is not a message of SIP, no line runs for it: .+ \(.+\)\n$/);
  const unbound = file("unbound.cfg", GOOD.replace("socket=udp:127.0.0.1:5060\n", ""));
  assert.equal(dialoom(["run", unbound, "-l", "127.0.0.1:5060", "--inject", "-"], OPTIONS).status, 0);
});
