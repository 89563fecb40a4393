// Why a relay did not happen: the code a route gets, and the answer that goes upstream if the route leaves it to us (TM-17).

import { reasonPhrase } from "../sip/index.ts";
import type { RelayCode } from "./ports.ts";

/** One reason. */
export interface Refusal {
  readonly code: RelayCode;
  readonly status: number;
  readonly reason: string;
}

const refusal = (code: RelayCode, status: number, reason: string = reasonPhrase(status)): Refusal =>
  Object.freeze({ code, status, reason });

/** Text of every answer to a fault of our own. */
export const SERVER_ERROR = "Server error occurred";

export const INTERNAL: Refusal = refusal(-1, 500, SERVER_ERROR);
export const BAD_MESSAGE: Refusal = refusal(-2, 400, "Bad Request (400/TM)");
/** Max-Forwards was 0 on arrival. */
export const TOO_MANY_HOPS: Refusal = refusal(-2, 483, "Too Many Hops");
export const NO_DESTINATION: Refusal = refusal(-3, 500, SERVER_ERROR);
export const CANCELLED: Refusal = refusal(-3, 487, "Request Terminated");
/** More parallel branches than the request may have (TM-50). */
export const NO_BREADTH: Refusal = refusal(-3, 440, "Max-Breadth Exceeded");
export const UNRESOLVABLE: Refusal = refusal(-4, 478, "Unresolvable destination (478/TM)");
export const BAD_URI: Refusal = refusal(-4, 479, "Regretfully, we were not able to process the URI (479/TM)");
/** */
export const BAD_SCHEME: Refusal = refusal(-4, 416, "Unsupported URI Scheme");
export const FILTERED: Refusal = refusal(-5, 473, "Filtered destination (473/TM)");
export const SEND_FAILED: Refusal = refusal(-6, 477, "Send failed (477/TM)");

const ALL: readonly Refusal[] = [UNRESOLVABLE, BAD_URI, FILTERED, SEND_FAILED];

/**
 * The status and text of a final that was made here and is to go upstream (TM-36).
 * @param translate503 - 503 is our own trouble, upstream sees 500 (D-05)
 */
export function localFinal(status: number, translate503: boolean): { readonly status: number; readonly reason: string } {
  if (status === 503 && translate503) return INTERNAL;
  for (const known of ALL) if (known.status === status) return known;
  return { status, reason: reasonPhrase(status) };
}
