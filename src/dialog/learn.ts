// What a dialog learns about its parties from messages on their way (dialog-behaviour 3.1, 3.2).
import { keep } from "../kit/index.ts";
import { H, parseMessage, parseNameAddr, type SipMessage, type SipResponse, splitList } from "../sip/index.ts";
import type { Listener } from "../transport/index.ts";
import type { Dialog } from "./dialog.ts";
import { calleeRoutes, Leg, NO_ROUTES } from "./leg.ts";

/** Most callee legs of one dialog: branches, and forks further down, which a hostile callee could make up without end. */
export const MAX_LEGS = 32;

const RECORD_ROUTE_LINE = "\r\nRecord-Route:";

/** The URI of the first Contact, "" when there is none, it does not parse, or it is `*`. */
export function contactUri(message: SipMessage): string {
  const value = message.header(H.Contact);
  if (value === undefined) return "";
  const first = value.includes(",") ? (splitList(value)[0] ?? "") : value;
  const contact = parseNameAddr(first);
  return contact.ok && contact.value.uri !== "*" ? contact.value.uri : "";
}

/** Takes over a new remote target. @returns whether it is another one */
export function refreshTarget(leg: Leg, message: SipMessage): boolean {
  const uri = contactUri(message);
  if (uri === "" || uri === leg.remoteTarget) return false;
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
  if (known > 0) return known;
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
 * @returns whether anything is new
 */
export function learnFromSuccess(leg: Leg, response: SipResponse): boolean {
  const isMoved = refreshTarget(leg, response);
  // the route set is fixed by the first 2xx (RFC 3261 12.2), and worthless without a target
  if (isMoved && leg.routeSet === NO_ROUTES && response.has(H.RecordRoute)) {
    leg.routeSet = keepAll(calleeRoutes(response.values(H.RecordRoute), leg.recordRoutes));
  }
  return learnBody(leg, response) || isMoved;
}

/** Takes over a body. @returns whether it is another one; a message without a body changes nothing */
export function learnBody(leg: Leg, message: SipMessage): boolean {
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
