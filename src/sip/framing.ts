// Where a message ends on a stream (RFC 3261 §18.3, T-23). Only the head is looked at; waiting for the body is the transport's.

import { contentLength, LENGTH_MISSING } from "./fields.ts";
import { Head } from "./head.ts";

/** What is known of a message at the start of a stream's buffer. */
export interface HeadScan {
  /** Offset of the empty line; -1 while the head is not complete. */
  readonly headEnd: number;
  /** Offset of the first body byte; -1 while the head is not complete. */
  readonly bodyAt: number;
  /** -1 missing, -2 not a number, -3 two different ones. All three end the connection: hand the head to `parseMessage` for the answer. */
  readonly contentLength: number;
  /** While not complete: where the next search may begin, so that slow senders cost no repeated work. */
  readonly resumeAt: number;
}

const MAX_FIELDS = 1024;

/**
 * Looks for the end of the head and reads Content-Length exactly as `parseMessage` will.
 * @param from - offset of the start line, line ends before it already eaten
 * @param resumeAt - `resumeAt` of the scan before, when more text was appended since
 */
export function scanHead(text: string, from: number, resumeAt: number = from): HeadScan {
  let lf = text.indexOf("\n", Math.max(from, resumeAt));
  while (lf >= 0) {
    const next = text.charCodeAt(lf + 1);
    const isEmptyLine = next === 10 || (next === 13 && text.charCodeAt(lf + 2) === 10);
    if (isEmptyLine) return complete(text, from, lf + 1, next === 10 ? lf + 2 : lf + 3);
    const following = text.indexOf("\n", lf + 1);
    // The last line end may be half of an empty line that is still under way.
    if (following < 0) return { headEnd: -1, bodyAt: -1, contentLength: LENGTH_MISSING, resumeAt: lf };
    lf = following;
  }
  return { headEnd: -1, bodyAt: -1, contentLength: LENGTH_MISSING, resumeAt: text.length };
}

function complete(text: string, from: number, headEnd: number, bodyAt: number): HeadScan {
  const head = new Head(text.slice(from, bodyAt), text.indexOf("\n", from) + 1 - from);
  head.scan(MAX_FIELDS, text.length, true);
  return { headEnd, bodyAt, contentLength: contentLength(head), resumeAt: bodyAt };
}
