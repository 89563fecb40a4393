// The words of the transport room: listeners, where a message came from, where one goes.
import type { Fault, SipRequest, SipResponse } from "../sip/index.ts";

export type TransportName = "udp" | "tcp" | "tls" | "ws" | "wss";
/** IPv4 or IPv6. */
export type Family = 4 | 6;

/** A socket we listen on, after its host was expanded to one real address (never 0.0.0.0 or ::). */
export interface Listener {
  /** Position among all listeners, in the order of the configuration. */
  readonly index: number;
  readonly transport: TransportName;
  /** Canonical, without brackets. */
  readonly ip: string;
  /** The real port, also when 0 was asked for. */
  readonly port: number;
  readonly family: Family;
  /** `udp:127.0.0.1:5060`; IPv6 in brackets. */
  readonly name: string;
  /** `host[:port]` of our Via (T-17): advertised if set; the port is there unless it is the transport's default. */
  readonly sentBy: string;
  /** `host[:port]` of Record-Route and Contact (RR-2): the port is left out only when it is 5060 and not advertised. */
  readonly uriHost: string;
  /** Advertised host and port if set, else the real ones. */
  readonly advertisedHost: string;
  readonly advertisedPort: number;
  /** Identity of the socket in replicated dialogs (T-4). */
  readonly tag: string | undefined;
  /** Names below the configured or advertised host are us too (`accept_subdomain`); absent is false. */
  readonly acceptsSubdomains?: boolean;
  /** Everything but UDP. */
  readonly isReliable: boolean;
}

/** Where a message came from. */
export interface Source {
  readonly listener: Listener;
  readonly ip: string;
  readonly port: number;
  /** Id of the connection it came in on; 0 for UDP. */
  readonly flow: number;
}

/** Where a message goes. */
export interface Destination {
  readonly transport: TransportName;
  /** An IP address, without brackets. */
  readonly ip: string;
  readonly port: number;
  /** The local side: the UDP socket used, or the listener whose address a new connection is opened from. */
  readonly listener: Listener;
  /** The connection preferred over all others while it is open; 0 for none. */
  readonly flow: number;
  /** Host name of the next hop before DNS (SNI of TLS). */
  readonly host?: string;
  /** Never open a connection for this message (T-21). */
  readonly reuseOnly?: boolean;
  /** Time to live of a multicast datagram (T-10). */
  readonly ttl?: number;
}

/**
 * What became of a message at the moment of `send`.
 * - `sent`: it leaves at the end of this turn
 * - `queued`: it waits for a connection that is being opened or drained
 * - `noConnection`: a stream has none and may not open one (T-20, T-21, bounds)
 * - `unreachable`: the address is not one that we send to, or no socket of ours fits it
 * - `tooBig`: no datagram can hold it
 */
export type SendResult = "sent" | "queued" | "noConnection" | "unreachable" | "tooBig";

/** Who is told when a message that was accepted for sending could not be handed to the system after all. */
export interface SendObserver {
  /** @param why - a system code such as `ECONNREFUSED`, or one of ours: `timeout`, `overflow`, `closed` */
  sendFailed(why: string): void;
}

/** The layer above: the transactions. */
export interface MessageReceiver {
  message(message: SipRequest | SipResponse, source: Source): void;
  /** A message that did not parse. The receiver answers it if `fault.status` is not 0 (M-31); the connection is then closed by the transport. */
  malformed(fault: Fault, text: string, source: Source): void;
}

/** Who looks on as messages pass, as they stand on the wire. Must not throw, change anything, or take long. */
export interface MessageTap {
  /** Before the layer above gets it. */
  received(message: SipRequest | SipResponse, source: Source): void;
  /** @param result - what `send` says of it */
  sent(text: string, to: Destination, result: SendResult): void;
}

/** How a response is to be routed beyond what the request itself says. */
export interface RespondOptions {
  /** `force_rport()`: as if the top Via had `rport` (T-8). */
  readonly forceRport?: boolean;
  /** A reply without a transaction: `reply_to_via` applies (T-13). */
  readonly isStateless?: boolean;
  readonly observer?: SendObserver;
}
