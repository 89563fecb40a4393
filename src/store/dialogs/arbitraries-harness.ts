// Calls of every kind, for the laws of this room.
import fc from "fast-check";
import type { DialogSnapshot, LegSnapshot } from "../../dialog/index.ts";
import type { KeptCall } from "./codec.ts";

/** Any text: bytes of the wire, separators of the columns, characters beyond, halves of pairs, and long ones. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
  { weight: 3, arbitrary: fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 60 }) },
  {
    weight: 3,
    arbitrary: fc.string({
      unit: fc.constantFrom("#", "|", "\\", "'", '"', "\r\n", "\0", "é", "\ud83d", "\udcde", "[::1]"),
      maxLength: 20,
    }),
  },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 8192 }).map((length) => "x|#\\".repeat(length / 4 + 1).slice(0, length)) },
);

const anyCount = fc.nat({ max: 2 ** 31 - 1 });
const anyCseq = fc.integer({ min: -1, max: 2 ** 31 - 1 });
const anyBits = fc.nat({ max: 2 ** 32 - 1 });
const anyInstant = fc.nat({ max: 4_000_000_000_000 });
const maybeText = fc.option(anyText, { nil: undefined });
const plain = { noNullPrototype: true } as const;

const counts = {
  cseq: anyCount,
  previousCseq: anyCseq,
  generatedCseq: anyCount,
  wireCseq: anyCount,
  lastMethod: fc.constantFrom("", "INVITE", "UPDATE", "INFO"),
  rewritten: fc.array(anyCount, { maxLength: 8 }),
};

/** Any party. */
export const anyLeg: fc.Arbitrary<LegSnapshot> = fc.record(
  {
    tag: anyText,
    branch: fc.integer({ min: -1, max: 20 }),
    ...counts,
    inviteCseq: anyCseq,
    remoteTarget: anyText,
    previousTarget: anyText,
    sourceIp: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant("")),
    routeSet: fc.array(anyText, { maxLength: 4 }),
    socket: fc.constantFrom("", "udp:10.0.0.1:5060", "tcp:[2001:db8::1]:5060"),
    receivedSdp: anyText,
    sentSdp: anyText,
    advertisedContact: anyText,
    fromUri: maybeText,
    toUri: maybeText,
    recordRoutes: fc.nat({ max: 10 }),
    upstream: fc.option(fc.record(counts, plain), { nil: undefined }),
  },
  plain,
);

/** Any call, whether or not it makes sense. */
export const anySnapshot: fc.Arbitrary<DialogSnapshot> = fc.record(
  {
    entry: fc.nat({ max: 4095 }),
    id: anyBits,
    callId: anyText,
    fromUri: anyText,
    toUri: anyText,
    state: fc.constantFrom("unconfirmed", "early", "confirmedNoAck", "confirmed", "ended"),
    winner: fc.nat({ max: 5 }),
    options: fc.nat({ max: 2 ** 21 - 1 }),
    hasBye: fc.boolean(),
    wasCancelled: fc.boolean(),
    isRaced: fc.boolean(),
    isEnding: fc.boolean(),
    endReason: maybeText,
    createdAt: anyInstant,
    startAt: anyInstant,
    lifetimeMs: anyInstant,
    expiresAt: anyInstant,
    ackBy: anyInstant,
    byesWait: fc.boolean(),
    byeHeaders: anyText,
    flags: anyBits,
    moduleFlags: fc.nat({ max: 255 }),
    sharingTag: maybeText,
    initialCseq: anyCseq,
    countsFor: fc.nat({ max: 5 }),
    agreements: anyCount,
    routes: fc.record({ answer: anyText, timeout: anyText, hangup: anyText }, plain),
    values: fc.array(fc.record({ name: anyText, value: anyText, isInteger: fc.boolean() }, plain), { maxLength: 5 }),
    links: fc.array(fc.record({ profile: anyText, value: anyText, tag: maybeText }, plain), { maxLength: 4 }),
    legs: fc.array(anyLeg, { minLength: 1, maxLength: 4 }),
  },
  plain,
);

/** Any call as it is kept. */
export const anyKept: fc.Arbitrary<KeptCall> = fc.record(
  { snapshot: anySnapshot, callerPing: anyCount, calleePing: anyCount, hasValues: fc.boolean(), flagNames: maybeText },
  plain,
);
