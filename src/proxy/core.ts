// What the parts of this room share: settings, ports, counters, the codec of our branches. One per proxy.

import type { Counter, Log, Statistics } from "../kit/index.ts";
import type { SipUri } from "../sip/index.ts";
import { BranchCodec, HookRunner } from "../transaction/index.ts";
import type { OwnUris } from "./loose-route.ts";
import type { ProxyDeps, ProxyTransport } from "./ports.ts";
import { defaultProxySettings, type ProxySettings } from "./settings.ts";
import type { KnownHop } from "./target.ts";

/** Counters of group `core` that relaying feeds (ST-7). */
export class ProxyCounters {
  readonly forwardedRequests: Counter;
  readonly forwardedReplies: Counter;
  readonly droppedRequests: Counter;
  readonly droppedReplies: Counter;
  readonly unsupportedMethods: Counter;

  constructor(statistics: Statistics) {
    this.forwardedRequests = statistics.counter("core", "fwd_requests");
    this.forwardedReplies = statistics.counter("core", "fwd_replies");
    this.droppedRequests = statistics.counter("core", "drop_requests");
    this.droppedReplies = statistics.counter("core", "drop_replies");
    this.unsupportedMethods = statistics.counter("core", "unsupported_methods");
  }
}

/** The shared parts of one proxy. */
export class ProxyCore implements OwnUris {
  readonly deps: ProxyDeps;
  readonly settings: ProxySettings;
  readonly transport: ProxyTransport;
  readonly counters: ProxyCounters;
  readonly hooks: HookRunner;
  readonly codec: BranchCodec;
  readonly log: Log;
  /** Requests were forwarded without a transaction: their replies find their way by the second Via. */
  forwardsStateless = false;
  /** The literal next hop that a route named last. */
  lastHop: KnownHop | undefined = undefined;

  constructor(deps: ProxyDeps) {
    this.deps = deps;
    this.settings = { ...defaultProxySettings, ...deps.settings };
    this.transport = deps.transport;
    this.counters = new ProxyCounters(deps.statistics);
    this.hooks = new HookRunner(deps.log);
    this.codec = new BranchCodec(deps.hash);
    this.log = deps.log;
  }

  /** T-31, RR-17: host and port are ours, or `maddr` is one of our addresses. */
  isOurUri(uri: SipUri): boolean {
    if (!uri.isSip) return false;
    const transport = uri.scheme === "sips" ? (uri.transport ?? "tls") : uri.transport;
    if (this.transport.isMyself(uri.host, uri.port, transport)) return true;
    const maddr = uri.param("maddr");
    return maddr !== undefined && maddr !== "" && this.transport.isMyself(maddr, uri.port, transport);
  }
}
