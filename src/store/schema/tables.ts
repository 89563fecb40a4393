// The tables that are shared with OpenSIPS 3.1 to 4.0, column by column: dialog (versions 11 and 12), location (1013), acc (7),
// missed_calls (5) and the table of versions.
import type { ColumnKind, ColumnShape, TableShape } from "./shape.ts";

/** Columns of the dialog table whose names are parameters, by the reference's names for them. */
export const DIALOG_COLUMNS = [
  "dlg_id",
  "callid",
  "from_uri",
  "from_tag",
  "to_uri",
  "to_tag",
  "caller_cseq",
  "callee_cseq",
  "caller_route_set",
  "callee_route_set",
  "caller_contact",
  "callee_contact",
  "caller_sock",
  "callee_sock",
  "state",
  "start_time",
  "timeout",
  "vars",
  "profiles",
  "script_flags",
  "module_flags",
  "flags",
] as const;

/** One of them. */
export type DialogColumnKey = (typeof DIALOG_COLUMNS)[number];

/** Other names of columns. */
export type DialogColumnNames = Readonly<Partial<Record<DialogColumnKey, string>>>;

/** What the dialog table and its columns are called; what is left out has the reference's name. */
export interface DialogNames {
  readonly table?: string;
  readonly columns?: DialogColumnNames;
}

/** Our own column of every table that has one. */
export const OWN_COLUMN = "dialoom";

const NOT_NULL = false;
const NULLABLE = true;

function column(
  name: string,
  kind: ColumnKind,
  isNullable: boolean,
  width = 0,
  initial: string | number | undefined = undefined,
): ColumnShape {
  return { name, kind, width, isNullable, initial, isOwn: false };
}

function own(name: string, kind: ColumnKind, width = 0): ColumnShape {
  return { name, kind, width, isNullable: true, initial: undefined, isOwn: true };
}

/**
 * The dialog table in the order of the reference's columns, ours at the end.
 * @param version - 12 (3.4 to 4.0, and ours), or 11 (3.1 to 3.3), where `script_flags` is a number
 */
export function dialogTable(names: DialogNames = {}, version: 11 | 12 = 12): TableShape {
  const named = (key: DialogColumnKey): string => names.columns?.[key] ?? key;
  const renamed = (key: DialogColumnKey, kind: ColumnKind, isNullable: boolean, width = 0, initial?: string | number): ColumnShape =>
    column(named(key), kind, isNullable, width, initial);
  return {
    name: names.table ?? "dialog",
    version,
    key: named("dlg_id"),
    indexes: [],
    columns: [
      renamed("dlg_id", "id", NOT_NULL),
      renamed("callid", "text", NOT_NULL, 255),
      renamed("from_uri", "text", NOT_NULL, 255),
      renamed("from_tag", "text", NOT_NULL, 64),
      renamed("to_uri", "text", NOT_NULL, 255),
      renamed("to_tag", "text", NOT_NULL, 64),
      column("mangled_from_uri", "text", NULLABLE, 255),
      column("mangled_to_uri", "text", NULLABLE, 255),
      renamed("caller_cseq", "text", NOT_NULL, 11),
      renamed("callee_cseq", "text", NOT_NULL, 11),
      column("caller_ping_cseq", "count", NOT_NULL),
      column("callee_ping_cseq", "count", NOT_NULL),
      renamed("caller_route_set", "text", NULLABLE),
      renamed("callee_route_set", "text", NULLABLE),
      renamed("caller_contact", "text", NULLABLE, 255),
      renamed("callee_contact", "text", NULLABLE, 255),
      renamed("caller_sock", "text", NOT_NULL, 64),
      renamed("callee_sock", "text", NOT_NULL, 64),
      renamed("state", "count", NOT_NULL),
      renamed("start_time", "count", NOT_NULL),
      renamed("timeout", "count", NOT_NULL),
      renamed("vars", "bytes", NULLABLE),
      renamed("profiles", "text", NULLABLE),
      version === 11 ? renamed("script_flags", "count", NOT_NULL, 0, 0) : renamed("script_flags", "text", NULLABLE, 255),
      renamed("module_flags", "count", NOT_NULL, 0, 0),
      renamed("flags", "count", NOT_NULL, 0, 0),
      column("rt_on_answer", "text", NULLABLE, 64),
      column("rt_on_timeout", "text", NULLABLE, 64),
      column("rt_on_hangup", "text", NULLABLE, 64),
      own(OWN_COLUMN, "bytes"),
    ],
  };
}

/** The table of registrations. */
export function locationTable(name = "location"): TableShape {
  return {
    name,
    version: 1013,
    key: "contact_id",
    indexes: [],
    columns: [
      column("contact_id", "auto", NOT_NULL),
      column("username", "text", NOT_NULL, 64, ""),
      column("domain", "text", NULLABLE, 64),
      column("contact", "text", NOT_NULL),
      column("received", "text", NULLABLE, 255),
      column("path", "text", NULLABLE, 255),
      column("expires", "count", NOT_NULL),
      column("q", "real", NOT_NULL, 0, 1),
      column("callid", "text", NOT_NULL, 255, "Default-Call-ID"),
      column("cseq", "integer", NOT_NULL, 0, 13),
      column("last_modified", "instant", NOT_NULL, 0, "1900-01-01 00:00:01"),
      column("flags", "integer", NOT_NULL, 0, 0),
      column("cflags", "text", NULLABLE, 255),
      column("user_agent", "text", NOT_NULL, 255, ""),
      column("socket", "text", NULLABLE, 64),
      column("methods", "integer", NULLABLE),
      column("sip_instance", "text", NULLABLE, 255),
      column("kv_store", "text", NULLABLE),
      column("attr", "text", NULLABLE, 255),
    ],
  };
}

const RECORD_COLUMNS: readonly ColumnShape[] = [
  column("id", "auto", NOT_NULL),
  column("method", "text", NOT_NULL, 16, ""),
  column("from_tag", "text", NOT_NULL, 64, ""),
  column("to_tag", "text", NOT_NULL, 64, ""),
  column("callid", "text", NOT_NULL, 64, ""),
  column("sip_code", "text", NOT_NULL, 3, ""),
  column("sip_reason", "text", NOT_NULL, 32, ""),
  column("time", "instant", NOT_NULL),
];

/** Extra and leg columns of records: texts that the operator names. */
function extraColumns(names: readonly string[]): ColumnShape[] {
  return names.map((name) => column(name, "text", NULLABLE, 255));
}

// Our own column makes a record that is written again (nobody knows whether the first attempt arrived) the same row.
const recordIndexes: TableShape["indexes"] = [
  { column: "callid", isUnique: false },
  { column: OWN_COLUMN, isUnique: true },
];

/**
 * The table of answered calls and of call records. `dialoom` (64 characters, unique) is ours: an id of the record.
 * @param extra - names of the operator's columns
 */
export function accTable(name = "acc", extra: readonly string[] = []): TableShape {
  return {
    name,
    version: 7,
    key: "id",
    indexes: recordIndexes,
    columns: [
      ...RECORD_COLUMNS,
      column("duration", "count", NOT_NULL, 0, 0),
      column("ms_duration", "count", NOT_NULL, 0, 0),
      column("setuptime", "count", NOT_NULL, 0, 0),
      column("created", "instant", NULLABLE),
      ...extraColumns(extra),
      own(OWN_COLUMN, "key", 64),
    ],
  };
}

/** The table of missed calls; as `accTable`. */
export function missedCallsTable(name = "missed_calls", extra: readonly string[] = []): TableShape {
  return {
    name,
    version: 5,
    key: "id",
    indexes: recordIndexes,
    columns: [
      ...RECORD_COLUMNS,
      column("setuptime", "count", NOT_NULL, 0, 0),
      column("created", "instant", NULLABLE),
      ...extraColumns(extra),
      own(OWN_COLUMN, "key", 64),
    ],
  };
}
