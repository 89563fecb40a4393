// The options of `dialoom({…})`: their types. What is right, what is the default and what it means stands in schema.ts, which
// the compiler holds to these.
import type { Duration, Log } from "../kit/index.ts";
import type { DialogColumnNames, LocationColumnNames, RecordColumnNames } from "../store/index.ts";

/** A profile of calls and whether it counts by value. */
export interface ProfileOption {
  readonly name: string;
  /** Default true. */
  readonly withValue?: boolean | undefined;
}

/** What a user may write. Durations are numbers in the unit given, or text such as `"90s"`, `"1h"`. */
export interface DialoomOptions {
  /** Sockets: `proto:host[:port] [as name[:port]] [tag id]`; the host may be an address, a name, an interface or `*`. Default ["udp:127.0.0.1:5060","tcp:127.0.0.1:5060"]. */
  readonly listen?: readonly string[] | undefined;
  /** Other names that are us: `[proto:]name[:port]`. Default []. */
  readonly alias?: readonly string[] | undefined;
  /** Host shown in Via and Record-Route by sockets without an `as`. */
  readonly advertisedAddress?: string | undefined;
  /** Port shown beside it. */
  readonly advertisedPort?: number | undefined;
  /** Address of the management interface (JSON-RPC over HTTP), true for that of `httpd`, or false. Default false. */
  readonly mi?: string | boolean | undefined;
  /** Where HTTP is served unless said otherwise. Default "127.0.0.1:8888". */
  readonly httpd?: string | undefined;
  /** Path of the management interface, without slashes. Default "mi". */
  readonly miRoot?: string | undefined;
  /** Indented replies over HTTP. Default false. */
  readonly miPretty?: boolean | undefined;
  /** Requests to the management interface need this bearer token. */
  readonly miToken?: string | undefined;
  /** Lets the management interface leave loopback without a token. Default false. */
  readonly miAllowInsecure?: boolean | undefined;
  /** Host names the management interface answers to, besides addresses and localhost. Default []. */
  readonly miAllowedHosts?: readonly string[] | undefined;
  /** Named pipe of the management interface: an absolute path, or false. Default false. */
  readonly miFifo?: string | false | undefined;
  /** Permissions of that pipe, as a number. Default 432. */
  readonly miFifoMode?: number | undefined;
  /** Owner of that pipe: a name or a number. */
  readonly miFifoUser?: string | undefined;
  /** Group of that pipe. */
  readonly miFifoGroup?: string | undefined;
  /** Folder of the pipes that clients make for their replies. Default "/tmp/". */
  readonly miReplyDir?: string | undefined;
  /** Datagram socket of the management interface (`udp:127.0.0.1:8080`), or false. Default false. */
  readonly miDatagram?: string | false | undefined;
  readonly rtppNotifySocket?: string | false | undefined;
  readonly rtpproxySock?: readonly string[] | undefined;
  /** What is logged; ignored when `log` is given. Default "info". */
  readonly logLevel?: "silent" | "error" | "warn" | "info" | "debug" | undefined;
  /** A logger of your own (pino, or its shape). */
  readonly log?: Log | undefined;
  /** Profiles: a name (`"caller"`: with value), or `{ name, withValue: false }`. Default []. */
  readonly profiles?: readonly (string | ProfileOption)[] | undefined;
  /** How long an asynchronous route may leave a request undecided; then it is answered 500. Default 30 (seconds). */
  readonly routeTimeout?: Duration | undefined;
  /** A branch that gives no answer at all fails after this (timers B, F, H). Default 30 (seconds). */
  readonly frTimeout?: Duration | undefined;
  /** A branch that rings fails after this (timer C). Default 120 (seconds). */
  readonly frInvTimeout?: Duration | undefined;
  /** How long a finished transaction still absorbs retransmissions. Default 5 (seconds). */
  readonly wtTimer?: Duration | undefined;
  /** First retransmission interval. Default 500 (ms). */
  readonly t1Timer?: Duration | undefined;
  /** Longest retransmission interval. Default 4000 (ms). */
  readonly t2Timer?: Duration | undefined;
  /** 100 Trying is sent when nothing else was within this time. Default 100 (ms). */
  readonly tryingDelayMs?: Duration | undefined;
  /** Whether 100 Trying is sent by itself at all. Default true. */
  readonly auto100trying?: boolean | undefined;
  /** Waiting periods of RFC 6026 (32 s) instead of `wtTimer`. Default false. */
  readonly strictWait?: boolean | undefined;
  /** 100 for a non-INVITE that is unanswered after 3.5 s (RFC 4320). Default true. */
  readonly nonInvite100?: boolean | undefined;
  /** 408 for a non-INVITE that nobody answered; RFC 4320 forbids it. Default false. */
  readonly nonInvite408?: boolean | undefined;
  /** Every provisional reply restarts `frInvTimeout`. Default true. */
  readonly restartFrOnEachReply?: boolean | undefined;
  /** Unfinished transactions beyond this are refused with 503. Default 100000. */
  readonly maxInuseTransactions?: number | undefined;
  /**
   * Transactions that one address may begin in a second: datagrams beyond are dropped, requests over connections refused with 503.
   * 200 is advised on public sockets. Default 0: no limit.
   */
  readonly maxNewTxnPerIp?: number | undefined;
  /** Addresses and networks (`10.0.0.0/8`) to which `maxNewTxnPerIp` does not apply. Default none. */
  readonly trustedPeers?: readonly string[] | undefined;
  /** A CANCEL must come from where its INVITE came from. Default false. */
  readonly cancelSameSource?: boolean | undefined;
  /** Max-Forwards of requests that carry none. Default 70. */
  readonly maxForwards?: number | undefined;
  /** A received Max-Forwards above this is lowered to it. Default 255. */
  readonly maxForwardsLimit?: number | undefined;
  /** Loop check of RFC 5393: 482. Default true. */
  readonly loopDetect?: boolean | undefined;
  /** Max-Breadth of requests that carry none; 0 for no check. Default 60. */
  readonly maxBreadth?: number | undefined;
  /** 401/407 of all branches go to the caller together. Default true. */
  readonly aggregateChallenges?: boolean | undefined;
  /** A 503 is passed on as it is instead of as 500. Default false. */
  readonly disable503Translation?: boolean | undefined;
  /** Provisional answers to requests made here reach whoever made them. Default false. */
  readonly passProvisionalReplies?: boolean | undefined;
  /** The Request-URI takes part in matching requests of RFC 2543 peers. Default true. */
  readonly ruriMatching?: boolean | undefined;
  /** The top Via takes part in matching requests of RFC 2543 peers. Default true. */
  readonly via1Matching?: boolean | undefined;
  /** 6xx is an ordinary refusal and does not end the fork. Default false. */
  readonly disable6xxBlock?: boolean | undefined;
  /** `;ftag=` in our Record-Route. Default true. */
  readonly appendFromtag?: boolean | undefined;
  /** Two Record-Route headers where a call crosses from one socket to another. Default true. */
  readonly enableDoubleRr?: boolean | undefined;
  /** Warn when the second Route of a pair names no socket of ours. Default true. */
  readonly socketMismatchWarning?: boolean | undefined;
  /** The user of the Request-URI in our Record-Route. Default false. */
  readonly addUsername?: boolean | undefined;
  /** Only the first address of a name is tried. Default false. */
  readonly disableDnsFailover?: boolean | undefined;
  /** Error replies of our own accord per second and source address. Default 20. */
  readonly slErrorRate?: number | undefined;
  /** The same in all. Default 500. */
  readonly slErrorRateTotal?: number | undefined;
  /** A Route header from elsewhere never leads to this machine's loopback addresses. Default true. */
  readonly blockLoopbackRoutes?: boolean | undefined;
  /** Option tags that a Proxy-Require may name; any other is refused with 420. Default []. */
  readonly knownExtensions?: readonly string[] | undefined;
  /** Server and User-Agent in messages made here. Default true. */
  readonly serverSignature?: boolean | undefined;
  /** Longer requests go by TCP when nobody chose the transport; 0 for never. Default 0. */
  readonly udpMtu?: number | undefined;
  /** Receive buffer asked for each UDP socket, bytes. Default 8388608. */
  readonly udpReceiveBuffer?: number | undefined;
  /** Ask the system's routes which local address fits a destination. Default false. */
  readonly mhomed?: boolean | undefined;
  /** Stateless replies go to the Via's address instead of the source. Default false. */
  readonly replyToVia?: boolean | undefined;
  /** An idle connection is closed after this. Default 120 (seconds). */
  readonly tcpConnectionLifetime?: Duration | undefined;
  /** How long a peer may take to accept a connection. Default 3000 (ms). */
  readonly tcpConnectTimeout?: Duration | undefined;
  /** How long a connection's buffer may stay full. Default 3000 (ms). */
  readonly tcpSendTimeout?: Duration | undefined;
  /** From the first byte of a message to its last. Default 4 (seconds). */
  readonly tcpMaxMsgTime?: Duration | undefined;
  /** Accepted connections. Default 2048. */
  readonly tcpMaxConnections?: number | undefined;
  /** Accepted connections of one address. Default 128. */
  readonly tcpMaxConnectionsPerIp?: number | undefined;
  /** CRLFCRLF between messages is answered with CRLF. Default true. */
  readonly tcpCrlfPingpong?: boolean | undefined;
  /** TCP keep-alives on every connection. Default true. */
  readonly tcpKeepalive?: boolean | undefined;
  /** `;alias` in the Via of requests on connections is honoured. Default false. */
  readonly tcpAcceptAliases?: boolean | undefined;
  /** NAPTR records are asked for. Default true. */
  readonly dnsTryNaptr?: boolean | undefined;
  /** AAAA records are asked for after A records. Default false. */
  readonly dnsTryIpv6?: boolean | undefined;
  /** Names that lead into loopback or private networks are refused. Default false. */
  readonly dnsBlockPrivate?: boolean | undefined;
  /** Longest wait for all queries of one request. Default 5 (seconds). */
  readonly dnsTotalTimeout?: Duration | undefined;
  /** How long a call may last when its route says nothing. Default 43200 (seconds). */
  readonly defaultTimeout?: Duration | undefined;
  /** Buckets of the dialog table, a power of two; the first half of a did. Default 4096. */
  readonly hashSize?: number | undefined;
  /** Name of the Record-Route parameter that carries the dialog's cookie. Default "did". */
  readonly rrParam?: string | undefined;
  /** How in-dialog requests find their call: 0 by cookie only, 1 by cookie or tags, 2 by tags only. Default 1. */
  readonly dlgMatchMode?: 0 | 1 | 2 | undefined;
  /** What is left of a call that met a race and is to end for it. Default 5 (seconds). */
  readonly raceConditionTimeout?: Duration | undefined;
  /** A call whose 200 is never acknowledged ends after this; false for never. */
  readonly ackTimeout?: Duration | false | undefined;
  /** From one OPTIONS ping of a party to the next. Default 30 (seconds). */
  readonly optionsPingInterval?: Duration | undefined;
  /** From one re-INVITE ping of a party to the next. Default 300 (seconds). */
  readonly reinvitePingInterval?: Duration | undefined;
  /** How many pings in a row may go unanswered before the next one ends the call; 481 always ends it. Default 0. */
  readonly pingMaxLosses?: number | undefined;
  /** The end reason names the party that failed: `Caller Ping Timeout`. Default false. */
  readonly pingReasonsBySide?: boolean | undefined;
  /** How long a PRACK that is made here waits for its answer. Default 3 (seconds). */
  readonly autoPrackFrTimeout?: Duration | undefined;
  /** A PRACK that is made here and fails ends its INVITE with 502. Default false. */
  readonly autoPrackHangupOnFailure?: boolean | undefined;
  /** Header lines added to requests made for calls, each ending in CRLF. Default "". */
  readonly dlgExtraHdrs?: string | undefined;
  /** Requests in the name of a call need its cookie, or have to come from where their party is; false believes the tags alone. Default true. */
  readonly guardDialogs?: boolean | undefined;
  /** Number of this node, part of its dids; drawn at start when left out. */
  readonly myNodeId?: number | undefined;
  /** Identifiers of E_DLG_STATE_CHANGED: 0 the two numbers, 1 did and id of tables, 2 all; all when left out. */
  readonly eventIdFormat?: 0 | 1 | 2 | undefined;
  /** Whether the numbers of the group `dialog` can be read. Default true. */
  readonly dialogStatistics?: boolean | undefined;
  /** Bytes kept of the last steps of all calls. Default 67108864. */
  readonly explainMemory?: number | undefined;
  /** What is kept of each message of a call: nothing, its first line, CSeq, addresses and size, or all of it. Default "lines". */
  readonly explainMessages?: "none" | "lines" | "whole" | undefined;
  /** Bytes kept of the last messages of all calls together. Default 8388608. */
  readonly explainMessageMemory?: number | undefined;
  /** What a Call-ID that is hidden from the callee starts with. Default "DLGCH_". */
  readonly thCallidPrefix?: string | undefined;
  /** Hides the Call-ID behind it from a casual reader. Default "OpenSIPS". */
  readonly thCallidPasswd?: string | undefined;
  /** A hidden Call-ID that comes back to its own caller is left as it is. Default false. */
  readonly thCallidLoopProtection?: boolean | undefined;
  /** URI parameter of our Contacts that carries a hidden party without a tracked call. Default "thinfo". */
  readonly thContactEncodeParam?: string | undefined;
  /** Hides what it carries from a casual reader. Default "ToPoCtPaSS". */
  readonly thContactEncodePasswd?: string | undefined;
  /** How it is written. Default "base64". */
  readonly thContactEncodeScheme?: "base64" | "base32" | undefined;
  /** URI parameters of a hidden party's Contact that the other side sees. Default none. */
  readonly thPassedContactUriParams?: readonly string[] | undefined;
  /** Header parameters of the same. Default none. */
  readonly thPassedContactParams?: readonly string[] | undefined;
  /** Database that keeps calls: `sqlite:dialogs.db`, `postgres://…`, `mysql://…`, true for `dbDefaultUrl`; false: memory only. Default false. */
  readonly store?: string | boolean | undefined;
  /** Calls are written with each change, every `dbUpdatePeriod`, at the end only, or not at all. Default "realtime". */
  readonly dbMode?: "realtime" | "delayed" | "shutdown" | "none" | undefined;
  /** From one write of changed calls to the next where they are written with a delay. Default 60 (seconds). */
  readonly dbUpdatePeriod?: Duration | undefined;
  /**
   * The table's own columns of variables, profiles and flags are kept up to date for other readers; our column has them in any case.
   * Default false.
   */
  readonly dbFlushValsProfiles?: boolean | undefined;
  /** How many rows of ended calls one statement removes where they are written with a delay. Default 1. */
  readonly timerBulkDelNo?: number | undefined;
  /** Table of calls. Default "dialog". */
  readonly dialogTable?: string | undefined;
  /** Other names of its columns: `{ callid: "call_id" }`. Default {}. */
  readonly dialogColumns?: DialogColumnNames | undefined;
  /** A start without a database that is set: fails after three tries (status 75), waits for it, or goes on without it. Default "refuse". */
  readonly dbStart?: "refuse" | "wait" | "without" | undefined;
  /** What SQLite keeps: everything when the process dies, or also when the power goes (slower). Default "off". */
  readonly dbSynchronous?: "off" | "full" | undefined;
  /** Further settings of SQLite, as they follow the word PRAGMA: `cache_size=-8000`. Default []. */
  readonly dbPragmas?: readonly string[] | undefined;
  /** How long opening a SQLite file waits for somebody else's lock on it; calls wait 100 ms at most, whatever it says. Default 5000 (ms). */
  readonly dbBusyTimeout?: Duration | undefined;
  /** Rows that may wait for a database; further ones are given up and counted. Default 1000000. */
  readonly dbQueueMax?: number | undefined;
  /** Database of everything that is stored and names none: `sqlite:///path`, `postgres://…`, `mysql://…`. */
  readonly dbDefaultUrl?: string | undefined;
  /** Table that says which version each table has. Default "version". */
  readonly dbVersionTable?: string | undefined;
  /** Whether the domain belongs to a registered address: `alice@a.example` and `alice@b.example` are two. Default false. */
  readonly useDomain?: boolean | undefined;
  /** Contacts newest first instead of highest q first. Default false. */
  readonly descTimeOrder?: boolean | undefined;
  /** Database that keeps registrations, true for `dbDefaultUrl` or else that of the calls, or false. Default false. */
  readonly locationStore?: string | boolean | undefined;
  /** Registrations are written with each change, every `locationTimerInterval` and at the end, or never. Default "write-through". */
  readonly locationMode?: "write-through" | "write-back" | "read-only" | undefined;
  /** From one write-back of registrations to the next. Default 60 (seconds). */
  readonly locationTimerInterval?: Duration | undefined;
  /** Whether stored registrations are read at the start. Default true. */
  readonly locationLoad?: boolean | undefined;
  /** Tables of registrations that are stored. Default ["location"]. */
  readonly locationTables?: readonly string[] | undefined;
  /** Other names of columns: `{ username: "user_name" }`. Default {}. */
  readonly locationColumns?: LocationColumnNames | undefined;
  /** Database that keeps call records, true for `dbDefaultUrl` or else that of the calls, or false. Default false. */
  readonly recordStore?: string | boolean | undefined;
  /** Table of records of answered transactions and of calls. Default "acc". */
  readonly recordTable?: string | undefined;
  /** Table of missed calls. Default "missed_calls". */
  readonly missedTable?: string | undefined;
  /** Further tables that routes name for their records. Default []. */
  readonly recordTables?: readonly string[] | undefined;
  /** Other names of columns of records: `{ callid: "call_id" }`. Default {}. */
  readonly recordColumns?: RecordColumnNames | undefined;
  /** Values of records that have a column: its name, or `value->column` where they differ. Default []. */
  readonly recordExtras?: readonly string[] | undefined;
  /** The same for values of legs; each leg is a row. Default []. */
  readonly recordLegs?: readonly string[] | undefined;
  /** Value of the Server header in answers made here. */
  readonly serverHeader?: string | undefined;
  /** Value of the User-Agent header in requests made here. */
  readonly userAgentHeader?: string | undefined;
}

/** Settings without a default. */
type Optional =
  | "advertisedAddress"
  | "advertisedPort"
  | "miToken"
  | "dbDefaultUrl"
  | "miFifoUser"
  | "miFifoGroup"
  | "eventIdFormat"
  | "log"
  | "myNodeId"
  | "serverHeader"
  | "userAgentHeader";

/** A duration becomes milliseconds. */
type Checked<T> = Duration extends T ? number | Exclude<T, Duration> : T;

/** What the rooms read: checked, complete, durations in milliseconds. */
export type Settings = {
  readonly [K in Exclude<keyof DialoomOptions, Optional>]-?: Checked<Exclude<DialoomOptions[K], undefined>>;
} & Pick<DialoomOptions, Optional>;
