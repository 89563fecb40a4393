// What the dialog module is required to have, item by item, and the tests that prove each. docs/dialog-module.md is written from this
// (node scripts/dialog-module-table.ts); dialog-module.test.ts holds it against the program.
import type { LaterPart, Proof } from "./proof.ts";

/** Kinds of items, as the module's documentation has them. */
export type ItemKind = "parameter" | "function" | "statistic" | "command" | "variable" | "event" | "callback";

/** One item. */
export interface Item {
  readonly kind: ItemKind;
  readonly name: string;
  /** What it does here, in a few words; where it differs from what one would expect, how. */
  readonly about: string;
  /** The part it comes with; until then it is accepted or refused, as `about` says. */
  readonly open?: LaterPart;
  readonly proofs: readonly Proof[];
}

/** How many items of each kind the requirement has. */
export const REQUIRED: Readonly<Record<ItemKind, number>> = {
  parameter: 52,
  function: 25,
  statistic: 11,
  command: 13,
  variable: 11,
  event: 1,
  callback: 13,
};

const inFile =
  (file: string) =>
  (...names: readonly string[]): readonly Proof[] =>
    names.map((name) => ({ file, name }));
const calls = inFile("src/dialog/calls.test.ts");
const changes = inFile("src/manage/dialog-change-commands.test.ts");
const commands = inFile("src/manage/dialog-commands.test.ts");
const database = inFile("src/script/modules/dialog/database.test.ts");
const loading = inFile("src/store/dialogs/load.test.ts");
const moments = inFile("src/store/dialogs/moments.test.ts");
const restarts = inFile("tests/restart/restart.test.ts");
const rows = inFile("src/store/dialogs/row.test.ts");
const ending = inFile("src/dialog/ending.test.ts");
const ends = inFile("src/dialog/ends.test.ts");
const examples = inFile("src/script/modules/dialog-examples.test.ts");
const exchanges = inFile("src/dialog/exchange.test.ts");
const functions = inFile("src/script/modules/dialog/functions.test.ts");
const heard = inFile("src/app/events.test.ts");
const matching = inFile("src/dialog/matching.test.ts");
const ownRequests = inFile("src/dialog/own-requests.test.ts");
const parameters = inFile("src/script/modules/dialog/parameters.test.ts");
const pings = inFile("src/dialog/pings.test.ts");
const profiles = inFile("src/profile/profile.test.ts");
const raised = inFile("src/manage/dialog-events.test.ts");
const sequential = inFile("src/manage/sequential-command.test.ts");
const validate = inFile("src/dialog/validate.test.ts");
const variables = inFile("src/script/modules/dialog/variables.test.ts");

/** `name is a number` and `name is a text` of the parameters' own test are made from a table. */
const number = parameters(`\${name} is a number`);
const text = parameters(`\${name} is a text`);
const SETTINGS = examples("settings of examples 1.1 to 1.52 reach the engine, or are said to need what comes later");

const PINGS = [
  ...pings(
    "case 20: OPTIONS to both sides, numbers and tags of each (7.2, 3.3)",
    "case 43: any answer but 408 and 481 says that somebody is there",
    "case 46: no second ping while one is unanswered, and the one that fails counts although the interval is shorter",
    "case 47: a re-INVITE ping shows the other side's description and Contact, is acknowledged, and nobody else hears of it",
  ),
];

const column = (name: string): Item => ({
  kind: "parameter",
  name,
  about: "names a column of the table of calls",
  proofs: [
    ...text,
    ...database("every column parameter names its column", "names that could be anything but names are refused by the check"),
  ],
});

const parameterItems: readonly Item[] = [
  {
    kind: "parameter",
    name: "enable_stats",
    about: "0: no statistics, `$DLG_count` is 0; calls are counted all the same",
    proofs: [
      ...number,
      ...functions("$DLG_count counts answered calls, and nothing when statistics are off (decision 21)"),
      ...ownRequests("statistics can be kept from others and are counted all the same"),
    ],
  },
  {
    kind: "parameter",
    name: "hash_size",
    about: "first half of a did; rounded down to a power of two. Tables grow by themselves",
    proofs: [...number, ...parameters("a hash_size that is no power of two is rounded down")],
  },
  {
    kind: "parameter",
    name: "log_profile_hash_size",
    about: "accepted; tables of profiles grow by themselves",
    proofs: [...number, ...parameters("log_profile_hash_size, and what later versions brought, change nothing by themselves")],
  },
  {
    kind: "parameter",
    name: "rr_param",
    about: "name of the Route parameter with the did",
    proofs: [
      ...parameters("rr_param has 1 to 32 characters", "rr_param names the parameter of Record-Route, and requests are matched by it"),
    ],
  },
  {
    kind: "parameter",
    name: "default_timeout",
    about: "lifetime of a call that is given none",
    proofs: [...number, ...parameters("default_timeout is the lifetime of a call that is given none")],
  },
  {
    kind: "parameter",
    name: "dlg_extra_hdrs",
    about: "header lines for BYEs of our own",
    proofs: parameters("dlg_extra_hdrs holds whole lines", "dlg_extra_hdrs stand in BYEs of ours"),
  },
  {
    kind: "parameter",
    name: "dlg_match_mode",
    about: "0 by did, 1 by did or tags, 2 by tags",
    proofs: [
      ...number,
      ...matching(
        "case 25: the cookie of another live dialog, but our tags: SIP-wise with fallback, not without",
        "case 26: without Route",
      ),
      ...parameters("dlg_match_mode 2 puts no cookie into Record-Route"),
    ],
  },
  {
    kind: "parameter",
    name: "db_url",
    about: "`sqlite:///path`, `postgres://…`, `mysql://…`; without it `db_default_url`",
    proofs: [
      ...text,
      ...database(
        "the parameters of the database reach the engine",
        "without a URL of its own the module takes db_default_url, and without that it does not start",
        "with db_mode 0 the URL is dropped (0.1)",
      ),
    ],
  },
  {
    kind: "parameter",
    name: "db_mode",
    about: "0 memory only, 1 at once, 2 every `db_update_period`, 3 at the end",
    proofs: [
      ...number,
      ...parameters("what needs a backend says which"),
      ...moments(
        `REALTIME, \${whose}: no row while it rings, one from the 200 on, state 4 after the ACK, none after BYE (case 59)`,
        `DELAYED, \${whose}: passes insert, update and remove`,
        `SHUTDOWN, \${whose}: nothing is written before the end, and then every live call`,
      ),
      ...restarts(`after kill -9 a call is there as it was, and re-INVITE and BYE go their way (\${name})`),
    ],
  },
  {
    kind: "parameter",
    name: "db_update_period",
    about: "seconds between two passes with db_mode 2",
    proofs: [...number, ...database("DELAYED writes every db_update_period seconds")],
  },
  {
    kind: "parameter",
    name: "options_ping_interval",
    about: "seconds between two OPTIONS to a party",
    proofs: [...number, ...PINGS],
  },
  {
    kind: "parameter",
    name: "reinvite_ping_interval",
    about: "seconds between two re-INVITEs to a party",
    proofs: [...number, ...PINGS],
  },
  {
    kind: "parameter",
    name: "table_name",
    about: "names the table of calls",
    proofs: [
      ...text,
      ...database("every column parameter names its column"),
      ...moments("columns and table have the names that they are given"),
    ],
  },
  ...[
    ..."call_id from_uri from_tag to_uri to_tag from_cseq to_cseq from_route to_route from_contact to_contact from_sock to_sock".split(" "),
    ..."dlg_id state start_time timeout profiles vars sflags mflags flags".split(" "),
  ].map((name) => column(`${name}_column`)),
  {
    kind: "parameter",
    name: "profiles_with_value",
    about: "names of profiles whose members have a value; `/s`, `/b` count on this node until sharing is there",
    proofs: [
      ...text,
      ...SETTINGS,
      ...parameters("names of profiles and their letters"),
      ...profiles("definitions: names, suffixes and what refuses the start (11.1)"),
    ],
  },
  {
    kind: "parameter",
    name: "profiles_no_value",
    about: "names of profiles without values",
    proofs: [...text, ...SETTINGS, ...profiles("a profile without values ignores the value everywhere (11.2)")],
  },
  {
    kind: "parameter",
    name: "db_flush_vals_profiles",
    about: "the reference's columns of variables, profiles and flags are kept true while calls run; our own column has them in any case",
    proofs: [
      ...number,
      ...moments(
        "REALTIME, a table of the reference: values, flags and profiles go with the next write, if they are flushed at all (12.5)",
        "DELAYED, a table of the reference: values alone are written by the next pass if they are flushed (12.4)",
        "without db_flush_vals_profiles updates leave alone what the last shutdown has written (12.5)",
      ),
      ...rows("without db_flush_vals_profiles the columns of values are NULL and the flags 0 (12.5)"),
    ],
  },
  {
    kind: "parameter",
    name: "timer_bulk_del_no",
    about: "rows of ended calls that one statement removes with db_mode 2; at most 1,000",
    proofs: [...number, ...moments("DELAYED: rows of 25 calls that are over go with three statements of at most ten (case 61)")],
  },
  {
    kind: "parameter",
    name: "race_condition_timeout",
    about: "how long a call lives whose CANCEL met its 200 (flag E)",
    proofs: [...number, ...parameters("race_condition_timeout is how long a raced call is given")],
  },
  {
    kind: "parameter",
    name: "cachedb_url",
    about: "accepted; refused at the start where a profile would use it",
    open: "shared profiles over a cache",
    proofs: [...text, ...parameters("what needs a backend says which")],
  },
  { kind: "parameter", name: "profile_value_prefix", about: "accepted", open: "shared profiles over a cache", proofs: text },
  { kind: "parameter", name: "profile_no_value_prefix", about: "accepted", open: "shared profiles over a cache", proofs: text },
  { kind: "parameter", name: "profile_size_prefix", about: "accepted", open: "shared profiles over a cache", proofs: text },
  {
    kind: "parameter",
    name: "profile_timeout",
    about: "accepted",
    open: "shared profiles over a cache",
    proofs: [...number, ...parameters("profile_timeout matters only with a cache")],
  },
  {
    kind: "parameter",
    name: "dialog_replication_cluster",
    about: "0; more is refused at the start",
    open: "cluster",
    proofs: [...number, ...parameters("what needs a backend says which")],
  },
  {
    kind: "parameter",
    name: "profile_replication_cluster",
    about: "0; more is refused at the start where a profile would use it",
    open: "cluster",
    proofs: [...number, ...parameters("what needs a backend says which")],
  },
  ...["buffer", "check", "timer", "expire"].map(
    (name): Item => ({ kind: "parameter", name: `replicate_profiles_${name}`, about: "accepted", open: "cluster", proofs: number }),
  ),
  {
    kind: "parameter",
    name: "event_id_format",
    about: "which identifiers E_DLG_STATE_CHANGED has; not set: all",
    proofs: [
      ...parameters("an event_id_format out of range is a warning, and 0 is used"),
      ...raised("event_id_format chooses the identifiers"),
    ],
  },
];

const functionItems: readonly Item[] = [
  {
    kind: "function",
    name: "create_dialog",
    about: "letters and long names of flags; a second call replaces the flags of pings and B",
    proofs: [
      ...functions(
        "create_dialog twice replaces the flags of pings and B and keeps the dialog (6.2)",
        "flags of create_dialog: letters, words in any case, a wrong word is found by the check",
      ),
      ...calls("cases 37, 38: flags, and a second create_dialog", "6.2: a dialog is made only of an INVITE without To-tag"),
    ],
  },
  {
    kind: "function",
    name: "match_dialog",
    about: "a mode that is asked for is the mode",
    proofs: [
      ...functions("match_dialog finds a call whose requests come without Routes; validate and fix_route look at it"),
      ...matching("case 26: without Route", "case 27: DID_ONLY asked for is DID_ONLY, whatever the module's mode"),
    ],
  },
  {
    kind: "function",
    name: "validate_dialog",
    about: "1, or what is wrong: −1 CSeq, −2 target, −3 Routes, −4 no call",
    proofs: validate(
      "case 31: a BYE with an old CSeq is told, and changes nothing",
      "case 32: another Request-URI than the callee's Contact",
      "case 33: a Route too many, a Route missing, another Route",
      "case 34: an initial INVITE without a dialog, and one with",
    ),
  },
  {
    kind: "function",
    name: "fix_route_dialog",
    about: "target and Routes as the call has them",
    proofs: validate("case 35: fix_route_dialog puts the request of case 32 in order", "case 36: a callee behind a strict router"),
  },
  {
    kind: "function",
    name: "get_dialog_info",
    about: "the number of calls found; calls without the wanted variable are passed over",
    proofs: [
      ...functions("other calls are found by variable, by profile and by Call-ID; outputs stay untouched when there are none"),
      ...examples("1.57: the second call of a caller is told of the first one"),
    ],
  },
  {
    kind: "function",
    name: "get_dialog_vals",
    about: "names and values stay parallel",
    proofs: [
      ...functions("other calls are found by variable, by profile and by Call-ID; outputs stay untouched when there are none"),
      ...examples("1.58: all variables of another call are listed, newest first"),
    ],
  },
  {
    kind: "function",
    name: "get_dialogs_by_val",
    about: "by an index",
    proofs: [
      ...functions("other calls are found by variable, by profile and by Call-ID; outputs stay untouched when there are none"),
      ...examples("1.59 and 1.60: other calls are found by variable and by profile, as JSON"),
    ],
  },
  {
    kind: "function",
    name: "get_dialogs_by_profile",
    about: "by the members of the profile",
    proofs: [
      ...functions("other calls are found by variable, by profile and by Call-ID; outputs stay untouched when there are none"),
      ...examples("1.59 and 1.60: other calls are found by variable and by profile, as JSON"),
    ],
  },
  {
    kind: "function",
    name: "load_dialog_ctx",
    about: "one at a time; left again by itself when the script ends",
    proofs: functions("another call's context is loaded and unloaded once; the message's own comes back (16)"),
  },
  {
    kind: "function",
    name: "unload_dialog_ctx",
    about: "−1 when nothing is loaded",
    proofs: functions("another call's context is loaded and unloaded once; the message's own comes back (16)"),
  },
  {
    kind: "function",
    name: "set_dlg_profile",
    about: "a membership may be held several times",
    proofs: [
      ...functions("profiles count, say no and say why (11.2, 14.2)"),
      ...profiles("the same value set twice makes two links, and unset takes one away (11.2)"),
      ...ending("case 54: set twice, unset once, BYE", "case 55: a profile with values wants one; and a limit holds"),
    ],
  },
  {
    kind: "function",
    name: "unset_dlg_profile",
    about: "takes one membership away; without a value all of the profile",
    proofs: [...functions("profiles count, say no and say why (11.2, 14.2)"), ...ending("case 54: set twice, unset once, BYE")],
  },
  { kind: "function", name: "is_in_profile", about: "", proofs: functions("profiles count, say no and say why (11.2, 14.2)") },
  {
    kind: "function",
    name: "get_profile_size",
    about: "in any block",
    proofs: functions("profiles count, say no and say why (11.2, 14.2)"),
  },
  ...["set_dlg_flag", "test_and_set_dlg_flag", "reset_dlg_flag", "is_dlg_flag_set"].map(
    (name): Item => ({
      kind: "function",
      name,
      about: "by number or by name",
      proofs: [
        ...functions("flags by number and by name are separate bits, and $DLG_flags shows names as soon as there are some"),
        ...examples("1.66 to 1.69: flags are set, tested, flipped and taken back"),
      ],
    }),
  ),
  ...["store_dlg_value", "fetch_dlg_value"].map(
    (name): Item => ({
      kind: "function",
      name,
      about: "numbers stay numbers",
      proofs: [
        ...functions("variables keep what they were given: a number reads as both, NULL takes away (gotcha 31)"),
        ...examples("1.70 and 1.71: values are kept with the dialog under their exact names"),
      ],
    }),
  ),
  {
    kind: "function",
    name: "set_dlg_sharing_tag",
    about: "kept with the call; on a node that is alone it changes nothing else",
    proofs: examples("1.72: the sharing tag is kept with the dialog"),
  },
  ...["answer", "timeout", "hangup"].map(
    (name): Item => ({
      kind: "function",
      name: `dlg_on_${name}`,
      about: name === "timeout" ? "a lifetime set in the route lets the call live on" : "",
      proofs: [
        ...functions(
          "named routes run at the turning points with the dialog, a phony message and AVPs of their own; omitted, they are disarmed",
          ...(name === "timeout" ? ["a timeout route that sets a lifetime keeps the call alive (8.3)"] : []),
          ...(name === "hangup" ? ["a call that fails runs no hangup route (14.2)"] : []),
        ),
        ...examples("1.73 to 1.75: routes run when the call is answered, times out and is over"),
      ],
    }),
  ),
  {
    kind: "function",
    name: "dlg_send_sequential",
    about: "method first, leg second; one after the other where several go to one side",
    proofs: [
      ...exchanges("100 requests at once to one side leave one by one, with one number after the other"),
      ...functions(
        "dlg_send_sequential sends to one side with the next number, through the local route, and what follows is translated (15.1)",
        "a PRACK from a reply route goes where the reliable reply came from, with its RAck (RFC 3262)",
      ),
      ...examples("1.76: a digit that was heard goes on as INFO to the other side"),
    ],
  },
];

const EVERY_END = ends("BYEs of ours go along each side's own route set, past a strict router too, and CANCELs to each branch that rings");

const statisticItems: readonly Item[] = [
  {
    kind: "statistic",
    name: "active_dialogs",
    about: "answered calls",
    proofs: calls("case 6: INVITE, 180, 200, ACK, BYE from the caller"),
  },
  { kind: "statistic", name: "early_dialogs", about: "ringing calls", proofs: calls("case 6: INVITE, 180, 200, ACK, BYE from the caller") },
  {
    kind: "statistic",
    name: "processed_dialogs",
    about: "calls tracked since the start",
    proofs: calls("case 6: INVITE, 180, 200, ACK, BYE from the caller"),
  },
  { kind: "statistic", name: "expired_dialogs", about: "ended by their lifetime", proofs: ending("case 50: a lifetime with B") },
  {
    kind: "statistic",
    name: "failed_dialogs",
    about: "over without an answer",
    proofs: calls("case 9: 486 is relayed: failed, no hang-up, no membership"),
  },
  ...["create_sent", "update_sent", "delete_sent", "create_recv", "update_recv", "delete_recv"].map(
    (name): Item => ({ kind: "statistic", name, about: "packets between nodes", open: "cluster", proofs: [] }),
  ),
];

const commandItems: readonly Item[] = [
  {
    kind: "command",
    name: "dlg_list",
    about: "all, one, or a page of them",
    proofs: commands(
      "dlg_list leaves the context out, and what is not there",
      "one call is found by Call-ID and caller tag, live ones only",
      "pages have the number of all calls, and a counter of 0 means everything",
      "calls that begin and end while a list leaves do not disturb it",
    ),
  },
  {
    kind: "command",
    name: "dlg_list_ctx",
    about: "with variables, profiles and what listeners add",
    proofs: [
      ...commands("dlg_list_ctx shows a call as the reference does: names, types, order"),
      ...heard("a listener adds to what dlg_list_ctx shows; what is no JSON stays away"),
    ],
  },
  {
    kind: "command",
    name: "dlg_end_dlg",
    about: "by did, Call-ID or number of tables",
    proofs: [
      ...commands(
        "dlg_end_dlg takes a did, a Call-ID or the number of tables, and says how it went",
        "extra headers are complete lines, or refused",
      ),
      ...ending("case 48: ended from outside, the call stays until the first BYE is answered, then everything happens once"),
      ...EVERY_END,
    ],
  },
  {
    kind: "command",
    name: "profile_get_size",
    about: "",
    proofs: commands("profile_get_size counts links, by value or in all"),
  },
  { kind: "command", name: "profile_list_dlgs", about: "", proofs: commands("profile_list_dlgs lists calls without context") },
  { kind: "command", name: "profile_get_values", about: "", proofs: commands("profile_get_values and list_all_profiles") },
  {
    kind: "command",
    name: "profile_end_dlgs",
    about: "each call once",
    proofs: commands("profile_end_dlgs ends every call once, also where some cannot be ended"),
  },
  {
    kind: "command",
    name: "dlg_db_sync",
    about: "calls of the table come back or learn what is newer; nothing is removed",
    proofs: [
      ...changes("without a database and without a cluster the commands about them say so", "with them they say how it went"),
      ...loading(
        "dlg_db_sync: calls that are unknown here come back, and count once (12.7)",
        "dlg_db_sync: of a known call the later end, the higher numbers and the table's values count, memberships are added (12.7)",
        "dlg_db_sync: a call that knows more here than in the table stays as it is; one that is over does not come back (12.7)",
      ),
    ],
  },
  {
    kind: "command",
    name: "dlg_cluster_sync",
    about: "says that there is no cluster",
    open: "cluster",
    proofs: changes("without a database and without a cluster the commands about them say so", "with them they say how it went"),
  },
  {
    kind: "command",
    name: "dlg_restore_db",
    about: "rows of live calls are written before others are removed",
    proofs: [
      ...changes("without a database and without a cluster the commands about them say so", "with them they say how it went"),
      ...loading(
        "dlg_restore_db with an early and a confirmed call leaves exactly one row, with values whatever is flushed (case 63)",
        "dlg_restore_db fails while the database is away, and removes nothing",
      ),
    ],
  },
  { kind: "command", name: "list_all_profiles", about: "", proofs: commands("profile_get_values and list_all_profiles") },
  {
    kind: "command",
    name: "dlg_push_var",
    about: "ids are an array; unknown ones do not matter",
    proofs: changes(
      "dlg_push_var sets a variable of every call that is there, by cookie or Call-ID; the others do not matter (case 68)",
      "dlg_push_var wants an array of ids (case 68)",
    ),
  },
  {
    kind: "command",
    name: "dlg_send_sequential",
    about: "modes and bodies in any case; answered with the final answer",
    proofs: [
      ...sequential(
        "without words it is an INVITE to the caller, without a body, and its answer is awaited",
        "case 70: 486 is a result, silence an error, and what cannot be is said at once",
        "case 71: the caller's description arrives at the callee in an INVITE, and the callee's final code is the answer",
        "a body of the operator's choice, bytes and all; a call that ends in between is told",
      ),
      ...exchanges("modes and bodies in any case; what is none is told"),
    ],
  },
];

const variableItems: readonly Item[] = [
  { kind: "variable", name: "$DLG_count", about: "", proofs: variables("$DLG_count is the number of answered calls") },
  { kind: "variable", name: "$DLG_status", about: "", proofs: variables("$DLG_status follows the call from 1 to 5") },
  {
    kind: "variable",
    name: "$DLG_lifetime",
    about: "a call that was never answered has lasted 0",
    proofs: variables("$DLG_lifetime counts seconds from the answer, also after the end; a call without answer has lasted 0"),
  },
  {
    kind: "variable",
    name: "$DLG_flags",
    about: "a mask, or names once the script uses some",
    proofs: [
      ...variables("$DLG_flags is the mask of the call's flags: read, replaced, emptied"),
      ...functions("flags by number and by name are separate bits, and $DLG_flags shows names as soon as there are some"),
    ],
  },
  {
    kind: "variable",
    name: "$DLG_dir",
    about: "",
    proofs: variables("$DLG_dir is the way of the request; in reply routes and in routes of the call it is NULL"),
  },
  { kind: "variable", name: "$DLG_did", about: "", proofs: variables("$DLG_did is the cookie of Record-Route and the ID of dlg_list") },
  {
    kind: "variable",
    name: "$DLG_end_reason",
    about: "",
    proofs: variables("$DLG_end_reason: NULL while the call lives, then why it ended"),
  },
  {
    kind: "variable",
    name: "$DLG_timeout",
    about: "",
    proofs: [
      ...variables("$DLG_timeout is the configured lifetime until the answer, then what is left of it; 0 at the end"),
      ...functions(
        "a lifetime set before there is a dialog is read back and taken over by create_dialog (gotcha 1)",
        "a lifetime is a number of seconds that is not negative",
      ),
    ],
  },
  {
    kind: "variable",
    name: "$DLG_json",
    about: "valid JSON whatever the call holds",
    proofs: variables("case 69: $DLG_json of a call whose description was changed is JSON, its scalars texts, its ID the number of tables"),
  },
  {
    kind: "variable",
    name: "$DLG_ctx_json",
    about: "valid JSON whatever the call holds",
    proofs: [
      ...variables("case 69: $DLG_json of a call whose description was changed is JSON, its scalars texts, its ID the number of tables"),
      ...ownRequests(
        "a call that ended is found by its did while something refers to it, and its text is valid JSON whatever it holds (9.3)",
      ),
    ],
  },
  {
    kind: "variable",
    name: "$dlg_val",
    about: "names may hold variables; numbers stay numbers",
    proofs: [
      ...variables("$dlg_val(name) is there in every later route of the call, under its exact name, any bytes, newest first in listings"),
      ...functions("variables keep what they were given: a number reads as both, NULL takes away (gotcha 31)"),
    ],
  },
];

const eventItems: readonly Item[] = [
  {
    kind: "event",
    name: "E_DLG_STATE_CHANGED",
    about: "for each change of state, not for the creation",
    proofs: [
      ...raised(
        "every change of state is an event with all identifiers when nobody chose some (14.1, decision 15)",
        "event_id_format chooses the identifiers",
      ),
      ...inFile("src/server/script-management.test.ts")(
        "modparams open HTTP, the pipe and the datagram socket; a subscriber hears of calls",
      ),
      ...inFile("tests/scripts/reference-log.test.ts")(
        "a call that the caller ends",
        "a call that is ended from outside",
        "a call that is ended while it rings",
        "a call that is refused at once",
        "a call whose sides are asked whether they are still there until they no longer answer",
      ),
    ],
  },
];

const ORDER = "a call that is answered and hung up is heard in the reference's order";
const callback = (name: string, event: string, ...tests: readonly string[]): Item => ({
  kind: "callback",
  name,
  about: `event \`${event}\``,
  proofs: heard(...tests),
});

const callbackItems: readonly Item[] = [
  callback("DLGCB_LOADED", "loaded", "who wants to hear of loaded calls hears of every call in memory, once"),
  callback("DLGCB_SAVED", "saved", "who wants to hear of loaded calls hears of every call in memory, once"),
  callback("DLG_CREATED", "created", ORDER),
  callback("DLG_FAILED", "failed", "a refusal is failed, a lifetime that is over without BYE is expired, and neither is terminated"),
  callback("DLG_CONFIRMED", "confirmed", ORDER),
  callback("DLG_REQ_WITHIN", "request", ORDER, "listeners read messages, and change replies on their way"),
  callback("DLG_TERMINATED", "terminated", ORDER, "a call ended from here is terminated, without a direction"),
  callback("DLG_EXPIRED", "expired", "a refusal is failed, a lifetime that is over without BYE is expired, and neither is terminated"),
  callback("DLGCB_EARLY", "early", ORDER),
  callback("DLGCB_RESPONSE_FWDED", "reply", ORDER, "listeners read messages, and change replies on their way"),
  callback("DLGCB_RESPONSE_WITHIN", "replyWithin", ORDER, "listeners read messages, and change replies on their way"),
  callback("DLGCB_MI_CONTEXT", "listed", "a listener adds to what dlg_list_ctx shows; what is no JSON stays away"),
  callback("DLGCB_DESTROY", "destroyed", ORDER),
];

/** Every item, in the order of the module's documentation. */
export const ITEMS: readonly Item[] = [
  ...parameterItems,
  ...functionItems,
  ...statisticItems,
  ...commandItems,
  ...variableItems,
  ...eventItems,
  ...callbackItems,
];
