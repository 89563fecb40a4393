// A dialog as plain data: what a store writes, what another node gets, what a test compares. Instants are of the wall clock, sockets
// are names. What hangs on a transaction of this process (open requests, queues) is not in it: it dies with the process.
import type { EpochMs, Ms } from "../kit/index.ts";
import type { Dialog } from "./dialog.ts";
import type { Leg } from "./leg.ts";
import type { DialogState } from "./machine.ts";

/** The numbers of requests towards a leg. */
export interface CountSnapshot {
  readonly cseq: number;
  readonly previousCseq: number;
  readonly generatedCseq: number;
  readonly wireCseq: number;
  readonly lastMethod: string;
  /** Original and rewritten numbers in turn. */
  readonly rewritten: readonly number[];
}

/** One party: see `Leg` for what the fields mean. */
export interface LegSnapshot extends CountSnapshot {
  readonly tag: string;
  readonly branch: number;
  readonly inviteCseq: number;
  readonly remoteTarget: string;
  readonly previousTarget: string;
  readonly sourceIp: string;
  readonly routeSet: readonly string[];
  /** Name of the listener: `udp:10.0.0.1:5060`; "" when there is none. */
  readonly socket: string;
  readonly receivedSdp: string;
  readonly sentSdp: string;
  readonly advertisedContact: string;
  readonly fromUri: string | undefined;
  readonly toUri: string | undefined;
  readonly recordRoutes: number;
  /** Numbers of what it sends to the caller while others ring too. */
  readonly upstream: CountSnapshot | undefined;
}

/** One call. */
export interface DialogSnapshot {
  /** `h_entry` and `h_id`. */
  readonly entry: number;
  readonly id: number;
  readonly callId: string;
  readonly fromUri: string;
  readonly toUri: string;
  readonly state: DialogState;
  /** Number of the callee leg that answered; 0 before. */
  readonly winner: number;
  /** `DialogOption` bits. */
  readonly options: number;
  readonly hasBye: boolean;
  readonly wasCancelled: boolean;
  readonly isRaced: boolean;
  readonly isEnding: boolean;
  readonly endReason: string | undefined;
  readonly createdAt: EpochMs;
  /** 0 before the answer. */
  readonly startAt: EpochMs;
  readonly lifetimeMs: Ms;
  /** When the lifetime ends; 0 while none runs. */
  readonly expiresAt: EpochMs;
  /** By when the ACK must have come; 0 when none is awaited. */
  readonly ackBy: EpochMs;
  /** BYEs wait for the ACK. */
  readonly byesWait: boolean;
  readonly byeHeaders: string;
  /** Script flags, 32 bits, and `ModuleFlag` bits. */
  readonly flags: number;
  readonly moduleFlags: number;
  readonly sharingTag: string | undefined;
  readonly initialCseq: number;
  readonly countsFor: number;
  readonly agreements: number;
  readonly routes: { readonly answer: string; readonly timeout: string; readonly hangup: string };
  /** Newest first. */
  readonly values: readonly { readonly name: string; readonly value: string; readonly isInteger: boolean }[];
  /** Memberships, newest first; the profile by its full name. */
  readonly links: readonly { readonly profile: string; readonly value: string; readonly tag: string | undefined }[];
  /** The caller, then the callees: leg n is `legs[n]`. */
  readonly legs: readonly LegSnapshot[];
}

const NO_NUMBERS: readonly number[] = Object.freeze([]);
const NO_ROUTE_NAMES: DialogSnapshot["routes"] = Object.freeze({ answer: "", timeout: "", hangup: "" });

/**
 * A dialog as it is now. It keeps nothing of the dialog: strings apart, everything is a copy.
 * @param wallOffset - what turns an instant of the monotonic clock into one of the wall clock
 */
export function snapshotOf(dialog: Dialog, wallOffset: Ms): DialogSnapshot {
  const { life } = dialog;
  const values: { name: string; value: string; isInteger: boolean }[] = [];
  for (let at = dialog.firstValue; at !== undefined; at = at.older)
    values.push({ name: at.name, value: at.value, isInteger: at.isInteger });
  const links: { profile: string; value: string; tag: string | undefined }[] = [];
  for (let link = dialog.firstLink; link !== undefined; link = link.older)
    links.push({ profile: link.profile.fullName, value: link.value, tag: link.tag });
  const legs = [legSnapshot(dialog.callerLeg)];
  for (let i = 0; i < dialog.calleeLegs.length; i++) {
    const leg = dialog.calleeLegs[i];
    if (leg !== undefined) legs.push(legSnapshot(leg));
  }
  return {
    entry: dialog.entry,
    id: dialog.id,
    callId: dialog.callId,
    fromUri: dialog.fromUri,
    toUri: dialog.toUri,
    state: life.state,
    winner: life.winner,
    options: life.options,
    hasBye: life.hasBye,
    wasCancelled: life.wasCancelled,
    isRaced: life.isRaced,
    isEnding: life.isEnding,
    endReason: life.endReason,
    createdAt: dialog.createdAt,
    startAt: dialog.startAt,
    lifetimeMs: dialog.lifetimeMs,
    expiresAt: wallTime(dialog.endsAt, wallOffset),
    ackBy: wallTime(dialog.ackBy, wallOffset),
    byesWait: dialog.byesWait,
    byeHeaders: dialog.byeHeaders,
    flags: dialog.flags,
    moduleFlags: dialog.moduleFlags,
    sharingTag: dialog.sharingTag,
    initialCseq: dialog.initialCseq,
    countsFor: dialog.countsFor,
    agreements: dialog.agreements,
    routes: dialog.routes ?? NO_ROUTE_NAMES,
    values,
    links,
    legs,
  };
}

function wallTime(at: Ms, wallOffset: Ms): EpochMs {
  return at < 0 ? 0 : Math.round(at + wallOffset);
}

function legSnapshot(leg: Leg): LegSnapshot {
  return {
    tag: leg.tag,
    branch: leg.branch,
    cseq: leg.cseq,
    previousCseq: leg.previousCseq,
    inviteCseq: leg.inviteCseq,
    generatedCseq: leg.generatedCseq,
    wireCseq: leg.wireCseq,
    lastMethod: leg.lastMethod,
    rewritten: leg.rewritten?.slice() ?? NO_NUMBERS,
    remoteTarget: leg.remoteTarget,
    previousTarget: leg.previousTarget,
    sourceIp: leg.sourceIp,
    routeSet: leg.routeSet,
    socket: leg.listener?.name ?? "",
    receivedSdp: leg.receivedSdp,
    sentSdp: leg.sentSdp,
    advertisedContact: leg.advertisedContact,
    fromUri: leg.fromUri,
    toUri: leg.toUri,
    recordRoutes: leg.recordRoutes,
    upstream: leg.upstream === undefined ? undefined : countSnapshot(leg.upstream),
  };
}

function countSnapshot(leg: Leg): CountSnapshot {
  const { cseq, previousCseq, generatedCseq, wireCseq, lastMethod, rewritten } = leg;
  return { cseq, previousCseq, generatedCseq, wireCseq, lastMethod, rewritten: rewritten?.slice() ?? NO_NUMBERS };
}
