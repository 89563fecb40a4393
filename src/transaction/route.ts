// The route set of a request of our own (TM-53, RFC 3261 §12.2.1.1), and what its parts look like.

import { parseNameAddr, parseUri } from "../sip/index.ts";
import type { LocalParty } from "./ports.ts";

/** What a route set makes of a request. */
export interface RoutePlan {
  readonly requestUri: string;
  /** Route values in order. */
  readonly routes: readonly string[];
  /** URI to look up; not necessarily a valid one. */
  readonly nextHop: string;
}

/**
 * Applies a route set.
 * @param remoteTarget - URI of the peer
 * @param routeSet - complete Route values, first hop first
 */
export function planRoute(remoteTarget: string, routeSet: readonly string[]): RoutePlan {
  const first = routeSet[0];
  if (first === undefined) return { requestUri: remoteTarget, routes: routeSet, nextHop: remoteTarget };
  const uri = uriOf(first);
  const parsed = parseUri(uri);
  if (!parsed.ok || parsed.value.isLoose) return { requestUri: remoteTarget, routes: routeSet, nextHop: uri };
  // a strict router expects itself as Request-URI and the peer at the end (RFC 2543)
  return { requestUri: uri, routes: [...routeSet.slice(1), `<${remoteTarget}>`], nextHop: uri };
}

/** The URI inside a Route, Contact or Record-Route value; the value itself if it does not read. */
export function uriOf(value: string): string {
  const address = parseNameAddr(value);
  return address.ok ? address.value.uri : value;
}

/** A From or To value. */
export function partyText(party: LocalParty, tag: string): string {
  const display = party.display === undefined || party.display === "" ? "" : `${party.display} `;
  return tag === "" ? `${display}<${party.uri}>` : `${display}<${party.uri}>;tag=${tag}`;
}
