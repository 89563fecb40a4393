// Applies what Route processing found to a request in its route (RR-11 to RR-18).

import { H, type SipUri, splitList } from "../sip/index.ts";
import type { Listener, TransportName } from "../transport/index.ts";
import type { RequestContext } from "./context.ts";
import type { ProxyCore } from "./core.ts";
import { type LooseRouteResult, looseRoute } from "./loose-route.ts";
import type { RouteCallback } from "./ports.ts";
import { directionOf } from "./route-set.ts";

/**
 * Processes the Routes of a request once; a second call in the same pass only repeats the code (RR-14).
 * @returns 1 when they name the next destination, −1 when the Request-URI decides
 */
export function applyLooseRoute(core: ProxyCore, context: RequestContext, callbacks: readonly RouteCallback[]): 1 | -1 {
  if (context.looseRouteCode !== 0) return context.looseRouteCode;
  const { request } = context;
  if (!request.has(H.Route)) {
    context.looseRouteCode = -1;
    context.remoteTarget = context.requestUri;
    return -1;
  }
  const routes = request.values(H.Route);
  const uri = context.requestUri === context.receivedUri ? request.uri : undefined;
  const result = looseRoute({ requestUri: context.requestUri, routes, hasToTag: context.hasToTag, uri }, core);
  context.looseRouteCode = result.code;
  context.routing = result.routing;
  context.routesLeft = result.routesLeft;
  context.remoteTarget = result.remoteTarget;
  removeRoutes(context, routes.length, result);
  if (result.appended !== undefined) context.edit.append("Route", result.appended);
  if (result.requestUri !== undefined) {
    context.requestUri = result.requestUri;
    context.dstUri = undefined;
  }
  if (result.dstUri !== undefined) context.dstUri = result.dstUri;
  context.routedTo = result.dstUri ?? result.requestUri ?? "";
  if (result.params !== undefined) context.rrParams = result.params;
  forceListener(core, context, result);
  if (result.hasRoute) {
    const direction = directionOf(context.rrParams, request.fromTag);
    for (const callback of callbacks) callback(context, result.params, direction);
  }
  return result.code;
}

/** Takes values away at the front and at the end; lines are edited in place, an emptied line goes (RR-18). */
function removeRoutes(context: RequestContext, count: number, result: LooseRouteResult): void {
  const { removed, removesLast } = result;
  const lastKept = removesLast ? count - 2 : count - 1;
  if (removed === 0 && !removesLast) return;
  if (removed > lastKept) {
    context.edit.remove(H.Route);
    return;
  }
  const { head } = context.request;
  let at = 0;
  for (let line = head.headerIndex(H.Route); line >= 0; line = head.headerIndex(H.Route, line + 1)) {
    const size = splitList(head.headerValue(line)).length;
    for (let i = 0; i < size; i++, at++) {
      if (at < removed || at > lastKept) context.edit.removeValue(line, i);
    }
  }
}

function forceListener(core: ProxyCore, context: RequestContext, result: LooseRouteResult): void {
  const { forced, keepsListener, isMismatch } = result;
  if (keepsListener) context.forcedListener = context.source.listener;
  let isFound = !isMismatch;
  if (forced !== undefined) {
    const listener = listenerOf(core, forced);
    if (listener === undefined) isFound = false;
    else context.forcedListener = listener;
  }
  if (!isFound && core.settings.socketMismatchWarning) {
    core.log.warn({ callId: context.request.callId, from: context.source.ip }, "the second Route of a pair names none of our sockets");
  }
}

function listenerOf(core: ProxyCore, uri: SipUri): Listener | undefined {
  const transport = transportOf(uri);
  return transport === undefined ? undefined : core.transport.listenerFor(uri.host, uri.port, transport);
}

function transportOf(uri: SipUri): TransportName | undefined {
  const named = uri.transport ?? (uri.scheme === "sips" ? "tls" : "udp");
  switch (named) {
    case "udp":
    case "tcp":
    case "tls":
    case "ws":
    case "wss":
      return named;
  }
  return undefined;
}
