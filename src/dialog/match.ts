// Finding the dialog of an in-dialog request (dialog-behaviour 4): by its cookie, by the SIP elements, or first one, then the other.
import { type RequestContext, routeParam } from "../proxy/index.ts";
import type { SipRequest } from "../sip/index.ts";
import type { Dialog } from "./dialog.ts";
import { type DialogNumbers, parseDid } from "./ids.ts";
import type { DialogTransport } from "./ports.ts";
import type { MatchMode } from "./settings.ts";
import { DialogSlot } from "./slot.ts";
import type { DialogTable } from "./table.ts";

/**
 * The live dialog of a request and the legs it runs between.
 * @param did - text of the cookie, undefined when the request brought none
 * @returns undefined when none matches; the caller asks only for requests with a To-tag
 */
export function findDialog(table: DialogTable, request: SipRequest, did: string | undefined, mode: MatchMode): DialogSlot | undefined {
  const first = table.firstOf(request.callId);
  if (first === undefined || request.toTag === "" || request.fromTag === "") return undefined;
  if (mode !== "didNone") {
    const numbers = did === undefined ? undefined : parseDid(did);
    const found = numbers === undefined ? undefined : amongSame(first, request, numbers);
    // a cookie that is malformed, of nobody, or of another call is no reason to lose one that the tags name
    if (found !== undefined || mode === "didOnly") return found;
  }
  return amongSame(first, request, undefined);
}

/**
 * The live call of a request in which one tag is missing because the callee gives none, as RFC 2543 allowed. Without tags only the cookie
 * says which call it is.
 */
export function findTagless(table: DialogTable, request: SipRequest, did: string): DialogSlot | undefined {
  const numbers = parseDid(did);
  const dialog = numbers === undefined ? undefined : table.byNumbers(numbers.entry, numbers.id);
  if (dialog === undefined || dialog.callId !== request.callId || !dialog.isTalking || dialog.toTag !== "") return undefined;
  const { winner } = dialog.life;
  let toLeg = -1;
  if (request.toTag === "" && request.fromTag === dialog.fromTag) toLeg = winner;
  else if (request.fromTag === "" && request.toTag === dialog.fromTag) toLeg = 0;
  if (toLeg < 0) return undefined;
  const found = new DialogSlot(dialog, toLeg, winner);
  found.hasCookie = true;
  return found;
}

/** The call of a request that has ended and is still in memory, by its tags. */
export function findEnded(table: DialogTable, request: SipRequest): DialogSlot | undefined {
  for (let dialog = table.firstOf(request.callId); dialog !== undefined; dialog = dialog.callNext) {
    const found = dialog.isEnded ? tightMatch(dialog, request) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * The cookie of a request that came without Route, in its own Request-URI: as a parameter, or at the end of the user part.
 * @param rrParam - the cookie's parameter name
 */
export function didOfRequestUri(context: RequestContext, rrParam: string, transport: DialogTransport): string | undefined {
  const { uri } = context.request;
  if (!uri.isSip || !transport.isMyself(uri.host, uri.port === 0 ? 5060 : uri.port)) return undefined;
  const param = uri.param(rrParam);
  if (param !== undefined && param !== "") return param;
  const user = uri.user ?? "";
  const mark = `.${rrParam}.`;
  const at = user.lastIndexOf(mark);
  return at < 0 ? undefined : user.slice(at + mark.length);
}

/** The cookie among the parameters of our Route. */
export function didOfRoute(params: string, rrParam: string): string | undefined {
  return params === "" ? undefined : routeParam(params, rrParam.toLowerCase());
}

/** The oldest live dialog of a Call-ID that fits by tags (4.3), and by its numbers where these are given. */
function amongSame(first: Dialog, request: SipRequest, numbers: DialogNumbers | undefined): DialogSlot | undefined {
  for (let dialog: Dialog | undefined = first; dialog !== undefined; dialog = dialog.callNext) {
    if (dialog.isEnded) continue;
    if (numbers !== undefined && (dialog.entry !== numbers.entry || dialog.id !== numbers.id)) continue;
    const found = tightMatch(dialog, request);
    if (found === undefined) continue;
    found.hasCookie = numbers !== undefined;
    return found;
  }
  return undefined;
}

function tightMatch(dialog: Dialog, request: SipRequest): DialogSlot | undefined {
  const callerTag = dialog.callerLeg.tag;
  if (request.fromTag === callerTag) {
    const callee = dialog.calleeLegOf(request.toTag);
    if (callee > 0) return new DialogSlot(dialog, callee, callee);
  }
  if (request.toTag === callerTag) {
    const callee = dialog.calleeLegOf(request.fromTag);
    if (callee > 0) return new DialogSlot(dialog, 0, callee);
  }
  return undefined;
}
