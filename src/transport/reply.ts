// Where a response goes (RFC 3261 §18.2.2, RFC 3581 §4; T-10 to T-14).
import type { Via } from "../sip/index.ts";
import { canonicalIp, defaultPort, kindOf } from "./address.ts";
import { isRefusedPort } from "./datagrams.ts";
import type { HostRequest } from "./ports.ts";
import type { TransportSettings } from "./settings.ts";
import type { Destination, RespondOptions, Source } from "./types.ts";

/** Where a response goes: an address at once, a name that must be looked up, or nowhere. */
export type ReplyRoute =
  | { readonly kind: "address"; readonly to: Destination }
  | { readonly kind: "name"; readonly host: HostRequest; readonly source: Source }
  | { readonly kind: "nowhere" };

const NOWHERE: ReplyRoute = Object.freeze({ kind: "nowhere" });

/**
 * Reads the way back out of the top Via of a request and the address it really came from. What `received` and `rport` of the
 * Via claim is not believed (S-11): both are what we saw ourselves.
 */
export function routeReply(via: Via, source: Source, settings: TransportSettings, options: RespondOptions | undefined): ReplyRoute {
  const { listener } = source;
  const { transport } = listener;
  const sentByPort = via.port === 0 ? defaultPort(transport) : via.port;
  if (listener.isReliable) {
    // The connection it came in on; when that is gone, a new one to the port the peer listens on, never to rport (T-11).
    return address({ transport, ip: source.ip, port: sentByPort, listener, flow: source.flow });
  }
  if (options?.isStateless === true) {
    // Without state, only the address that the request really came from: nobody is to be hit by somebody else's Via (S-03).
    if (settings.replyToVia) return toHost(via.host, via.port, source, 0);
  } else {
    const { maddr } = via;
    if (maddr !== "") return toHost(maddr, sentByPort, source, Math.max(1, via.ttl));
  }
  const port = via.rport >= 0 || options?.forceRport === true ? source.port : sentByPort;
  return isRefusedPort(port) ? NOWHERE : address({ transport, ip: source.ip, port, listener, flow: 0 });
}

function toHost(host: string, port: number, source: Source, ttl: number): ReplyRoute {
  const { listener } = source;
  const { transport } = listener;
  const ip = canonicalIp(host);
  if (ip === undefined) return { kind: "name", host: { host, port, transport }, source };
  const kind = kindOf(ip);
  const real = port === 0 ? defaultPort(transport) : port;
  if (kind === undefined || kind === "broadcast" || kind === "unspecified" || isRefusedPort(real)) return NOWHERE;
  if (kind === "multicast") return ttl === 0 ? NOWHERE : address({ transport, ip, port: real, listener, flow: 0, ttl });
  return address({ transport, ip, port: real, listener, flow: 0 });
}

function address(to: Destination): ReplyRoute {
  return { kind: "address", to };
}
