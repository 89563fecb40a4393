// Where a response goes (RFC 3261 §18.2.2, RFC 3581 §4; T-10 to T-14).
import { keep } from "../kit/index.ts";
import type { Via } from "../sip/index.ts";
import { canonicalIp, defaultPort, kindOf } from "./address.ts";
import { isRefusedPort } from "./datagrams.ts";
import type { TransportSettings } from "./settings.ts";
import type { Destination, Listener, RespondOptions, Source, TransportName } from "./types.ts";

/**
 * Where the responses to one request go. Small, and free of the request's text: a transaction keeps it when the
 * request is gone. It is a destination by itself unless `name` says that a name must be looked up first.
 */
export class ReplyTarget implements Destination {
  readonly source: Source;
  readonly transport: TransportName;
  /** "" while `name` is not looked up, and for nowhere. */
  readonly ip: string;
  /** 0 with `ip` "": nowhere; 0 with a name: SRV decides. */
  readonly port: number;
  readonly listener: Listener;
  readonly flow: number;
  readonly ttl: number;
  /** A reply without a transaction goes over the connection that is there, or not at all (T-12). */
  readonly reuseOnly: boolean;
  /** Host name that must be looked up; "" when `ip` is known. */
  readonly name: string;

  constructor(source: Source, ip: string, port: number, name: string, ttl: number, reuseOnly: boolean) {
    this.source = source;
    this.transport = source.listener.transport;
    this.ip = ip;
    this.port = port;
    this.listener = source.listener;
    this.flow = source.flow;
    this.ttl = ttl;
    this.reuseOnly = reuseOnly;
    this.name = name;
  }

  /** Whether there is no place that a response may go to. */
  get isNowhere(): boolean {
    return this.ip === "" && this.name === "";
  }
}

/**
 * Reads the way back out of the top Via of a request and the address it really came from. What `received` and `rport` of the
 * Via claim is not believed (S-11): both are what we saw ourselves.
 */
export function routeReply(via: Via, source: Source, settings: TransportSettings, options: RespondOptions | undefined): ReplyTarget {
  const sentByPort = via.port === 0 ? defaultPort(source.listener.transport) : via.port;
  // The connection it came in on; when that is gone, a new one to the port the peer listens on, never to rport (T-11).
  const isStateless = options?.isStateless === true;
  if (source.flow !== 0) return new ReplyTarget(source, source.ip, sentByPort, "", 0, isStateless);
  if (isStateless) {
    // Without state, only the address that the request really came from: nobody is to be hit by somebody else's Via (S-03).
    if (settings.replyToVia) return toHost(via.host, via.port, source, 0);
  } else {
    const { maddr } = via;
    if (maddr !== "") return toHost(maddr, sentByPort, source, Math.max(1, via.ttl));
  }
  const port = via.rport >= 0 || options?.forceRport === true ? source.port : sentByPort;
  return isRefusedPort(port) ? nowhere(source) : new ReplyTarget(source, source.ip, port, "", 0, false);
}

function toHost(host: string, port: number, source: Source, ttl: number): ReplyTarget {
  const ip = canonicalIp(host);
  if (ip === undefined) return new ReplyTarget(source, "", port, keep(host), ttl, false);
  const kind = kindOf(ip);
  const real = port === 0 ? defaultPort(source.listener.transport) : port;
  if (kind === "broadcast" || kind === "unspecified" || isRefusedPort(real)) return nowhere(source);
  if (kind === "multicast" && ttl === 0) return nowhere(source);
  return new ReplyTarget(source, ip, real, "", kind === "multicast" ? ttl : 0, false);
}

function nowhere(source: Source): ReplyTarget {
  return new ReplyTarget(source, "", 0, "", 0, false);
}
