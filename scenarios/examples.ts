// The examples, each as routes and as a script: the same phones call through both, and both must leave the same behind.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../src/testing/index.ts";
import type { DoorName, Installation } from "./proxy.ts";
import { Stage } from "./stage.ts";
import { assertSame, type Difference, type Trace } from "./trace.ts";

interface Example {
  readonly about: string;
  play(stage: Stage): Promise<void>;
  readonly differences?: readonly Difference[];
}

const STATELESS: Difference = {
  statistics: ["sl:2xx_replies", "sl:4xx_replies", "tm:2xx_transactions", "tm:4xx_transactions", "tm:UAS_transactions"],
  why: "save() and send_reply() answer without a transaction where there is none yet; an answer of a route always has one",
};

const EXAMPLES: Readonly<Record<string, Example>> = {
  residential: {
    about: "phones behind a NAT, two calls a line, voice mail for who is away, busy or silent",
    play: residential,
    differences: [
      STATELESS,
      {
        statistics: ["registrar:max_contacts"],
        why: "the routes give their limit to register() itself, the number is that of the setting",
      },
    ],
  },
  default: {
    about: "a phone registers, another calls it, both hang up; every call leaves a line",
    play: smallest,
    differences: [STATELESS],
  },
  "concurrent-calls": {
    about: "the third call of a caller is refused, others are not",
    play: limit,
    differences: [
      STATELESS,
      {
        statistics: ["dialog:processed_dialogs", "dialog:failed_dialogs"],
        why: "join() checks and joins in one act and so needs the dialog first; the script counts before it creates one",
      },
    ],
  },
  "trunk-failover": { about: "the second gateway gets what the first does not take", play: trunk },
};

/** Registers the tests. */
export function exampleTests(installation: Installation): void {
  for (const [name, example] of Object.entries(EXAMPLES)) {
    test(`examples/${name}, through both doors: ${example.about}`, async () => {
      const run = (door: DoorName): Promise<Trace> => play(installation, name, example, door);
      const [routes, script] = await Promise.all([run("routes"), run("script")]);
      assertSame(routes, script, example.differences);
    });
  }
}

async function play(installation: Installation, name: string, example: Example, door: DoorName): Promise<Trace> {
  const stage = await Stage.open(installation, name, door);
  try {
    await example.play(stage);
    return await stage.close();
  } finally {
    await stage.stop();
  }
}

async function smallest(stage: Stage): Promise<void> {
  await stage.register("bob");
  await registered(stage);
  const alice = { at: "alice", from: "alice", to: "bob" } as const;
  await (await stage.call("alice hangs up", { ...alice, status: 200, talkMs: 300 }, { bob: { status: 200 } })).done();
  await (await stage.call("bob hangs up", { ...alice, status: 200 }, { bob: { status: 200, talkMs: 300 } })).done();
  await (await stage.call("bob is busy", { ...alice, status: 486 }, { bob: { status: 486 } })).done();
  await (await stage.call("nobody", { ...alice, to: "carol", status: 404 }, {})).done();
  await stage.register("bob", { expires: 0 });
  await registered(stage);
  await (await stage.call("bob is away", { ...alice, status: 404 }, {})).done();
  const lines = await eventually(
    () => Promise.resolve(recordsIn(stage)),
    (found) => found.length === 5,
  );
  assert.deepEqual(lines, [
    "answered BYE 200 OK",
    "answered BYE 200 OK",
    "answered INVITE 200 OK",
    "answered INVITE 200 OK",
    "missed INVITE 486 No",
  ]);
}

async function residential(stage: Stage): Promise<void> {
  const alice = { at: "alice", from: "alice", to: "bob" } as const;
  const voicemail = (user: string) => ({ status: 200, wants: { header: "X-Voicemail", text: `^ *${user}$` } });
  await stage.register("bob", { shown: "192.168.1.20:5060" });
  await registered(stage);
  const held = await stage.call("two calls", { ...alice, status: 200, talkMs: 1500 }, { bob: { status: 200 } }, 2);
  await stage.talking(2);
  stage.note(JSON.stringify(await stage.management.run("profile_get_size", { profile: "line", value: "alice" })));
  stage.note(JSON.stringify(await stage.management.run("profile_get_size", { profile: "calls" })));
  await (await stage.call("a third", { ...alice, at: "carol", status: 486 }, {})).done();
  await held.done();
  await (await stage.call("carol is away", { ...alice, to: "carol", status: 200, talkMs: 100 }, { second: voicemail("carol") })).done();
  const busy = { bob: { status: 486 }, second: voicemail("bob") };
  await (await stage.call("bob is busy", { ...alice, status: 200, talkMs: 100 }, busy)).done();
  const silent = { bob: { isCancelled: true }, second: voicemail("bob") };
  await (await stage.call("bob does not answer", { ...alice, status: 200, talkMs: 100 }, silent)).done();
  const natted = { ...alice, status: 200, shown: "192.168.1.30:5060" };
  await (await stage.call("alice is behind a NAT too", natted, { bob: { status: 200, talkMs: 100 } })).done();
  const lines = await eventually(
    () => Promise.resolve(stage.proxy.child.output.match(/the call of alice lasted \d+ s|"line":"alice",.*"a call is over"/g) ?? []),
    (found) => found.length === 6,
  );
  assert.equal(lines.length, 6);
}

async function limit(stage: Stage): Promise<void> {
  const alice = { at: "alice", from: "alice", to: "4711" } as const;
  const held = await stage.call("two calls", { ...alice, status: 200, talkMs: 2500 }, { first: { status: 200 } }, 2);
  await stage.talking(2);
  await (await stage.call("a third", { ...alice, at: "carol", status: 486 }, {})).done();
  await held.done();
  stage.note(JSON.stringify(await stage.management.run("profile_get_size", { profile: "caller", value: "alice" })));
  await (await stage.call("again", { ...alice, status: 200, talkMs: 100 }, { first: { status: 200 } })).done();
}

async function trunk(stage: Stage): Promise<void> {
  const alice = { at: "alice", from: "alice", to: "4711", status: 200, talkMs: 100 } as const;
  await (await stage.call("the first takes it", alice, { first: { status: 200 } })).done();
  await (await stage.call("the first is broken", alice, { first: { status: 500, rings: false }, second: { status: 200 } })).done();
  await (await stage.call("the first is silent", alice, { first: { rings: false }, second: { status: 200 } })).done();
  await (await stage.call("the callee is busy", { ...alice, status: 486 }, { first: { status: 486 } })).done();
  await (await stage.call("the callee declines", { ...alice, status: 603 }, { first: { status: 603 } })).done();
}

/** Who is registered where. The branch flag `NAT` stands in the script's table alone: routes have no branch flags, and need none. */
async function registered(stage: Stage): Promise<void> {
  const { Domains } = (await stage.management.run("ul_dump")) as UserTables;
  for (const { name, AORs } of Domains) {
    stage.note(`table ${name} holds ${AORs.length}`);
    for (const { AOR, Contacts } of AORs) {
      for (const { Contact, Received = "", Callid, Cseq, Socket } of Contacts)
        stage.note([AOR, Contact, Received, Callid, Cseq, Socket].join(" "));
    }
  }
}

/** What `ul_dump` says, as far as it is looked at. */
interface UserTables {
  readonly Domains: readonly {
    readonly name: string;
    readonly AORs: readonly {
      readonly AOR: string;
      readonly Contacts: readonly {
        readonly Contact: string;
        readonly Received?: string;
        readonly Callid: string;
        readonly Cseq: number;
        readonly Socket: string;
      }[];
    }[];
  }[];
}

/** Records of calls in the log, as `kind method code reason`, sorted. */
function recordsIn({ proxy, door }: Stage): readonly string[] {
  const lines = proxy.child.output.split("\n");
  return lines.flatMap((line) => (door === "script" ? fromScript(line) : fromRoutes(line))).sort();
}

function fromScript(line: string): readonly string[] {
  const [, kind, method, code, reason] =
    line.match(/ACC: (?:transaction|call) (answered|missed): .*method=(\w+);.*;code=(\d+);reason=(.*)$/) ?? [];
  return kind === undefined ? [] : [`${kind} ${method} ${code} ${reason}`];
}

function fromRoutes(line: string): readonly string[] {
  if (!line.includes('"msg":"call record"')) return [];
  const { kind, method, code, reason } = JSON.parse(line) as Record<string, string>;
  return [`${kind} ${method} ${code} ${reason}`];
}
