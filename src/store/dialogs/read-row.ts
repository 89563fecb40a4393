// From a row of the dialog table back to the call (dialog-behaviour 12.6): from our own column when the others still say what they said
// then, from both when somebody else has changed the row since, from the reference's columns alone where there is nothing else.
import {
  type CountSnapshot,
  DialogOption,
  type DialogSnapshot,
  type DialogState,
  dbIdOf,
  type LegSnapshot,
  stateNumber,
} from "../../dialog/index.ts";
import { bad, good, type Parsed } from "../../kit/index.ts";
import { readInteger, readNumber, readText } from "../column-values.ts";
import type { SqlRow, SqlValue } from "../ports.ts";
import { decodeCall, type KeptCall } from "./codec.ts";
import { type Item, readItems } from "./items.ts";
import { At, type RowForm, TELLING } from "./row-form.ts";
import { flagBits, Internal, RowFlag, tellingValues, writeRow } from "./write-row.ts";

/** A row that was read. */
export interface RowCall {
  readonly id: bigint;
  readonly snapshot: DialogSnapshot;
  /**
   * `whole`: exactly as it was written. `changed`: somebody else has written to the row since. `reduced`: only what the reference's columns
   * hold. `unreadable`: the same, because our own column holds nothing that can be read.
   */
  readonly kind: "whole" | "changed" | "reduced" | "unreadable";
}

/** Why a row is no call. */
export interface RowFault {
  /** What stands in the column of ids, for people. */
  readonly id: string;
  readonly reason: string;
}

const STATES: readonly DialogState[] = ["unconfirmed", "early", "confirmedNoAck", "confirmed", "ended"];
const OPTIONS = Object.values(DialogOption).reduce((all, one) => all | one, 0);
/** What of `flags` says something about a call. */
const MEANT = OPTIONS | RowFlag.hasBye | RowFlag.wasCancelled | RowFlag.isRaced;
/**
 * Reads a row.
 * @param row - all columns of the form, in the order of the table
 */
export function readRow(row: SqlRow, form: RowForm): Parsed<RowCall, RowFault> {
  const id = readInteger(row[At.id]);
  if (id === undefined || id < 0n) return bad({ id: String(row[At.id]), reason: "its id is no number" });
  const own = form.hasOwn ? row[At.own] : undefined;
  const decoded = own instanceof Uint8Array ? decodeCall(own) : undefined;
  const kept = decoded?.ok === true && isOf(id, decoded.value.snapshot) ? decoded.value : undefined;
  if (kept !== undefined && isUntouched(row, form, kept)) return good({ id, snapshot: ownCall(kept, form), kind: "whole" });
  const columns = readColumns(row, form, id);
  if (!columns.ok) return bad({ id: String(id), reason: columns.fault });
  if (kept !== undefined) {
    const expected = writeRow(kept.snapshot, form, { ...kept, isFromStore: false });
    return good({ id, snapshot: merged(ownCall(kept, form), kept, columns.value, row, expected), kind: "changed" });
  }
  return good({ id, snapshot: columns.value, kind: decoded === undefined ? "reduced" : "unreadable" });
}

/** The columns that are enough to see that a row of ours is as we wrote it: where there are ten thousands, the others need not be fetched. */
export const SHORT: readonly number[] = Object.freeze([At.id, At.own, At.flags, ...TELLING]);

/**
 * Reads a row of ours that nobody else has written to.
 * @param short - the columns `SHORT`, in this order
 * @returns undefined where all columns are needed
 */
export function readShortRow(short: SqlRow, form: RowForm): RowCall | undefined {
  const [idValue, own, flags] = short;
  const id = readInteger(idValue);
  if (id === undefined || !(own instanceof Uint8Array)) return undefined;
  const kept = decodeCall(own);
  if (!kept.ok || !isOf(id, kept.value.snapshot) || !areSameFlags(flags, flagBits(kept.value.snapshot))) return undefined;
  const written = tellingValues(kept.value.snapshot, form, kept.value);
  for (let i = 0; i < written.length; i++) if (!isSame(short[i + 3], written[i])) return undefined;
  return { id, snapshot: ownCall(kept.value, form), kind: "whole" };
}

function isOf(id: bigint, snapshot: DialogSnapshot): boolean {
  return dbIdOf(snapshot.entry, snapshot.id) === id;
}

/** Whether the columns still say what was written together with ours. */
function isUntouched(row: SqlRow, form: RowForm, kept: KeptCall): boolean {
  const written = tellingValues(kept.snapshot, form, kept);
  for (let i = 0; i < TELLING.length; i++) if (!isSame(row[TELLING[i] ?? 0], written[i])) return false;
  return areSameFlags(row[At.flags], flagBits(kept.snapshot));
}

/** Our own word on the call. */
function ownCall(kept: KeptCall, form: RowForm): DialogSnapshot {
  return withReserved(withFlagNames(kept, form), kept);
}

/** The call as the reference's columns alone say it. */
function readColumns(row: SqlRow, form: RowForm, id: bigint): Parsed<DialogSnapshot> {
  const state = STATES[(readNumber(row[At.state]) ?? 0) - 1];
  if (state === undefined) return bad("its state is none of 1 to 5");
  const startSeconds = readNumber(row[At.startTime]);
  const timeout = readNumber(row[At.timeout]);
  if (startSeconds === undefined || timeout === undefined) return bad("start_time or timeout is no number");
  const callId = readText(row[At.callId]);
  const [fromUri, toUri] = [readText(row[At.fromUri]), readText(row[At.toUri])];
  const [fromTag, toTag] = [readText(row[At.fromTag]), readText(row[At.toTag])];
  if (callId === undefined || fromUri === undefined || toUri === undefined || fromTag === undefined || toTag === undefined) {
    return bad("callid, a URI or a tag is NULL");
  }
  const [callerCseq, calleeCseq] = [readNumber(row[At.callerCseq]), readNumber(row[At.calleeCseq])];
  if (callerCseq === undefined || calleeCseq === undefined) return bad("a CSeq is no number");
  const bits = readNumber(row[At.flags]) ?? 0;
  const items = sortOut(readItems(readText(row[At.vars]) ?? ""));
  const [startAt, expiresAt] = [startSeconds * 1000, timeout * 1000];
  const leg = (parts: LegParts): LegSnapshot => legOf(parts, items.internal);
  return good({
    entry: Number(id >> 32n),
    id: Number(id & 0xffff_ffffn),
    callId,
    fromUri,
    toUri,
    state,
    winner: 1,
    options: bits & OPTIONS,
    hasBye: (bits & RowFlag.hasBye) !== 0,
    wasCancelled: (bits & RowFlag.wasCancelled) !== 0,
    isRaced: (bits & RowFlag.isRaced) !== 0,
    isEnding: false,
    endReason: undefined,
    createdAt: startAt,
    startAt,
    lifetimeMs: Math.max(0, expiresAt - startAt),
    expiresAt,
    ackBy: 0,
    byesWait: false,
    byeHeaders: "",
    flags: readScriptFlags(row[At.scriptFlags], form),
    moduleFlags: (readNumber(row[At.moduleFlags]) ?? 0) >>> 0,
    sharingTag: items.internal.get(Internal.sharingTag),
    initialCseq: -1,
    countsFor: 1,
    agreements: 0,
    routes: {
      answer: readText(row[At.onAnswer]) ?? "",
      timeout: readText(row[At.onTimeout]) ?? "",
      hangup: readText(row[At.onHangup]) ?? "",
    },
    values: items.values,
    links: readItems(readText(row[At.profiles]) ?? "").map(({ name, value }) => ({ profile: name, value, tag: undefined })),
    legs: [
      leg({
        tag: fromTag,
        branch: -1,
        cseq: callerCseq,
        pingCseq: readNumber(row[At.callerPingCseq]) ?? 0,
        routeSet: splitRoutes(readText(row[At.callerRouteSet]) ?? ""),
        contact: readText(row[At.callerContact]) ?? "",
        socket: readText(row[At.callerSock]) ?? "",
        received: Internal.callerReceivedSdp,
        sent: Internal.callerSentSdp,
        advertised: Internal.callerContact,
        fromUri: undefined,
        toUri: undefined,
      }),
      leg({
        tag: toTag,
        branch: 0,
        cseq: calleeCseq,
        pingCseq: readNumber(row[At.calleePingCseq]) ?? 0,
        routeSet: splitRoutes(readText(row[At.calleeRouteSet]) ?? ""),
        contact: readText(row[At.calleeContact]) ?? "",
        socket: readText(row[At.calleeSock]) ?? "",
        received: Internal.calleeReceivedSdp,
        sent: Internal.calleeSentSdp,
        advertised: Internal.calleeContact,
        fromUri: orNothing(readText(row[At.mangledFromUri])),
        toUri: orNothing(readText(row[At.mangledToUri])),
      }),
    ],
  });
}

interface LegParts {
  readonly tag: string;
  readonly branch: number;
  readonly cseq: number;
  readonly pingCseq: number;
  readonly routeSet: readonly string[];
  readonly contact: string;
  readonly socket: string;
  /** Names of internal variables. */
  readonly received: string;
  readonly sent: string;
  readonly advertised: string;
  readonly fromUri: string | undefined;
  readonly toUri: string | undefined;
}

function legOf(parts: LegParts, internal: ReadonlyMap<string, string>): LegSnapshot {
  const { tag, branch, cseq, pingCseq, routeSet, contact, socket, fromUri, toUri } = parts;
  return {
    tag,
    branch,
    ...countOf(cseq, pingCseq),
    inviteCseq: -1,
    remoteTarget: contact,
    previousTarget: "",
    sourceIp: "",
    routeSet,
    socket,
    receivedSdp: internal.get(parts.received) ?? "",
    sentSdp: internal.get(parts.sent) ?? "",
    advertisedContact: internal.get(parts.advertised) ?? "",
    fromUri,
    toUri,
    recordRoutes: 0,
    upstream: undefined,
  };
}

/** Which method had the last number is not known. */
function countOf(cseq: number, generatedCseq: number): CountSnapshot {
  return { cseq, previousCseq: -1, generatedCseq, wireCseq: generatedCseq === 0 ? cseq : generatedCseq, lastMethod: "", rewritten: [] };
}

/** Internal variables apart from those of scripts. The first of a name counts. */
function sortOut(items: readonly Item[]): { readonly internal: ReadonlyMap<string, string>; readonly values: readonly Item[] } {
  const names: ReadonlySet<string> = new Set(Object.values(Internal));
  const internal = new Map<string, string>();
  const values: Item[] = [];
  for (const item of items) {
    if (!names.has(item.name)) values.push(item);
    else if (!internal.has(item.name)) internal.set(item.name, item.value);
  }
  return { internal, values };
}

/** Numbers in version 11, names from version 12 on. */
function readScriptFlags(value: SqlValue | undefined, form: RowForm): number {
  if (form.table.version >= 12) return form.flagNaming.flagsOf(readText(value) ?? "");
  return (readNumber(value) ?? 0) >>> 0;
}

/** Parts a list of name-addrs at its commas; those within quotes and angle brackets belong to a URI. */
export function splitRoutes(text: string): readonly string[] {
  const routes: string[] = [];
  let from = 0;
  let isQuoted = false;
  let isBracketed = false;
  for (let at = 0; at <= text.length; at++) {
    const c = text[at];
    if (isQuoted && c === "\\") at++;
    else if (c === '"' && !isBracketed) isQuoted = !isQuoted;
    else if (c === "<" && !isQuoted) isBracketed = true;
    else if (c === ">" && !isQuoted) isBracketed = false;
    else if (c === undefined || (c === "," && !isQuoted && !isBracketed)) {
      const route = text.slice(from, at).trim();
      if (route !== "") routes.push(route);
      from = at + 1;
    }
  }
  return routes;
}

// ---- our own column beside the others

/** Requests of our own may have gone out up to the numbers that the row vouched for. */
function withReserved(snapshot: DialogSnapshot, { callerPing, calleePing }: KeptCall): DialogSnapshot {
  if (callerPing <= (snapshot.legs[0]?.generatedCseq ?? 0) && calleePing <= (snapshot.legs[snapshot.winner]?.generatedCseq ?? 0))
    return snapshot;
  const legs = snapshot.legs.map((leg, number) => {
    const reserved = number === 0 ? callerPing : number === snapshot.winner ? calleePing : 0;
    return reserved > leg.generatedCseq ? { ...leg, generatedCseq: reserved } : leg;
  });
  return { ...snapshot, legs };
}

/** The script may have given other numbers to its names since. */
function withFlagNames({ snapshot, flagNames }: KeptCall, { flagNaming }: RowForm): DialogSnapshot {
  return flagNames === undefined ? snapshot : { ...snapshot, flags: flagNaming.flagsOf(flagNames) };
}

/** The row speaks where it differs from what we wrote; the rest is ours. */
function merged(own: DialogSnapshot, kept: KeptCall, row: DialogSnapshot, values: SqlRow, expected: readonly SqlValue[]): DialogSnapshot {
  const isOther = (place: number): boolean => !isSame(values[place], expected[place]);
  // columns that we do not keep true may be as old as the last shutdown
  const isValued = (place: number): boolean => kept.hasValues && isOther(place);
  const legs = own.legs.map((leg, number) => {
    if (number !== 0 && number !== own.winner) return leg;
    const theirs = row.legs[number === 0 ? 0 : 1];
    const [cseqAt, contactAt] = number === 0 ? [At.callerCseq, At.callerContact] : [At.calleeCseq, At.calleeContact];
    if (theirs === undefined) return leg;
    const generatedCseq = Math.max(leg.generatedCseq, theirs.generatedCseq);
    return {
      ...leg,
      ...(isOther(cseqAt) ? { ...countOf(theirs.cseq, generatedCseq), previousCseq: leg.cseq, rewritten: leg.rewritten } : {}),
      generatedCseq,
      ...(isOther(contactAt) ? { remoteTarget: theirs.remoteTarget, previousTarget: leg.remoteTarget } : {}),
    };
  });
  return {
    ...own,
    state: stateNumber(row.state) > stateNumber(own.state) ? row.state : own.state,
    ackBy: row.state === "confirmed" ? 0 : own.ackBy,
    options: areSameFlags(values[At.flags], flagBits(own)) ? own.options : row.options,
    hasBye: own.hasBye || row.hasBye,
    wasCancelled: own.wasCancelled || row.wasCancelled,
    isRaced: own.isRaced || row.isRaced,
    expiresAt: isOther(At.timeout) ? row.expiresAt : own.expiresAt,
    flags: isValued(At.scriptFlags) ? row.flags : own.flags,
    moduleFlags: isValued(At.moduleFlags) ? row.moduleFlags : own.moduleFlags,
    values: isValued(At.vars) ? row.values : own.values,
    links: isValued(At.profiles) ? row.links : own.links,
    legs,
  };
}

/** Whether a column holds what was written to it. */
function isSame(found: SqlValue | undefined, written: SqlValue | undefined): boolean {
  return found === written || asComparable(found) === asComparable(written);
}

function asComparable(value: SqlValue | undefined): string {
  if (value === undefined || value === null) return "";
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).latin1Slice() : String(value);
}

function areSameFlags(found: SqlValue | undefined, written: SqlValue | undefined): boolean {
  return ((readNumber(found) ?? 0) & MEANT) === ((readNumber(written) ?? 0) & MEANT);
}

function orNothing(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
