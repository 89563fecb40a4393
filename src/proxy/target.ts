// Where a branch goes: which URI decides, and the addresses behind it (T-15, RFC 3261 section 16.6 step 7).

import { keep } from "../kit/index.ts";
import { H, parseIpv4, parseUri, type SipUri } from "../sip/index.ts";
import type { ResolvedTarget } from "../transport/index.ts";
import type { ProxyCore } from "./core.ts";
import type { Branch } from "./fork-branch.ts";
import { BAD_SCHEME, BAD_URI, type Refusal, UNRESOLVABLE } from "./refusal.ts";

/** Told when a name was looked up after all. */
export interface ResolveWaiter {
  resolved(branch: Branch, targets: readonly ResolvedTarget[]): void;
}

/** A next hop by a literal address, with what it comes to. Routes name the same few again and again. */
export interface KnownHop {
  readonly uri: string;
  readonly isTransportOpen: boolean;
  readonly targets: readonly ResolvedTarget[];
}

const neverCalled = (): void => {};

/**
 * Finds the addresses of a branch; `branch.targets` holds them when they are known now.
 * @param waiter - told later when they are not
 * @returns why there can be none, `"pending"`, or undefined when there are some
 */
export function findTargets(core: ProxyCore, branch: Branch, waiter: ResolveWaiter): Refusal | "pending" | undefined {
  const { dstUri, forcedListener } = branch;
  const known = core.lastHop;
  if (known !== undefined && known.uri === dstUri && forcedListener === undefined) {
    branch.isTransportOpen = known.isTransportOpen;
    branch.targets = known.targets;
    return undefined;
  }
  const uri = nextHopUri(branch);
  if (uri === undefined) return BAD_URI;
  if (!uri.isSip) {
    // a scheme that nobody here can route by; tel is a good URI without an address
    return uri.scheme === "tel" || branch.context.request.has(H.Route) ? UNRESOLVABLE : BAD_SCHEME;
  }
  const request = resolveRequest(branch, uri);
  branch.isTransportOpen = request.transport === undefined && uri.scheme === "sip" && !uri.has("transport");
  // literal addresses are answered at once: the usual case costs no closure
  const isLiteral = !uri.has("maddr") && (parseIpv4(uri.host) >= 0 || uri.host.includes(":"));
  const done = isLiteral ? neverCalled : (targets: readonly ResolvedTarget[]): void => waiter.resolved(branch, targets);
  const targets = core.deps.resolver.resolve(request, done);
  if (targets === undefined) return isLiteral ? UNRESOLVABLE : "pending";
  if (targets.length === 0) return UNRESOLVABLE;
  branch.targets = targets;
  if (isLiteral && dstUri !== undefined && forcedListener === undefined) {
    core.lastHop = { uri: keep(dstUri), isTransportOpen: branch.isTransportOpen, targets };
  }
  return undefined;
}

/** The URI that decides where a branch goes; what came with the request has been read already. */
function nextHopUri(branch: Branch): SipUri | undefined {
  const { context, dstUri, requestUri } = branch;
  if (dstUri === undefined && requestUri === context.receivedUri) return context.request.uri;
  const parsed = parseUri(dstUri ?? requestUri);
  return parsed.ok ? parsed.value : undefined;
}

/** A forced socket decides the transport where the URI leaves it open (T-15). */
function resolveRequest(branch: Branch, uri: SipUri): { uri: SipUri; transport?: ResolvedTarget["transport"] } {
  const forced = branch.forcedListener;
  if (forced === undefined || uri.scheme === "sips" || uri.has("transport")) return { uri };
  return { uri, transport: forced.transport };
}
