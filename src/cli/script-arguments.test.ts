import assert from "node:assert/strict";
import { test } from "node:test";
import { type Invocation, readCommandLine } from "./command-line.ts";

function of<K extends Invocation["kind"]>(kind: K, args: readonly string[]): Extract<Invocation, { kind: K }> {
  const invocation = readCommandLine(args, {});
  assert.equal(invocation.kind, kind);
  return invocation as Extract<Invocation, { kind: K }>;
}

test("a script is named with -f; sockets are added to its own (script-language 11.5)", () => {
  const script = of("script", ["-FE", "-f", "/etc/opensips.cfg", "-l", "udp:127.0.0.1:5070", "-l", "tcp:127.0.0.1:5070"]);
  assert.equal(script.file, "/etc/opensips.cfg");
  assert.equal(script.isCheckOnly, false);
  assert.deepEqual(script.listen, ["udp:127.0.0.1:5070", "tcp:127.0.0.1:5070"]);
  assert.deepEqual(script.problems, []);
});

test("-C and -c check only, also in one word with others", () => {
  for (const args of [["-C", "-f", "x"], ["-c", "-f", "x"], ["-Cf", "x"], ["-cFEfx"]]) {
    const script = of("script", args);
    assert.equal(script.isCheckOnly, true, args.join(" "));
    assert.equal(script.file, "x");
  }
});

test("-o gives values of $argv, the rest of the reference's options", () => {
  const script = of("script", [
    "-f",
    "-",
    "-o",
    "ip=127.0.0.1",
    "-o",
    "a=b=c",
    "-p",
    "m4",
    "-w",
    "/tmp",
    "-P",
    "/run/a",
    "-G",
    "/run/b",
    "-D",
  ]);
  assert.deepEqual(Object.fromEntries(script.argv), { ip: "127.0.0.1", a: "b=c" });
  assert.equal(script.file, "-");
  assert.equal(script.preprocessor, "m4");
  assert.equal(script.folder, "/tmp");
  assert.equal(script.pidFile, "/run/a");
  assert.equal(script.pgidFile, "/run/b");
  assert.equal(script.isDebug, true);
});

test("options that mean nothing here take their arguments with them", () => {
  const script = of("script", [
    "-f",
    "x",
    "-n",
    "4",
    "-m",
    "512",
    "-M",
    "16",
    "-u",
    "opensips",
    "-g",
    "opensips",
    "-b",
    "100",
    "-r",
    "-R",
    "-v",
  ]);
  assert.deepEqual(script.problems, []);
  assert.equal(script.file, "x");
});

test("every mistake is named at once", () => {
  const script = of("script", ["-f", "x", "-Z", "-o", "novalue", "--set", "novalue", "stray"]);
  assert.deepEqual(script.problems, [
    "Unknown option `-Z`.",
    "Unexpected argument `stray`.",
    "--set novalue: write it like --set frTimeout=5s",
    "-o novalue: write it like -o name=value",
  ]);
  assert.deepEqual(of("script", ["-C"]).problems, ["name the script with -f FILE"]);
  assert.deepEqual(of("script", ["-C", "-f"]).problems, ["Option `-f` needs an argument.", "name the script with -f FILE"]);
});

test("settings of the engine can be given beside a script", () => {
  assert.deepEqual(of("script", ["-f", "x", "--mi", "off", "--set", "frTimeout=5s"]).options, { mi: false, frTimeout: "5s" });
});

test("help and version work with a script too", () => {
  assert.equal(readCommandLine(["-f", "x", "-V"], {}).kind, "version");
  assert.match(of("help", ["-f", "x", "-h"]).text, /dialoom check FILE/);
  assert.match(of("help", ["-h"]).text, /-C -f FILE/);
  assert.match(of("help", ["check", "-h"]).text, /dialoom check FILE/);
  assert.match(of("help", ["run", "--help"]).text, /dialoom run FILE/);
});

test("check takes files, run a file and messages", () => {
  assert.deepEqual(of("check", ["check", "a.cfg", "b.cfg"]).files, ["a.cfg", "b.cfg"]);
  assert.deepEqual(of("check", ["check", "--fix"]).problems, ["Unknown option `--fix`.", "dialoom check needs the name of a script"]);
  const inject = of("inject", ["run", "a.cfg", "--inject", "m1", "--inject", "-", "--from", "192.0.2.1:5070", "-o", "x=y"]);
  assert.equal(inject.file, "a.cfg");
  assert.deepEqual(inject.messages, ["m1", "-"]);
  assert.deepEqual(inject.from, { ip: "192.0.2.1", port: 5070 });
  const from = (text: string): unknown => {
    const { from, problems } = of("inject", ["run", "a.cfg", "--inject", "m", "--from", text]);
    return from ?? problems;
  };
  assert.deepEqual(from("2001:db8::1"), { ip: "2001:db8::1", port: 5060 });
  assert.deepEqual(from("[2001:db8::1]:5070"), { ip: "2001:db8::1", port: 5070 });
  for (const wrong of ["nonsense", "192.0.2.1:0", "192.0.2.1:70000", "192.0.2.1:x", ""])
    assert.deepEqual(from(wrong), [`--from ${wrong}: write it like --from 192.0.2.7:5060`]);
  assert.deepEqual(of("inject", ["run", "a.cfg", "--inject", "m", "-l", "127.0.0.1:5062"]).listen, ["127.0.0.1:5062"]);
  assert.deepEqual(Object.fromEntries(inject.argv), { x: "y" });
  assert.deepEqual(of("inject", ["run"]).problems, [
    "dialoom run needs the name of a script",
    "dialoom run needs a message: --inject FILE, or --inject - for standard input",
  ]);
});
