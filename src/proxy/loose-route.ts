// Route processing (RFC 3261 section 16.4, RR-10 to RR-12, RR-17): a pure function over the Request-URI and the Route values.
// It says what is to be taken away, added and used; the caller applies it to the message.

import { parseNameAddr, parseUri, type SipUri } from "../sip/index.ts";
import type { RoutingType } from "./route-set.ts";

/** What Route processing looks at. */
export interface LooseRouteInput {
  readonly requestUri: string;
  /** Route values in order, flattened. */
  readonly routes: readonly string[];
  readonly hasToTag: boolean;
  /** `requestUri` read, where that has been done already. */
  readonly uri?: SipUri | undefined;
}

/** Whether a URI names this proxy, by host and port or by `maddr` (RR-17). */
export interface OwnUris {
  isOurUri(uri: SipUri): boolean;
}

/** What Route processing found out. */
export interface LooseRouteResult {
  /** 1 when the Routes name the next destination. */
  readonly code: 1 | -1;
  /** Parameters of our own Route or strict R-URI, with the leading `;`; undefined when none of ours was on top. */
  readonly params: string | undefined;
  /** Whether RR callbacks are to run: there was a top Route, and it could be read (RR-13). */
  readonly hasRoute: boolean;
  /** How many values go away at the front. */
  readonly removed: number;
  /** The last value goes away: it became the R-URI. */
  readonly removesLast: boolean;
  /** Value to append after the last Route. */
  readonly appended: string | undefined;
  /** New Request-URI. */
  readonly requestUri: string | undefined;
  /** Next hop. */
  readonly dstUri: string | undefined;
  /** Second value of our pair: send from the listener it names. */
  readonly forced: SipUri | undefined;
  /** Send from the listener where the request came in (single-interface dialogs). */
  readonly keepsListener: boolean;
  /** A pair whose second value is not ours (RR-11 step 1, first warning). */
  readonly isMismatch: boolean;
  readonly routing: RoutingType;
  /** Logical route set and target of the far end, however the neighbours want them written (RR-20). */
  readonly routesLeft: readonly string[];
  readonly remoteTarget: string;
}

const NO_ROUTES: readonly string[] = Object.freeze([]);

/**
 * Applies the rules to one request.
 * @returns code −1 and nothing to do when there is no Route, or when what is needed does not parse
 */
export function looseRoute(input: LooseRouteInput, own: OwnUris): LooseRouteResult {
  const { routes, requestUri } = input;
  const first = routes[0];
  if (first === undefined) return untouched(input, false);
  const target = input.uri ?? readUri(requestUri);
  const top = routeUri(first);
  if (target === undefined || top === undefined) return untouched(input, false);
  const isTopOurs = own.isOurUri(top);
  if (input.hasToTag && isStrictTrace(target, isTopOurs, own)) return afterStrict(input, target, top, isTopOurs);
  return afterLoose(input, top, isTopOurs, own);
}

/** A strict router before us put our Record-Route into the Request-URI (RR-10). */
function isStrictTrace(target: SipUri, isTopOurs: boolean, own: OwnUris): boolean {
  if (!target.isSip || target.has("gr")) return false;
  // whose the URI is costs most to find out
  if (isTopOurs && !target.has("lr") && !target.has("r2") && !target.has("ftag")) return false;
  return own.isOurUri(target);
}

/** RR-11. */
function afterLoose(input: LooseRouteInput, top: SipUri, isTopOurs: boolean, own: OwnUris): LooseRouteResult {
  const { routes, requestUri, hasToTag } = input;
  let at = 0;
  let params: string | undefined;
  let forced: SipUri | undefined;
  let keepsListener = false;
  let isMismatch = false;
  let next: SipUri | undefined = top;
  if (isTopOurs) {
    params = top.paramText;
    at = 1;
    if (top.has("r2")) {
      const second = routes[1] === undefined ? undefined : routeUri(routes[1]);
      if (second !== undefined && own.isOurUri(second)) {
        forced = second;
        at = 2;
      } else isMismatch = true;
    } else keepsListener = hasToTag;
    const following = routes[at];
    if (following === undefined) {
      // no Route left: a pre-loaded one leaves the request to its R-URI, a dialog goes to the remote target
      return {
        code: hasToTag ? 1 : -1,
        params,
        hasRoute: true,
        removed: at,
        removesLast: false,
        appended: undefined,
        requestUri: undefined,
        dstUri: undefined,
        forced,
        keepsListener,
        isMismatch,
        routing: "LL",
        routesLeft: NO_ROUTES,
        remoteTarget: requestUri,
      };
    }
    next = routeUri(following);
    if (next === undefined) return untouched(input, false);
  }
  const rest = at === 0 ? routes : routes.slice(at);
  const common = {
    params,
    hasRoute: true,
    removesLast: false,
    forced,
    keepsListener,
    isMismatch,
    routesLeft: rest,
    remoteTarget: requestUri,
  };
  if (next.isLoose)
    return { ...common, code: 1, removed: at, appended: undefined, requestUri: undefined, dstUri: next.text, routing: "LL" };
  // a strict router comes next: it wants itself in the R-URI and the target at the end (RFC 3261 section 16.6 step 6)
  return {
    ...common,
    code: 1,
    removed: at + 1,
    appended: `<${requestUri}>`,
    requestUri: asRequestUri(next),
    dstUri: undefined,
    routing: "LS",
  };
}

/** RR-12. */
function afterStrict(input: LooseRouteInput, target: SipUri, top: SipUri, isTopOurs: boolean): LooseRouteResult {
  const { routes } = input;
  const params = target.paramText;
  let at = 0;
  let forced: SipUri | undefined;
  let isMismatch = false;
  if (target.has("r2")) {
    if (isTopOurs) {
      forced = top;
      at = 1;
    } else isMismatch = true;
  }
  const last = routes.length - 1;
  const following = routes[at];
  if (following === undefined) return { ...untouched(input, true), params, removed: at, forced, isMismatch, routing: "SL", routesLeft: [] };
  const next = routeUri(following);
  const end = routeUri(routes[last] ?? following);
  if (next === undefined || end === undefined) return untouched(input, false);
  const common = {
    code: 1 as const,
    params,
    hasRoute: true,
    appended: undefined,
    forced,
    keepsListener: false,
    isMismatch,
    routesLeft: routes.slice(at, last),
    remoteTarget: asRequestUri(end),
  };
  if (next.isLoose) {
    return {
      ...common,
      removed: at,
      removesLast: true,
      requestUri: asRequestUri(end),
      dstUri: at === last ? undefined : next.text,
      routing: "SL",
    };
  }
  return { ...common, removed: at + 1, removesLast: false, requestUri: asRequestUri(next), dstUri: undefined, routing: "SS" };
}

function untouched(input: LooseRouteInput, hasRoute: boolean): LooseRouteResult {
  return {
    code: -1,
    params: undefined,
    hasRoute,
    removed: 0,
    removesLast: false,
    appended: undefined,
    requestUri: undefined,
    dstUri: undefined,
    forced: undefined,
    keepsListener: false,
    isMismatch: false,
    routing: "none",
    routesLeft: input.routes,
    remoteTarget: input.requestUri,
  };
}

function readUri(text: string): SipUri | undefined {
  const parsed = parseUri(text);
  return parsed.ok ? parsed.value : undefined;
}

/** URI of a Route value; undefined when it does not parse or is not sip or sips. */
function routeUri(value: string): SipUri | undefined {
  const parsed = parseNameAddr(value);
  const uri = parsed.ok ? parsed.value.sipUri() : undefined;
  return uri?.isSip === true ? uri : undefined;
}

/** A Request-URI has no headers part (RFC 3261 section 19.1.1). */
function asRequestUri(uri: SipUri): string {
  const text = uri.text;
  if (uri.headers === "" && !text.endsWith("?")) return text;
  return text.slice(0, text.lastIndexOf("?", text.length - uri.headers.length));
}
