// The forms of log lines: script-language 10.
import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultGlobals, type Globals } from "./globals/globals.ts";
import { LineLog, stampText } from "./log.ts";

function logWith(settings: Partial<Globals>): {
  readonly log: LineLog;
  readonly error: string[];
  readonly out: string[];
  readonly syslog: string[];
} {
  const error: string[] = [];
  const out: string[] = [];
  const syslog: string[] = [];
  const sink = {
    stderr: (text: string) => void error.push(text),
    stdout: (text: string) => void out.push(text),
    syslog: (level: number, text: string) => void syslog.push(`${level} ${text}`),
  };
  const host = { pid: 77, hostname: "h1", stamp: () => stampText(10, 3, 7, 5, 9) };
  return { log: new LineLog(sink, host, { ...defaultGlobals(), ...settings }), error, out, syslog };
}

test("core lines end by themselves, xlog only where the script says so (gotcha 21)", () => {
  const { log, error } = logWith({});
  log.line(-1, "core", "do_action", "error at f:1");
  log.print(2, "one ");
  log.print(1, "two\n");
  assert.deepEqual(error, [
    "Nov  3 07:05:09 [77] ERROR:core:do_action: error at f:1\n",
    "Nov  3 07:05:09 [77] NOTICE:one ",
    "Nov  3 07:05:09 [77] WARNING:two\n",
  ]);
});

test("core lines follow log_level, xlog lines xlog_level; both can be changed and restored", () => {
  const { log, error } = logWith({ logLevel: 2, xlogLevel: 4 });
  log.print(4, "x");
  log.line(3, "m", "f", "hidden");
  log.printCore(3, "hidden");
  log.setLevel("log", 3);
  log.line(3, "m", "f", "shown");
  log.printCore(3, "core");
  log.setLevel("log", undefined);
  log.line(3, "m", "f", "hidden");
  assert.equal(log.getLevel("log"), 2);
  assert.deepEqual(
    error,
    ["DBG:x", "INFO:m:f: shown\n", "INFO:core"].map((text) => `Nov  3 07:05:09 [77] ${text}`),
  );
});

test("a prefix stands before the level; sinks have their own filters", () => {
  const { log, error, out, syslog } = logWith({
    logPrefix: "lab",
    stdoutEnabled: true,
    syslogEnabled: true,
    stderrLevelFilter: -1,
    syslogLevelFilter: 1,
  });
  log.line(-1, "m", "f", "bad");
  log.line(1, "m", "f", "odd");
  log.line(2, "m", "f", "so");
  assert.deepEqual(error, ["Nov  3 07:05:09 [77] lab:ERROR:m:f: bad\n"]);
  assert.deepEqual(out, error);
  assert.deepEqual(syslog, ["-1 lab:ERROR:m:f: bad\n", "1 lab:WARNING:m:f: odd\n"]);
});

test("json: one object a line, keys in order, the line end of the text kept", () => {
  const { log, error } = logWith({ stderrFormat: "json", logPrefix: "lab" });
  log.line(-1, "core", "f", 'say "x"');
  log.print(2, "a\n");
  assert.equal(
    error[0],
    '{"time": "Nov  3 07:05:09", "pid": 77, "level": "ERROR", "module": "core", "function": "f", "prefix": "lab", "message": "say \\"x\\"\\n"}\n',
  );
  assert.deepEqual(Object.keys(JSON.parse(error[0] ?? "")), ["time", "pid", "level", "module", "function", "prefix", "message"]);
  assert.deepEqual(JSON.parse(error[1] ?? ""), { time: "Nov  3 07:05:09", pid: 77, level: "NOTICE", prefix: "lab", message: "a\n" });
});

test("json_cee has the keys of CEE", () => {
  const { log, error } = logWith({ stderrFormat: "json_cee", logPrefix: "lab", syslogName: "edge" });
  log.print(-2, "gone");
  assert.deepEqual(JSON.parse(error[0] ?? ""), {
    time: "Nov  3 07:05:09",
    proc: { id: "77" },
    pri: "CRITICAL",
    native: { log_prefix: "lab" },
    msg: "gone",
    pname: "edge",
    hostname: "h1",
  });
});

test("nothing is written where no sink is enabled", () => {
  const { log, error, out, syslog } = logWith({ stderrEnabled: false });
  log.line(-3, "m", "f", "x");
  assert.deepEqual([...error, ...out, ...syslog], []);
});
