// Route sets as the dialog room needs them, and what our own Route parameters say (RR-15, RR-20).

import { H, parseNameAddr, type SipMessage, type SipResponse, type SipUri } from "../sip/index.ts";
import type { RequestContext } from "./context.ts";
import type { Direction } from "./ports.ts";

/** How a request was routed, first letter for the hop before us, second for the hop after: L loose, S strict. */
export type RoutingType = "none" | "LL" | "LS" | "SL" | "SS";

/**
 * A parameter of `;name=value;…` text, "" for one without a value.
 * @returns undefined when it is absent; names are case-blind
 */
export function routeParam(params: string, name: string): string | undefined {
  let at = 0;
  const length = params.length;
  while (at < length) {
    if (params.charCodeAt(at) === 59) at++;
    let end = params.indexOf(";", at);
    if (end < 0) end = length;
    let equals = params.indexOf("=", at);
    if (equals < 0 || equals > end) equals = end;
    if (equals - at === name.length && params.slice(at, equals).toLowerCase() === name)
      return equals < end ? params.slice(equals + 1, end) : "";
    at = end;
  }
  return undefined;
}

/** Which way a request runs: our `ftag` against its From tag; without an `ftag` downstream (RR-15). */
export function directionOf(rrParams: string, fromTag: string): Direction {
  const ftag = rrParams === "" ? undefined : routeParam(rrParams, "ftag");
  return ftag === undefined || ftag === fromTag ? "downstream" : "upstream";
}

/** The route set towards the caller: the Record-Route values of the request as it came (before ours), in their order. */
export function callerRouteSet(request: SipMessage): readonly string[] {
  return request.has(H.RecordRoute) ? request.values(H.RecordRoute) : [];
}

/**
 * The route set towards the callee: the Record-Route values of its reply that stand above our own topmost one, reversed.
 * What stands below ours belongs to the caller's side.
 * @param isOurs - whether a URI names us (`TransportLayer.isMyself`)
 */
export function calleeRouteSet(response: SipResponse, isOurs: (uri: SipUri) => boolean): readonly string[] {
  if (!response.has(H.RecordRoute)) return [];
  const above: string[] = [];
  for (const value of response.values(H.RecordRoute)) {
    const parsed = parseNameAddr(value);
    const uri = parsed.ok ? parsed.value.sipUri() : undefined;
    if (uri !== undefined && isOurs(uri)) break;
    above.push(value);
  }
  return above.reverse();
}

/** The far end's route set as an in-dialog request states it: the Routes beyond us (RR-20). All of them before `looseRoute`. */
export function routeSetBeyond(context: RequestContext): readonly string[] {
  if (context.looseRouteCode !== 0) return context.routesLeft;
  return context.request.has(H.Route) ? context.request.values(H.Route) : [];
}

/** The far end's target as an in-dialog request states it, whoever stands between (RR-20). */
export function remoteTargetBeyond(context: RequestContext): string {
  return context.looseRouteCode === 0 ? context.requestUri : context.remoteTarget;
}
