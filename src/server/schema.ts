// Every setting of the proxy, once: the options of `dialoom({…})`, their defaults, and what the documentation's table says of them.
import { z } from "zod";
import { durationMs, type Log } from "../kit/index.ts";
import { parseMiDatagram, parseNotifySocket } from "../manage/index.ts";
import { parseProfileName } from "../profile/index.ts";
import { parseUri } from "../sip/index.ts";
import { DIALOG_COLUMNS, databaseUrlProblem, isPlainName, LOCATION_COLUMNS, parseRecordField, RECORD_COLUMNS } from "../store/index.ts";
import { parseAlias, parseSocket } from "../transport/index.ts";
import { readNetwork } from "./networks.ts";
import type { DialoomOptions, Settings } from "./options.ts";

/** A duration: a number in the given unit, or text such as `"90s"`, `"1h"`. Becomes integer milliseconds. */
function duration(unitMs: 1 | 1000, initial: number, about: string, least = 0) {
  const unit = unitMs === 1000 ? "s" : "ms";
  return z
    .union([z.number(), z.string()])
    .default(initial)
    .transform((value, check) => {
      const ms = durationMs(value, unitMs);
      if (ms === undefined) {
        check.addIssue({
          code: "custom",
          message: `${JSON.stringify(value)} is no duration; write a number of ${unit} or text like "30s", "500ms", "1h"`,
        });
        return z.NEVER;
      }
      if (ms < least) {
        check.addIssue({ code: "custom", message: `must be at least ${least} ms, and ${JSON.stringify(value)} is ${ms} ms` });
        return z.NEVER;
      }
      return ms;
    })
    .describe(about)
    .meta({ unit });
}

function flag(initial: boolean, about: string) {
  return z.boolean("is true or false").default(initial).describe(about);
}

function count(initial: number, least: number, most: number, about: string) {
  const range = `is a whole number from ${least} to ${most}`;
  return z.int(range).min(least, range).max(most, range).default(initial).describe(about);
}

const socket = z.string().superRefine((text, check) => {
  const spec = parseSocket(text);
  if (!spec.ok)
    check.addIssue({ code: "custom", message: `${spec.fault}; write it like "udp:127.0.0.1:5060" or "tcp:*:5060 as proxy.example.com"` });
});

const alias = z.string().superRefine((text, check) => {
  const parsed = parseAlias(text);
  if (!parsed.ok)
    check.addIssue({ code: "custom", message: `${parsed.fault}; write it like "proxy.example.com" or "udp:proxy.example.com:5060"` });
});

/** A host as it stands in a URI: a name, an IPv4 address, an IPv6 address in brackets. */
const hostName = z.string().refine((text) => {
  const uri = parseUri(`sip:${text}`);
  return uri.ok && uri.value.user === undefined && uri.value.port === 0 && uri.value.paramText === "" && uri.value.headers === "";
}, "is no host; write a name, an IPv4 address, or an IPv6 address in brackets");

const profileName = z.string().superRefine((text, check) => {
  const name = parseProfileName(text);
  if (!name.ok) check.addIssue({ code: "custom", message: name.fault });
});

const profile = z.union([profileName, z.strictObject({ name: profileName, withValue: z.boolean().default(true) })]);

const cleanLine = z.string().refine((text) => ![...text].some((c) => c < " "), "holds a line break or another control character");

const absolutePath = z.string().regex(/^\/[^\0]*$/, "has to be an absolute path");
/** A name of a user or group, or a number. */
const word = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/, "is no name of a user or group");

const tokenName = z
  .string()
  .min(1)
  .refine((text) => [...text].every((c) => /[A-Za-z0-9_.!%*+`'~-]/.test(c)), "may hold letters, digits and -_.!%*+`'~ only");

/** A database: `sqlite:///path`, `postgres://user@host/name`, `mysql://user@host/name`. */
const storeUrl = z.string().superRefine((text, check) => {
  const problem = databaseUrlProblem(text);
  if (problem !== undefined) check.addIssue({ code: "custom", message: problem });
});

/** A name of a table or column as it may stand in statements. */
const plainName = z.string().refine(isPlainName, "is no name of a table or column: letters, digits and _ only, 63 at most");

/** `customer`, or `trunk->gateway`: a value and its column. */
const recordField = z
  .string()
  .refine((text) => parseRecordField(text) !== undefined, 'is no field of a record; write the name of its column, or "value->column"');

/** `cache_size=-8000`; one statement of SQLite, no two. */
const pragma = z
  .string()
  .transform((text) => text.trim().replace(/^pragma\s+/i, ""))
  .refine((text) => /^[A-Za-z_][A-Za-z_.]*\s*[=(]\s*[^;\0]+$/.test(text), 'is no pragma of SQLite; write it like "cache_size=-8000"');

function columnNames<T extends string>(names: readonly T[]) {
  return z.partialRecord(z.enum(names), plainName).default({});
}

function isLog(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return ["error", "warn", "info", "debug"].every((name) => typeof Reflect.get(value, name) === "function");
}

/** The options of `dialoom({…})`. Names are those of the OpenSIPS parameters in camelCase where there is one. */
const fields = {
  listen: z
    .array(socket)
    .min(1)
    .default(["udp:127.0.0.1:5060", "tcp:127.0.0.1:5060"])
    .describe("Sockets: `proto:host[:port] [as name[:port]] [tag id]`; the host may be an address, a name, an interface or `*`"),
  alias: z.array(alias).default([]).describe("Other names that are us: `[proto:]name[:port]`"),
  advertisedAddress: hostName.optional().describe("Host shown in Via and Record-Route by sockets without an `as`"),
  advertisedPort: z.int().min(1).max(65_535).optional().describe("Port shown beside it"),
  mi: z
    .union([z.string(), z.boolean()])
    .default(false)
    .superRefine((text, check) => {
      if (typeof text === "string" && parseAddress(text) === undefined) {
        check.addIssue({ code: "custom", message: `"${text}" is no address for the management interface; write it like "127.0.0.1:8888"` });
      }
    })
    .describe("Address of the management interface (JSON-RPC over HTTP), true for that of `httpd`, or false"),
  httpd: z
    .string()
    .refine((text) => parseAddress(text) !== undefined, 'is no address; write it like "127.0.0.1:8888"')
    .default("127.0.0.1:8888")
    .describe("Where HTTP is served unless said otherwise"),
  miRoot: z
    .string()
    .regex(/^[A-Za-z0-9_.~-]{1,64}$/, "is one word of a path: letters, digits and _.~-")
    .default("mi")
    .describe("Path of the management interface, without slashes"),
  miPretty: flag(false, "Indented replies over HTTP"),
  miToken: z.string().min(8).optional().describe("Requests to the management interface need this bearer token"),
  miAllowInsecure: flag(false, "Lets the management interface leave loopback without a token"),
  miAllowedHosts: z
    .array(z.string())
    .default([])
    .describe("Host names the management interface answers to, besides addresses and localhost"),
  miFifo: z
    .union([absolutePath, z.literal(false)])
    .default(false)
    .describe("Named pipe of the management interface: an absolute path, or false"),
  miFifoMode: count(0o660, 0, 0o777, "Permissions of that pipe, as a number"),
  miFifoUser: word.optional().describe("Owner of that pipe: a name or a number"),
  miFifoGroup: word.optional().describe("Group of that pipe"),
  miReplyDir: absolutePath.default("/tmp/").describe("Folder of the pipes that clients make for their replies"),
  miDatagram: z
    .union([z.string(), z.literal(false)])
    .default(false)
    .superRefine((text, check) => {
      if (text !== false && parseMiDatagram(text) === undefined) {
        const message = `"${text}" is no datagram socket for the management interface; write it like "udp:127.0.0.1:8080" (UNIX sockets are not available)`;
        check.addIssue({ code: "custom", message });
      }
    })
    .describe("Datagram socket of the management interface (`udp:127.0.0.1:8080`), or false"),
  rtppNotifySocket: z
    .union([z.string(), z.literal(false)])
    .default(false)
    .superRefine((text, check) => {
      if (text !== false && parseNotifySocket(text) === undefined) {
        const message = `"${text}" is no socket for RTPProxy; write it like "tcp:127.0.0.1:9999" or "unix:/run/rtpproxy.notify"`;
        check.addIssue({ code: "custom", message });
      }
    })
    .describe("Where RTPProxy tells of calls without media: `tcp:ip:port`, `unix:/path` or a path, or false"),
  rtpproxySock: z.array(z.string()).default([]).describe("The relays whose TCP connections there are believed: `udp:ip:port`"),
  logLevel: z.enum(["silent", "error", "warn", "info", "debug"]).default("info").describe("What is logged; ignored when `log` is given"),
  log: z
    .custom<Log>(isLog, "must be a logger with the functions error, warn, info and debug, such as pino")
    .optional()
    .describe("A logger of your own (pino, or its shape)"),
  profiles: z.array(profile).default([]).describe('Profiles: a name (`"caller"`: with value), or `{ name, withValue: false }`'),
  routeTimeout: duration(1000, 30, "How long an asynchronous route may leave a request undecided; then it is answered 500", 1),

  frTimeout: duration(1000, 30, "A branch that gives no answer at all fails after this (timers B, F, H)", 2000),
  frInvTimeout: duration(1000, 120, "A branch that rings fails after this (timer C)", 2000),
  wtTimer: duration(1000, 5, "How long a finished transaction still absorbs retransmissions", 2000),
  t1Timer: duration(1, 500, "First retransmission interval", 10),
  t2Timer: duration(1, 4000, "Longest retransmission interval", 20),
  tryingDelayMs: duration(1, 100, "100 Trying is sent when nothing else was within this time"),
  auto100trying: flag(true, "Whether 100 Trying is sent by itself at all"),
  strictWait: flag(false, "Waiting periods of RFC 6026 (32 s) instead of `wtTimer`"),
  nonInvite100: flag(true, "100 for a non-INVITE that is unanswered after 3.5 s (RFC 4320)"),
  nonInvite408: flag(false, "408 for a non-INVITE that nobody answered; RFC 4320 forbids it"),
  restartFrOnEachReply: flag(true, "Every provisional reply restarts `frInvTimeout`"),
  maxInuseTransactions: count(100_000, 1, 10_000_000, "Unfinished transactions beyond this are refused with 503"),
  maxNewTxnPerIp: count(
    0,
    0,
    1_000_000,
    "Transactions that one address may begin in a second: datagrams beyond are dropped, requests over connections refused with 503; 0 for no limit, 200 is advised on public sockets",
  ),
  trustedPeers: z
    .array(z.string().refine((text) => readNetwork(text) !== undefined, "is no address and no network such as 10.0.0.0/8"))
    .default([])
    .describe("Addresses and networks (`10.0.0.0/8`) to which `maxNewTxnPerIp` does not apply"),
  cancelSameSource: flag(false, "A CANCEL must come from where its INVITE came from"),

  maxForwards: count(70, 1, 255, "Max-Forwards of requests that carry none"),
  maxForwardsLimit: count(255, 1, 255, "A received Max-Forwards above this is lowered to it"),
  loopDetect: flag(true, "Loop check of RFC 5393: 482"),
  maxBreadth: count(60, 0, 255, "Max-Breadth of requests that carry none; 0 for no check"),
  aggregateChallenges: flag(true, "401/407 of all branches go to the caller together"),
  disable503Translation: flag(false, "A 503 is passed on as it is instead of as 500"),
  passProvisionalReplies: flag(false, "Provisional answers to requests made here reach whoever made them"),
  ruriMatching: flag(true, "The Request-URI takes part in matching requests of RFC 2543 peers"),
  via1Matching: flag(true, "The top Via takes part in matching requests of RFC 2543 peers"),
  disable6xxBlock: flag(false, "6xx is an ordinary refusal and does not end the fork"),
  appendFromtag: flag(true, "`;ftag=` in our Record-Route"),
  enableDoubleRr: flag(true, "Two Record-Route headers where a call crosses from one socket to another"),
  socketMismatchWarning: flag(true, "Warn when the second Route of a pair names no socket of ours"),
  addUsername: flag(false, "The user of the Request-URI in our Record-Route"),
  disableDnsFailover: flag(false, "Only the first address of a name is tried"),
  slErrorRate: count(20, 0, 1_000_000, "Error replies of our own accord per second and source address"),
  slErrorRateTotal: count(500, 0, 1_000_000, "The same in all"),
  blockLoopbackRoutes: flag(true, "A Route header from elsewhere never leads to this machine's loopback addresses"),
  knownExtensions: z
    .array(z.string().min(1))
    .default([])
    .describe("Option tags that a Proxy-Require may name; any other is refused with 420"),
  serverSignature: flag(true, "Server and User-Agent in messages made here"),

  udpMtu: count(0, 0, 65_535, "Longer requests go by TCP when nobody chose the transport; 0 for never"),
  udpReceiveBuffer: count(8 * 1024 * 1024, 0, 2 ** 30, "Receive buffer asked for each UDP socket, bytes"),
  mhomed: flag(false, "Ask the system's routes which local address fits a destination"),
  replyToVia: flag(false, "Stateless replies go to the Via's address instead of the source"),
  tcpConnectionLifetime: duration(1000, 120, "An idle connection is closed after this", 1000),
  tcpConnectTimeout: duration(1, 3000, "How long a peer may take to accept a connection", 1),
  tcpSendTimeout: duration(1, 3000, "How long a connection's buffer may stay full", 1),
  tcpMaxMsgTime: duration(1000, 4, "From the first byte of a message to its last", 100),
  tcpMaxConnections: count(2048, 1, 1_000_000, "Accepted connections"),
  tcpMaxConnectionsPerIp: count(128, 1, 1_000_000, "Accepted connections of one address"),
  tcpCrlfPingpong: flag(true, "CRLFCRLF between messages is answered with CRLF"),
  tcpKeepalive: flag(true, "TCP keep-alives on every connection"),
  tcpAcceptAliases: flag(false, "`;alias` in the Via of requests on connections is honoured"),

  dnsTryNaptr: flag(true, "NAPTR records are asked for"),
  dnsTryIpv6: flag(false, "AAAA records are asked for after A records"),
  dnsBlockPrivate: flag(false, "Names that lead into loopback or private networks are refused"),
  dnsTotalTimeout: duration(1000, 5, "Longest wait for all queries of one request", 100),

  defaultTimeout: duration(1000, 43_200, "How long a call may last when its route says nothing", 1000),
  hashSize: count(4096, 1, 2 ** 24, "Buckets of the dialog table, a power of two; the first half of a did"),
  rrParam: z
    .string()
    .min(1)
    .max(32)
    .refine((text) => [...text].every((c) => /[A-Za-z0-9_.!%*+`'~-]/.test(c)), "may hold letters, digits and -_.!%*+`'~ only")
    .default("did")
    .describe("Name of the Record-Route parameter that carries the dialog's cookie"),
  dlgMatchMode: z
    .union([z.literal(0), z.literal(1), z.literal(2)], "is 0, 1 or 2")
    .default(1)
    .describe("How in-dialog requests find their call: 0 by cookie only, 1 by cookie or tags, 2 by tags only"),
  raceConditionTimeout: duration(1000, 5, "What is left of a call that met a race and is to end for it", 1000),
  ackTimeout: z
    .union([duration(1000, 32, "A call whose 200 is never acknowledged ends after this", 1000), z.literal(false)])
    .default(32_000)
    .describe("A call whose 200 is never acknowledged ends after this; false for never")
    .meta({ unit: "s" }),
  optionsPingInterval: duration(1000, 30, "From one OPTIONS ping of a party to the next", 1000),
  reinvitePingInterval: duration(1000, 300, "From one re-INVITE ping of a party to the next", 1000),
  pingMaxLosses: count(0, 0, 1000, "How many pings in a row may go unanswered before the next one ends the call; 481 always ends it"),
  pingReasonsBySide: flag(false, "The end reason names the party that failed: `Caller Ping Timeout`"),
  autoPrackFrTimeout: duration(1000, 3, "How long a PRACK that is made here waits for its answer", 1000),
  autoPrackHangupOnFailure: flag(false, "A PRACK that is made here and fails ends its INVITE with 502"),
  dlgExtraHdrs: z.string().default("").describe("Header lines added to requests made for calls, each ending in CRLF"),
  guardDialogs: flag(
    true,
    "Requests in the name of a call need its cookie, or have to come from where their party is; false believes the tags alone",
  ),
  myNodeId: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .optional()
    .describe("Number of this node, part of its dids; drawn at start when left out"),
  eventIdFormat: z
    .union([z.literal(0), z.literal(1), z.literal(2)], "is 0, 1 or 2")
    .optional()
    .describe("Identifiers of E_DLG_STATE_CHANGED: 0 the two numbers, 1 did and id of tables, 2 all; all when left out"),
  dialogStatistics: flag(true, "Whether the numbers of the group `dialog` can be read"),
  explainMemory: count(64 * 1024 * 1024, 4096, 2 ** 31 - 8, "Bytes kept of the last steps of all calls"),
  explainMessages: z
    .enum(["none", "lines", "whole"])
    .default("lines")
    .describe("What is kept of each message of a call: nothing, its first line, CSeq, addresses and size, or all of it"),
  explainMessageMemory: count(8 * 1024 * 1024, 4096, 2 ** 31 - 8, "Bytes kept of the last messages of all calls together"),
  thCallidPrefix: z.string().min(1).default("DLGCH_").describe("What a Call-ID that is hidden from the callee starts with"),
  thCallidPasswd: z.string().default("OpenSIPS").describe("Hides the Call-ID behind it from a casual reader"),
  thCallidLoopProtection: flag(false, "A hidden Call-ID that comes back to its own caller is left as it is"),
  thContactEncodeParam: tokenName
    .default("thinfo")
    .describe("URI parameter of our Contacts that carries a hidden party without a tracked call"),
  thContactEncodePasswd: z.string().default("ToPoCtPaSS").describe("Hides what it carries from a casual reader"),
  thContactEncodeScheme: z.enum(["base64", "base32"]).default("base64").describe("How it is written"),
  thPassedContactUriParams: z.array(z.string()).default([]).describe("URI parameters of a hidden party's Contact that the other side sees"),
  thPassedContactParams: z.array(z.string()).default([]).describe("Header parameters of the same"),
  store: z
    .union([storeUrl, z.boolean()])
    .default(false)
    .describe("Database that keeps calls: `sqlite:dialogs.db`, `postgres://…`, `mysql://…`, true for `dbDefaultUrl`; false: memory only"),
  dbMode: z
    .enum(["realtime", "delayed", "shutdown", "none"])
    .default("realtime")
    .describe("Calls are written with each change, every `dbUpdatePeriod`, at the end only, or not at all"),
  dbUpdatePeriod: duration(1000, 60, "From one write of changed calls to the next where they are written with a delay", 1000),
  dbFlushValsProfiles: flag(
    false,
    "The table's own columns of variables, profiles and flags are kept up to date for other readers; our column has them in any case",
  ),
  timerBulkDelNo: count(1, 1, 1000, "How many rows of ended calls one statement removes where they are written with a delay"),
  dialogTable: plainName.default("dialog").describe("Table of calls"),
  dialogColumns: columnNames(DIALOG_COLUMNS).describe('Other names of its columns: `{ callid: "call_id" }`'),
  dbStart: z
    .enum(["refuse", "wait", "without"])
    .default("refuse")
    .describe("A start without a database that is set: fails after three tries (status 75), waits for it, or goes on without it"),
  dbSynchronous: z
    .enum(["off", "full"])
    .default("off")
    .describe("What SQLite keeps: everything when the process dies, or also when the power goes (slower)"),
  dbPragmas: z.array(pragma).default([]).describe("Further settings of SQLite, as they follow the word PRAGMA: `cache_size=-8000`"),
  dbBusyTimeout: duration(
    1,
    5000,
    "How long opening a SQLite file waits for somebody else's lock on it; calls wait 100 ms at most, whatever it says",
    0,
  ),
  dbQueueMax: count(1_000_000, 1000, 100_000_000, "Rows that may wait for a database; further ones are given up and counted"),
  dbDefaultUrl: z
    .string()
    .min(1)
    .optional()
    .describe("Database of everything that is stored and names none: `sqlite:///path`, `postgres://…`, `mysql://…`"),
  dbVersionTable: plainName.default("version").describe("Table that says which version each table has"),
  useDomain: flag(false, "Whether the domain belongs to a registered address: `alice@a.example` and `alice@b.example` are two"),
  descTimeOrder: flag(false, "Contacts newest first instead of highest q first"),
  locationStore: z
    .union([storeUrl, z.boolean()])
    .default(false)
    .describe("Database that keeps registrations, true for `dbDefaultUrl` or else that of the calls, or false"),
  locationMode: z
    .enum(["write-through", "write-back", "read-only"])
    .default("write-through")
    .describe("Registrations are written with each change, every `locationTimerInterval` and at the end, or never"),
  locationTimerInterval: duration(1000, 60, "From one write-back of registrations to the next", 1000),
  locationLoad: flag(true, "Whether stored registrations are read at the start"),
  locationTables: z.array(plainName).min(1).default(["location"]).describe("Tables of registrations that are stored"),
  locationColumns: columnNames([...LOCATION_COLUMNS, "kv_store"]).describe('Other names of columns: `{ username: "user_name" }`'),
  recordStore: z
    .union([storeUrl, z.boolean()])
    .default(false)
    .describe("Database that keeps call records, true for `dbDefaultUrl` or else that of the calls, or false"),
  recordTable: plainName.default("acc").describe("Table of records of answered transactions and of calls"),
  missedTable: plainName.default("missed_calls").describe("Table of missed calls"),
  recordTables: z.array(plainName).default([]).describe("Further tables that routes name for their records"),
  recordColumns: columnNames(RECORD_COLUMNS).describe('Other names of columns of records: `{ callid: "call_id" }`'),
  recordExtras: z
    .array(recordField)
    .default([])
    .describe("Values of records that have a column: its name, or `value->column` where they differ"),
  recordLegs: z.array(recordField).default([]).describe("The same for values of legs; each leg is a row"),
  serverHeader: cleanLine.optional().describe("Value of the Server header in answers made here"),
  userAgentHeader: cleanLine.optional().describe("Value of the User-Agent header in requests made here"),
};

/** Checks options and fills in what is missing; unknown names are errors. */
export const schema: z.ZodType<Settings, DialoomOptions> = z.strictObject(fields);

/** One setting as the documentation and the command line know it. */
export interface SettingInfo {
  readonly name: string;
  readonly about: string;
  /** `s` or `ms` for durations. */
  readonly unit: string | undefined;
  readonly initial: unknown;
  readonly type: z.ZodType;
}

/** All settings in the order of the documentation. */
export const settingInfos: readonly SettingInfo[] = Object.entries(fields).map(([name, type]) => {
  const { description = "", unit } = type.meta() ?? {};
  const initial = type.safeParse(undefined);
  return { name, about: description, unit: typeof unit === "string" ? unit : undefined, initial: initial.data, type };
});

/** An address of the form `127.0.0.1:8888` or `[::1]:8888`. */
export function parseAddress(text: string): { readonly ip: string; readonly port: number } | undefined {
  const colon = text.lastIndexOf(":");
  if (colon < 1) return undefined;
  const port = Number(text.slice(colon + 1));
  if (text.slice(colon + 1).trim() === "" || !Number.isInteger(port) || port < 0 || port > 65_535) return undefined;
  const host = text.slice(0, colon);
  const ip = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
  return ip === "" ? undefined : { ip: ip === "localhost" ? "127.0.0.1" : ip, port };
}
