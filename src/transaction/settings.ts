// The parameters of transactions (proxy rules 3.1) and the switches where OpenSIPS and the RFCs differ.

import type { Ms } from "../kit/index.ts";

/** Everything an operator can set about transactions. Durations are integer milliseconds. */
export interface TransactionSettings {
  /** Timers B, F and H: no reply at all on a branch; waiting for the ACK of a refusal. */
  readonly frTimeoutMs: Ms;
  /** Timer C of a branch: from its first provisional reply to its final one. */
  readonly frInvTimeoutMs: Ms;
  /** How long a finished transaction still absorbs retransmissions (T4). */
  readonly wtTimerMs: Ms;
  /** First retransmission interval. */
  readonly t1Ms: Ms;
  /** Cap of the retransmission interval; greater than `t1Ms`. */
  readonly t2Ms: Ms;
  /** 100 Trying leaves this long after the INVITE came, unless something ≥ 101 was sent before. */
  readonly tryingDelayMs: Ms;
  /** `false`: no 100 Trying leaves by itself. */
  readonly autoTrying: boolean;
  /** D-01: `true` sends a 408 to a non-INVITE that nobody answered. */
  readonly nonInvite408: boolean;
  /** D-02: 100 to a non-INVITE that is still unanswered after 7·T1. */
  readonly nonInvite100: boolean;
  /** D-06: `true` uses the waiting periods of RFC 3261 and RFC 6026 in place of `wtTimerMs`. */
  readonly strictWait: boolean;
  /** D-07: INVITE retransmission intervals stop growing at T2. */
  readonly inviteRetrCap: boolean;
  /** `false`: only the first provisional reply, or a higher status ≥ 180, restarts timer C. */
  readonly restartFrOnEachReply: boolean;
  /** TM-41: a cancelled INVITE whose winner would be 408 is answered 487. */
  readonly cancelled408As487: boolean;
  /** S-04: unfinished transactions beyond this are refused with a stateless 503. */
  readonly maxInuseTransactions: number;
  /** S-04: transactions that one address may begin in a second; 0 for no limit. */
  readonly maxNewPerSource: number;
  /** Addresses to which that does not apply. */
  readonly isTrustedPeer: (ip: string) => boolean;
  /** Bound of the whole table, waiting transactions included. */
  readonly maxTransactions: number;
  /** S-09: a CANCEL must come from the address its INVITE came from. */
  readonly cancelSameSource: boolean;
  /** TM-4: the Request-URI takes part in the matching of RFC 2543. */
  readonly ruriMatching: boolean;
  /** TM-4: the whole top Via takes part in the matching of RFC 2543. */
  readonly via1Matching: boolean;
  /** replies whose top Via does not name one of our sockets are not matched. */
  readonly checkVia: boolean;
  /** TM-55: provisional replies to requests of our own reach `localResponseOut`. */
  readonly passProvisionalReplies: boolean;
  /** First CSeq number of a local request outside a dialog. */
  readonly uacInitialCseq: number;
  /** Complete value of `Server` in replies made here; "" for none. */
  readonly server: string;
  /** Complete value of `User-Agent` in requests made here; "" for none. */
  readonly userAgent: string;
}

/** The defaults of proxy rules 3.1, decisions D-01 to D-07 and design 3. */
export const TRANSACTION_DEFAULTS: TransactionSettings = Object.freeze({
  frTimeoutMs: 30_000,
  frInvTimeoutMs: 120_000,
  wtTimerMs: 5_000,
  t1Ms: 500,
  t2Ms: 4_000,
  tryingDelayMs: 100,
  autoTrying: true,
  nonInvite408: false,
  nonInvite100: true,
  strictWait: false,
  inviteRetrCap: true,
  restartFrOnEachReply: true,
  cancelled408As487: true,
  maxInuseTransactions: 100_000,
  maxNewPerSource: 0,
  isTrustedPeer: () => false,
  maxTransactions: 800_000,
  cancelSameSource: false,
  ruriMatching: true,
  via1Matching: true,
  checkVia: true,
  passProvisionalReplies: false,
  uacInitialCseq: 10,
  server: "",
  userAgent: "",
});

/** Where RFC 3261 says 0 for streams, the object stays this long for races (TM-2). */
export const STREAM_WAIT_MS: Ms = 50;

/** 64·T1: how long a request may be under way. */
export function lifetimeMs(settings: TransactionSettings): Ms {
  return 64 * settings.t1Ms;
}

/** Timers D and J, and the wait after them: 0 on streams in the RFC, a tick here. */
export function completedWaitMs(settings: TransactionSettings, isReliable: boolean): Ms {
  if (isReliable) return STREAM_WAIT_MS;
  return settings.strictWait ? lifetimeMs(settings) : settings.wtTimerMs;
}

/** Timers I and K: T4. */
export function confirmedWaitMs(settings: TransactionSettings, isReliable: boolean): Ms {
  return isReliable ? STREAM_WAIT_MS : settings.wtTimerMs;
}

/** Timers L and M once the ACK of the 2xx has passed here (decision on waiting periods). */
export function acknowledgedWaitMs(settings: TransactionSettings): Ms {
  return settings.strictWait ? lifetimeMs(settings) : settings.wtTimerMs;
}
