// Whether the ACK of a call comes by here.
import type { Dialog } from "./dialog.ts";

/** Whether the ACK passes here: only if we are in the route set or the peer itself, or if the answer is our own (decision 17). */
export function seesAck(dialog: Dialog): boolean {
  const leg = dialog.primaryCallee;
  if (dialog.isTopologyHidden) return true;
  return leg !== undefined && (leg.branch < 0 || leg.recordRoutes > dialog.callerLeg.routeSet.length);
}
