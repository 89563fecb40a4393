// One set of settings in the user's words, taken apart into what each room reads.
import type { DialogSettings, MatchMode } from "../dialog/index.ts";
import { defaultDialogSettings } from "../dialog/index.ts";
import type { LocationSettings } from "../location/index.ts";
import {
  type EventIdFormat,
  MI_HTTP_DEFAULTS,
  type MiDatagramSettings,
  type MiFifoSettings,
  type MiHttpSettings,
  type NotifySocket,
  parseMiDatagram,
  parseNotifySocket,
  relayIps,
} from "../manage/index.ts";
import type { ProxySettings } from "../proxy/index.ts";
import type { TopologySettings } from "../topology/index.ts";
import { TRANSACTION_DEFAULTS, type TransactionSettings } from "../transaction/index.ts";
import { type DnsSettings, defaultDnsSettings, defaultTransportSettings, type TransportSettings } from "../transport/index.ts";
import { type CallSettings, callSettings, callsUrl } from "./calls.ts";
import { networkTest } from "./networks.ts";
import type { Settings } from "./options.ts";
import { type RowSettings, rowSettings } from "./rows.ts";
import { parseAddress } from "./schema.ts";
import { readVersion, signature } from "./version.ts";

const MATCH_MODES: readonly [MatchMode, MatchMode, MatchMode] = ["didOnly", "didFallback", "didNone"];

/** Settings by room. */
export interface RoomSettings {
  readonly transport: TransportSettings;
  readonly dns: DnsSettings;
  readonly transaction: TransactionSettings;
  readonly proxy: Partial<ProxySettings>;
  readonly dialog: DialogSettings;
  readonly topology: Partial<TopologySettings>;
  readonly location: Partial<LocationSettings>;
  /** Undefined: calls are in memory only. */
  readonly calls: CallSettings | undefined;
  readonly rows: RowSettings;
  /** Undefined: no management interface. */
  readonly mi: MiHttpSettings | undefined;
  readonly miFifo: MiFifoSettings | undefined;
  readonly miDatagram: MiDatagramSettings | undefined;
  /** Undefined: RTPProxy is not listened to. */
  readonly rtpproxy: { readonly socket: NotifySocket; readonly peers: ReadonlySet<string> } | undefined;
  readonly eventIdFormat: EventIdFormat;
}

/** Hands each room its part. */
export function roomSettings(settings: Settings): RoomSettings {
  const own = signature(readVersion());
  const server = settings.serverSignature ? (settings.serverHeader ?? own) : "";
  const userAgent = settings.serverSignature ? (settings.userAgentHeader ?? own) : "";
  return {
    transport: {
      ...defaultTransportSettings,
      advertisedAddress: settings.advertisedAddress,
      advertisedPort: settings.advertisedPort,
      aliases: settings.alias,
      replyToVia: settings.replyToVia,
      mhomed: settings.mhomed,
      udpMtu: settings.udpMtu,
      udpReceiveBuffer: settings.udpReceiveBuffer,
      tcpConnectionLifetimeMs: settings.tcpConnectionLifetime,
      tcpConnectTimeoutMs: settings.tcpConnectTimeout,
      tcpSendTimeoutMs: settings.tcpSendTimeout,
      tcpMaxMessageTimeMs: settings.tcpMaxMsgTime,
      tcpMaxConnections: settings.tcpMaxConnections,
      tcpMaxConnectionsPerIp: settings.tcpMaxConnectionsPerIp,
      tcpCrlfPingpong: settings.tcpCrlfPingpong,
      tcpKeepalive: settings.tcpKeepalive,
      tcpAcceptAliases: settings.tcpAcceptAliases,
    },
    dns: {
      ...defaultDnsSettings,
      tryNaptr: settings.dnsTryNaptr,
      tryIpv6: settings.dnsTryIpv6,
      blockPrivate: settings.dnsBlockPrivate,
      totalTimeoutMs: settings.dnsTotalTimeout,
    },
    transaction: {
      ...TRANSACTION_DEFAULTS,
      frTimeoutMs: settings.frTimeout,
      frInvTimeoutMs: settings.frInvTimeout,
      wtTimerMs: settings.wtTimer,
      t1Ms: settings.t1Timer,
      t2Ms: settings.t2Timer,
      tryingDelayMs: settings.tryingDelayMs,
      autoTrying: settings.auto100trying,
      nonInvite100: settings.nonInvite100,
      nonInvite408: settings.nonInvite408,
      strictWait: settings.strictWait,
      restartFrOnEachReply: settings.restartFrOnEachReply,
      passProvisionalReplies: settings.passProvisionalReplies,
      ruriMatching: settings.ruriMatching,
      via1Matching: settings.via1Matching,
      maxInuseTransactions: settings.maxInuseTransactions,
      maxNewPerSource: settings.maxNewTxnPerIp,
      isTrustedPeer: networkTest(settings.trustedPeers),
      cancelSameSource: settings.cancelSameSource,
      server,
      userAgent,
    },
    proxy: {
      maxForwards: settings.maxForwards,
      maxForwardsLimit: settings.maxForwardsLimit,
      loopDetect: settings.loopDetect,
      maxBreadth: settings.maxBreadth,
      aggregateChallenges: settings.aggregateChallenges,
      disable503Translation: settings.disable503Translation,
      nonInvite408: settings.nonInvite408,
      disable6xxBlock: settings.disable6xxBlock,
      appendFromTag: settings.appendFromtag,
      enableDoubleRr: settings.enableDoubleRr,
      addUsername: settings.addUsername,
      socketMismatchWarning: settings.socketMismatchWarning,
      disableDnsFailover: settings.disableDnsFailover,
      blockLoopbackRoutes: settings.blockLoopbackRoutes,
      knownExtensions: settings.knownExtensions,
      slErrorRate: settings.slErrorRate,
      slErrorRateTotal: settings.slErrorRateTotal,
      server,
    },
    dialog: {
      ...defaultDialogSettings,
      hashSize: settings.hashSize,
      rrParam: settings.rrParam,
      matchMode: MATCH_MODES[settings.dlgMatchMode],
      defaultTimeoutMs: settings.defaultTimeout,
      raceConditionTimeoutMs: settings.raceConditionTimeout,
      ackTimeoutMs: settings.ackTimeout === false ? 0 : settings.ackTimeout,
      extraHeaders: settings.dlgExtraHdrs,
      optionsPingIntervalMs: settings.optionsPingInterval,
      reinvitePingIntervalMs: settings.reinvitePingInterval,
      pingMaxLosses: settings.pingMaxLosses,
      namesPingedSide: settings.pingReasonsBySide,
      answerTimeoutMs: settings.frTimeout,
      autoPrackFrTimeoutMs: settings.autoPrackFrTimeout,
      hangsUpOnPrackFailure: settings.autoPrackHangupOnFailure,
      isGuarded: settings.guardDialogs,
      nodeId: settings.myNodeId,
      historyBytes: settings.explainMemory,
      messageDetail: settings.explainMessages,
      messageBytes: settings.explainMessageMemory,
      hasStatistics: settings.dialogStatistics,
    },
    topology: {
      callIdPrefix: settings.thCallidPrefix,
      callIdPassword: settings.thCallidPasswd,
      callIdLoopProtection: settings.thCallidLoopProtection,
      contactParam: settings.thContactEncodeParam,
      contactPassword: settings.thContactEncodePasswd,
      contactScheme: settings.thContactEncodeScheme,
      passedUriParams: settings.thPassedContactUriParams.map((name) => name.toLowerCase()),
      passedParams: settings.thPassedContactParams.map((name) => name.toLowerCase()),
    },
    location: { useDomain: settings.useDomain, isNewestFirst: settings.descTimeOrder },
    calls: callSettings(settings),
    rows: rowSettings(settings, callsUrl(settings)),
    mi: miSettings(settings),
    miFifo:
      settings.miFifo === false
        ? undefined
        : {
            path: settings.miFifo,
            mode: settings.miFifoMode,
            user: settings.miFifoUser,
            group: settings.miFifoGroup,
            replyDir: settings.miReplyDir,
          },
    miDatagram: settings.miDatagram === false ? undefined : parseMiDatagram(settings.miDatagram),
    rtpproxy: rtpproxySettings(settings),
    eventIdFormat: settings.eventIdFormat,
  };
}

/** Settings of the management interface; undefined when there is none. */
export function miSettings(settings: Settings): MiHttpSettings | undefined {
  const address = settings.mi === false ? undefined : parseAddress(settings.mi === true ? settings.httpd : settings.mi);
  if (address === undefined) return undefined;
  return {
    ...MI_HTTP_DEFAULTS,
    ...address,
    token: settings.miToken,
    isInsecureAllowed: settings.miAllowInsecure,
    allowedHosts: settings.miAllowedHosts,
    root: settings.miRoot,
    isPretty: settings.miPretty,
  };
}

/** Where RTPProxy is listened to, and to which of them. */
function rtpproxySettings({ rtppNotifySocket, rtpproxySock }: Settings): RoomSettings["rtpproxy"] {
  const socket = rtppNotifySocket === false ? undefined : parseNotifySocket(rtppNotifySocket);
  return socket === undefined ? undefined : { socket, peers: new Set(rtpproxySock.flatMap(relayIps)) };
}
