// What a dialog learns about its parties from messages on their way (dialog-behaviour 3.1, 3.2).
import { keep } from "../kit/index.ts";
import { type Edit, H, parseMessage, parseNameAddr, parseUri, type SipMessage, type SipResponse, splitList, unfold } from "../sip/index.ts";
import type { Listener } from "../transport/index.ts";
import type { Dialog } from "./dialog.ts";
import { calleeRoutes, type Described, Leg, NO_ROUTES } from "./leg.ts";
import type { DialogTransport } from "./ports.ts";

/** Most callee legs of one dialog: branches, and forks further down, which a hostile callee could make up without end. */
export const MAX_LEGS = 32;

const RECORD_ROUTE_LINE = "\r\nRecord-Route:";

/** The URI of the first Contact, "" when there is none, it does not parse, or it is `*`. */
export function contactUri(message: SipMessage): string {
  return uriOf(message.header(H.Contact));
}

/** The same of a copy that is about to leave: a route may have mended what a NAT has spoiled. */
export function mendedContactUri(edit: Edit): string {
  const line = edit.message.headerIndex(H.Contact);
  const value = line < 0 ? undefined : edit.currentValue(line);
  return value === undefined ? "" : uriOf(unfold(value));
}

/**
 * The changes of a reply if its Contact counts as they leave it: a route may have mended what a NAT has spoiled. Undefined when nothing was
 * changed, or when the Contact was made to lead to us.
 */
export function mendedReply(transport: DialogTransport, edit: Edit): Edit | undefined {
  const line = edit.message.headerIndex(H.Contact);
  if (line < 0 || !edit.isValueTouched(line)) return undefined;
  const uri = parseUri(mendedContactUri(edit));
  if (!uri.ok || !uri.value.isSip || transport.isMyself(uri.value.host, uri.value.port)) return undefined;
  return edit;
}

function uriOf(value: string | undefined): string {
  if (value === undefined) return "";
  const first = value.includes(",") ? (splitList(value)[0] ?? "") : value;
  const contact = parseNameAddr(first);
  return contact.ok && contact.value.uri !== "*" ? contact.value.uri : "";
}

/** The URI of a From or To line of a copy that is about to leave; undefined when it is as it came. */
export function changedPartyUri(edit: Edit, line: number): string | undefined {
  const value = edit.isValueTouched(line) ? edit.currentValue(line) : undefined;
  if (value === undefined || value === edit.message.headerValue(line)) return undefined;
  const party = parseNameAddr(unfold(value));
  return party.ok ? keep(party.value.uri) : undefined;
}

/**
 * Takes over a new remote target.
 * @param edit - the changes made to the message so far, where they count
 * @returns whether it is another one
 */
export function refreshTarget(leg: Leg, message: SipMessage, edit?: Edit): boolean {
  const uri = edit === undefined ? contactUri(message) : mendedContactUri(edit);
  if (uri === "" || uri === leg.remoteTarget) return false;
  leg.previousTarget = leg.remoteTarget;
  leg.remoteTarget = keep(uri);
  return true;
}

/** Copies of what has to outlive a message; no values, no array. */
export function keepAll(values: readonly string[]): readonly string[] {
  return values.length === 0 ? NO_ROUTES : values.map(keep);
}

/**
 * The number of the callee leg that a reply belongs to, filled with its tag: the leg that has the tag, else the
 * placeholder of its branch, else one more leg behind the same branch.
 * @param isSuccess - a 2xx, which finds a leg even when there are as many as there may be: at the cost of one that only rang
 * @returns 0 for a reply without a tag when there is no leg for its branch
 */
export function legOfReply(dialog: Dialog, branch: number, toTag: string, listener: Listener | undefined, isSuccess = false): number {
  const known = dialog.calleeLegOf(toTag);
  if (known > 0) {
    const leg = dialog.leg(known);
    if (leg !== undefined) leg.listener ??= listener;
    return known;
  }
  const legs = dialog.calleeLegs;
  let sameBranch: Leg | undefined;
  let number = 0;
  for (let i = 0; i < legs.length; i++) {
    const leg = legs[i];
    if (leg?.branch !== branch) continue;
    if (sameBranch === undefined || leg.tag === "") {
      sameBranch = leg;
      number = i + 1;
    }
    if (leg.tag === "") break;
  }
  if (toTag === "") return number;
  if (sameBranch === undefined || sameBranch.tag !== "") {
    if (legs.length >= MAX_LEGS) return isSuccess ? takeOver(dialog, branch, toTag) : number;
    sameBranch = sameBranch?.cloneForFork() ?? new Leg(branch, dialog.callerLeg.inviteCseq);
    number = legs.push(sameBranch);
  }
  sameBranch.tag = keep(toTag);
  sameBranch.listener = listener;
  return number;
}

function takeOver(dialog: Dialog, branch: number, toTag: string): number {
  for (let number = dialog.calleeLegs.length; number > 0; number--) {
    const leg = dialog.leg(number);
    if (leg?.branch !== branch || leg.remoteTarget !== "") continue;
    leg.tag = keep(toTag);
    return number;
  }
  return 0;
}

/**
 * What a 2xx says about the callee: where it is, the way there, its session description.
 * @param isRenewed - the route set that a provisional reply brought is put aside (RFC 3261 13.2.2.4)
 * @param mended - its changes, where a route has changed the Contact
 * @param isOld - its body says again what was said reliably before, and something newer has been agreed on since
 * @returns whether anything is new
 */
export function learnFromSuccess(leg: Leg, response: SipResponse, isRenewed = false, mended?: Edit, isOld = false): boolean {
  const isMoved = refreshTarget(leg, response, mended);
  // the route set is fixed by the first 2xx (RFC 3261 12.2), and worthless without a target
  if (isRenewed ? leg.remoteTarget !== "" : isMoved && leg.routeSet === NO_ROUTES) {
    if (response.has(H.RecordRoute)) leg.routeSet = keepAll(calleeRoutes(response.values(H.RecordRoute), leg.recordRoutes));
    else leg.routeSet = NO_ROUTES;
  }
  return (!isOld && learnBody(leg, response)) || isMoved;
}

/**
 * What a provisional reply says of the way to a callee: asked only where we are the peer of both sides, and requests before the
 * answer are addressed by us (3.2).
 * @returns whether anything is new
 */
export function learnFromProvisional(leg: Leg, response: SipResponse): boolean {
  if (!refreshTarget(leg, response)) return false;
  if (response.has(H.RecordRoute)) leg.routeSet = keepAll(calleeRoutes(response.values(H.RecordRoute), leg.recordRoutes));
  return true;
}

/** Takes over a body. @returns whether it is another one; a message without a body changes nothing */
export function learnBody(leg: Described, message: SipMessage): boolean {
  if (message.bodyEnd <= message.bodyAt) return false;
  const { body } = message;
  if (body === leg.receivedSdp) return false;
  leg.receivedSdp = keep(body);
  return true;
}

/**
 * What was really sent, seen from what was received: "" when the body went through unchanged, so that only one copy is kept.
 * @param sent - the message as it left
 * @param received - the body that came in
 */
export function changedBody(sent: string, received: string): string {
  const head = sent.indexOf("\r\n\r\n");
  if (head < 0) return "";
  const at = head + 4;
  if (sent.length - at === received.length && (received === "" || sent.endsWith(received))) return "";
  return keep(sent.slice(at));
}

/** How many Record-Route lines written as ours are stand in the head of a message. */
export function recordRouteLines(text: string): number {
  const end = text.indexOf("\r\n\r\n");
  let count = 0;
  for (let at = text.indexOf(RECORD_ROUTE_LINE); at >= 0 && at < end; at = text.indexOf(RECORD_ROUTE_LINE, at + 2)) count++;
  return count;
}

/** The Contact URI of a message of ours as it left; "" when it has none. */
export function sentContact(text: string): string {
  const parsed = parseMessage(text, { lenient: true });
  return parsed.ok ? contactUri(parsed.value) : "";
}
