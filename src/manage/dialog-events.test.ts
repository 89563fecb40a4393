import assert from "node:assert/strict";
import { test } from "node:test";
import { A, DialogHarness } from "../dialog/harness.ts";
import { Outbox, silentLog } from "../kit/index.ts";
import { seededRandom, TestClock } from "../testing/index.ts";
import { EventBus, type EventIdFormat, type EventParameters, raiseDialogEvents } from "./index.ts";

interface Heard {
  readonly heard: readonly EventParameters[];
  readonly harness: DialogHarness;
}

/** @param play - what happens; a call that is answered and acknowledged unless something else does */
function heardDuringACall(format: EventIdFormat, play: (harness: DialogHarness) => void = (harness) => void harness.talk()): Heard {
  const clock = new TestClock();
  const harness = new DialogHarness(clock, seededRandom(11));
  const outbox = new Outbox(clock.defer, (error) => assert.fail(String(error)));
  const bus = new EventBus({ clock, outbox, statistics: harness.statistics, log: silentLog });
  raiseDialogEvents(harness.tracker.feed, bus, format);
  const heard: EventParameters[] = [];
  bus.listen("E_DLG_STATE_CHANGED", (parameters) => heard.push(parameters));
  play(harness);
  clock.advance(0);
  return { heard, harness };
}

const names = (parameters: EventParameters | undefined): string => (parameters ?? []).map(([name]) => name).join(" ");

test("every change of state is an event with all identifiers when nobody chose some (14.1, decision 15)", () => {
  const { heard, harness } = heardDuringACall(undefined);
  const dialog = harness.dialog();
  assert.deepEqual(
    heard.map((parameters) => parameters.slice(-2).map(([, value]) => value)),
    [
      [1, 2],
      [2, 3],
      [3, 4],
    ],
  );
  assert.deepEqual(heard[2], [
    ["hash_entry", String(dialog.entry)],
    ["hash_id", String(dialog.id)],
    ["id", dialog.did],
    ["db_id", String(dialog.dbId)],
    ["callid", dialog.callId],
    ["from_tag", "a"],
    ["to_tag", "b"],
    ["old_state", 3],
    ["new_state", 4],
  ]);
});

test("a call that comes back by a late 200: one event for each change, and none for what is repeated (2.4)", () => {
  const { heard } = heardDuringACall(1, (harness) => {
    const [invite] = harness.invite();
    harness.answer(invite, 180);
    harness.clock.advance(121_000); // the branch gives up
    harness.answer(invite, 200);
    harness.answer(invite, 200);
    const headers = harness.route();
    harness.request("ACK", 102, A, { toTag: "b", headers });
    harness.request("ACK", 102, A, { toTag: "b", headers });
    harness.request("BYE", 103, A, { toTag: "b", headers });
    harness.request("BYE", 103, A, { toTag: "b", headers });
    harness.answer(invite, 200);
    harness.clock.advance(60_000);
  });
  const moves = heard.map((parameters) =>
    parameters
      .slice(-2)
      .map(([, value]) => value)
      .join("→"),
  );
  assert.deepEqual(moves, ["1→2", "2→5", "5→3", "3→4", "4→5"]);
  assert.equal(new Set(heard.map((parameters) => parameters[0]?.[1])).size, 1, "the same call all along");
});

test("event_id_format chooses the identifiers", () => {
  const rest = "callid from_tag to_tag old_state new_state";
  assert.equal(names(heardDuringACall(0).heard[0]), `hash_entry hash_id ${rest}`);
  assert.equal(names(heardDuringACall(1).heard[0]), `id db_id ${rest}`);
  assert.equal(names(heardDuringACall(2).heard[0]), `hash_entry hash_id id db_id ${rest}`);
});
