// What OpenSIPS 3.2.19 logged while calls passed (tests/data/reference-log.txt), and what the same script logs here for the same calls:
// routes, variables and E_DLG_STATE_CHANGED in the same order with the same texts, but for what DIFFERENCES names.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { SipRequest } from "../../src/sip/index.ts";
import { SDP, stageOf } from "./flows.ts";
import { scriptFile } from "./inventory.ts";
import type { Leg, Phone } from "./phone.ts";
import type { ScriptStage } from "./stage.ts";

/** One call of the log. */
interface Story {
  readonly did: string;
  readonly callId: string;
  readonly callerTag: string;
  readonly calleeTag: string;
  /** Without the time of day. */
  readonly lines: readonly string[];
}

function stories(): readonly Story[] {
  const lines = readFileSync(new URL("../data/reference-log.txt", import.meta.url), "latin1")
    .trimEnd()
    .split("\n");
  const texts = lines.map((line) => line.slice("17:52:30 ".length));
  const starts = texts.flatMap((line, at) => (line.startsWith("INIT ") ? [at] : []));
  return starts.map((start, number) => {
    const own = texts.slice(start, starts[number + 1]);
    const [, did = "", callId = "", callerTag = "", calleeTag = ""] =
      / id=(\S+) db_id=\S+ callid=(\S+) ft=(\S+) tt=(\S+) /.exec(own.find((line) => line.startsWith("EVENT ")) ?? "") ?? [];
    return { did, callId, callerTag, calleeTag, lines: own };
  });
}

const [byCaller, byManagement, cancelled, refused, pinged] = stories();

/** Lines of the log that are others here. */
const DIFFERENCES: ReadonlyMap<string, readonly string[]> = new Map([
  // the reason is there when the route runs
  [
    "ROUTE hangup did=09e.6e045b84 status=5 reason=<null> lifetime=1",
    ["ROUTE hangup did=09e.6e045b84 status=5 reason=Downstream BYE lifetime=1"],
  ],
  // of 43200 seconds 4 are over
  [
    "SEQ INFO status=4 dir=downstream did=78f.a37ef185 lifetime=4 timeout=43195 flags=8 end=<null>",
    ["SEQ INFO status=4 dir=downstream did=78f.a37ef185 lifetime=4 timeout=43196 flags=8 end=<null>"],
  ],
  // the log stops with this event; the route runs for this call as for the others
  [
    "EVENT he=<null> hi=<null> id=78f.a37ef185 db_id=17073973487418 callid=1d1929e62c@127.0.0.1 ft=7eec3100 tt=03fbe2da 4->5",
    [
      "ROUTE hangup did=78f.a37ef185 status=5 reason=Ping Timeout lifetime=12",
      "EVENT he=<null> hi=<null> id=78f.a37ef185 db_id=17073973487418 callid=1d1929e62c@127.0.0.1 ft=7eec3100 tt=03fbe2da 4->5",
    ],
  ],
]);

/** A call as the log has it: both phones with its names. */
class Replay {
  readonly stage: ScriptStage;
  readonly alice: Phone;
  readonly bob: Phone;
  readonly story: Story;

  private constructor(stage: ScriptStage, alice: Phone, bob: Phone, story: Story) {
    this.stage = stage;
    this.alice = alice;
    this.bob = bob;
    this.story = story;
  }

  static async open(story: Story | undefined): Promise<Replay> {
    assert.ok(story !== undefined, "the log has five calls");
    const stage = await stageOf("reference log", scriptFile("reference-log"));
    return new Replay(stage, await stage.phone("alice", "10.0.0.2"), await stage.phone("bob", "10.0.0.3"), story);
  }

  /** Rings. */
  async invite(lines: readonly string[] = []): Promise<SipRequest> {
    const { alice, bob, story } = this;
    await alice.start("INVITE", bob.uri, {
      callId: story.callId,
      from: `<sip:alice@127.0.0.1>;tag=${story.callerTag}`,
      branch: "z9hG4bKreplay",
      lines,
      body: SDP,
    });
    return bob.request("INVITE");
  }

  /** Rings, is answered and acknowledged. */
  async talk(lines: readonly string[] = []): Promise<Leg> {
    const { alice, bob, story } = this;
    const invite = await this.invite(lines);
    await bob.answer(invite, "180 Ringing", { tag: story.calleeTag });
    alice.response(180);
    await bob.answer(invite, "200 OK", { tag: story.calleeTag, body: SDP });
    const caller = alice.calling(alice.response(200));
    await alice.ack(caller);
    bob.request("ACK");
    return caller;
  }

  /** What was logged is the story, but for identifiers that are drawn. */
  check(): void {
    const { story, stage, alice, bob } = this;
    const printed = stage.bench.printed.trimEnd().split("\n");
    const [, did = ""] = / did=(\S+) /.exec(printed[0] ?? "") ?? [];
    assert.equal(did.slice(0, 4), story.did.slice(0, 4), "the half that the Call-ID makes");
    const [, dbId = ""] = / db_id=(\d+) /.exec(printed.join("\n")) ?? [];
    assert.equal(dbId, tableId(did));
    const expected = story.lines
      .flatMap((line) => DIFFERENCES.get(line) ?? [line])
      .map((line) =>
        line
          .replaceAll(story.did, did)
          .replaceAll(tableId(story.did), dbId)
          .replaceAll("sip:alice@127.0.0.1:5071", alice.uri)
          .replaceAll("sip:bob@127.0.0.1:5081", bob.uri),
      );
    assert.deepEqual(printed, expected);
  }
}

/** The id of tables that a cookie stands for: both halves with their digits the other way round. */
function tableId(did: string): string {
  const [entry = "", id = ""] = did.split(".").map((half) => [...half].reverse().join(""));
  return String((BigInt(`0x${entry}`) << 32n) | BigInt(`0x${id}`));
}

test("a call that the caller ends", async () => {
  const replay = await Replay.open(byCaller);
  const { stage, alice, bob } = replay;
  const caller = await replay.talk();
  await stage.advance(1_100);
  await alice.within(caller, "BYE");
  await bob.answer(bob.request("BYE"), "200 OK");
  alice.response(200);
  replay.check();
});

test("a call that is ended from outside", async () => {
  const replay = await Replay.open(byManagement);
  const { stage, alice, bob } = replay;
  await replay.talk();
  const [dialog] = await stage.dialogs();
  const ending = stage.mi("dlg_end_dlg", [dialog?.["ID"]]);
  await stage.advance(5);
  await alice.answer(alice.request("BYE"), "200 OK");
  await bob.answer(bob.request("BYE"), "200 OK");
  assert.equal(await ending, "OK");
  replay.check();
});

test("a call that is ended while it rings", async () => {
  const replay = await Replay.open(cancelled);
  const { stage, alice, bob, story } = replay;
  const invite = await replay.invite();
  await bob.answer(invite, "180 Ringing", { tag: story.calleeTag });
  alice.response(180);
  const [dialog] = await stage.dialogs();
  await stage.mi("dlg_end_dlg", [dialog?.["ID"]]);
  await stage.advance(5);
  await bob.answer(bob.request("CANCEL"), "200 OK", { tag: story.calleeTag });
  await bob.answer(invite, "487 Request Terminated", { tag: story.calleeTag });
  alice.response(487);
  replay.check();
});

test("a call that is refused at once", async () => {
  const replay = await Replay.open(refused);
  const { alice, bob, story } = replay;
  const invite = await replay.invite();
  await bob.answer(invite, "486 Busy Here", { tag: story.calleeTag });
  alice.response(486);
  replay.check();
});

test("a call whose sides are asked whether they are still there until they no longer answer", async () => {
  const replay = await Replay.open(pinged);
  const { stage, alice, bob } = replay;
  // intervals end with whole seconds: the call begins shortly before one, as it did then
  await stage.advance(1_950 - (stage.bench.clock.monotonic() % 1_000));
  const caller = await replay.talk(["X-Flags: PpB"]);
  for (const _round of [1, 2]) {
    await stage.advance(2_100);
    await alice.answer(alice.request("OPTIONS"), "200 OK");
    await bob.answer(bob.request("OPTIONS"), "200 OK");
  }
  await stage.advance(500);
  await alice.within(caller, "INFO");
  await bob.answer(bob.request("INFO"), "200 OK");
  // neither the next ping nor the BYE is answered any more
  await stage.advance(10_000);
  replay.check();
});
