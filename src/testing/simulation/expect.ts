// What a call must have come to, from its plan alone. On a network that loses, doubles and reorders packets, the outcome of a
// race is open; that of everything else is not.
import type { CalleePlan } from "../agent/index.ts";
import type { CallPlan } from "./draw.ts";

/** The callees as who knows their passwords, or does not, finds them. */
function asMet({ callees, route }: CallPlan): readonly CalleePlan[] {
  if (route.credentials === "right") return callees;
  return callees.map((callee) => (callee.gate === undefined ? callee : { ...callee, final: { afterMs: 0, status: callee.gate.status } }));
}

/** Which final statuses the caller of a planned call may see. */
export function mayEndWith(plan: CallPlan, status: number): boolean {
  const { caller, route } = plan;
  const callees = asMet(plan);
  const cancels = caller.cancelAfterMs !== undefined || caller.earlyByeAfterMs !== undefined || route.endAfterMs !== undefined;
  // a call that was given up meets 487, or the answer that was faster
  if (status === 487) return cancels;
  // who has given up hears of a challenge that nobody answers any more
  if (cancels && callees.some(({ gate }) => gate?.status === status)) return true;
  const answers = callees.filter((callee) => !callee.isSilent && callee.final?.status === 200);
  const refusals = callees.filter((callee) => !callee.isSilent && callee.final !== undefined && callee.final.status >= 300);
  const open = callees.length - answers.length - refusals.length;
  if (route.refuseWith !== undefined) return status === route.refuseWith;
  const isLimit = route.max !== undefined && status === 486;
  if (isLimit) return true;
  if (status === 200) return answers.length > 0;
  // where somebody answers, only a 6xx comes before it
  const isBlocked = refusals.some((callee) => (callee.final?.status ?? 0) >= 600);
  if (answers.length > 0 && !cancels && !isBlocked && !vanishes(plan)) return false;
  if (status === 408) return open > 0 || cancels || vanishes(plan);
  return refusals.some((callee) => callee.final !== undefined && upstream(callee.final.status) === status);
}

/**
 * Whether a caller may hear nothing at all: challenges are not repeated by a proxy (RFC 3261 26.3.2.4), so one that is lost after
 * the 100 is lost for good. And a callee that falls silent no longer repeats its 200.
 */
export function mayHearNothing(plan: CallPlan): boolean {
  // one that meets a CANCEL is passed on although it could be answered
  const isGivenUp = plan.caller.cancelAfterMs !== undefined && plan.callees.some((callee) => callee.gate !== undefined);
  return vanishes(plan) || isGivenUp || asMet(plan).some((callee) => callee.final?.status === 401 || callee.final?.status === 407);
}

/** Whether every copy of a reliable provisional may have been lost, or of its PRACK: the callee then gives up (RFC 3262 section 3). */
export function mayGoUnheard(plan: CallPlan, status: number): boolean {
  return status === 504 && plan.callees.some(({ provisionals }) => provisionals.some(({ isReliable }) => isReliable));
}

/**
 * The refusal of a parallel fork that reaches its caller (RFC 3261 16.7 (6) as TM-30 has it); undefined where somebody answers,
 * somebody gives up, or it is no such fork.
 */
export function bestRefusal(plan: CallPlan): number | undefined {
  const { caller, route } = plan;
  const callees = asMet(plan);
  if (route.mode !== "parallel" || route.refuseWith !== undefined || route.endAfterMs !== undefined) return undefined;
  if (caller.cancelAfterMs !== undefined || caller.earlyByeAfterMs !== undefined || route.waitMs !== undefined) return undefined;
  if (callees.some((callee) => callee.final?.status === 200 && !callee.isSilent)) return undefined;
  const finals = callees.map(
    (callee) => (callee.isSilent ? undefined : callee.final) ?? { afterMs: Number.POSITIVE_INFINITY, status: 408 },
  );
  // the first 6xx ends everything
  const global = finals.filter((final) => final.status >= 600).sort((a, b) => a.afterMs - b.afterMs);
  const first = global[0] ?? finals.reduce((best, final) => (rank(final.status) < rank(best.status) ? final : best));
  return upstream(first.status);
}

/** Lower is better. */
function rank(status: number): number {
  const special = new Map([401, 407, 415, 420, 484].map((code, i) => [code, 500 + i]));
  if (status === 408) return 800;
  if (status === 503) return 801;
  return special.get(status) ?? (status < 400 ? status + 100 : status + 200);
}

/** A callee that answers and falls silent takes its 200 along, if that was lost on the way. */
function vanishes(plan: CallPlan): boolean {
  return plan.callees.some((callee) => callee.steps.some((step) => step.act === "vanish"));
}

/** A 503 of a callee reaches the caller as 500 (RFC 3261 16.7 (6)). */
function upstream(status: number): number {
  return status === 503 ? 500 : status;
}
