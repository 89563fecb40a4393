// From a call to the row of the dialog table that says it (dialog-behaviour 12.1 to 12.3), as OpenSIPS would write it.
import { type DialogSnapshot, dbIdOf, type LegSnapshot, stateNumber } from "../../dialog/index.ts";
import type { SqlValue } from "../ports.ts";
import { columnBytes, columnText } from "../text.ts";
import { encodeCall } from "./codec.ts";
import { type ItemForm, writeItem } from "./items.ts";
import { At, type RowForm } from "./row-form.ts";

/** What a row says besides the call. */
export interface RowNotes {
  /** Up to which number of our own requests to the caller and to the callee the row vouches. */
  readonly callerPing: number;
  readonly calleePing: number;
  /** Variables, profiles and script flags stand in their columns too (12.5). */
  readonly hasValues: boolean;
  /** The call came from a table itself. */
  readonly isFromStore: boolean;
}

/** Bits of the column `flags` that are no options of a call (12.2). */
export const RowFlag = {
  hasBye: 4,
  initialised: 16,
  fromStore: 128,
  hooksArmed: 24576, // 8192 and 16384
  wasCancelled: 65536,
  isRaced: 131072,
} as const;

/** Variables that carry what the reference has no columns for; they stand in front of the others. C is the caller, c the callee. */
export const Internal = {
  callerReceivedSdp: "uCSDP",
  callerSentSdp: "aCSDP",
  callerContact: "Cct",
  calleeReceivedSdp: "ucSDP",
  calleeSentSdp: "acSDP",
  calleeContact: "cct",
  sharingTag: "dlgX_shtag",
} as const;

const LARGEST_32_BITS = 2 ** 32 - 1;
const NO_VALUES: readonly SqlValue[] = [];

/** The values of a row, in the order of the table; our own column last, where the table has one. */
export function writeRow(snapshot: DialogSnapshot, form: RowForm, notes: RowNotes): SqlValue[] {
  const { legs, winner, routes } = snapshot;
  const caller = legs[0];
  const callee = legs[winner];
  const [vars, profiles, scriptFlags, moduleFlags] = notes.hasValues ? valueColumns(snapshot, form) : NO_VALUES;
  const row: SqlValue[] = [
    dbIdOf(snapshot.entry, snapshot.id),
    needed(form, At.callId, snapshot.callId),
    needed(form, At.fromUri, snapshot.fromUri),
    needed(form, At.fromTag, caller?.tag ?? ""),
    needed(form, At.toUri, snapshot.toUri),
    needed(form, At.toTag, callee?.tag ?? ""),
    optional(form, At.mangledFromUri, callee?.fromUri),
    optional(form, At.mangledToUri, callee?.toUri),
    String(caller?.cseq ?? 0),
    String(callee?.cseq ?? 0),
    notes.callerPing,
    notes.calleePing,
    optional(form, At.callerRouteSet, caller?.routeSet.join(",")),
    optional(form, At.calleeRouteSet, callee?.routeSet.join(",")),
    optional(form, At.callerContact, caller?.remoteTarget),
    optional(form, At.calleeContact, callee?.remoteTarget),
    needed(form, At.callerSock, caller?.socket ?? ""),
    needed(form, At.calleeSock, callee?.socket ?? ""),
    stateNumber(snapshot.state),
    seconds(snapshot.startAt),
    timeoutOf(snapshot),
    vars ?? null,
    profiles ?? null,
    scriptFlags ?? flagsColumn(0, form),
    moduleFlags ?? 0,
    flagsOf(snapshot, notes),
    optional(form, At.onAnswer, routes.answer),
    optional(form, At.onTimeout, routes.timeout),
    optional(form, At.onHangup, routes.hangup),
  ];
  if (form.hasOwn) row.push(ownColumn(snapshot, form, notes));
  return row;
}

/** What `writeRow` writes to the columns `CHANGING`, ours and, where they are written, `VALUE_COLUMNS`, in this order. */
export function changingValues(snapshot: DialogSnapshot, form: RowForm, notes: RowNotes): SqlValue[] {
  const values = tellingValues(snapshot, form, notes);
  values.push(flagsOf(snapshot, notes));
  if (form.hasOwn) values.push(ownColumn(snapshot, form, notes));
  if (notes.hasValues) for (const value of valueColumns(snapshot, form)) values.push(value);
  return values;
}

/** What `writeRow` writes to `VALUE_COLUMNS`, in their order. */
export function valueColumns(snapshot: DialogSnapshot, form: RowForm): SqlValue[] {
  return [
    columnBytes(varsText(snapshot, form)),
    optional(form, At.profiles, profilesText(snapshot, form)),
    flagsColumn(snapshot.flags, form),
    snapshot.moduleFlags,
  ];
}

/** What `writeRow` writes to the column `timeout`. */
export function timeoutOf({ expiresAt, startAt, lifetimeMs }: DialogSnapshot): number {
  return seconds(expiresAt === 0 ? startAt + lifetimeMs : expiresAt);
}

/** What `writeRow` writes to the columns `TELLING`, in their order. */
export function tellingValues(snapshot: DialogSnapshot, form: RowForm, notes: Pick<RowNotes, "callerPing" | "calleePing">): SqlValue[] {
  const { legs, winner } = snapshot;
  const [caller, callee] = [legs[0], legs[winner]];
  return [
    stateNumber(snapshot.state),
    timeoutOf(snapshot),
    String(caller?.cseq ?? 0),
    String(callee?.cseq ?? 0),
    notes.callerPing,
    notes.calleePing,
    optional(form, At.callerContact, caller?.remoteTarget),
    optional(form, At.calleeContact, callee?.remoteTarget),
  ];
}

function ownColumn(snapshot: DialogSnapshot, form: RowForm, { callerPing, calleePing, hasValues }: RowNotes): Uint8Array {
  const { flagNaming } = form;
  const flagNames = flagNaming.isUsed && snapshot.flags !== 0 ? flagNaming.namesOf(snapshot.flags) : undefined;
  return encodeCall({ snapshot, callerPing, calleePing, hasValues, flagNames });
}

/** The column `vars`. */
export function varsText(snapshot: DialogSnapshot, form: RowForm): string {
  const items = itemForm(form);
  const [caller] = snapshot.legs;
  const callee = snapshot.legs[snapshot.winner];
  const { sharingTag } = snapshot;
  let text = sharingTag === undefined ? "" : writeItem(Internal.sharingTag, sharingTag, false, items);
  text += partyText(callee, Internal.calleeReceivedSdp, Internal.calleeSentSdp, Internal.calleeContact, items);
  text += partyText(caller, Internal.callerReceivedSdp, Internal.callerSentSdp, Internal.callerContact, items);
  for (const { name, value, isInteger } of snapshot.values) text += writeItem(name, value, isInteger, items);
  return text;
}

/** The later stands first: the contact, what was sent, what was received. */
function partyText(leg: LegSnapshot | undefined, received: string, sent: string, contact: string, form: ItemForm): string {
  let text = writeItem(contact, leg?.advertisedContact ?? "", false, form);
  if (leg !== undefined && leg.sentSdp !== "") text += writeItem(sent, leg.sentSdp, false, form);
  if (leg !== undefined && leg.receivedSdp !== "") text += writeItem(received, leg.receivedSdp, false, form);
  return text;
}

/** The column `profiles`. */
export function profilesText(snapshot: DialogSnapshot, form: RowForm): string {
  let text = "";
  for (const { profile, value } of snapshot.links) text += writeItem(profile, value, false, itemForm(form));
  return text;
}

/** Whether items of a table carry types. */
function itemForm(form: RowForm): ItemForm {
  return form.table.version >= 12 ? "typed" : "plain";
}

/** The column `script_flags`. */
function flagsColumn(flags: number, form: RowForm): SqlValue {
  if (form.table.version >= 12) return flags === 0 ? null : form.flagNaming.namesOf(flags);
  // its INTEGER has a sign
  return form.dialect === "postgres" ? flags | 0 : flags;
}

/** The column `flags`, as far as the call itself says it. */
export function flagBits(snapshot: DialogSnapshot): number {
  let bits: number = snapshot.options | RowFlag.initialised | RowFlag.hooksArmed;
  if (snapshot.hasBye) bits |= RowFlag.hasBye;
  if (snapshot.wasCancelled) bits |= RowFlag.wasCancelled;
  if (snapshot.isRaced) bits |= RowFlag.isRaced;
  return bits;
}

/** The column `flags`. */
function flagsOf(snapshot: DialogSnapshot, { isFromStore }: RowNotes): number {
  return flagBits(snapshot) | (isFromStore ? RowFlag.fromStore : 0);
}

function needed(form: RowForm, place: number, text: string): string {
  return fitted(form, place, columnText(text, form.dialect));
}

function optional(form: RowForm, place: number, text: string | undefined): string | null {
  return text === undefined || text === "" ? null : needed(form, place, text);
}

function seconds(at: number): number {
  return Math.min(Math.max(0, Math.floor(at / 1000)), LARGEST_32_BITS);
}

/** Where the snapshot keeps the whole text, a column that is too narrow gets its beginning; else the database has to judge. */
function fitted(form: RowForm, place: number, text: string): string {
  if (!form.hasOwn || form.widths.size === 0) return text;
  const width = form.widths.get(form.table.columns[place]?.name ?? "");
  return width === undefined || text.length <= width ? text : text.slice(0, width).toWellFormed();
}
