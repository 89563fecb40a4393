// A whole call in one binary column: what the columns of the reference cannot say (12.1). JSON text in UTF-8 of tuples by position, so
// that any string survives and a person can still read it; the first element is the format's version.
import { type CountSnapshot, type DialogSnapshot, type DialogState, type LegSnapshot, stateNumber } from "../../dialog/index.ts";
import { bad, good, type Parsed } from "../../kit/index.ts";
import { TupleReader } from "./tuple-reader.ts";

/** A call as it was written, with what the other columns of its row were meant to say. */
export interface KeptCall {
  readonly snapshot: DialogSnapshot;
  /** Up to which number of our own requests to the caller and to the callee the row vouches; 0 for none yet. */
  readonly callerPing: number;
  readonly calleePing: number;
  /** Whether the columns of variables, profiles and flags are kept true. */
  readonly hasValues: boolean;
  /** The script flags by name, where names stand for them. */
  readonly flagNames: string | undefined;
}

const VERSION = 1;
const STATES: readonly DialogState[] = ["unconfirmed", "early", "confirmedNoAck", "confirmed", "ended"];

/** Bytes for the column. */
export function encodeCall(call: KeptCall): Uint8Array {
  const { snapshot: s } = call;
  const { routes } = s;
  const tuple = [
    VERSION,
    call.callerPing,
    call.calleePing,
    bit(call.hasValues),
    orNull(call.flagNames),
    s.entry,
    s.id,
    s.callId,
    s.fromUri,
    s.toUri,
    stateNumber(s.state),
    s.winner,
    s.options,
    bit(s.hasBye) | (bit(s.wasCancelled) << 1) | (bit(s.isRaced) << 2) | (bit(s.isEnding) << 3) | (bit(s.byesWait) << 4),
    orNull(s.endReason),
    s.createdAt,
    s.startAt,
    s.lifetimeMs,
    s.expiresAt,
    s.ackBy,
    s.byeHeaders,
    s.flags,
    s.moduleFlags,
    orNull(s.sharingTag),
    s.initialCseq,
    s.countsFor,
    s.agreements,
    routes.answer,
    routes.timeout,
    routes.hangup,
    s.values.flatMap(({ name, value, isInteger }) => [name, value, bit(isInteger)]),
    s.links.flatMap(({ profile, value, tag }) => [profile, value, orNull(tag)]),
    s.legs.map(legTuple),
  ];
  return Buffer.from(JSON.stringify(tuple), "utf8");
}

/** Reads the column. @returns a fault in words for anything that `encodeCall` has not written */
export function decodeCall(bytes: Uint8Array): Parsed<KeptCall> {
  let tuple: unknown;
  try {
    tuple = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
  } catch {
    return bad("it is no text of a call");
  }
  const reader = TupleReader.of(tuple);
  if (reader === undefined) return bad("it is no tuple");
  const version = reader.count();
  if (version !== VERSION) return bad(`its format is version ${version}, ${VERSION} is known here`);
  const call = readCall(reader);
  return reader.isGood && reader.isAtEnd ? good(call) : bad(`its part ${reader.at} is not what it should be`);
}

function readCall(reader: TupleReader): KeptCall {
  const callerPing = reader.count();
  const calleePing = reader.count();
  const hasValues = reader.flag();
  const flagNames = reader.maybeText();
  const [entry, id] = [reader.count(), reader.count()];
  const [callId, fromUri, toUri] = [reader.text(), reader.text(), reader.text()];
  const state = reader.choice(STATES);
  const winner = reader.count();
  const options = reader.count();
  const bits = reader.count();
  const endReason = reader.maybeText();
  const [createdAt, startAt, lifetimeMs, expiresAt, ackBy] = [
    reader.number(),
    reader.number(),
    reader.number(),
    reader.number(),
    reader.number(),
  ];
  const byeHeaders = reader.text();
  const [flags, moduleFlags] = [reader.count(), reader.count()];
  const sharingTag = reader.maybeText();
  const [initialCseq, countsFor, agreements] = [reader.number(), reader.count(), reader.count()];
  const routes = { answer: reader.text(), timeout: reader.text(), hangup: reader.text() };
  const values = reader.list((one) => ({ name: one.text(), value: one.text(), isInteger: one.flag() }));
  const links = reader.list((one) => ({ profile: one.text(), value: one.text(), tag: one.maybeText() }));
  const legs = reader.list((one) => one.inner(readLeg) ?? NO_LEG);
  const snapshot: DialogSnapshot = {
    entry,
    id,
    callId,
    fromUri,
    toUri,
    state,
    winner,
    options,
    hasBye: (bits & 1) !== 0,
    wasCancelled: (bits & 2) !== 0,
    isRaced: (bits & 4) !== 0,
    isEnding: (bits & 8) !== 0,
    endReason,
    createdAt,
    startAt,
    lifetimeMs,
    expiresAt,
    ackBy,
    byesWait: (bits & 16) !== 0,
    byeHeaders,
    flags,
    moduleFlags,
    sharingTag,
    initialCseq,
    countsFor,
    agreements,
    routes,
    values,
    links,
    legs,
  };
  return { snapshot, callerPing, calleePing, hasValues, flagNames };
}

function legTuple(leg: LegSnapshot): readonly unknown[] {
  return [
    leg.tag,
    leg.branch,
    ...countTuple(leg),
    leg.inviteCseq,
    leg.remoteTarget,
    leg.previousTarget,
    leg.sourceIp,
    leg.routeSet,
    leg.socket,
    leg.receivedSdp,
    leg.sentSdp,
    leg.advertisedContact,
    orNull(leg.fromUri),
    orNull(leg.toUri),
    leg.recordRoutes,
    leg.upstream === undefined ? null : countTuple(leg.upstream),
  ];
}

function countTuple(leg: CountSnapshot): readonly unknown[] {
  return [leg.cseq, leg.previousCseq, leg.generatedCseq, leg.wireCseq, leg.lastMethod, leg.rewritten];
}

function readLeg(reader: TupleReader): LegSnapshot {
  const [tag, branch] = [reader.text(), reader.number()];
  const count = readCount(reader);
  return {
    tag,
    branch,
    ...count,
    inviteCseq: reader.number(),
    remoteTarget: reader.text(),
    previousTarget: reader.text(),
    sourceIp: reader.text(),
    routeSet: reader.list((one) => one.text()),
    socket: reader.text(),
    receivedSdp: reader.text(),
    sentSdp: reader.text(),
    advertisedContact: reader.text(),
    fromUri: reader.maybeText(),
    toUri: reader.maybeText(),
    recordRoutes: reader.count(),
    upstream: reader.inner(readCount),
  };
}

function readCount(reader: TupleReader): CountSnapshot {
  return {
    cseq: reader.number(),
    previousCseq: reader.number(),
    generatedCseq: reader.number(),
    wireCseq: reader.number(),
    lastMethod: reader.text(),
    rewritten: reader.list((one) => one.number()),
  };
}

const NO_LEG: LegSnapshot = readLeg(TupleReader.empty());

function bit(is: boolean): 0 | 1 {
  return is ? 1 : 0;
}

function orNull(text: string | undefined): string | null {
  return text ?? null;
}
