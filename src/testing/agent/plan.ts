// What a scripted call does at each end, as data: drawn at random by the simulation, written by hand in tests.
import type { Ms } from "../../kit/index.ts";
import type { GatePlan } from "./gatekeeper.ts";

/**
 * Something one end does during a call.
 * - `reinvite`, `update`, `info`: a request inside the dialog
 * - `badReinvite`, `badUpdate`: one with an offer that the other side refuses (488)
 * - `emptyReinvite`: one without an offer; the 2xx brings it
 * - `bye`: hangs up
 * - `vanish`: falls silent for ever, as a device does whose battery is empty
 */
export type InCallAct = "reinvite" | "update" | "info" | "badReinvite" | "badUpdate" | "emptyReinvite" | "bye" | "vanish";

/** One act, counted from the moment the call is up at this end. */
export interface InCallStep {
  readonly afterMs: Ms;
  readonly act: InCallAct;
}

/** What the caller does. */
export interface CallerPlan {
  /** CANCEL so long after the INVITE, or as soon as a provisional is there (RFC 3261 9.1), whichever is later. */
  readonly cancelAfterMs: Ms | undefined;
  /** Do not wait for the provisional, as many user agents do not. */
  readonly cancelsEagerly: boolean;
  /** Stays in a call that it has cancelled too late, as some user agents do. */
  readonly hangsOn?: boolean;
  /** BYE inside the early dialog so long after the INVITE, if there is one by then (15.1.1 allows it to a caller). */
  readonly earlyByeAfterMs?: Ms;
  /** UPDATE inside the early dialog (RFC 3311) so long after each PRACK. */
  readonly updateAfterPrackMs?: Ms;
  /** The INVITE has no offer; the callee makes it. */
  readonly isOfferless?: boolean;
  /** PRACKs bring an offer where the session has been agreed on (RFC 3262 section 5). */
  readonly offersInPrack?: boolean;
  /** How many copies of the 2xx get no ACK; `Infinity` for a caller that never acknowledges. */
  readonly unacknowledged: number;
  readonly steps: readonly InCallStep[];
}

/** One provisional answer, counted from the arrival of the INVITE. */
export interface ProvisionalStep {
  readonly afterMs: Ms;
  readonly status: number;
  /** With a body: early media. */
  readonly hasBody: boolean;
  /** Sent reliably and acknowledged by PRACK (RFC 3262). */
  readonly isReliable: boolean;
}

/** What one callee does. */
export interface CalleePlan {
  readonly provisionals: readonly ProvisionalStep[];
  /** The final answer, counted from the arrival of the INVITE; undefined: it rings until somebody gives up. */
  readonly final: { readonly afterMs: Ms; readonly status: number } | undefined;
  /** Answers although a CANCEL came first: the 200 was already on its way. */
  readonly ignoresCancel: boolean;
  /** Does not even hear the INVITE. */
  readonly isSilent: boolean;
  /** UPDATE inside the early dialog once the first PRACK has come. */
  readonly updatesEarly?: boolean;
  /** The 2xx says again what a reliable provisional has answered. */
  readonly repeatsAnswer?: boolean;
  /** Asks who is there. */
  readonly gate?: GatePlan;
  readonly steps: readonly InCallStep[];
}

/** A caller that acknowledges at once and waits for the other side to hang up. */
export const PATIENT_CALLER: CallerPlan = Object.freeze({
  cancelAfterMs: undefined,
  cancelsEagerly: false,
  unacknowledged: 0,
  steps: [],
});

/** A callee that rings at once and answers after a while. */
export const ANSWERING_CALLEE: CalleePlan = Object.freeze({
  provisionals: [{ afterMs: 5, status: 180, hasBody: false, isReliable: false }],
  final: { afterMs: 500, status: 200 },
  ignoresCancel: false,
  isSilent: false,
  steps: [],
});

/** How an agent answers a request outside calls; undefined: not at all. */
export interface ShortAnswer {
  readonly afterMs: Ms;
  readonly status: number;
}
