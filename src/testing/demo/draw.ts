// Calls as a newcomer knows them: answered, busy, given up, and so on.
import { ANSWERING_CALLEE, type CalleePlan, type CallerPlan, PATIENT_CALLER } from "../agent/index.ts";
import type { SeededRandom } from "../random.ts";

/** What became of calls, in the words of the demonstration. */
export type DemoLabel = "answered" | "busy" | "given up" | "not found";

/** One call to place. */
export interface DemoCall {
  readonly label: DemoLabel;
  readonly caller: CallerPlan;
  readonly callee: CalleePlan;
}

/** Draws a call of at most three seconds. */
export function drawDemoCall(random: SeededRandom): DemoCall {
  const ringMs = random.between(150, 900);
  const talkMs = random.between(300, 1800);
  const rings = { afterMs: random.between(5, 60), status: 180, hasBody: false, isReliable: false };
  const callee: CalleePlan = { ...ANSWERING_CALLEE, provisionals: [rings], final: { afterMs: ringMs, status: 200 } };
  const caller: CallerPlan = { ...PATIENT_CALLER, steps: [{ afterMs: talkMs, act: "bye" }] };
  const which = random.below(100);
  if (which < 40) return { label: "answered", caller, callee };
  if (which < 58) return { label: "answered", caller: PATIENT_CALLER, callee: { ...callee, steps: [{ afterMs: talkMs, act: "bye" }] } };
  // the session changes during the call, from either side
  if (which < 64) return { label: "answered", caller: { ...caller, steps: [{ afterMs: 150, act: "reinvite" }, ...caller.steps] }, callee };
  if (which < 70) return { label: "answered", caller, callee: { ...callee, steps: [{ afterMs: 150, act: "reinvite" }] } };
  // heard before it is answered
  if (which < 76) return { label: "answered", caller, callee: { ...callee, provisionals: [{ ...rings, status: 183, hasBody: true }] } };
  if (which < 86) return { label: "busy", caller, callee: { ...callee, final: { afterMs: ringMs, status: 486 } } };
  if (which < 90) return { label: "not found", caller, callee: { ...callee, provisionals: [], final: { afterMs: 5, status: 404 } } };
  return { label: "given up", caller: { ...caller, cancelAfterMs: ringMs }, callee: { ...callee, final: undefined } };
}
