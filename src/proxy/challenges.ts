// 401 and 407 of all branches in one answer (RFC 3261 section 16.7 step 7, D-04, TM-31).

import { type Edit, H, type SipResponse } from "../sip/index.ts";

/**
 * Adds the challenges of another branch's 401 or 407 to the winner's copy: every line, in its order, duplicates included.
 * @param into - edit of the reply that is relayed
 */
export function addChallenges(into: Edit, other: SipResponse): void {
  for (let i = 0; i < other.headerCount; i++) {
    const id = other.headerId(i);
    if (id === H.WwwAuthenticate) into.append("WWW-Authenticate", other.headerValue(i));
    else if (id === H.ProxyAuthenticate) into.append("Proxy-Authenticate", other.headerValue(i));
  }
}
