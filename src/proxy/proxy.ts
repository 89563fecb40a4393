// The transaction user of a proxy (RFC 3261 section 16): new requests to the routes, their branches to the transactions.

import type { ProxyDeps, RequestRouter, RouteCallback, StrayAnswers } from "./ports.ts";
import { defaultProxySettings, type ProxySettings } from "./settings.ts";

/** The proxy of one engine. */
export class SipProxy {
  readonly settings: ProxySettings;
  readonly deps: ProxyDeps;
  /** Who decides what happens to requests; until it is set everything is answered 500. */
  router: RequestRouter | undefined = undefined;
  /** Told after Route processing, in the order of registration (RR-13). */
  readonly rrCallbacks: RouteCallback[] = [];
  /** Knows answered dialogs without a transaction; undefined drops every stray reply (D-03). */
  strayAnswers: StrayAnswers | undefined = undefined;

  constructor(deps: ProxyDeps) {
    this.deps = deps;
    this.settings = { ...defaultProxySettings, ...deps.settings };
  }
}
