// Whether an in-dialog request is what its dialog expects, and how to make it so (dialog-behaviour 5).
import { type RequestContext, remoteTargetBeyond, routeSetBeyond } from "../proxy/index.ts";
import { H, parseNameAddr, parseUri, type SipUri, uriEquals } from "../sip/index.ts";
import type { Leg } from "./leg.ts";
import { ownSlotOf } from "./slot.ts";

/** 1 valid, −1 wrong CSeq, −2 wrong remote target, −3 wrong route set, −4 not to be told. */
export type Validity = 1 | -1 | -2 | -3 | -4;

/**
 * Compares a matched request with what is known of the leg it goes to (`validate_dialog`). The dialog is not changed, and what
 * becomes of the request is the route's choice.
 */
export function validate(context: RequestContext): Validity {
  const slot = ownSlotOf(context);
  const dialog = slot?.dialog;
  const to = dialog === undefined || slot === undefined ? undefined : dialog.leg(slot.toLeg);
  if (slot === undefined || dialog === undefined || to === undefined || slot.isInitial) return -4;
  const { request } = context;
  if (slot.doubt === "old" || slot.doubt === "ahead") return -1;
  // the Route that carries the cookie is part of what the sender was given
  if (slot.doubt === "unproven") return -3;
  // the sender knows neither: it only knows us
  if (dialog.isTopologyHidden) return 1;
  // before the answer the callee's target and route set are not known
  if (dialog.state === "unconfirmed" || dialog.state === "early") return 1;
  if (context.routing === "none" && request.has(H.Route)) return -4;
  if (to.remoteTarget !== "") {
    const target = targetOf(context, to);
    if (target !== 1) return target;
  }
  return sameRoutes(context, to);
}

/**
 * Gives a matched request the target and route set that its dialog has for the leg it goes to (`fix_route_dialog`). The CSeq is
 * not touched.
 * @returns −1 without a dialog, or when that leg is not known well enough
 */
export function fixRoute(context: RequestContext): 1 | -1 {
  const slot = ownSlotOf(context);
  const to = slot?.dialog?.leg(slot.toLeg);
  if (slot === undefined || to === undefined || to.remoteTarget === "") return -1;
  const first = to.routeSet[0];
  const next = first === undefined ? undefined : routeUri(first);
  if (first !== undefined && next === undefined) return -1;
  slot.isFixed = true;
  context.removeRoutes();
  context.dstUri = undefined;
  if (next === undefined || next.isLoose) {
    context.requestUri = to.remoteTarget;
    if (next === undefined) return 1;
    context.dstUri = next.text;
    context.edit.prepend(H.Route, to.routeSet.join(","));
    return 1;
  }
  // a strict router wants itself in the Request-URI and the target as the last Route (RFC 3261 12.2.1.1)
  context.requestUri = next.text;
  context.edit.prepend(H.Route, `<${to.remoteTarget}>`);
  if (to.routeSet.length > 1) context.edit.prepend(H.Route, to.routeSet.slice(1).join(","));
  return 1;
}

/**
 * Whether a request goes to where a leg is: 1 it does, −2 it does not, −4 not to be told. It may have crossed the request that moved the
 * leg, or the other side may have refused the move and stays with the target before.
 */
export function targetOf(context: RequestContext, to: Leg): 1 | -2 | -4 {
  const now = sameTarget(context, to.remoteTarget);
  return now === -2 && to.previousTarget !== "" ? sameTarget(context, to.previousTarget) : now;
}

function sameTarget(context: RequestContext, known: string): 1 | -2 | -4 {
  const { request } = context;
  if (context.routing === "none" && request.has(H.Route)) return -4;
  const text = context.routing === "none" ? request.requestUri : remoteTargetBeyond(context);
  if (text === known) return 1;
  const target = uriOf(text);
  const uri = uriOf(known);
  if (target === undefined) return -4;
  return uri === undefined || uriEquals(target, uri) ? 1 : -2;
}

/** Whether a request brings the Routes of a leg: 1 it does, −3 it does not, −4 not to be told. */
export function sameRoutes(context: RequestContext, to: Leg): 1 | -3 | -4 {
  if (!context.request.has(H.Route)) return to.routeSet.length === 0 ? 1 : -3;
  const left = routeSetBeyond(context);
  if (left.length !== to.routeSet.length) return -3;
  for (let i = 0; i < left.length; i++) {
    if (left[i] === to.routeSet[i]) continue;
    const here = routeUri(left[i] ?? "");
    const known = routeUri(to.routeSet[i] ?? "");
    if (here === undefined) return -4;
    if (known === undefined || !uriEquals(here, known)) return -3;
  }
  return 1;
}

function uriOf(text: string): SipUri | undefined {
  const parsed = parseUri(text);
  return parsed.ok ? parsed.value : undefined;
}

function routeUri(value: string): SipUri | undefined {
  const parsed = parseNameAddr(value);
  return parsed.ok ? parsed.value.sipUri() : undefined;
}
