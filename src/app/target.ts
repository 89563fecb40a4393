// Where a route sends a request: `"sip:10.0.0.20:5080"`, a full target, or several of them.
import { DialoomError, ErrorCodes } from "../kit/index.ts";
import type { BranchTarget } from "../proxy/index.ts";
import { parseUri } from "../sip/index.ts";
import type { Listener } from "../transport/index.ts";

/** A target with everything that can be said about it. */
export interface FullTarget {
  /** The new Request-URI. Left out, the Request-URI stays as it is. */
  readonly requestUri?: string;
  /** URI of the next hop when it is not the Request-URI's (an outbound proxy, a trunk). */
  readonly nextHop?: string;
  /** Preference between 0 and 1 for serial forking. */
  readonly q?: number;
  /** Route values that the request gets above those it has (a registration's Path). */
  readonly routes?: readonly string[];
  /** The socket it leaves from, where that matters. */
  readonly listener?: Listener;
}

/**
 * A target. A URI without a user part (`sip:10.0.0.20:5080`) names the next hop and leaves the Request-URI as it is; a URI with
 * one (`sip:bob@10.0.0.20`) becomes the Request-URI.
 */
export type Target = string | FullTarget;

// Routes name the same few targets again and again: the last one is not read again.
let lastTarget = "";
let lastHasUser = false;

/**
 * Turns what a route wrote into a branch.
 * @param requestUri - the Request-URI that stays where the target gives none
 * @throws DialoomError `DIALOOM_BAD_ARGUMENT` naming the URI that cannot be read
 */
export function branchTarget(target: Target, requestUri: string): BranchTarget {
  if (typeof target === "string") {
    if (target !== lastTarget) {
      lastHasUser = readUri(target).hasUser;
      lastTarget = target;
    }
    return lastHasUser ? { requestUri: target } : { requestUri, dstUri: target };
  }
  if (target.requestUri !== undefined) readUri(target.requestUri);
  if (target.nextHop !== undefined) readUri(target.nextHop);
  const q = target.q ?? 1;
  if (!(q >= 0 && q <= 1)) throw new DialoomError(ErrorCodes.BadArgument, `q must be between 0 and 1, not ${String(target.q)}`);
  const { routes, listener } = target;
  return { requestUri: target.requestUri ?? requestUri, dstUri: target.nextHop, q: Math.round(q * 1000), path: routes, listener };
}

function readUri(text: string): { readonly hasUser: boolean } {
  const uri = parseUri(text);
  if (!uri.ok) {
    throw new DialoomError(
      ErrorCodes.BadArgument,
      `"${text}" is not a URI to relay to (${uri.fault.reason}); write it like "sip:10.0.0.20:5080"`,
    );
  }
  if (uri.value.scheme !== "sip" && uri.value.scheme !== "sips") {
    throw new DialoomError(ErrorCodes.BadArgument, `cannot relay to "${text}": only sip: and sips: URIs name a place to send to`);
  }
  return { hasUser: uri.value.user !== undefined };
}
