// Every order in which two events of a call can meet under way, at a millisecond's distance: RFC 5407 and its neighbours.
// One call for each distance, all in one engine; afterwards both ends know the end and nothing is left.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CalleePlan, CallerPlan } from "../agent/index.ts";
import { seededRandom } from "../random.ts";
import { checkAtRest, checkNow, type Problem } from "./checks.ts";
import type { CallKind, CallPlan } from "./draw.ts";
import type { OwnStep, RoutePlan } from "./route-plan.ts";
import { type RunningCall, World } from "./world.ts";

/** A way of 10 ms: what meets, meets between −30 and +30 ms. */
const NETWORK = { delayMs: 10, jitterMs: 0, loss: 0, duplication: 0, reordering: 0, reorderMs: 0 };
const FROM_MS = -45;
const TO_MS = 45;

const ROUTE: RoutePlan = {
  mode: "parallel",
  refuseWith: undefined,
  waitMs: undefined,
  isTracked: true,
  lifetimeMs: 3_600_000,
  byeOnExpiry: true,
  endAfterMs: undefined,
  group: "g0",
  max: undefined,
};
const CALLER: CallerPlan = { cancelAfterMs: undefined, cancelsEagerly: false, unacknowledged: 0, steps: [] };
const CALLEE: CalleePlan = {
  provisionals: [{ afterMs: 1, status: 180, hasBody: false, isReliable: false }],
  final: { afterMs: 500, status: 200 },
  ignoresCancel: false,
  isSilent: false,
  steps: [],
};

interface Parts {
  readonly caller?: Partial<CallerPlan>;
  readonly callees?: readonly Partial<CalleePlan>[];
  readonly route?: Partial<RoutePlan>;
}

/** Runs one call for each distance. @returns the final status of each */
async function sweep(kind: CallKind, make: (distanceMs: number) => Parts): Promise<ReadonlyMap<number, number>> {
  const world = await World.build(seededRandom(4), NETWORK);
  let problems: readonly Problem[] = [];
  world.onEnd = () => {
    if (problems.length === 0) problems = checkNow(world);
  };
  const calls = new Map<number, RunningCall>();
  for (let distance = FROM_MS; distance <= TO_MS; distance++) {
    const { caller, callees, route } = make(distance);
    const plan: CallPlan = {
      kind,
      caller: { ...CALLER, ...caller },
      callees: (callees ?? [{}]).map((callee) => ({ ...CALLEE, ...callee })),
      route: { ...ROUTE, ...route },
    };
    calls.set(distance, world.place(distance - FROM_MS, plan));
    await world.advance(7);
  }
  while (world.clock.nextAt < Number.POSITIVE_INFINITY) await world.advance(world.clock.nextAt - world.clock.monotonic());
  if (problems.length === 0) problems = checkAtRest(world);
  const first = problems[0];
  const story = first === undefined ? "" : world.trace.story(first.callId).join("\n");
  assert.deepEqual(
    problems.map(({ callId, text }) => `${callId}: ${text}`),
    [],
    story,
  );
  return new Map([...calls].map(([distance, { callId }]) => [distance, world.caller.callerOf(callId)?.status ?? 0]));
}

function countOf(statuses: ReadonlyMap<number, number>): Readonly<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (const status of statuses.values()) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

test("CANCEL meets the 200, wherever between the two ends (RFC 5407 3.1.2)", async () => {
  const statuses = await sweep("cancelRace", (distance) => ({ caller: { cancelAfterMs: 500 + distance } }));
  const counts = countOf(statuses);
  // early enough: cancelled; too late: answered and hung up. Nothing in between
  assert.deepEqual(Object.keys(counts), ["200", "487"]);
  assert.equal(statuses.get(FROM_MS), 487);
  assert.equal(statuses.get(TO_MS), 200);
});

test("a callee that answers although the CANCEL has reached it", async () => {
  const statuses = await sweep("cancelRace", (distance) => ({
    caller: { cancelAfterMs: 500 + distance },
    callees: [{ ignoresCancel: true }],
  }));
  assert.deepEqual(countOf(statuses), { 200: TO_MS - FROM_MS + 1 });
});

test("CANCEL meets a refusal", async () => {
  const statuses = await sweep("refused", (distance) => ({
    caller: { cancelAfterMs: 500 + distance },
    callees: [{ final: { afterMs: 500, status: 486 } }],
  }));
  assert.deepEqual(Object.keys(countOf(statuses)), ["486", "487"]);
});

test("CANCEL meets the first provisional answer", async () => {
  const statuses = await sweep("cancelled", (distance) => ({
    caller: { cancelAfterMs: Math.max(0, 60 + distance), cancelsEagerly: true },
    callees: [{ provisionals: [{ afterMs: 40, status: 180, hasBody: false, isReliable: false }], final: undefined }],
  }));
  assert.deepEqual(countOf(statuses), { 487: TO_MS - FROM_MS + 1 });
});

test("BYE meets BYE (RFC 5407 3.2.3)", async () => {
  await sweep("bothHangUp", (distance) => ({
    caller: { steps: [{ afterMs: 1000, act: "bye" }] },
    callees: [{ steps: [{ afterMs: 1020 + distance, act: "bye" }] }],
  }));
});

test("re-INVITE meets re-INVITE: 491 both ways (RFC 5407 3.2.1), and the call goes on", async () => {
  await sweep("glare", (distance) => ({
    caller: {
      steps: [
        { afterMs: 1000, act: "reinvite" },
        { afterMs: 3000, act: "bye" },
      ],
    },
    callees: [{ steps: [{ afterMs: 1020 + distance, act: "reinvite" }] }],
  }));
});

test("BYE meets re-INVITE (RFC 5407 3.2.2)", async () => {
  await sweep("reinvite", (distance) => ({
    caller: { steps: [{ afterMs: 1000, act: "reinvite" }] },
    callees: [{ steps: [{ afterMs: 1020 + distance, act: "bye" }] }],
  }));
});

test("the end of the lifetime meets BYE", async () => {
  // the lifetime ends at a whole second; calls begin 7 ms apart, so their BYEs fall all around it
  await sweep("expires", (distance) => ({
    caller: { steps: [{ afterMs: 1500 + distance * 11, act: "bye" }] },
    route: { lifetimeMs: 1000 },
  }));
});

test("the end from outside meets INVITE, 180, 200, ACK and BYE", async () => {
  await sweep("endedFromOutside", (distance) => ({
    caller: { steps: [{ afterMs: 100, act: "bye" }] },
    callees: [{ final: { afterMs: 60, status: 200 } }],
    route: { endAfterMs: 100 + distance * 2 },
  }));
});

test("the end from outside meets the ACK, and nobody else hangs up", async () => {
  const statuses = await sweep("endedFromOutside", (distance) => ({
    callees: [{ final: { afterMs: 50, status: 200 } }],
    route: { endAfterMs: Math.max(1, 90 + distance) },
  }));
  assert.deepEqual(Object.keys(countOf(statuses)), ["200", "487"]);
});

test("two answers of a fork meet: one call stays, the other is hung up", async () => {
  const statuses = await sweep("twoAnswers", (distance) => ({
    caller: { steps: [{ afterMs: 2000, act: "bye" }] },
    callees: [
      { ignoresCancel: true },
      { final: { afterMs: 500 + distance, status: 200 }, ignoresCancel: true },
      { final: { afterMs: 500 - distance, status: 200 } },
    ],
  }));
  assert.deepEqual(countOf(statuses), { 200: TO_MS - FROM_MS + 1 });
});

test("an early BYE meets the 200 (RFC 5407 3.1.3)", async () => {
  const statuses = await sweep("earlyBye", (distance) => ({ caller: { earlyByeAfterMs: 500 + distance } }));
  assert.deepEqual(Object.keys(countOf(statuses)), ["200", "487"]);
});

test("a refusal of one branch meets the answer of another", async () => {
  const statuses = await sweep("parallelFork", (distance) => ({
    caller: { steps: [{ afterMs: 1000, act: "bye" }] },
    callees: [{}, { final: { afterMs: 500 + distance, status: 603 } }],
  }));
  assert.deepEqual(Object.keys(countOf(statuses)), ["200", "603"]);
});

/** Requests of our own around the middle of a sweep, one to each side. */
const own = (method: OwnStep["method"], afterMs: number, body: OwnStep["body"] = "none"): readonly OwnStep[] => [
  { afterMs, to: "callee", method, body },
  { afterMs: afterMs + 1, to: "caller", method, body },
];

test("a request of ours meets 180, 200 and ACK", async () => {
  for (const method of ["INFO", "INVITE", "UPDATE"] as const)
    await sweep("ownRequests", (distance) => ({
      caller: { steps: [{ afterMs: 2000, act: "bye" }] },
      callees: [{ final: { afterMs: 60, status: 200 } }],
      route: { own: own(method, Math.max(21, 80 + distance)) },
    }));
});

test("a request of ours meets BYE, and two that cross", async () => {
  for (const method of ["INFO", "INVITE"] as const)
    await sweep("ownMeetsBye", (distance) => ({
      caller: { steps: [{ afterMs: 1000, act: "bye" }] },
      callees: [{ final: { afterMs: 60, status: 200 }, steps: [{ afterMs: 1010, act: "bye" }] }],
      route: { own: own(method, 1120 + distance) },
    }));
});

test("a request of ours meets re-INVITE and UPDATE from both sides", async () => {
  for (const method of ["INFO", "INVITE", "UPDATE"] as const)
    for (const act of ["reinvite", "update"] as const)
      await sweep("ownRequests", (distance) => ({
        caller: {
          steps: [
            { afterMs: 1000, act },
            { afterMs: 4000, act: "bye" },
          ],
        },
        callees: [{ final: { afterMs: 60, status: 200 }, steps: [{ afterMs: 1500, act }] }],
        route: { own: [...own(method, 1120 + distance), ...own(method, 1620 + distance, method === "INFO" ? "none" : "challenge")] },
      }));
});

test("a challenge from outside meets BYE, CANCEL of its call's end, and re-INVITE", async () => {
  await sweep("ownRequests", (distance) => ({
    caller: { steps: [{ afterMs: 1000, act: "bye" }] },
    callees: [{ final: { afterMs: 60, status: 200 }, steps: [{ afterMs: 960, act: "reinvite" }] }],
    route: { own: own("INVITE", 1100 + distance, "challenge") },
  }));
});

test("the end from outside meets requests of ours", async () => {
  await sweep("endedFromOutside", (distance) => ({
    callees: [{ final: { afterMs: 60, status: 200 } }],
    route: { own: own("INVITE", 1000 + distance), endAfterMs: 1010 },
  }));
});

test("PRACK and UPDATE meet the 200", async () => {
  await sweep("earlyUpdate", (distance) => ({
    caller: { updateAfterPrackMs: 100 + distance, steps: [{ afterMs: 1000, act: "bye" }] },
    callees: [
      {
        provisionals: [{ afterMs: 10, status: 183, hasBody: true, isReliable: true }],
        final: { afterMs: 150, status: 200 },
      },
    ],
  }));
});

test("a ping meets BYE, re-INVITE, UPDATE and the end of the lifetime", async () => {
  for (const ping of ["options", "reinvite"] as const) {
    const afterMs = ping === "options" ? 10_000 : 15_000;
    for (const act of ["bye", "reinvite", "update"] as const)
      await sweep("pinged", (distance) => ({
        // pings fall due on whole seconds; calls begin 7 ms apart, so that what happens falls all around them
        caller: {
          steps: [
            { afterMs: afterMs + distance * 11, act },
            { afterMs: afterMs + 4000, act: "bye" },
          ],
        },
        callees: [{ final: { afterMs: 60, status: 200 }, steps: [{ afterMs: afterMs + distance * 13, act }] }],
        route: { ping: { caller: ping, callee: ping } },
      }));
    await sweep("pinged", () => ({
      callees: [{ final: { afterMs: 60, status: 200 } }],
      route: { ping: { caller: ping, callee: ping }, lifetimeMs: afterMs },
    }));
  }
});
