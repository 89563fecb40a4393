export { type AddressKind, canonicalIp, defaultPort, familyOf, kindOf, socketName, transportOf } from "./address.ts";
export type { Connection } from "./connection.ts";
export { type TransportDeps, TransportLayer } from "./layer.ts";
export { parseAlias } from "./listeners.ts";
export { NodeDnsClient, type NodeDnsOptions, type SystemDns, systemDns } from "./node/dns-client.ts";
export { NodeNetwork } from "./node/network.ts";
export type {
  AcceptHandler,
  Address,
  DatagramBinding,
  DatagramFailure,
  DatagramHandler,
  DatagramSocket,
  DnsAnswer,
  DnsClient,
  DnsType,
  HostRequest,
  NaptrRecord,
  Network,
  NetworkInterface,
  ResolveDone,
  ResolvedTarget,
  ResolveRequest,
  Resolver,
  SrvRecord,
  StreamBinding,
  StreamConnection,
  StreamHandler,
  StreamServer,
  StreamTarget,
} from "./ports.ts";
export { ReplyTarget } from "./reply.ts";
export { DnsResolver, type DnsResolverDeps } from "./resolver.ts";
export { type DnsSettings, defaultDnsSettings, defaultTransportSettings, type TransportSettings } from "./settings.ts";
export { parseSocket, type SocketSpec } from "./socket-spec.ts";
export type {
  Destination,
  Family,
  Listener,
  MessageReceiver,
  MessageTap,
  RespondOptions,
  SendObserver,
  SendResult,
  Source,
  TransportName,
} from "./types.ts";
