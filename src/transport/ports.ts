// What the transport room needs from the world: datagrams, streams, DNS. Implemented over Node in `node/`,
// and in memory for virtual time. Everything is text of one latin1 character per byte.
import type { SipUri } from "../sip/index.ts";
import type { Family, TransportName } from "./types.ts";

/** An address of the network: an IP (IPv6 without brackets) and a port. */
export interface Address {
  readonly ip: string;
  readonly port: number;
}

/** One address of this machine. */
export interface NetworkInterface {
  /** `lo`, `eth0`. */
  readonly name: string;
  readonly ip: string;
  readonly family: Family;
  /** Address of all hosts of an IPv4 interface, if it has one: never sent to, never answered (S-03, T-10). */
  readonly broadcast?: string;
}

/** Who receives from a datagram socket. */
export interface DatagramHandler {
  /** One datagram, whole. */
  datagram(text: string, ip: string, port: number): void;
  /**
   * A datagram sent earlier could not be handed to the system.
   * @param code - `ENETUNREACH`, `EMSGSIZE`, …
   */
  sendFailed(code: string, ip: string, port: number): void;
  /** The socket itself is broken. */
  failed(code: string): void;
}

/** A bound datagram socket. */
export interface DatagramSocket {
  readonly ip: string;
  /** The real port, also when 0 was asked for. */
  readonly port: number;
  /** Bytes that wait because the system takes no more for now. */
  readonly queuedBytes: number;
  /** Bytes of receive buffer the system gave; 0 when unknown. */
  readonly receiveBuffer: number;
  /**
   * Sends one datagram; never throws. Datagrams of one socket leave in the order of the calls.
   * @param failed - told of a failure that only shows later, besides `DatagramHandler.sendFailed`
   * @param ttl - only for multicast, else 0
   */
  send(text: string, ip: string, port: number, failed: DatagramFailure | undefined, ttl: number): void;
  close(): void;
}

/** Told when one datagram could not be sent. */
export interface DatagramFailure {
  sendFailed(code: string): void;
}

/** Asks for a datagram socket. */
export interface DatagramBinding extends Address {
  /** Bytes of receive buffer to ask for; 0 leaves the system's own. */
  readonly receiveBuffer: number;
}

/** Who owns one end of a stream. */
export interface StreamHandler {
  /** An outgoing connection is there. Not called for accepted ones. */
  connected(): void;
  /** Bytes that arrived, in order, in pieces of any size. */
  data(text: string): void;
  /** A buffer that was full (`write` returned false) is empty again. */
  drained(): void;
  /**
   * The connection is gone; the last call of all.
   * @param code - undefined when both sides ended it in order; else `ECONNREFUSED`, `ECONNRESET`, `ETIMEDOUT`, …
   */
  closed(code: string | undefined): void;
}

/** One end of a stream. */
export interface StreamConnection {
  readonly localIp: string;
  readonly localPort: number;
  readonly remoteIp: string;
  readonly remotePort: number;
  /** Bytes written but not yet handed to the system. */
  readonly unsentBytes: number;
  /** @returns false when the buffer is full: what is written nevertheless is kept, `drained` follows */
  write(text: string): boolean;
  /** Sends what is written, then says that no more comes. */
  end(): void;
  /** Gives everything up at once; `closed` follows. */
  destroy(): void;
  /** Stops reading, so that the peer's bytes wait with the peer; a piece that is on its way may still come. */
  pause?(): void;
  /** Reads again. */
  resume?(): void;
}

/** Asks for a connection. */
export interface StreamTarget extends Address {
  readonly transport: TransportName;
  /** The local address to use. */
  readonly localIp: string;
  /** Name for SNI and the certificate check (T-28). */
  readonly host: string | undefined;
  /** How long the peer may take to accept; then `closed("ETIMEDOUT")`. */
  readonly timeoutMs: number;
  readonly keepalive: boolean;
}

/** Asks for a listening stream socket. */
export interface StreamBinding extends Address {
  readonly transport: TransportName;
  readonly backlog: number;
  readonly keepalive: boolean;
}

/** Who accepts connections. */
export interface AcceptHandler {
  /** @returns the owner of the connection, or undefined to have it destroyed at once */
  accepted(connection: StreamConnection): StreamHandler | undefined;
  /** The listening socket itself is broken. */
  failed(code: string): void;
}

/** A listening stream socket. */
export interface StreamServer {
  readonly ip: string;
  /** The real port, also when 0 was asked for. */
  readonly port: number;
  /** Accepts no more; open connections stay. */
  close(): void;
}

/** The network as the engine sees it. */
export interface Network {
  /** @throws (rejects) an Error with a system `code` such as `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL` */
  bindDatagram(at: DatagramBinding, on: DatagramHandler): Promise<DatagramSocket>;
  /** @throws (rejects) as `bindDatagram` */
  listenStream(at: StreamBinding, on: AcceptHandler): Promise<StreamServer>;
  /** Starts to connect; `connected` or `closed` follows, never during the call. What is written meanwhile is kept. */
  connectStream(to: StreamTarget, on: StreamHandler): StreamConnection;
  /** Addresses of this machine, loopback included. */
  interfaces(): readonly NetworkInterface[];
  /** Every address of a host name in the configuration, by the system's resolver; empty when there is none. */
  lookup(name: string): Promise<readonly string[]>;
  /** The local address that the system's routes give for a destination (`mhomed`); undefined when unknown. */
  routeTo?(ip: string): string | undefined;
}

/** One address that a request may be sent to. */
export interface ResolvedTarget {
  readonly transport: TransportName;
  readonly ip: string;
  readonly port: number;
}

/** What is looked up for a request. */
export interface ResolveRequest {
  readonly uri: SipUri;
  /** Used where the URI leaves it open: that of a forced socket (T-15). */
  readonly transport?: TransportName;
}

/** What is looked up for a response: the sent-by or maddr of a Via (DN-6). */
export interface HostRequest {
  readonly host: string;
  /** 0 when absent. */
  readonly port: number;
  readonly transport: TransportName;
}

/** Told what was found, best first; empty when nothing was (DN-8). */
export type ResolveDone = (targets: readonly ResolvedTarget[]) => void;

/** RFC 3263: from a URI to an ordered list of addresses. */
export interface Resolver {
  /** @returns the answer when it is known now (`done` is not called then), else undefined, and `done` is called later */
  resolve(request: ResolveRequest, done: ResolveDone): readonly ResolvedTarget[] | undefined;
  /** The same for where a response goes: SRV or addresses, never NAPTR. */
  resolveHost(request: HostRequest, done: ResolveDone): readonly ResolvedTarget[] | undefined;
}

export type DnsType = "A" | "AAAA" | "SRV" | "NAPTR";

export interface SrvRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

export interface NaptrRecord {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly service: string;
  readonly regexp: string;
  readonly replacement: string;
}

/**
 * One answer of a name server. `records` has strings for A and AAAA, `SrvRecord`, `NaptrRecord` otherwise;
 * CNAMEs are already followed. `ttl` is the smallest of the chain, in seconds.
 */
export type DnsAnswer =
  | { readonly kind: "addresses"; readonly addresses: readonly string[]; readonly ttl: number }
  | { readonly kind: "srv"; readonly records: readonly SrvRecord[]; readonly ttl: number }
  | { readonly kind: "naptr"; readonly records: readonly NaptrRecord[]; readonly ttl: number }
  /** NXDOMAIN, or no record of this type. */
  | { readonly kind: "nothing" }
  /** SERVFAIL, no answer in time, or nonsense. */
  | { readonly kind: "failed"; readonly why: string };

/** A stub resolver. */
export interface DnsClient {
  /** @param done - called exactly once, at once or later; never throws */
  query(name: string, type: DnsType, done: (answer: DnsAnswer) => void): void;
  close(): void;
}
