// Sending a reply of a branch upstream (RFC 3261 section 16.7 steps 3, 8 and 9; M-6, D-05, X-21).

import { type Edit, H, type SipResponse } from "../sip/index.ts";
import type { ClientTransaction, ServerTransaction } from "../transaction/index.ts";
import type { RequestContext } from "./context.ts";
import type { ProxyCore } from "./core.ts";

/** What is needed of the response context. */
export interface ReplyOrigin {
  readonly transaction: ServerTransaction;
  readonly context: RequestContext | undefined;
}

const WITH_LENGTH = Object.freeze({ contentLength: true });

/**
 * Takes our Via off a reply and sends it to whoever sent the request.
 * @param edit - changes made to it so far
 */
export function forwardReply(core: ProxyCore, origin: ReplyOrigin, client: ClientTransaction, response: SipResponse, edit: Edit): void {
  const { transaction } = origin;
  if (transaction.hooks.length > 0) core.hooks.responseForwarded(transaction, response, edit, client);
  let { status } = response;
  if (status === 503 && !core.settings.disable503Translation) {
    // upstream would stop using us because of a neighbour of ours (D-05); Retry-After stays (TM-48)
    status = 500;
    edit.reline(`SIP/2.0 500 ${response.reason}`);
  }
  edit.removeTopVia();
  if (isOnlyVia(response) && origin.context?.restoresVias === true) restoreVias(edit, origin.context);
  const text = transaction.isReliable ? edit.serialise(WITH_LENGTH) : edit.serialise();
  if (transaction.respond(text, status, response, client)) core.counters.forwardedReplies.value++;
}

function isOnlyVia(response: SipResponse): boolean {
  return !response.topVia.hasMore && response.head.viaLines === 1;
}

/** A user agent copied only the top Via: the others are those of the request. */
function restoreVias(edit: Edit, context: RequestContext): void {
  const { request, source } = context;
  let isTop = true;
  const values: string[] = [];
  for (const value of request.values(H.Via)) {
    values.push(isTop ? request.topVia.stamped(source.ip, source.port, context.forceRport) : value);
    isTop = false;
  }
  for (let i = values.length - 1; i >= 0; i--) edit.prepend("Via", values[i] ?? "");
}
