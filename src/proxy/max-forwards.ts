// Max-Forwards: one hop less on the way out (RFC 3261 section 16.3 and 16.6, MF-1, MF-2).

import { H } from "../sip/index.ts";
import type { RequestContext } from "./context.ts";

/**
 * Lowers Max-Forwards of a request by one, or adds the header.
 * @param whenAbsent - value of a header that is added
 * @param limit - a received value above it is lowered to it
 * @returns 1 lowered, 2 added, −1 it was 0, −2 it does not parse
 */
export function decrementMaxForwards(context: RequestContext, whenAbsent: number, limit: number): 1 | 2 | -1 | -2 {
  const request = context.request;
  const hops = request.maxForwards;
  if (hops < 0) {
    if (request.has(H.MaxForwards)) return -2;
    if (!context.maxForwardsDone) {
      context.maxForwardsDone = true;
      context.edit.append("Max-Forwards", String(whenAbsent));
    }
    return 2;
  }
  if (hops === 0) return -1;
  if (!context.maxForwardsDone) {
    context.maxForwardsDone = true;
    context.edit.set(H.MaxForwards, String(hops > limit ? limit : hops - 1));
  }
  return 1;
}
