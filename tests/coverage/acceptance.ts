// The acceptance cases of the behaviour documents by number: the tests that hold them, or the part they come with. acceptance.test.ts checks
// that no number is missing and that every test exists.
import type { LaterPart, Proof } from "./proof.ts";

/** One case. */
export interface AcceptanceCase {
  readonly number: number;
  readonly about: string;
  /** The part it comes with, if that is not there yet. */
  readonly later?: LaterPart;
  readonly proofs: readonly Proof[];
}

/** A case that tests hold: `file: name` each. */
function held(number: number, about: string, ...proofs: readonly (readonly [file: string, name: string])[]): AcceptanceCase {
  return { number, about, proofs: proofs.map(([file, name]) => ({ file, name })) };
}

/** A case of a later part. */
function later(number: number, about: string, part: LaterPart): AcceptanceCase {
  return { number, about, later: part, proofs: [] };
}

/** Dialogs: 72 cases. */
export const DIALOG_CASES: readonly AcceptanceCase[] = [
  held(1, "did and number of tables", [
    "src/dialog/ids.test.ts",
    "case 1: the cookie 6ae.4b38d013 and the table id 16106950329268 are the same dialog",
  ]),
  held(2, "hashes of Call-IDs", ["src/dialog/ids.test.ts", "case 2: Call-IDs hash as OpenSIPS hashes them (1.2)"]),
  held(
    3,
    "the cookie in both Record-Routes",
    ["src/dialog/calls.test.ts", "case 3: the cookie is in our Record-Route whichever is called first, and in none with DID_NONE"],
    ["src/testing/acceptance/dialog.test.ts", "case 3: with a pair of Record-Routes both carry the cookie; without cookies neither does"],
  ),
  held(4, "a Call-ID that reads like a did", [
    "src/dialog/calls.test.ts",
    "case 4: a Call-ID that reads like a cookie of nobody is taken as a Call-ID, and the decimal id works too (1.5)",
  ]),
  held(5, "a spiral", ["src/dialog/calls.test.ts", "case 5: a spiral makes two dialogs with equal first half"]),
  held(6, "the caller hangs up", ["src/dialog/calls.test.ts", "case 6: INVITE, 180, 200, ACK, BYE from the caller"]),
  held(7, "the callee hangs up", ["src/dialog/calls.test.ts", "case 7: the callee hangs up"]),
  held(8, "a provisional of the script", [
    "src/dialog/calls.test.ts",
    "case 8: a provisional of the script's own does not make the dialog early",
  ]),
  held(9, "a refusal", ["src/dialog/calls.test.ts", "case 9: 486 is relayed: failed, no hang-up, no membership"]),
  held(10, "a refusal, and another branch", [
    "src/dialog/calls.test.ts",
    "case 10: 486 caught in a failure route, the second branch answers",
  ]),
  held(11, "an INVITE that is dropped", [
    "src/dialog/calls.test.ts",
    "case 11: a dialog whose INVITE is dropped, or answered without a transaction, is gone at the end of the script",
  ]),
  held(12, "two answers", ["src/dialog/calls.test.ts", "case 12: two branches answer; only the winner's BYE ends the call"]),
  held(13, "a 200 that comes again", ["src/dialog/calls.test.ts", "case 13: a repeated 200 confirms once"]),
  held(14, "a BYE that comes again", ["src/dialog/calls.test.ts", "case 14: a BYE that comes again after the end finds nothing"]),
  held(15, "a lost ACK", ["src/dialog/calls.test.ts", "case 15: the ACK is lost and the BYE comes in state 3"]),
  held(16, "listing what has ended", [
    "src/testing/acceptance/dialog.test.ts",
    "case 16: a call that has just ended may be listed, in state 5, and is not found by its Call-ID",
  ]),
  held(17, "route sets", ["src/dialog/legs.test.ts", "case 17: an INVITE that came through P1 and goes on through P2"]),
  held(18, "route sets", ["src/dialog/legs.test.ts", "case 18: with p2 nearer to us than p3 the callee's route set is p2,p3"]),
  held(19, "targets", [
    "src/dialog/legs.test.ts",
    "case 19: a re-INVITE moves both targets when it is accepted, and only the sender's when it is refused",
  ]),
  held(20, "numbers of the first pings", [
    "src/dialog/pings.test.ts",
    "case 20: OPTIONS to both sides, numbers and tags of each (7.2, 3.3)",
  ]),
  held(
    21,
    "translated numbers",
    [
      "src/dialog/legs.test.ts",
      "cases 21 and 22: after a request of ours what is relayed to that leg is translated, and replies are put back",
    ],
    ["src/dialog/pings.test.ts", "cases 21 and 22: requests, answers and ACKs around a ping are translated"],
  ),
  held(
    22,
    "translated numbers of INVITE and ACK",
    [
      "src/dialog/legs.test.ts",
      "cases 21 and 22: after a request of ours what is relayed to that leg is translated, and replies are put back",
    ],
    ["src/dialog/pings.test.ts", "cases 21 and 22: requests, answers and ACKs around a ping are translated"],
  ),
  held(
    23,
    "numbers that stay",
    ["src/dialog/legs.test.ts", "case 23: without a request of ours numbers pass unchanged"],
    ["src/dialog/pings.test.ts", "case 23: without a ping numbers pass unchanged"],
  ),
  held(24, "numbers of our BYEs", [
    "src/dialog/legs.test.ts",
    "case 24: BYEs of ours continue each side's own numbering, with tags and URIs the right way round",
  ]),
  held(25, "matching by cookie and tags", [
    "src/dialog/matching.test.ts",
    "case 25: the cookie of another live dialog, but our tags: SIP-wise with fallback, not without",
  ]),
  held(26, "matching without Route", ["src/dialog/matching.test.ts", "case 26: without Route"]),
  held(27, "the mode that is asked for", [
    "src/dialog/matching.test.ts",
    "case 27: DID_ONLY asked for is DID_ONLY, whatever the module's mode",
  ]),
  held(28, "matching twice", ["src/dialog/matching.test.ts", "case 28: loose_route and match_dialog again and again: once"]),
  held(29, "a wrong To-tag", ["src/dialog/matching.test.ts", "case 29: the right cookie with a wrong To-tag matches in no mode"]),
  held(30, "the cookie in the Request-URI", [
    "src/dialog/matching.test.ts",
    "case 30: the cookie in our own Request-URI, as a parameter or in the user part",
  ]),
  held(31, "an old CSeq", ["src/dialog/validate.test.ts", "case 31: a BYE with an old CSeq is told, and changes nothing"]),
  held(32, "a wrong target", ["src/dialog/validate.test.ts", "case 32: another Request-URI than the callee's Contact"]),
  held(33, "a wrong route set", ["src/dialog/validate.test.ts", "case 33: a Route too many, a Route missing, another Route"]),
  held(34, "no dialog", ["src/dialog/validate.test.ts", "case 34: an initial INVITE without a dialog, and one with"]),
  held(35, "a request put in order", ["src/dialog/validate.test.ts", "case 35: fix_route_dialog puts the request of case 32 in order"]),
  held(36, "a strict router", ["src/dialog/validate.test.ts", "case 36: a callee behind a strict router"]),
  held(
    37,
    "letters of flags",
    ["src/dialog/calls.test.ts", "cases 37, 38: flags, and a second create_dialog"],
    ["src/dialog/machine.law.test.ts", "case 37 and 38: create flags"],
    ["src/dialog/pings.test.ts", "case 37: PRpr sends re-INVITEs only"],
  ),
  held(
    38,
    "flags set twice",
    ["src/dialog/calls.test.ts", "cases 37, 38: flags, and a second create_dialog"],
    ["src/dialog/machine.law.test.ts", "case 37 and 38: create flags"],
  ),
  held(39, "CANCEL after the 200", [
    "src/dialog/calls.test.ts",
    "case 39: with E and B, a CANCEL after the 200 ends the call after race_condition_timeout",
  ]),
  held(40, "200 after the CANCEL", ["src/dialog/calls.test.ts", "case 40: CANCEL first, 200 later"]),
  held(41, "an early BYE", ["src/dialog/calls.test.ts", "case 41: an early BYE of the caller crosses the 200"]),
  held(42, "CANCEL after the 200, without E", ["src/dialog/calls.test.ts", "case 42: without E a CANCEL after the 200 changes nothing"]),
  held(43, "pings, and an answer that counts as life", [
    "src/dialog/pings.test.ts",
    "case 43: any answer but 408 and 481 says that somebody is there",
  ]),
  held(44, "a ping answered 481", [
    "src/dialog/pings.test.ts",
    `cases 44 and 45: \${flags} ends the call by 481, by 408 and by silence (7.3)`,
  ]),
  held(45, "a ping without answer", [
    "src/dialog/pings.test.ts",
    `cases 44 and 45: \${flags} ends the call by 481, by 408 and by silence (7.3)`,
  ]),
  held(46, "a ping that is pending", [
    "src/dialog/pings.test.ts",
    "case 46: no second ping while one is unanswered, and the one that fails counts although the interval is shorter",
  ]),
  held(47, "a re-INVITE ping", [
    "src/dialog/pings.test.ts",
    "case 47: a re-INVITE ping shows the other side's description and Contact, is acknowledged, and nobody else hears of it",
  ]),
  held(48, "ended from outside", [
    "src/dialog/ending.test.ts",
    "case 48: ended from outside, the call stays until the first BYE is answered, then everything happens once",
  ]),
  held(49, "ended while it rings", ["src/dialog/ending.test.ts", "case 49: ended while it rings: CANCEL, 487, failed"]),
  held(50, "a lifetime with BYE", ["src/dialog/ending.test.ts", "case 50: a lifetime with B"]),
  held(51, "a lifetime without BYE", [
    "src/dialog/ending.test.ts",
    "case 51: a lifetime without B: no BYE, EXPIRED, no hang-up; a later BYE passes by its Routes",
  ]),
  held(
    52,
    "a lifetime made longer",
    ["src/dialog/ending.test.ts", "case 52 as a script says it: named routes run at the turning points"],
    ["src/dialog/ending.test.ts", "case 52: whoever sets a lifetime in the timeout hook lets the call live on; the hook runs again"],
  ),
  held(53, "a lifetime of 0", [
    "src/dialog/ending.test.ts",
    "case 53: a lifetime of 0 before the dialog is no lifetime; after it the call ends right after its 200",
  ]),
  held(54, "memberships", ["src/dialog/ending.test.ts", "case 54: set twice, unset once, BYE"]),
  held(55, "a value that is missing", ["src/dialog/ending.test.ts", "case 55: a profile with values wants one; and a limit holds"]),
  later(56, "a profile in a cache", "shared profiles over a cache"),
  later(57, "a profile on two nodes", "cluster"),
  later(58, "a sharing tag", "cluster"),
  held(59, "rows in REALTIME", [
    "src/store/dialogs/moments.test.ts",
    `REALTIME, \${whose}: no row while it rings, one from the 200 on, state 4 after the ACK, none after BYE (case 59)`,
  ]),
  held(
    60,
    "variables and profiles in rows",
    ["src/store/dialogs/moments.test.ts", "values set before the 200 stand behind the internal ones (case 60)"],
    [
      "src/store/dialogs/load.test.ts",
      "a call of the reference's table comes back with what it holds: values, profiles, timer, descriptions (case 60)",
    ],
    ["src/store/dialogs/load.test.ts", "an expired row comes back and ends with all that belongs to it on the first tick (case 60)"],
  ),
  held(
    61,
    "rows in DELAYED",
    [
      "src/store/dialogs/moments.test.ts",
      `DELAYED, \${whose}: a call that begins and ends between two passes never touches the table (case 61)`,
    ],
    ["src/store/dialogs/moments.test.ts", "DELAYED: rows of 25 calls that are over go with three statements of at most ten (case 61)"],
  ),
  held(62, "another hash_size", [
    "src/store/dialogs/load.test.ts",
    "a table of another hash_size: rows are skipped with an error each and stay, the service is up (case 62)",
  ]),
  held(63, "writing the table anew", [
    "src/store/dialogs/load.test.ts",
    "dlg_restore_db with an early and a confirmed call leaves exactly one row, with values whatever is flushed (case 63)",
  ]),
  later(64, "a node that loses the link", "cluster"),
  later(65, "a node that restarts", "cluster"),
  later(66, "packets between nodes", "cluster"),
  held(
    67,
    "pages of a listing",
    ["src/manage/dialog-commands.test.ts", "pages have the number of all calls, and a counter of 0 means everything"],
    ["src/manage/commands.test.ts", "positional calls choose the form by count, named calls by the set of names (MI-5)"],
  ),
  held(
    68,
    "variables pushed from outside",
    [
      "src/manage/dialog-change-commands.test.ts",
      "dlg_push_var sets a variable of every call that is there, by cookie or Call-ID; the others do not matter (case 68)",
    ],
    ["src/manage/dialog-change-commands.test.ts", "dlg_push_var wants an array of ids (case 68)"],
  ),
  held(69, "JSON of a call", [
    "src/script/modules/dialog/variables.test.ts",
    "case 69: $DLG_json of a call whose description was changed is JSON, its scalars texts, its ID the number of tables",
  ]),
  held(
    70,
    "a request by command",
    ["src/dialog/exchange.test.ts", "case 70: any final answer is the answer; no answer is 408; a refused offer changes nothing"],
    ["src/manage/sequential-command.test.ts", "case 70: 486 is a result, silence an error, and what cannot be is said at once"],
  ),
  held(
    71,
    "a challenge",
    [
      "src/dialog/exchange.test.ts",
      "case 71: the caller is challenged, its offer goes to the callee, and the answer comes back with its ACK",
    ],
    [
      "src/manage/sequential-command.test.ts",
      "case 71: the caller's description arrives at the callee in an INVITE, and the callee's final code is the answer",
    ],
  ),
  held(72, "a loaded dialog", [
    "src/testing/acceptance/dialog.test.ts",
    "case 72: a loaded dialog that ends is still there, in state 5, until it is unloaded",
  ]),
];

/** The core of the proxy: 74 cases. */
export const CORE_CASES: readonly AcceptanceCase[] = [
  held(1, "the torture INVITE", [
    "src/testing/acceptance/core.test.ts",
    "AC-01: the torture INVITE is relayed with its bytes; only Via, received, Max-Forwards and Record-Route differ",
  ]),
  held(2, "compact names", [
    "src/testing/acceptance/core.test.ts",
    "AC-02: compact names stay compact, and requests are matched by them as by the long ones",
  ]),
  held(3, "no Max-Forwards", ["src/proxy/relay.test.ts", "AC-03: without Max-Forwards 10 is added by the route's call, else 70"]),
  held(4, "Max-Forwards 0", ["src/proxy/relay.test.ts", "AC-04: Max-Forwards 0 is answered 483 and no branch is sent"]),
  held(5, "a CSeq that is too large", [
    "src/proxy/doors.test.ts",
    "section 1.8: a malformed request is answered without a transaction, with a To-tag, to where it came from",
  ]),
  held(6, "no Content-Length over TCP", [
    "src/testing/acceptance/core.test.ts",
    "AC-06, AC-07: over TCP a message without length, and one with a negative length, are answered 400 and the connection is closed",
  ]),
  held(
    7,
    "a negative Content-Length",
    [
      "src/testing/acceptance/core.test.ts",
      "AC-06, AC-07: over TCP a message without length, and one with a negative length, are answered 400 and the connection is closed",
    ],
    ["src/testing/acceptance/core.test.ts", "AC-07: over UDP a negative length is answered 400"],
  ),
  held(8, "messages in pieces", [
    "src/testing/acceptance/core.test.ts",
    "AC-08: two messages in one piece, the third byte by byte: all are answered, in order",
  ]),
  held(9, "a trickled head", [
    "src/testing/acceptance/core.test.ts",
    "AC-09: a head that comes byte by byte is cut off 4 s after its first byte, without an answer",
  ]),
  held(10, "pings of connections", [
    "src/testing/acceptance/core.test.ts",
    "AC-10: a ping on an idle connection is answered, and the connection stays",
  ]),
  held(11, "another version", ["src/testing/acceptance/core.test.ts", "AC-11: another version of SIP is refused 505"]),
  held(12, "Proxy-Require", [
    "src/proxy/relay.test.ts",
    "AC-12: an unknown Proxy-Require is refused 420 with Unsupported, a CANCEL is not",
  ]),
  held(13, "an unknown scheme", ["src/proxy/relay.test.ts", "AC-13: a scheme nobody can route by is refused 416; tel has no address"]),
  held(14, "a forged second Via", ["src/proxy/relay.test.ts", "AC-14: a reply never goes where its second Via points"]),
  held(15, "rport", [
    "src/proxy/relay.test.ts",
    "a relayed INVITE differs only in Via, received/rport, Max-Forwards and Record-Route (M-5, AC-15)",
  ]),
  held(16, "no rport", ["src/proxy/relay.test.ts", "AC-16: without rport replies go to the Via port of the source"]),
  held(17, "a caller whose connection is gone", [
    "src/transport/streams.test.ts",
    "a response goes over the connection of its request; when that is gone, to the sent-by port of the source (T-10, T-11)",
  ]),
  later(18, "a client over WebSocket", "WebSocket"),
  later(19, "a handshake without sip", "WebSocket"),
  held(20, "an advertised address", [
    "src/proxy/relay.test.ts",
    "AC-20: an advertised address stands in Via and Record-Route, and a Route with it is ours",
  ]),
  held(21, "a silent callee", [
    "src/proxy/relay.test.ts",
    "AC-21: B silent on UDP: the INVITE is repeated up to T2, A gets 100 and at 30 s 408",
  ]),
  held(22, "100 and silence", [
    "src/proxy/relay.test.ts",
    "AC-22: 100 and then silence: no repetition, 100 not relayed; timer C cancels with 480 and A gets 408 at once",
  ]),
  held(23, "a silent non-INVITE", [
    "src/proxy/relay.test.ts",
    "AC-23, AC-24: a non-INVITE that nobody answers ends in silence, unless 408 is asked for",
  ]),
  held(24, "non_invite_408", [
    "src/proxy/relay.test.ts",
    "AC-23, AC-24: a non-INVITE that nobody answers ends in silence, unless 408 is asked for",
  ]),
  held(25, "a refusal and its ACK", [
    "src/proxy/relay.test.ts",
    "AC-25: a 486 is acknowledged hop by hop and repeated to A until its ACK, which is absorbed",
  ]),
  held(26, "a refusal without ACK", [
    "src/proxy/relay.test.ts",
    "AC-26: a refusal that is never acknowledged ends after fr_timeout and leaves nothing behind",
  ]),
  held(27, "a challenge", ["src/proxy/relay.test.ts", "AC-27: a 401 is relayed once; only a repeated INVITE brings it again"]),
  held(28, "a repeated INVITE", [
    "src/proxy/relay.test.ts",
    "AC-28, AC-29: a repeated INVITE makes no second branch; 100 again before, nothing after the 200",
  ]),
  held(29, "a repeated INVITE after the 200", [
    "src/proxy/relay.test.ts",
    "AC-28, AC-29: a repeated INVITE makes no second branch; 100 again before, nothing after the 200",
  ]),
  held(30, "repeated 200s", [
    "src/proxy/relay.test.ts",
    "AC-30: repeated 200s are relayed each, RESPONSE_PRE_OUT fires for the first alone",
  ]),
  held(31, "a 200 after 487", ["src/proxy/relay.test.ts", "AC-31: a 200 after A was told 487 is relayed and told to the hooks (D-14)"]),
  held(32, "a fork", [
    "src/proxy/relay.test.ts",
    "AC-32, AC-33: the first 200 cancels the others, with their first provisional where they had none",
  ]),
  held(33, "a fork with a late provisional", [
    "src/proxy/relay.test.ts",
    "AC-32, AC-33: the first 200 cancels the others, with their first provisional where they had none",
  ]),
  held(34, "a 603", [
    "src/proxy/relay.test.ts",
    "AC-34: a 603 wins at once, the others are cancelled, the failure hook cannot add branches",
  ]),
  held(35, "two challenges", ["src/proxy/relay.test.ts", "AC-35: the challenges of all branches travel in the 401"]),
  held(36, "408 and 503", ["src/proxy/relay.test.ts", "AC-36: a timeout is better than a 503; a 503 alone goes up as 500 with its reason"]),
  held(37, "486 and 404", ["src/proxy/relay.test.ts", "AC-37: 404 is better than 486"]),
  held(38, "the next address", [
    "src/proxy/relay.test.ts",
    "AC-38: a 503 of the first address goes on to the second, with a new branch and no failure hook",
  ]),
  held(39, "a failure route", ["src/proxy/relay.test.ts", "AC-39: a failure hook forks again; a second failure does not run it twice"]),
  held(40, "an early CANCEL", ["src/proxy/relay.test.ts", "AC-40: a CANCEL before any provisional waits for it"]),
  held(41, "a CANCEL", ["src/proxy/relay.test.ts", "AC-41: a CANCEL after 180 goes on with the branch of the INVITE, its 487 is relayed"]),
  held(42, "a CANCEL of nothing", ["src/proxy/relay.test.ts", "AC-42: a CANCEL that belongs to nothing is answered 481"]),
  held(43, "a relay after the CANCEL", [
    "src/proxy/relay.test.ts",
    "AC-43: a relay after a CANCEL that came while the route waited is answered 487",
  ]),
  held(44, "RFC 2543", ["src/proxy/relay.test.ts", "AC-44: an RFC 2543 INVITE makes one branch, its ACK to a 486 is absorbed"]),
  held(45, "a loop", [
    "src/proxy/relay.test.ts",
    "AC-45: a request that comes back unchanged is refused 482 on the second revolution at the latest",
  ]),
  held(
    46,
    "two Record-Routes",
    ["src/proxy/pieces.test.ts", "AC-46: different sockets make two, the outbound one above (RR-4)"],
    ["src/proxy/relay.test.ts", "AC-46, AC-47: UDP in and TCP out: two Record-Routes; the callee's BYE comes back through both"],
  ),
  held(47, "a BYE through both", [
    "src/proxy/relay.test.ts",
    "AC-46, AC-47: UDP in and TCP out: two Record-Routes; the callee's BYE comes back through both",
  ]),
  held(
    48,
    "one Record-Route",
    ["src/proxy/pieces.test.ts", "AC-48: the same socket on both sides makes one Record-Route without r2"],
    ["src/proxy/relay.test.ts", "AC-48: the same socket on both sides: one header, and the BYE leaves from where it came in"],
  ),
  held(49, "a strict router before us", [
    "src/proxy/relay.test.ts",
    "AC-49, AC-50, AC-51: strict neighbours and pre-loaded Routes on the wire",
  ]),
  held(50, "a strict router behind us", [
    "src/proxy/relay.test.ts",
    "AC-49, AC-50, AC-51: strict neighbours and pre-loaded Routes on the wire",
  ]),
  held(51, "a Route that was loaded before", [
    "src/proxy/relay.test.ts",
    "AC-49, AC-50, AC-51: strict neighbours and pre-loaded Routes on the wire",
  ]),
  held(
    52,
    "parameters of Record-Route",
    ["src/proxy/pieces.test.ts", "AC-52: buffered parameters stand in both headers, whenever they were added (RR-3, RR-6)"],
    ["src/proxy/relay.test.ts", "AC-52: parameters buffered before recordRoute stand in both headers and come back to the callbacks"],
  ),
  held(53, "an answer without a transaction", [
    "src/proxy/relay.test.ts",
    "AC-53: a stateless 404 has the same To-tag each time, its ACK is absorbed for 4 s",
  ]),
  held(54, "an answer with one", [
    "src/proxy/relay.test.ts",
    "AC-54: an answer of a route with a transaction is stateful: repeated on UDP, its ACK absorbed",
  ]),
  held(
    55,
    "a BYE of ours",
    ["src/transaction/local.test.ts", "a request within a dialog has the parts that were given, and completes once"],
    ["src/transaction/local.test.ts", "loose: all Routes stay, the first is the next hop"],
    ["src/dialog/legs.test.ts", "case 24: BYEs of ours continue each side's own numbering, with tags and URIs the right way round"],
  ),
  held(56, "an INVITE of ours", [
    "src/transaction/local.test.ts",
    "the 2xx of an INVITE is acknowledged by itself, once for each time it comes (TM-56)",
  ]),
  held(
    57,
    "statistics by name",
    ["src/manage/core-commands.test.ts", "get_statistics takes all, groups, names and full names, and passes over what is unknown (ST-4)"],
    ["src/manage/fifo.test.ts", "a request on the pipe is answered with one line in the client's pipe (MQ-2, MQ-3)"],
    ["src/manage/http.test.ts", "a request is answered with 200, whether its result is good or bad (MH-3)"],
  ),
  held(
    58,
    "a pipe",
    ["src/manage/fifo.test.ts", "a client that only opens and closes disturbs nobody, and a long reply comes whole (MQ-4)"],
    ["src/manage/fifo.test.ts", "requests are cut out of whatever comes, in pieces of any size (MQ-2)"],
  ),
  held(
    59,
    "an unknown command",
    ["src/manage/http.test.ts", "a request is answered with 200, whether its result is good or bad (MH-3)"],
    ["src/manage/commands.test.ts", "what is no request is told so (MI-1, MI-4)"],
  ),
  held(
    60,
    "HTTP",
    ["src/manage/http.test.ts", "only notifications: 202 without a body (MH-3, MH-4)"],
    ["src/manage/http.test.ts", "what is no call of a command is refused by its status (MH-1, MH-2)"],
  ),
  later(61, "a tag that does not read", "cluster"),
  held(
    62,
    "subscriptions",
    ["src/manage/datagram.test.ts", "events reach a subscriber as datagrams, in order (EV-5, EV-6)"],
    ["src/manage/events.test.ts", "subscribers come, are given more time, expire and go (EV-2, EV-7)"],
    ["src/manage/events.test.ts", "the text of an event keeps the order and shows bytes as characters (EV-5)"],
  ),
  held(63, "events raised by hand", ["src/manage/events.test.ts", "an event raised by hand carries values by position or by name (EV-4)"]),
  later(64, "metrics", "metrics"),
  later(65, "tags of two nodes", "cluster"),
  later(66, "tags set at once", "cluster"),
  later(67, "leases", "cluster"),
  later(68, "a node that joins", "cluster"),
  later(69, "a seed", "cluster"),
  later(70, "a broker that is away", "cluster"),
  held(71, "a shutdown with rows to write", [
    "tests/restart/restart.test.ts",
    "SIGTERM with 1,000 calls that no pass has written: all rows stand in the file, the pid file is gone, the status is 0, and nobody hears a BYE",
  ]),
  held(
    72,
    "checking a script",
    ["tests/script-commands.test.ts", "-C lists sockets and aliases, says ok and ends with 0"],
    ["tests/script-commands.test.ts", "-c finds every mistake at once and ends with 255"],
  ),
  held(73, "bombs", ["src/testing/acceptance/core.test.ts", "AC-73: bombs of 64 KiB are refused or ignored in no time, and calls go on"]),
  held(74, "garbage", [
    "src/testing/acceptance/core.test.ts",
    "AC-74: of 10,000 unreadable datagrams a second from one address at most 20 are answered, and others are served",
  ]),
];
