// The columns of the location table by the reference's names for them, and the values of one binding in them (side-modules 3.6).
import type { LocationRow } from "../../location/index.ts";
import { ALL_METHODS } from "../../location/index.ts";
import { readInteger, readNumber, readReal, readText } from "../column-values.ts";
import { instantOf, instantText } from "../instant.ts";
import type { Dialect, SqlRow, SqlValue } from "../ports.ts";
import type { TableShape } from "../schema/shape.ts";
import { locationTable } from "../schema/tables.ts";
import { columnText } from "../text.ts";

/** Columns in the order in which rows are read and written. `kv_store` is not ours: what others put there stays. */
export const LOCATION_COLUMNS = [
  "contact_id",
  "username",
  "domain",
  "contact",
  "received",
  "path",
  "expires",
  "q",
  "callid",
  "cseq",
  "last_modified",
  "flags",
  "cflags",
  "user_agent",
  "socket",
  "methods",
  "sip_instance",
  "attr",
] as const;

/** A column whose name is a parameter. */
export type LocationColumn = (typeof LOCATION_COLUMNS)[number] | "kv_store";

/** Names of columns that are called otherwise. */
export type LocationColumnNames = Readonly<Partial<Record<LocationColumn, string>>>;

/** The table with its columns as they are called. */
export function locationShape(table: string, names: LocationColumnNames = {}): TableShape {
  const shape = locationTable(table);
  const named = new Map<string, string>(Object.entries(names));
  const nameOf = (column: string): string => named.get(column) ?? column;
  return {
    ...shape,
    key: nameOf(shape.key),
    columns: shape.columns.map((column) => ({ ...column, name: nameOf(column.name) })),
    indexes: shape.indexes.map((index) => ({ ...index, column: nameOf(index.column) })),
  };
}

/** Names of the columns that are read and written, in their order. */
export function locationColumnNames(names: LocationColumnNames = {}): readonly string[] {
  return LOCATION_COLUMNS.map((column) => names[column] ?? column);
}

/** 0 would be for ever. */
const LEAST_END = 1;
/** Cflags, flags and the like of rows that hold nothing. */
const NULL_FLAGS = 0;

/**
 * The values of a binding, in the order of `LOCATION_COLUMNS`.
 * @param useDomain - whether the address has its domain behind the last `@`
 */
export function valuesOf(row: LocationRow, useDomain: boolean, dialect: Dialect): SqlValue[] {
  const text = (value: string): string => columnText(value, dialect);
  const orNull = (value: string): string | null => (value === "" ? null : text(value));
  const at = useDomain ? row.aor.lastIndexOf("@") : -1;
  return [
    row.contactId,
    text(at < 0 ? row.aor : row.aor.slice(0, at)),
    at < 0 ? null : text(row.aor.slice(at + 1)),
    text(row.uri),
    orNull(row.received),
    orNull(row.path),
    row.expiresAt === 0 ? 0 : Math.max(LEAST_END, Math.floor(row.expiresAt / 1000)),
    row.q < 0 ? -1 : row.q / 1000,
    text(row.callId),
    row.cseq | 0,
    instantText(row.modifiedAt),
    row.flags,
    orNull(row.branchFlags),
    text(row.userAgent),
    orNull(row.socket),
    row.methods === ALL_METHODS ? null : row.methods,
    orNull(row.instance),
    orNull(row.attr),
  ];
}

/**
 * What a row says.
 * @param useDomain - the address is `username@domain`; else the user alone, whatever stands in `domain`
 * @returns the reason, as a text, when no binding can be made of it
 */
export function rowOf(values: SqlRow, useDomain: boolean): LocationRow | string {
  const [
    id,
    username,
    domain,
    contact,
    received,
    path,
    expires,
    q,
    callid,
    cseq,
    modified,
    flags,
    cflags,
    agent,
    socket,
    methods,
    instance,
    attr,
  ] = values;
  const text = (value: SqlValue | undefined): string => readText(value) ?? "";
  const contactId = readInteger(id);
  if (contactId === undefined) return "contact_id is no number";
  const user = text(username);
  if (user === "") return "username is empty";
  const host = text(domain);
  if (useDomain && host === "") return "domain is empty, and domains count (use_domain)";
  const uri = text(contact);
  if (uri === "") return "contact is empty";
  const ends = readNumber(expires);
  if (ends === undefined) return "expires is no number";
  const preference = readReal(q) ?? -1;
  const number = readNumber(cseq);
  if (number === undefined) return "cseq is no number";
  return {
    contactId,
    aor: useDomain ? `${user}@${host}` : user,
    uri,
    expiresAt: ends <= 0 ? 0 : ends * 1000,
    q: preference < 0 || preference > 1 ? -1 : Math.round(preference * 1000),
    callId: text(callid),
    cseq: number >>> 0,
    userAgent: text(agent),
    received: text(received),
    path: text(path),
    socket: text(socket),
    flags: readNumber(flags) ?? NULL_FLAGS,
    branchFlags: text(cflags),
    methods: methods === null || methods === undefined ? ALL_METHODS : (readNumber(methods) ?? ALL_METHODS) >>> 0,
    instance: text(instance),
    attr: text(attr),
    modifiedAt: instantOf(modified) ?? 0,
  };
}

/** The number of a row, for reports; "?" when there is none. */
export function idText(values: SqlRow): string {
  return readInteger(values[0])?.toString() ?? "?";
}
