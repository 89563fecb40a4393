// Replies made here to a transaction's request (TM-22, SV-1).

import { buildReply } from "../sip/index.ts";
import type { ReplyExtra } from "./ports.ts";
import type { ServerTransaction } from "./server.ts";

/**
 * Builds one; the request must still be there.
 * @param server - value of `Server`, "" for none; a 100 never has it
 * @param reason - absent: the status' own phrase
 * @param tag - To-tag if the request has none, "" for none
 */
export function localReply(
  transaction: ServerTransaction,
  server: string,
  status: number,
  reason: string | undefined,
  tag: string,
  extra: ReplyExtra,
): string {
  const { request, source, forceRport } = transaction;
  return buildReply(request, {
    status,
    toTag: tag,
    ip: source.ip,
    port: source.port,
    forceRport,
    ...(reason === undefined ? undefined : { reason }),
    ...(extra.headers === undefined ? undefined : { headers: extra.headers }),
    ...(extra.body === undefined ? undefined : { body: extra.body }),
    ...(extra.contentType === undefined ? undefined : { contentType: extra.contentType }),
    ...(server === "" || status === 100 ? undefined : { server }),
  });
}
