// Messages of our own: replies, hop-by-hop ACK, CANCEL, requests (SL-1, M-31, TM-22, TM-39, TM-57, RFC 3261 §8.1.1).

import { isCleanHeaderText } from "./chars.ts";
import type { FaultHeaders } from "./fault.ts";
import { H } from "./headers.ts";
import type { SipRequest, SipResponse } from "./message.ts";
import { reasonPhrase } from "./status.ts";

/** What a reply says. */
export interface ReplyParts {
  readonly status: number;
  /** Default: the status' own phrase; also used instead of a text with CR, LF or NUL. */
  readonly reason?: string;
  /** Added to To from 180 on when it has no tag (SL-2, SL-7). */
  readonly toTag?: string;
  /** Source of the request: with `port`, stamps `received` and `rport` into the top Via (T-8). */
  readonly ip?: string;
  readonly port?: number;
  readonly forceRport?: boolean;
  /** Copy Record-Route; default for 180–299 (TM-22). */
  readonly recordRoute?: boolean;
  /** Copy Timestamp; default for 100. */
  readonly timestamp?: boolean;
  /** Complete lines, each with its CRLF. The caller has checked them (`isCleanHeaderText`). */
  readonly headers?: string;
  readonly body?: string;
  readonly contentType?: string;
  /** Value of Server, left out when absent. */
  readonly server?: string;
}

/**
 * Builds a reply from the lines of its request, in their order and as they came.
 * Also answers requests that could not be read: what is missing there is left out (M-31).
 */
export function buildReply(request: SipRequest | FaultHeaders, parts: ReplyParts): string {
  const { head, topVia } = request;
  const { status } = parts;
  const reason = parts.reason !== undefined && isCleanHeaderText(parts.reason) ? parts.reason : reasonPhrase(status);
  const withRoutes = parts.recordRoute ?? (status >= 180 && status <= 299);
  const withTimestamp = parts.timestamp ?? status === 100;
  let out = `SIP/2.0 ${status} ${reason}\r\n`;
  for (let i = 0; i < head.headerCount; i++) {
    switch (head.headerId(i)) {
      case H.Via:
        if (i === head.viaLine && parts.ip !== undefined) {
          const stamped = topVia.stamped(parts.ip, parts.port ?? 0, parts.forceRport === true);
          if (stamped === topVia.text) out += head.line(i);
          else out += `${head.headerName(i)}: ${stamped}${afterTopVia(request)}\r\n`;
        } else out += head.line(i);
        break;
      case H.RecordRoute:
        if (withRoutes) out += head.line(i);
        break;
      case H.Timestamp:
        if (withTimestamp) out += head.line(i);
        break;
      case H.To:
        if (i !== head.toLine) break;
        if (status < 180 || request.toTag !== "" || parts.toTag === undefined || parts.toTag === "") out += head.line(i);
        else out += `${head.headerName(i)}: ${head.headerValue(i)};tag=${parts.toTag}\r\n`;
        break;
      case H.From:
        if (i === head.fromLine) out += head.line(i);
        break;
      case H.CallId:
        if (i === head.callIdLine) out += head.line(i);
        break;
      case H.CSeq:
        if (i === head.cseqLine) out += head.line(i);
        break;
    }
  }
  if (parts.headers !== undefined) out += parts.headers;
  if (parts.server !== undefined) out += `Server: ${parts.server}\r\n`;
  return out + bodyLines(parts.contentType, parts.body);
}

// The values after the top one of the same line, folds taken out.
function afterTopVia(request: SipRequest | FaultHeaders): string {
  const { topVia } = request;
  if (!topVia.hasMore) return "";
  const { source } = topVia;
  let end = source.length;
  if (source === request.head.text) end = request.head.valueEnd(request.head.viaLine);
  return source.slice(topVia.end, end);
}

/**
 * The ACK to a final answer of 300 and above, which belongs to the INVITE's own transaction (RFC 3261 §17.1.1.3, TM-57).
 * @param sent - the INVITE as it went out on this branch
 */
export function buildHopAck(sent: SipRequest, response: SipResponse): string {
  const to = response.head;
  return (
    sameHopStart(sent, "ACK") +
    linesOf(sent, H.Route) +
    sent.head.line(sent.head.fromLine) +
    to.line(to.toLine) +
    sent.head.line(sent.head.callIdLine) +
    `CSeq: ${sent.cseqNumber} ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n`
  );
}

/**
 * The CANCEL of a branch (RFC 3261 §9.1, TM-39).
 * @param sent - the INVITE as it went out on this branch
 * @param headers - further complete lines (Reason), each with its CRLF
 */
export function buildCancel(sent: SipRequest, headers: string): string {
  const { head } = sent;
  return (
    sameHopStart(sent, "CANCEL") +
    linesOf(sent, H.Route) +
    head.line(head.fromLine) +
    head.line(head.toLine) +
    head.line(head.callIdLine) +
    `CSeq: ${sent.cseqNumber} CANCEL\r\nMax-Forwards: 70\r\n${headers}Content-Length: 0\r\n\r\n`
  );
}

function sameHopStart(sent: SipRequest, method: string): string {
  return `${method} ${sent.requestUri} SIP/2.0\r\nVia: ${sent.topVia.text}\r\n`;
}

function linesOf(message: SipRequest, id: typeof H.Route): string {
  const { head } = message;
  let lines = "";
  for (let i = head.headerIndex(id); i >= 0; i = head.headerIndex(id, i + 1)) lines += head.line(i);
  return lines;
}

/** What a request of our own says. */
export interface RequestParts {
  readonly method: string;
  readonly requestUri: string;
  /** The whole Via value. */
  readonly via: string;
  /** Whole From and To values with their tags. */
  readonly from: string;
  readonly to: string;
  readonly callId: string;
  readonly cseq: number;
  /** Route values in order. */
  readonly routes?: readonly string[];
  /** Default 70. */
  readonly maxForwards?: number;
  /** Complete lines, each with its CRLF. The caller has checked them (`isCleanHeaderText`). */
  readonly headers?: string;
  readonly contentType?: string;
  readonly body?: string;
  readonly userAgent?: string;
}

/** Builds a request of our own. */
export function buildRequest(parts: RequestParts): string {
  let out = `${parts.method} ${parts.requestUri} SIP/2.0\r\nVia: ${parts.via}\r\n`;
  if (parts.routes !== undefined) for (const route of parts.routes) out += `Route: ${route}\r\n`;
  out +=
    `From: ${parts.from}\r\nTo: ${parts.to}\r\nCall-ID: ${parts.callId}\r\n` +
    `CSeq: ${parts.cseq} ${parts.method}\r\nMax-Forwards: ${parts.maxForwards ?? 70}\r\n`;
  if (parts.headers !== undefined) out += parts.headers;
  if (parts.userAgent !== undefined) out += `User-Agent: ${parts.userAgent}\r\n`;
  return out + bodyLines(parts.contentType, parts.body);
}

function bodyLines(contentType: string | undefined, body: string | undefined): string {
  if (body === undefined || body === "") return "Content-Length: 0\r\n\r\n";
  const type = contentType === undefined ? "" : `Content-Type: ${contentType}\r\n`;
  return `${type}Content-Length: ${body.length}\r\n\r\n${body}`;
}
