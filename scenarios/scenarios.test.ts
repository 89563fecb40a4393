// Every scenario: SIPp on both ends, the built proxy between them, once with routes and once with a script, and what `dlg_list`
// and the statistics must say meanwhile and afterwards; then both runs must have left the same behind. Then bad input and the end of the process, in one file because all need the same build.
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { eventually, freePorts, type ListedDialog, Sipp, sippMissing } from "../src/testing/index.ts";
import { assertClean } from "./clean.ts";
import { exampleTests } from "./examples.ts";
import { hostileTests } from "./hostile.ts";
import { type DoorName, Installation, ROOT } from "./proxy.ts";
import type { Expectation, Moment, ScenarioRun } from "./scenario.ts";
import { shutdownTests } from "./shutdown.ts";
import { assertSame, Recorder, type Trace } from "./trace.ts";

const FOLDER = join(ROOT, "scenarios");
const names = readdirSync(FOLDER).filter((name) => existsSync(join(FOLDER, name, "expect.ts")));
const expectations = new Map<string, Expectation>();
for (const name of names) {
  const module = (await import(`./${name}/expect.ts`)) as { readonly expect: Expectation };
  expectations.set(name, module.expect);
}

const missing = sippMissing();
const installation = new Installation();
after(() => installation.remove());

describe("scenarios", { concurrency: 7, skip: missing ?? false }, () => {
  // one of them waits for a quarter of a minute: it begins first
  exampleTests(installation);
  test("calls through the command with its built-in routes, as npm start runs it", builtIn);
  for (const [name, expectation] of expectations) {
    for (const transport of expectation.transports ?? (["udp", "tcp"] as const)) {
      test(`${name} over ${transport.toUpperCase()}, through both doors: ${expectation.about}`, async () => {
        const [routes, script] = await Promise.all([
          run(name, expectation, transport, "routes"),
          run(name, expectation, transport, "script"),
        ]);
        assertSame(routes, script, expectation.differences);
      });
    }
  }
});

hostileTests(installation);
shutdownTests(installation);

/** The routes that nobody has written. */
async function builtIn(): Promise<void> {
  const proxy = await installation.startDefault();
  try {
    const [callerPort = 0, calleePort = 0] = await freePorts(2);
    const common = { ip: "127.0.0.1", transport: "udp", calls: 20 } as const;
    const file = (name: string): string => join(FOLDER, "callee-hangs-up", name);
    const callee = await Sipp.start({ ...common, scenario: file("uas.xml"), port: calleePort });
    const uri = `sip:bob@127.0.0.1:${calleePort}`;
    const remote = `127.0.0.1:${proxy.port}`;
    const caller = await Sipp.start({ ...common, scenario: file("uac.xml"), port: callerPort, remote, rate: 100, keys: { uri } });
    const { management } = proxy;
    const size = async (params: object): Promise<unknown> => {
      const { Profile } = (await management.run("profile_get_size", params)) as { readonly Profile: { readonly count: number } };
      return Profile.count;
    };
    const held = await eventually(
      () => size({ profile: "inbound" }),
      (count) => count === 20,
    );
    assert.equal(held, 20);
    assert.equal(await size({ profile: "caller", value: "alice" }), 20);
    for (const agent of [callee, caller]) assertClean(await agent.ended, 20);
    assert.equal(await size({ profile: "inbound" }), 0);
    assert.deepEqual(await management.statistics(["dialog:processed_dialogs", "dialog:failed_dialogs", "dialog:active_dialogs"]), {
      "dialog:processed_dialogs": 20,
      "dialog:failed_dialogs": 0,
      "dialog:active_dialogs": 0,
    });
  } finally {
    const end = await proxy.stop();
    assert.equal(end.code, 0, end.stdout + end.stderr);
  }
}

async function run(name: string, expectation: Expectation, transport: "udp" | "tcp", door: DoorName): Promise<Trace> {
  const ip = expectation.ip ?? "127.0.0.1";
  const proxy = await installation.start(name, ip, door);
  const agents: Sipp[] = [];
  try {
    const others = expectation.others ?? [];
    const [callerPort = 0, ...calleePorts] = await freePorts(2 + others.length, ip);
    const { calls } = expectation;
    const common = { ip, transport, calls, keepsMessages: true };
    const files = ["uas.xml", ...others];
    for (const [i, file] of files.entries()) {
      agents.push(await Sipp.start({ ...common, scenario: join(FOLDER, name, file), port: calleePorts[i] ?? 0 }));
    }
    const host = ip.includes(":") ? `[${ip}]` : ip;
    const uri = (i: number): string => `sip:bob@${host}:${calleePorts[i]}${transport === "tcp" ? ";transport=tcp" : ""}`;
    const caller = await Sipp.start({
      ...common,
      scenario: join(FOLDER, name, "uac.xml"),
      port: callerPort,
      remote: `${host}:${proxy.port}`,
      rate: 100,
      keys: { uri: uri(0), also: uri(1) },
    });
    agents.push(caller);
    const context: ScenarioRun = { calls, transport, management: proxy.management, proxyPort: proxy.port, callerPort, calleePorts };
    const names = new Map([[proxy.port, "PROXY"], [callerPort, "CALLER"], ...calleePorts.map((port, i) => [port, `CALLEE${i}`] as const)]);
    const recorder = new Recorder(names);
    for (const moment of expectation.moments) {
      const dialogs = await witness(moment, context, agents);
      // without a check a moment may be seen sooner or later, and calls move on
      if (moment.check !== undefined) recorder.listed(moment.name, dialogs);
    }
    for (const [i, agent] of agents.entries()) {
      const result = await agent.ended;
      assertClean(result, calls);
      recorder.received([...files, "uac.xml"][i] ?? "", result);
    }
    await settle(expectation, context);
    return await recorder.end(proxy.management);
  } finally {
    for (const agent of agents) await agent.stop();
    await proxy.stop();
  }
}

/** Asks until the moment is there; a moment that never comes is explained by what was there instead. @returns its dialogs */
async function witness(moment: Moment, run: ScenarioRun, agents: readonly Sipp[]): Promise<readonly ListedDialog[]> {
  const { wrong, dialogs } = await eventually(
    () => look(moment, run),
    (found) => found.wrong.length === 0,
    8000,
  );
  if (wrong.length === 0) return dialogs;
  const stories = await Promise.all(agents.map(async (agent) => (await agent.stop()).errors));
  return assert.fail(`"${moment.name}" never came:\n${wrong.join("\n")}\n${stories.join("\n")}`);
}

interface Sight {
  readonly dialogs: readonly ListedDialog[];
  /** What is not as it must be. */
  readonly wrong: readonly string[];
}

async function look(moment: Moment, run: ScenarioRun): Promise<Sight> {
  const dialogs = (await run.management.dialogs()).filter((dialog) => dialog.state === moment.state);
  const wrong = dialogs.length === run.calls ? [] : [`${dialogs.length} dialogs in state ${moment.state}, not ${run.calls}`];
  wrong.push(...(await compare(moment.statistics, run)));
  if (moment.check !== undefined) for (const dialog of dialogs) wrong.push(...moment.check(dialog, run));
  return { dialogs, wrong };
}

async function compare(expected: Moment["statistics"], run: ScenarioRun): Promise<string[]> {
  const found = await run.management.statistics(Object.keys(expected));
  return Object.entries(expected).flatMap(([name, count]) =>
    found[name] === count(run.calls) ? [] : [`${name} is ${found[name]}, not ${count(run.calls)}`],
  );
}

/** When the calls are over, the numbers stand, and in the end nothing is left in memory. */
async function settle(expectation: Expectation, run: ScenarioRun): Promise<void> {
  const wrong = await eventually(
    () => compare(expectation.after, run),
    (problems) => problems.length === 0,
    5000,
  );
  assert.deepEqual(wrong, []);
  // ended dialogs stay as long as their transactions: two seconds after the last message
  const left = await eventually(
    () => run.management.dialogs(),
    (dialogs) => dialogs.length === 0,
    9000,
  );
  assert.deepEqual(left, []);
  assert.deepEqual(await run.management.run("profile_get_size", { profile: "caller" }), {
    Profile: { name: "caller", value: null, count: 0, shared: "no", replicated: "no" },
  });
}
