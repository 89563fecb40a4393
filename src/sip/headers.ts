// The header types this proxy knows, one row each. Everything else is `H.Other` and passes through.
// RFC 3261 §7.3 and §20; compact forms are M-14, list headers M-15, single headers X-07.

/** Numbers of the known header types. `Other` stands for every name not listed. */
export const H = {
  Other: 0,
  Via: 1,
  From: 2,
  To: 3,
  CallId: 4,
  CSeq: 5,
  MaxForwards: 6,
  ContentLength: 7,
  ContentType: 8,
  Contact: 9,
  Route: 10,
  RecordRoute: 11,
  Require: 12,
  ProxyRequire: 13,
  Supported: 14,
  Unsupported: 15,
  SessionExpires: 16,
  MinSe: 17,
  Expires: 18,
  RetryAfter: 19,
  Allow: 20,
  AllowEvents: 21,
  Event: 22,
  SubscriptionState: 23,
  ReferTo: 24,
  ReferredBy: 25,
  Replaces: 26,
  RSeq: 27,
  RAck: 28,
  Reason: 29,
  Authorization: 30,
  ProxyAuthorization: 31,
  WwwAuthenticate: 32,
  ProxyAuthenticate: 33,
  AuthenticationInfo: 34,
  MaxBreadth: 35,
  RequestDisposition: 36,
  Timestamp: 37,
  Path: 38,
  ServiceRoute: 39,
  Accept: 40,
  AcceptEncoding: 41,
  AcceptLanguage: 42,
  AcceptContact: 43,
  RejectContact: 44,
  InReplyTo: 45,
  Warning: 46,
  Diversion: 47,
  HistoryInfo: 48,
  PAssertedIdentity: 49,
  PPreferredIdentity: 50,
  ErrorInfo: 51,
  AlertInfo: 52,
  CallInfo: 53,
  ContentEncoding: 54,
  ContentDisposition: 55,
  ContentLanguage: 56,
  MimeVersion: 57,
  UserAgent: 58,
  Server: 59,
  Date: 60,
  Subject: 61,
  Organization: 62,
  Priority: 63,
  Privacy: 64,
  RemotePartyId: 65,
  Identity: 66,
  IdentityInfo: 67,
  MinExpires: 68,
  ReplyTo: 69,
  SipETag: 70,
  SipIfMatch: 71,
  PChargingVector: 72,
  Join: 73,
  TargetDialog: 74,
} as const;

/** A header type's number, one of `H`. */
export type HeaderId = (typeof H)[keyof typeof H];

/** What is known of a header type. */
export interface HeaderRow {
  readonly id: HeaderId;
  /** Long name as this proxy writes it. */
  readonly name: string;
  /** One-letter form, "" when there is none. */
  readonly compact: string;
  /** Whether a comma separates values in one line (M-15). */
  readonly isList: boolean;
  /** Whether a second line of it makes the message malformed. */
  readonly isSingle: boolean;
}

type Kind = "list" | "single" | "";
const row = (id: HeaderId, name: string, compact = "", kind: Kind = ""): HeaderRow => ({
  id,
  name,
  compact,
  isList: kind === "list",
  isSingle: kind === "single",
});

const ROWS: readonly HeaderRow[] = [
  row(H.Via, "Via", "v", "list"),
  row(H.From, "From", "f", "single"),
  row(H.To, "To", "t", "single"),
  row(H.CallId, "Call-ID", "i", "single"),
  row(H.CSeq, "CSeq", "", "single"),
  row(H.MaxForwards, "Max-Forwards", "", "single"),
  row(H.ContentLength, "Content-Length", "l", "single"),
  row(H.ContentType, "Content-Type", "c", "single"),
  row(H.Contact, "Contact", "m", "list"),
  row(H.Route, "Route", "", "list"),
  row(H.RecordRoute, "Record-Route", "", "list"),
  row(H.Require, "Require", "", "list"),
  row(H.ProxyRequire, "Proxy-Require", "", "list"),
  row(H.Supported, "Supported", "k", "list"),
  row(H.Unsupported, "Unsupported", "", "list"),
  row(H.SessionExpires, "Session-Expires", "x"),
  row(H.MinSe, "Min-SE"),
  row(H.Expires, "Expires"),
  row(H.RetryAfter, "Retry-After"),
  row(H.Allow, "Allow", "", "list"),
  row(H.AllowEvents, "Allow-Events", "u", "list"),
  row(H.Event, "Event", "o"),
  row(H.SubscriptionState, "Subscription-State"),
  row(H.ReferTo, "Refer-To", "r"),
  row(H.ReferredBy, "Referred-By", "b"),
  row(H.Replaces, "Replaces"),
  row(H.RSeq, "RSeq"),
  row(H.RAck, "RAck"),
  row(H.Reason, "Reason", "", "list"),
  row(H.Authorization, "Authorization"),
  row(H.ProxyAuthorization, "Proxy-Authorization"),
  row(H.WwwAuthenticate, "WWW-Authenticate"),
  row(H.ProxyAuthenticate, "Proxy-Authenticate"),
  row(H.AuthenticationInfo, "Authentication-Info"),
  row(H.MaxBreadth, "Max-Breadth"),
  row(H.RequestDisposition, "Request-Disposition", "d", "list"),
  row(H.Timestamp, "Timestamp"),
  row(H.Path, "Path", "", "list"),
  row(H.ServiceRoute, "Service-Route", "", "list"),
  row(H.Accept, "Accept", "", "list"),
  row(H.AcceptEncoding, "Accept-Encoding", "", "list"),
  row(H.AcceptLanguage, "Accept-Language", "", "list"),
  row(H.AcceptContact, "Accept-Contact", "a", "list"),
  row(H.RejectContact, "Reject-Contact", "j", "list"),
  row(H.InReplyTo, "In-Reply-To", "", "list"),
  row(H.Warning, "Warning", "", "list"),
  row(H.Diversion, "Diversion", "", "list"),
  row(H.HistoryInfo, "History-Info", "", "list"),
  row(H.PAssertedIdentity, "P-Asserted-Identity", "", "list"),
  row(H.PPreferredIdentity, "P-Preferred-Identity", "", "list"),
  row(H.ErrorInfo, "Error-Info", "", "list"),
  row(H.AlertInfo, "Alert-Info", "", "list"),
  row(H.CallInfo, "Call-Info", "", "list"),
  row(H.ContentEncoding, "Content-Encoding", "e", "list"),
  row(H.ContentDisposition, "Content-Disposition"),
  row(H.ContentLanguage, "Content-Language", "", "list"),
  row(H.MimeVersion, "MIME-Version"),
  row(H.UserAgent, "User-Agent"),
  row(H.Server, "Server"),
  row(H.Date, "Date"),
  row(H.Subject, "Subject", "s"),
  row(H.Organization, "Organization"),
  row(H.Priority, "Priority"),
  row(H.Privacy, "Privacy"),
  row(H.RemotePartyId, "Remote-Party-ID", "", "list"),
  row(H.Identity, "Identity", "y"),
  row(H.IdentityInfo, "Identity-Info", "n"),
  row(H.MinExpires, "Min-Expires"),
  row(H.ReplyTo, "Reply-To"),
  row(H.SipETag, "SIP-ETag"),
  row(H.SipIfMatch, "SIP-If-Match"),
  row(H.PChargingVector, "P-Charging-Vector"),
  row(H.Join, "Join"),
  row(H.TargetDialog, "Target-Dialog"),
];

const OTHER: HeaderRow = row(H.Other, "");
const BY_ID: readonly HeaderRow[] = [OTHER, ...ROWS];
const SLOTS = 1024;

interface NameTable {
  /**
   * Per slot a name: its type, its length and where its bytes begin, 8, 8 and 16 bits; 0 for an empty slot. In one number,
   * so that a header costs one cold line of memory here and one in `bytes`.
   */
  readonly slots: Uint32Array;
  /** All names in lower case, one after the other, as bytes. */
  readonly bytes: Uint8Array;
}

// First byte, last byte and length tell nearly all names apart; the rest is open addressing.
function slotOf(first: number, last: number, length: number): number {
  return ((first | 32) * 5 + (last | 32) * 37 + length * 113) & (SLOTS - 1);
}

function buildTable(): NameTable {
  const slots = new Uint32Array(SLOTS);
  const bytes: number[] = [];
  const add = (name: string, id: HeaderId): void => {
    let slot = slotOf(name.charCodeAt(0), name.charCodeAt(name.length - 1), name.length);
    while (slots[slot] !== 0) slot = (slot + 1) & (SLOTS - 1);
    slots[slot] = (bytes.length << 16) | (name.length << 8) | id;
    for (let i = 0; i < name.length; i++) bytes.push(name.charCodeAt(i));
  };
  for (const { id, name, compact } of ROWS) {
    add(name.toLowerCase(), id);
    if (compact !== "") add(compact, id);
  }
  return { slots, bytes: Uint8Array.from(bytes) };
}

const TABLE: NameTable = buildTable();

/**
 * The header type of the name between two offsets (not empty), in any case.
 * @returns `H.Other` for a name without a row
 */
export function headerIdAt(text: string, from: number, end: number): HeaderId {
  const { slots, bytes } = TABLE;
  const length = end - from;
  for (let slot = slotOf(text.charCodeAt(from), text.charCodeAt(end - 1), length); ; slot = (slot + 1) & (SLOTS - 1)) {
    const name = slots[slot] ?? 0;
    if (name === 0) return H.Other;
    if (((name >> 8) & 0xff) !== length) continue;
    const offset = name >>> 16;
    let i = 0;
    while (i < length) {
      const c = text.charCodeAt(from + i);
      const b = bytes[offset + i] ?? 0;
      if (c !== b && (b < 97 || c !== b - 32)) break;
      i++;
    }
    // Only ids of the table are ever put in.
    if (i === length) return (name & 0xff) as HeaderId;
  }
}

/** The header type of a name, long or compact, in any case; `H.Other` when it has no row. */
export function headerIdOf(name: string): HeaderId {
  return name === "" ? H.Other : headerIdAt(name, 0, name.length);
}

/** The row of a header type. */
export function headerRow(id: HeaderId): HeaderRow {
  return BY_ID[id] ?? OTHER;
}
