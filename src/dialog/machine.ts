// The life of a dialog as a proxy sees it (RFC 3261 section 12; dialog-behaviour 2, 6.3, 8). Pure: from what it is and
// what happens to what it becomes and what the shell has to do. Who the parties are, timers and the wire are the shell's.
import { invariant } from "../kit/index.ts";
import { DialogOption } from "./options.ts";

/** `$DLG_status` 1 to 5. */
export type DialogState = "unconfirmed" | "early" | "confirmedNoAck" | "confirmed" | "ended";

/** The party that sent something. */
export type Side = "caller" | "callee";

/** Why calls end, in the words of `$DLG_end_reason`; other parts may give words of their own. */
export const EndReason: {
  readonly upstreamBye: "Upstream BYE";
  readonly downstreamBye: "Downstream BYE";
  readonly lifetime: "Lifetime Timeout";
  readonly race: "SIP Race Condition";
  readonly management: "MI Termination";
  readonly cancelled: "Cancelled";
  readonly ackTimeout: "ACK Timeout";
  readonly ping: "Ping Timeout";
  readonly reinvitePing: "ReINVITE Ping Timeout";
} = Object.freeze({
  upstreamBye: "Upstream BYE",
  downstreamBye: "Downstream BYE",
  lifetime: "Lifetime Timeout",
  race: "SIP Race Condition",
  management: "MI Termination",
  cancelled: "Cancelled",
  ackTimeout: "ACK Timeout",
  ping: "Ping Timeout",
  reinvitePing: "ReINVITE Ping Timeout",
});

/** What can happen to a dialog. */
export type DialogEvent =
  | { readonly type: "provisional" } // 101–199 relayed to the caller
  | { readonly type: "answered"; readonly leg: number } // 2xx about to go to the caller; the callee leg it came from
  | { readonly type: "refused" } // 300–699 finally sent to the caller, whoever made it
  | { readonly type: "abandoned" } // the INVITE's transaction is gone, or never came to be
  | { readonly type: "acked" }
  | { readonly type: "bye"; readonly from: Side; readonly leg: number } // the callee leg concerned
  | { readonly type: "cancelled" } // a CANCEL matched the INVITE
  | { readonly type: "sequential" } // any other in-dialog request
  | { readonly type: "expired" } // the lifetime is over
  | { readonly type: "ackMissing" } // no ACK within `ack_timeout`
  | { readonly type: "ending"; readonly reason: string } // someone asks for the end
  | { readonly type: "byeDone" }; // a final answer, or none, to one of our own BYEs

/** What the shell has to do, in the order given. */
export type Effect =
  | "changed" // the state is another: tell the feed
  | "cancelBranches" // CANCEL what still rings
  | "sendByes" // BYE to both sides, as soon as both can know the dialog
  | "shortenLife" // the lifetime becomes `race_condition_timeout`
  | "start" // the call begins now: start time, lifetime, waiting for the ACK
  | "rearm" // the lifetime begins anew now
  | "ackArrived" // stop waiting for the ACK
  | "rejoinProfiles"
  | "leaveProfiles"
  | "stopTimers"
  | "lifetimeOver" // for the feed: counts as expired
  | "early" // listeners, from here on
  | "confirmed"
  | "hangup"
  | "failed"
  | "expired"
  | "terminated"
  | "note"; // legal on the wire, without meaning in this state: a line in the log

/** What the machine knows of a dialog, and what the last step asks for. Small and never changed: each step makes another. */
export interface Lifecycle {
  readonly state: DialogState;
  /** The callee leg of the first 2xx; 0 before. */
  readonly winner: number;
  /** `DialogOption` bits. */
  readonly options: number;
  /** A BYE was seen, sent by either side or by us: nothing brings the call back. */
  readonly hasBye: boolean;
  readonly wasCancelled: boolean;
  /** A race of RFC 5407 was met and the call lives on borrowed time. */
  readonly isRaced: boolean;
  /** The end was asked for and is under way. */
  readonly isEnding: boolean;
  readonly endReason: string | undefined;
  readonly effects: readonly Effect[];
}

type Draft = { -readonly [K in keyof Lifecycle]: Lifecycle[K] };

const effects = (...list: Effect[]): readonly Effect[] => Object.freeze(list);

const NOTHING = effects();
const NOTE = effects("note");
const RINGS = effects("changed", "early");
const ANSWERED = effects("changed", "start", "confirmed");
const ANSWERED_RACED = effects("changed", "shortenLife", "start", "confirmed");
const ANSWERED_ENDING = effects("changed", "start", "confirmed", "sendByes");
const BACK = effects("changed", "rejoinProfiles", "start", "confirmed");
const BACK_RACED = effects("changed", "rejoinProfiles", "shortenLife", "start", "confirmed");
const BACK_ENDING = effects("changed", "rejoinProfiles", "start", "confirmed", "sendByes");
const FAILS = effects("changed", "leaveProfiles", "failed");
const ACKED = effects("changed", "ackArrived");
const ENDS = effects("changed", "hangup", "leaveProfiles", "stopTimers", "terminated");
const EXPIRES = effects("changed", "leaveProfiles", "stopTimers", "expired", "lifetimeOver");
const EXPIRES_WITH_BYE = effects("lifetimeOver", "sendByes");
const SAYS_BYE = effects("sendByes");
const CANCELS = effects("cancelBranches");
const SHORTENS = effects("shortenLife", "rearm");

/** Where a dialog may go from each state. `ended` → `confirmedNoAck` is the 200 that crosses a local 408 or 487 (2.4). */
export const LEGAL_MOVES: { readonly [S in DialogState]: readonly DialogState[] } = Object.freeze({
  unconfirmed: ["early", "confirmedNoAck", "ended"],
  early: ["confirmedNoAck", "ended"],
  confirmedNoAck: ["confirmed", "ended"],
  confirmed: ["ended"],
  ended: ["confirmedNoAck"],
});

const NUMBERS: { readonly [S in DialogState]: number } = { unconfirmed: 1, early: 2, confirmedNoAck: 3, confirmed: 4, ended: 5 };

/** `$DLG_status` of a state. */
export function stateNumber(state: DialogState): number {
  return NUMBERS[state];
}

/** A dialog as `create_dialog` leaves it. */
export function newLifecycle(options: number): Lifecycle {
  return {
    state: "unconfirmed",
    winner: 0,
    options,
    hasBye: false,
    wasCancelled: false,
    isRaced: false,
    isEnding: false,
    endReason: undefined,
    effects: NOTHING,
  };
}

/** What the machine knew of a dialog that was written down. */
export function restoredLifecycle(parts: Omit<Lifecycle, "effects">): Lifecycle {
  const { state, winner, options, hasBye, wasCancelled, isRaced, isEnding, endReason } = parts;
  return { state, winner, options, hasBye, wasCancelled, isRaced, isEnding, endReason, effects: NOTHING };
}

/** The same dialog with other options. */
export function withOptions(life: Lifecycle, options: number): Lifecycle {
  const next = stay(life, NOTHING);
  next.options = options;
  return next;
}

const machine: { readonly [S in DialogState]: (life: Lifecycle, event: DialogEvent) => Lifecycle } = {
  unconfirmed: ringing,
  early: ringing,
  confirmedNoAck: talking,
  confirmed: talking,
  ended: late,
};

/**
 * What becomes of a dialog when something happens to it.
 * @returns the same object when nothing changes and nothing is to be done
 */
export function step(life: Lifecycle, event: DialogEvent): Lifecycle {
  return machine[life.state](life, event);
}

/** Not answered yet. */
function ringing(life: Lifecycle, event: DialogEvent): Lifecycle {
  switch (event.type) {
    case "provisional":
      return life.state === "unconfirmed" ? go(life, "early", RINGS) : nothing(life);
    case "answered":
      return answer(life, event.leg, false);
    case "refused": // a non-2xx final ends every early dialog (RFC 3261 12.3)
    case "abandoned":
      return go(life, "ended", FAILS);
    case "bye": {
      // only the caller may leave an early dialog by BYE (RFC 3261 15); the call itself ends by its final answer
      if (event.from === "callee") return note(life);
      const next = stay(life, NOTHING);
      next.hasBye = true;
      return next;
    }
    case "cancelled": {
      const next = stay(life, NOTHING);
      next.wasCancelled = true;
      next.endReason ??= EndReason.cancelled;
      return next;
    }
    case "ending": {
      if (life.isEnding) return nothing(life);
      const next = stay(life, CANCELS);
      next.isEnding = true;
      next.endReason ??= event.reason;
      return next;
    }
    case "acked":
      return note(life);
    case "sequential":
      return life.state === "early" ? nothing(life) : note(life);
    case "expired": // no lifetime runs yet
    case "ackMissing":
    case "byeDone":
      return nothing(life);
  }
}

/** Answered, acknowledged or not. */
function talking(life: Lifecycle, event: DialogEvent): Lifecycle {
  switch (event.type) {
    case "acked":
      return life.state === "confirmedNoAck" ? go(life, "confirmed", ACKED) : nothing(life);
    case "bye": {
      // a BYE on a leg that did not win tears down one fork of a forked answer, not the call
      if (event.leg !== life.winner) return nothing(life);
      const next = go(life, "ended", ENDS);
      next.hasBye = true;
      next.endReason ??= event.from === "caller" ? EndReason.downstreamBye : EndReason.upstreamBye;
      return next;
    }
    case "cancelled": {
      // a CANCEL after the final answer changes nothing (RFC 3261 9.2), unless the call was asked to end on such races
      const isRace = (life.options & DialogOption.endOnRace) !== 0 && !life.isRaced;
      const next = stay(life, isRace ? SHORTENS : NOTHING);
      next.wasCancelled = true;
      if (isRace) next.isRaced = true;
      return next;
    }
    case "expired":
      return expire(life);
    case "ackMissing": {
      if (life.state !== "confirmedNoAck" || life.isEnding) return nothing(life);
      return sayBye(life, SAYS_BYE, EndReason.ackTimeout);
    }
    case "ending":
      return life.isEnding ? nothing(life) : sayBye(life, SAYS_BYE, event.reason);
    case "byeDone": {
      if (!life.isEnding) return nothing(life);
      const next = go(life, "ended", ENDS);
      next.hasBye = true;
      return next;
    }
    case "answered": // another branch, or a fork's second 2xx: the first stays the winner
    case "sequential":
    case "abandoned":
      return nothing(life);
    case "provisional":
    case "refused":
      return note(life);
  }
}

/** Over. */
function late(life: Lifecycle, event: DialogEvent): Lifecycle {
  switch (event.type) {
    case "answered":
      // a local 408 or 487 went up while a 200 came down: the callee talks, so the call lives (2.4)
      return life.winner === 0 && !life.hasBye ? answer(life, event.leg, true) : note(life);
    case "cancelled": {
      const next = stay(life, NOTHING);
      next.wasCancelled = true;
      return next;
    }
    case "byeDone":
    case "abandoned":
    case "expired":
    case "ackMissing":
    case "ending":
      return nothing(life);
    case "provisional":
    case "refused":
    case "acked":
    case "bye":
    case "sequential":
      return note(life);
  }
}

function answer(life: Lifecycle, leg: number, isBack: boolean): Lifecycle {
  const isRaced = (life.options & DialogOption.endOnRace) !== 0 && (life.wasCancelled || life.hasBye);
  let asked = isBack ? BACK : ANSWERED;
  // who was told to end while it rang, and was answered all the same, is ended now: both sides have to hear of it
  if (life.isEnding) asked = isBack ? BACK_ENDING : ANSWERED_ENDING;
  else if (isRaced) asked = isBack ? BACK_RACED : ANSWERED_RACED;
  const next = go(life, "confirmedNoAck", asked);
  next.winner = leg;
  next.isRaced = isRaced;
  if (life.isEnding) next.hasBye = true;
  return next;
}

function expire(life: Lifecycle): Lifecycle {
  if (life.isEnding) return nothing(life);
  // E by itself means that both sides are told, with or without B
  if ((life.options & DialogOption.byeOnTimeout) === 0 && !life.isRaced) {
    const next = go(life, "ended", EXPIRES);
    next.endReason ??= EndReason.lifetime;
    return next;
  }
  const next = sayBye(life, EXPIRES_WITH_BYE, EndReason.lifetime);
  // the CANCEL that lost the race said `Cancelled`; what ends the call is the race
  if (life.isRaced && (life.endReason === undefined || life.endReason === EndReason.cancelled)) next.endReason = EndReason.race;
  return next;
}

function sayBye(life: Lifecycle, asked: readonly Effect[], reason: string): Draft {
  const next = stay(life, asked);
  next.isEnding = true;
  next.hasBye = true;
  next.endReason ??= reason;
  return next;
}

function nothing(life: Lifecycle): Lifecycle {
  return life.effects === NOTHING ? life : stay(life, NOTHING);
}

function note(life: Lifecycle): Lifecycle {
  return stay(life, NOTE);
}

function stay(life: Lifecycle, asked: readonly Effect[]): Draft {
  return {
    state: life.state,
    winner: life.winner,
    options: life.options,
    hasBye: life.hasBye,
    wasCancelled: life.wasCancelled,
    isRaced: life.isRaced,
    isEnding: life.isEnding,
    endReason: life.endReason,
    effects: asked,
  };
}

function go(life: Lifecycle, state: DialogState, asked: readonly Effect[]): Draft {
  invariant(LEGAL_MOVES[life.state].includes(state), `a dialog may go from ${life.state} to ${state}`);
  const next = stay(life, asked);
  next.state = state;
  return next;
}
