import assert from "node:assert/strict";
import { test } from "node:test";
import { DialoomError } from "../kit/index.ts";
import type { DialoomOptions } from "./options.ts";
import { readSettings } from "./settings.ts";

function problemsOf(options: unknown): readonly string[] {
  try {
    readSettings(options as DialoomOptions); // the schema's business is to refuse what the type does not allow
    return [];
  } catch (error) {
    assert.ok(error instanceof DialoomError);
    assert.equal(error.code, "DIALOOM_CONFIG_INVALID");
    return error.problems;
  }
}

test("nothing set: the embedded default", () => {
  const settings = readSettings({});
  assert.deepEqual(settings.listen, ["udp:127.0.0.1:5060", "tcp:127.0.0.1:5060"]);
  assert.equal(settings.frTimeout, 30_000);
  assert.equal(settings.t1Timer, 500);
  assert.equal(settings.defaultTimeout, 43_200_000);
  assert.equal(settings.ackTimeout, 32_000);
});

test("durations: numbers in the setting's own unit, or text", () => {
  const settings = readSettings({
    frTimeout: 5,
    t1Timer: 250,
    frInvTimeout: "2m",
    wtTimer: "2500ms",
    defaultTimeout: "1h 30m",
    ackTimeout: false,
  });
  assert.deepEqual(
    [settings.frTimeout, settings.t1Timer, settings.frInvTimeout, settings.wtTimer, settings.defaultTimeout, settings.ackTimeout],
    [5000, 250, 120_000, 2500, 5_400_000, false],
  );
});

test("every mistake is listed at once, each with its setting", () => {
  const problems = problemsOf({
    listen: ["udp:127.0.0.1:5060", "sctp:1.2.3.4", "udp:127.0.0.1:99999"],
    mi: "nowhere",
    frTimeout: "soon",
    wtTimer: 1,
    dlgMatchMode: 3,
    rrParam: "d;d",
    profiles: ["good", "bad name!"],
    log: {},
    trynigDelayMs: 5,
  });
  const settings = problems.map((text) => text.slice(0, text.indexOf(":")));
  assert.deepEqual(settings.sort(), [
    "dlgMatchMode",
    "frTimeout",
    "listen[1]",
    "listen[2]",
    "log",
    "mi",
    "profiles[1]",
    "rrParam",
    "trynigDelayMs",
    "wtTimer",
  ]);
  assert.ok(
    problems.some((text) => text === "trynigDelayMs: there is no such setting; did you mean tryingDelayMs?"),
    problems.join("\n"),
  );
  assert.ok(problems.some((text) => text.startsWith('frTimeout: "soon" is no duration; write a number of s')));
});

test("names that go into headers are names, aliases are addresses", () => {
  const problems = problemsOf({
    advertisedAddress: "a b\nc",
    alias: ["ok.example", "x y:99999"],
    dlgMatchMode: 7,
    miAllowInsecure: "maybe",
    tcpMaxConnections: 0,
  });
  assert.deepEqual(problems.map((text) => text.split(":")[0]).sort(), [
    "advertisedAddress",
    "alias[1]",
    "dlgMatchMode",
    "miAllowInsecure",
    "tcpMaxConnections",
  ]);
  assert.ok(problems.includes("dlgMatchMode: is 0, 1 or 2"), problems.join("\n"));
  assert.ok(problems.includes("tcpMaxConnections: is a whole number from 1 to 1000000"));
});

test("what no setting can say by itself", () => {
  assert.match(problemsOf({ t1Timer: 500, t2Timer: 400 })[0] ?? "", /^t2Timer: must be greater/);
  assert.match(problemsOf({ profiles: ["a", { name: "a" }] })[0] ?? "", /declared twice/);
  assert.match(problemsOf({ dlgExtraHdrs: "X-A: 1" })[0] ?? "", /end in/);
  assert.match(problemsOf({ mi: "0.0.0.0:8888" })[0] ?? "", /^mi: .*token/);
  assert.equal(
    problemsOf({ mi: "0.0.0.0:8888", frTimeout: "x", nonsense: 1 }).length,
    3,
    "a mistake of one setting hides none of the rules",
  );
  assert.deepEqual(problemsOf({ mi: "0.0.0.0:8888", miToken: "a long secret" }), []);
});
