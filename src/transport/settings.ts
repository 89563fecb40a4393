// The settings of the transport room and what they are when nobody sets them (proxy-core 2.5 and 6).
import type { ParseOptions } from "../sip/index.ts";

/** Sockets, streams and their bounds. */
export interface TransportSettings {
  /** Host shown in Via, Record-Route and Contact by sockets without an `as` of their own (T-3). */
  readonly advertisedAddress: string | undefined;
  readonly advertisedPort: number | undefined;
  /** `[proto:]name[:port]`: other names that are us (T-31). */
  readonly aliases: readonly string[];
  /** Replies without a transaction go to the Via's sent-by instead of the source address (T-13). */
  readonly replyToVia: boolean;
  /** Ask the system's routes which local address fits a destination (T-16). */
  readonly mhomed: boolean;
  /** Requests longer than this go by TCP when nobody chose the transport; 0 for never (T-18). */
  readonly udpMtu: number;
  /** Bytes of receive buffer asked for each UDP socket. */
  readonly udpReceiveBuffer: number;
  /** An idle connection is closed after this. */
  readonly tcpConnectionLifetimeMs: number;
  readonly tcpConnectTimeoutMs: number;
  /** How long a connection's buffer may stay full. */
  readonly tcpSendTimeoutMs: number;
  /** Messages that may wait on one connection. */
  readonly tcpMaxQueuedMessages: number;
  readonly tcpMaxQueuedBytes: number;
  /** From the first byte of a message to its last (S-06). */
  readonly tcpMaxMessageTimeMs: number;
  /** Accepted connections; as many again may be opened by us. */
  readonly tcpMaxConnections: number;
  /** Accepted connections of one address. */
  readonly tcpMaxConnectionsPerIp: number;
  readonly tcpSocketBacklog: number;
  /** Answer CRLFCRLF between messages with CRLF (T-24). */
  readonly tcpCrlfPingpong: boolean;
  /** Swallow CRLFs between messages silently. */
  readonly tcpCrlfDrop: boolean;
  readonly tcpKeepalive: boolean;
  /** Honour `;alias` in the top Via of requests on streams (T-19). */
  readonly tcpAcceptAliases: boolean;
  /** Interval of our own CRLFCRLF on connections opened by us; 0 for none (T-25). */
  readonly streamPingIntervalMs: number;
  /** Longest message taken from a stream; the same again is the most a header section may have. */
  readonly maxMessageBytes: number;
  /** How messages are parsed; `stream` is set by the transport itself. */
  readonly parse: ParseOptions;
}

export const defaultTransportSettings: TransportSettings = Object.freeze({
  advertisedAddress: undefined,
  advertisedPort: undefined,
  aliases: Object.freeze([]),
  replyToVia: false,
  mhomed: false,
  udpMtu: 0,
  udpReceiveBuffer: 8 * 1024 * 1024,
  tcpConnectionLifetimeMs: 120_000,
  tcpConnectTimeoutMs: 3_000,
  tcpSendTimeoutMs: 3_000,
  tcpMaxQueuedMessages: 32,
  tcpMaxQueuedBytes: 1024 * 1024,
  tcpMaxMessageTimeMs: 4_000,
  tcpMaxConnections: 2_048,
  tcpMaxConnectionsPerIp: 128,
  tcpSocketBacklog: 511,
  tcpCrlfPingpong: true,
  tcpCrlfDrop: false,
  tcpKeepalive: true,
  tcpAcceptAliases: false,
  streamPingIntervalMs: 0,
  maxMessageBytes: 65_535,
  parse: Object.freeze({}),
});

/** RFC 3263 and its cache. */
export interface DnsSettings {
  /** Look for NAPTR records when a URI has neither port nor transport. */
  readonly tryNaptr: boolean;
  /** Look for AAAA records after A records. */
  readonly tryIpv6: boolean;
  /** Refuse answers that point into loopback, private or link-local networks (DN-7). */
  readonly blockPrivate: boolean;
  /** Most addresses tried for one URI (DN-3). */
  readonly maxTargets: number;
  /** Longest wait for one URI, all queries together (DN-8). */
  readonly totalTimeoutMs: number;
  /** Bounds of what an answer's own time to live may say, in seconds. */
  readonly minTtl: number;
  readonly maxTtl: number;
  /** How long "no such name" and "no answer" are remembered. */
  readonly negativeTtlMs: number;
  readonly failureTtlMs: number;
  /** How long an answer that ran out still serves when its refresh fails. */
  readonly staleMs: number;
  readonly maxEntries: number;
  /** Queries on their way at once; beyond, a name counts as unanswered. */
  readonly maxPending: number;
  /** Queries slower than this are counted as slow; 0 for none. */
  readonly slowQueryMs: number;
}

export const defaultDnsSettings: DnsSettings = Object.freeze({
  tryNaptr: true,
  tryIpv6: false,
  blockPrivate: false,
  maxTargets: 8,
  totalTimeoutMs: 5_000,
  minTtl: 5,
  maxTtl: 3_600,
  negativeTtlMs: 30_000,
  failureTtlMs: 2_000,
  staleMs: 60_000,
  maxEntries: 10_000,
  maxPending: 1_000,
  slowQueryMs: 0,
});
