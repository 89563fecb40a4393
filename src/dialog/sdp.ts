// The session descriptions that both sides of a call have last agreed on (RFC 3264), as far as a request of our own may repeat them.
import type { Leg } from "./leg.ts";

/** Longest description that is repeated in a ping: with its headers it fits a datagram. */
const LONGEST = 60_000;

/**
 * What was last sent to a leg and accepted there: its own text, or what the other side has sent when that went through unchanged.
 * @returns undefined when there is none, or when the body is none that stands alone (`application/sdp`)
 */
export function descriptionFor(leg: Leg, other: Leg | undefined): string | undefined {
  const text = leg.sentSdp === "" ? (other?.receivedSdp ?? "") : leg.sentSdp;
  // a multipart body is no description, and an ISUP message is none either
  return text.startsWith("v=0") && text.length <= LONGEST ? text : undefined;
}
