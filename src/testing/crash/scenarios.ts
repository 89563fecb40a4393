// The calls in which a proxy is killed: one for each thing that can be under way.
import { ANSWERING_CALLEE, type CalleePlan, type CallerPlan, type InCallAct, PATIENT_CALLER } from "../agent/index.ts";
import type { CallPlan } from "../simulation/draw.ts";
import type { RoutePlan } from "../simulation/route-plan.ts";

const ROUTE: RoutePlan = Object.freeze({
  mode: "parallel",
  refuseWith: undefined,
  waitMs: undefined,
  isTracked: true,
  lifetimeMs: 3_600_000,
  byeOnExpiry: true,
  endAfterMs: undefined,
  group: "acme",
  max: undefined,
});

/** What each side does, counted from the moment the call is up. */
const acts = (...steps: readonly (readonly [afterMs: number, act: InCallAct])[]): { readonly steps: CallerPlan["steps"] } => ({
  steps: steps.map(([afterMs, act]) => ({ afterMs, act })),
});

function plan(
  caller: Partial<CallerPlan>,
  callee: Partial<CalleePlan>,
  route: Partial<RoutePlan> = {},
  more: readonly CalleePlan[] = [],
): CallPlan {
  return {
    kind: "answered",
    caller: { ...PATIENT_CALLER, ...caller },
    callees: [{ ...ANSWERING_CALLEE, ...callee }, ...more],
    route: { ...ROUTE, ...route },
  };
}

const RELIABLE: Partial<CalleePlan> = { provisionals: [{ afterMs: 5, status: 183, hasBody: true, isReliable: true }] };
const HIDDEN = { hideCallId: true, didInUser: false, keepUser: false, keepCallerContact: false, keepCalleeContact: false } as const;

/** Every scenario by its name. */
export const CRASH_CALLS: Readonly<Record<string, CallPlan>> = Object.freeze({
  "the caller hangs up": plan(acts([3000, "bye"]), {}),
  "the callee hangs up": plan({}, acts([3000, "bye"])),
  "both hang up": plan(acts([3000, "bye"]), acts([3001, "bye"])),
  "re-INVITE of the caller": plan(acts([2000, "reinvite"]), acts([6000, "bye"])),
  "re-INVITE of the callee": plan(acts([6000, "bye"]), acts([2000, "reinvite"])),
  "a refused re-INVITE": plan(acts([2000, "badReinvite"], [8000, "bye"]), {}),
  "UPDATE and INFO": plan(acts([2000, "update"], [5000, "info"], [8000, "bye"]), acts([3000, "info"])),
  "a reliable ringing": plan(acts([3000, "bye"]), RELIABLE),
  "OPTIONS pings": plan(acts([32_000, "info"], [36_000, "bye"]), {}, { ping: { caller: "options", callee: "options" } }),
  "re-INVITE pings": plan(acts([34_000, "info"], [40_000, "bye"]), {}, { ping: { caller: "reinvite", callee: "reinvite" } }),
  "a callee that vanishes": plan({}, acts([2000, "vanish"]), { ping: { callee: "options" } }),
  "requests of our own": plan(
    acts([8000, "info"], [12_000, "bye"]),
    {},
    {
      own: [
        { afterMs: 3000, to: "callee", method: "INFO", body: "none" },
        { afterMs: 4000, to: "caller", method: "INFO", body: "none" },
        { afterMs: 5000, to: "callee", method: "OPTIONS", body: "none" },
      ],
    },
  ),
  "the time is over, with BYEs": plan({}, {}, { lifetimeMs: 5000 }),
  "ended by management": plan({}, {}, { endAfterMs: 4000 }),
  "a late ACK": plan({ unacknowledged: 2, ...acts([6000, "bye"]) }, {}),
  "a hidden call": plan(acts([3000, "info"], [6000, "bye"]), acts([2000, "reinvite"]), { hide: HIDDEN }),
  "two phones ring": plan(acts([3000, "bye"]), {}, {}, [{ ...ANSWERING_CALLEE, final: undefined }]),
});
