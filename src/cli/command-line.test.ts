import assert from "node:assert/strict";
import { test } from "node:test";
import { type Invocation, readCommandLine } from "./command-line.ts";
import { parseSetting, settingOf, variableOf } from "./setting.ts";

function run(args: readonly string[], environment: Record<string, string> = {}): Extract<Invocation, { kind: "run" }> {
  const invocation = readCommandLine(args, environment);
  assert.ok(invocation.kind === "run");
  return invocation;
}

test("nothing at all: management on loopback, the rest is the schema's", () => {
  assert.deepEqual(run([]), { kind: "run", options: { mi: "127.0.0.1:8888" }, to: undefined, folder: undefined, problems: [] });
});

test("sockets may be repeated, and replace those of the environment", () => {
  const environment = { DIALOOM_LISTEN: "udp:127.0.0.1:5070, tcp:127.0.0.1:5070 as proxy.example", DIALOOM_MI: "off" };
  assert.deepEqual(run([], environment).options, {
    mi: false,
    listen: ["udp:127.0.0.1:5070", "tcp:127.0.0.1:5070 as proxy.example"],
  });
  assert.deepEqual(run(["-l", "udp:*:5060", "--listen", "tcp:*:5060", "--mi", "[::1]:9"], environment).options, {
    mi: "[::1]:9",
    listen: ["udp:*:5060", "tcp:*:5060"],
  });
});

test("every setting can be given by name, as what it takes", () => {
  const { options, problems } = run([
    "--set",
    "frTimeout=5s",
    "--set=wtTimer=7",
    "--set",
    "loopDetect=no",
    "--set",
    "profiles=caller, trunk",
    "--set",
    "serverHeader=a=b",
    "--set",
    "dlgMatchMode=2",
    "--set",
    "rrParam=123",
  ]);
  assert.deepEqual(problems, []);
  assert.deepEqual(options, {
    mi: "127.0.0.1:8888",
    frTimeout: "5s",
    wtTimer: 7,
    loopDetect: false,
    profiles: ["caller", "trunk"],
    serverHeader: "a=b",
    dlgMatchMode: 2,
    rrParam: "123",
  });
});

test("variables are the settings' names in capitals; foreign ones are left alone", () => {
  assert.equal(variableOf("frInvTimeout"), "DIALOOM_FR_INV_TIMEOUT");
  assert.equal(settingOf("DIALOOM_FR_INV_TIMEOUT"), "frInvTimeout");
  assert.equal(settingOf("DIALOOM_PORT_5060_UDP"), undefined);
  assert.deepEqual(run([], { DIALOOM_FR_TIMEOUT: "5", DIALOOM_SERVICE_HOST: "10.0.0.1", PATH: "/bin" }).options, {
    mi: "127.0.0.1:8888",
    frTimeout: 5,
  });
});

test("every mistake of the command line is named at once", () => {
  const { problems } = run(["-Z", "--lissen=x", "stray", "--set", "novalue", "-l"]);
  assert.deepEqual(problems.toSorted(), [
    "--set novalue: write it like --set frTimeout=5s",
    "Option `-l` needs an argument.",
    "Unexpected argument `stray`.",
    "Unknown option `--lissen=x`.",
    "Unknown option `-Z`.",
  ]);
});

test("a wrong value stays as it was written, for the schema to explain", () => {
  assert.equal(run(["--set", "frTimeout=soon"]).options["frTimeout"], "soon");
  assert.equal(run(["--set", "nonsense=1"]).options["nonsense"], "1");
  assert.ok(Object.hasOwn(run(["--set", "__proto__=1"]).options, "__proto__"));
  assert.deepEqual(run(["--set", "listen=udp:1.2.3.4:5060,nonsense"]).options["listen"], ["udp:1.2.3.4:5060", "nonsense"]);
});

test("a target for calls", () => {
  assert.equal(run(["--to", "sip:10.0.0.20:5080"]).to, "sip:10.0.0.20:5080");
  assert.equal(run(["-t", "sip:10.0.0.20"]).to, "sip:10.0.0.20");
});

test("help and version win over everything else", () => {
  const help = readCommandLine(["-Z", "-h", "-V"], {});
  assert.ok(help.kind === "help");
  for (const word of ["--listen", "--mi", "--set", "DIALOOM_LISTEN", "Examples"]) assert.ok(help.text.includes(word), word);
  assert.equal(readCommandLine(["-V"], {}).kind, "version");
});

test("the options that service files of other proxies pass are taken", () => {
  const { options, problems, folder } = run(["-F", "-E", "-D", "-w", "/tmp"]);
  assert.deepEqual([problems, options["logLevel"], folder], [[], "debug", "/tmp"]);
  assert.equal(run(["-d"]).options["logLevel"], "debug");
});

test("other names of columns can be written as text", () => {
  assert.deepEqual(parseSetting("dialogColumns", "callid=call_id, state=now"), { callid: "call_id", state: "now" });
  assert.deepEqual(parseSetting("dialogColumns", "callid"), { callid: "" }); // which the schema refuses, with the name
  assert.deepEqual(parseSetting("dbPragmas", "cache_size=-8000"), ["cache_size=-8000"]);
  const read = readCommandLine(["--set", "dialogColumns=nothing=x"], { DIALOOM_RECORD_COLUMNS: "callid=call_id" });
  assert.ok(read.kind === "run");
  assert.deepEqual([read.options["dialogColumns"], read.options["recordColumns"]], [{ nothing: "x" }, { callid: "call_id" }]);
});
