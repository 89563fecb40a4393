// What kinds of calls there are, and how often each is drawn.
import type { SeededRandom } from "../random.ts";

/** Of the sum. */
const KINDS = {
  answered: 22,
  calleeHangsUp: 8,
  bothHangUp: 4,
  refused: 9,
  cancelled: 6,
  cancelRace: 7,
  eagerCancel: 3,
  earlyBye: 2,
  noAnswer: 2,
  silent: 2,
  parallelFork: 8,
  serialFork: 4,
  twoAnswers: 3,
  earlyMedia: 3,
  reliable: 3,
  reliableFork: 4,
  earlyUpdate: 4,
  updates: 4,
  ownRequests: 12,
  ownMeetsBye: 4,
  forged: 8,
  pinged: 6,
  pingedVanish: 3,
  renegotiated: 8,
  offerless: 4,
  challenged: 8,
  wrongPassword: 2,
  raced: 3,
  deafCallee: 2,
  reinvite: 5,
  glare: 2,
  lostAck: 3,
  neverAcknowledged: 2,
  lostBye: 3,
  expires: 2,
  expiresSilently: 1,
  endedFromOutside: 4,
  endedWhileRinging: 2,
  refusedByRoute: 2,
  slowRoute: 2,
  untracked: 2,
} as const;
export type CallKind = keyof typeof KINDS;

/** Every kind, in a fixed order. */
export const CALL_KINDS = Object.keys(KINDS) as readonly CallKind[];
const TOTAL = Object.values(KINDS).reduce((sum, weight) => sum + weight, 0);

/** One of them. */
export function drawKind(random: SeededRandom): CallKind {
  let left = random.below(TOTAL);
  for (const kind of CALL_KINDS) {
    left -= KINDS[kind];
    if (left < 0) return kind;
  }
  return "answered";
}
