// Whether a request that names a call is to be believed (decision 19; S-07, S-08): who forges one has to know the Call-ID and both
// tags, and then either the cookie, which only those on the way of the call have seen, or to send from where that party sends.
import type { RequestContext } from "../proxy/index.ts";
import { hostEquals, parseNameAddr, parseUri } from "../sip/index.ts";
import type { DialogCore } from "./core.ts";
import { freshness } from "./cseq.ts";
import type { Dialog } from "./dialog.ts";
import type { Leg } from "./leg.ts";
import { DialogSlot } from "./slot.ts";
import { sameRoutes, targetOf } from "./validate.ts";

/**
 * What speaks against a request, so that the dialog takes no notice of it:
 * `old` its CSeq was used up before; `ahead` its CSeq is so far ahead that every honest request after it would look old; `unproven` it has
 * neither the cookie that the party was given nor comes from where the party is.
 */
export type Doubt = "none" | "old" | "ahead" | "unproven";

/** Judges a request that its tags have matched to a dialog. @param count - the leg that counts such requests */
export function doubtOf(core: DialogCore, context: RequestContext, slot: DialogSlot, from: Leg, count: Leg): Doubt {
  const { dialog } = slot;
  if (dialog === undefined) return "none";
  if (!slot.hasCookie && isGiven(core, dialog, slot.calleeLeg) && !isFrom(from, context.source.ip)) return "unproven";
  const { method, cseqNumber } = context.request;
  if (method === "ACK") return isInviteNumber(dialog, from, cseqNumber) || isAwaited(context, dialog) ? "none" : "old";
  const age = freshness(count, cseqNumber, method);
  return age === "old" || age === "ahead" ? age : "none";
}

/**
 * Whether a request goes to another place than the one its dialog knows: to a target that is neither the present nor the last one of
 * the leg, or along other Routes. False where that cannot be told.
 */
export function isMisrouted(context: RequestContext, dialog: Dialog, to: Leg): boolean {
  if (!dialog.isTalking || dialog.isTopologyHidden || to.remoteTarget === "") return false;
  const target = targetOf(context, to);
  return target === -2 || (target === 1 && sameRoutes(context, to) === -3);
}

/** Whether everybody on this way of the call was given the cookie: it stands in our Record-Route, or in the Contact that we show. */
function isGiven(core: DialogCore, dialog: Dialog, calleeLeg: number): boolean {
  if (!core.settings.isGuarded) return false;
  if (dialog.isTopologyHidden) return true;
  const callee = dialog.leg(calleeLeg);
  return core.settings.matchMode !== "didNone" && callee !== undefined && callee.recordRoutes > dialog.callerLeg.routeSet.length;
}

/** Whether an address is one from which a party is known to send. A peer that sends no Routes is believed from there. */
function isFrom(leg: Leg, ip: string): boolean {
  if (ip === leg.sourceIp) return true;
  const first = leg.routeSet[0];
  return isHost(leg.remoteTarget, ip) || (first !== undefined && isRouteHost(first, ip));
}

function isHost(target: string, ip: string): boolean {
  const uri = target === "" ? undefined : parseUri(target);
  return uri?.ok === true && uri.value.isSip && hostEquals(uri.value.host, ip);
}

function isRouteHost(route: string, ip: string): boolean {
  const parsed = parseNameAddr(route);
  const uri = parsed.ok ? parsed.value.sipUri() : undefined;
  return uri !== undefined && hostEquals(uri.host, ip);
}

/** Whether the INVITE of an ACK is still there, however many its sender has sent since: the first copy of the ACK may have been lost. */
function isAwaited({ invite }: RequestContext, dialog: Dialog): boolean {
  const slot = invite?.slot;
  return slot instanceof DialogSlot && slot.dialog === dialog;
}

/** An ACK has the number of its INVITE: the last one of its sender, if that is known, or the one that began the call, whose ACK may be late. */
function isInviteNumber(dialog: Dialog, from: Leg, cseq: number): boolean {
  return from.inviteCseq < 0 || cseq === from.inviteCseq || (from === dialog.callerLeg && cseq === dialog.initialCseq);
}
