// The header fields every message must have, read and checked before anybody asks (M-1, X-04..X-11, X-15, X-18, X-24).

import { bad, good, type Parsed } from "../kit/index.ts";
import { decimal, isControl, isTokenChar, skipFold, unfold } from "./chars.ts";
import { type Fault, type FaultClass, requestFault, responseFault } from "./fault.ts";
import { Head, HeadProblem } from "./head.ts";
import { H, headerRow } from "./headers.ts";
import type { Limits } from "./limits.ts";
import { listRanges } from "./lists.ts";
import type { MessageParts } from "./message.ts";
import { methodAt } from "./methods.ts";
import { parseNameAddrAt } from "./nameaddr.ts";
import { parseViaAt } from "./via.ts";

const MAX_CSEQ = 0x7fffffff;
const MAX_CONTENT_LENGTH = 0x80000000;

/**
 * Indexes the head and reads the mandatory fields.
 * @param method - of the request line; "" for a response, whose faults are all silent
 */
export function readFields(text: string, firstAt: number, limits: Limits, stream: boolean, method: string): Parsed<MessageParts, Fault> {
  const head = new Head(text, firstAt);
  const problem = head.scan(limits.headerFields, limits.headerField);
  if (problem !== HeadProblem.None) return headFault(problem, text, head, method);
  if (head.viaLine < 0) return fault("X-04", text, method, "Missing Via Header", firstAt);
  const topVia = readVia(head);
  if (!topVia.ok) return fault("X-04", text, method, "Bad Via Header", topVia.fault.at);
  if (head.toLine < 0) return fault("X-05", text, method, "Missing To Header", head.headEnd);
  if (head.fromLine < 0) return fault("X-05", text, method, "Missing From Header", head.headEnd);
  if (head.callIdLine < 0) return fault("X-05", text, method, "Missing Call-ID Header", head.headEnd);
  if (head.cseqLine < 0) return fault("X-05", text, method, "Missing CSeq Header", head.headEnd);
  if (head.repeatedLine >= 0) {
    const { name } = headerRow(head.headerId(head.repeatedLine));
    return fault("X-07", text, method, `Multiple ${name} Headers`, head.lineAt(head.repeatedLine));
  }
  const from = readAddress(head, head.fromLine);
  if (!from.ok) return fieldFault(head, method, head.fromLine, from.fault.at);
  const to = readAddress(head, head.toLine);
  if (!to.ok) return fieldFault(head, method, head.toLine, to.fault.at);
  if (from.value.tag.length > limits.tag) return fault("X-24", text, method, "Bad From Header", head.lineAt(head.fromLine));
  if (to.value.tag.length > limits.tag) return fault("X-24", text, method, "Bad To Header", head.lineAt(head.toLine));
  const callId = fieldText(head, head.callIdLine);
  if (callId === "") return fieldFault(head, method, head.callIdLine, -1);
  if (callId.length > limits.callId) return fault("X-24", text, method, "Bad Call-ID Header", head.lineAt(head.callIdLine));
  if (hasControl(head, head.callIdLine, callId)) return fault("X-18", text, method, "Bad Call-ID Header", head.lineAt(head.callIdLine));
  const parts: MessageParts = {
    head,
    bodyEnd: 0,
    topVia: topVia.value,
    callId,
    cseqNumber: 0,
    cseqMethod: "",
    from: from.value,
    to: to.value,
    maxForwards: -1,
  };
  return (
    readCseq(parts, method) ??
    readLength(parts, method, stream) ??
    readMaxForwards(parts, method) ??
    checkCounts(parts, method, limits) ??
    good(parts)
  );
}

type Refusal = Parsed<MessageParts, Fault> | undefined;

function readCseq(parts: MessageParts, method: string): Refusal {
  const { head } = parts;
  const { text } = head;
  const at = head.valueAt(head.cseqLine);
  const end = head.valueEnd(head.cseqLine);
  let i = at;
  while (i < end && text.charCodeAt(i) >= 48 && text.charCodeAt(i) <= 57) i++;
  const methodFrom = skipFold(text, i, end);
  let methodEnd = methodFrom;
  while (methodEnd < end && isTokenChar(text.charCodeAt(methodEnd))) methodEnd++;
  if (i === at || methodFrom === i || methodEnd === methodFrom || methodEnd < end)
    return fieldFault(head, method, head.cseqLine, methodEnd);
  parts.cseqNumber = decimal(text, at, i, MAX_CSEQ);
  if (parts.cseqNumber < 0) return fault("X-08", text, method, "Bad CSeq Header", at);
  parts.cseqMethod = methodAt(text, methodFrom, methodEnd);
  if (method !== "" && parts.cseqMethod !== method) return fault("X-09", text, method, "CSeq Method Mismatch", methodFrom);
  return undefined;
}

function readLength(parts: MessageParts, method: string, stream: boolean): Refusal {
  const { head } = parts;
  const { text } = head;
  const length = contentLength(head);
  if (length === LENGTH_MISSING) {
    if (stream) return fault("X-11", text, method, "Missing Content-Length Header", head.headEnd);
    parts.bodyEnd = text.length;
    return undefined;
  }
  if (length === LENGTHS_DIFFER)
    return fault("lengths", text, method, "Multiple Content-Length Headers", head.lineAt(head.contentLengthLine));
  if (length < 0 || length > text.length - head.bodyAt) {
    return fault("X-10", text, method, "Bad Content-Length Header", head.lineAt(head.contentLengthLine));
  }
  parts.bodyEnd = head.bodyAt + length;
  return undefined;
}

/** `contentLength` found no such header. */
export const LENGTH_MISSING = -1;
/** `contentLength` found something that is no length. */
export const LENGTH_BAD = -2;
/** `contentLength` found two different ones. */
export const LENGTHS_DIFFER = -3;

/** The Content-Length of a head, or one of the negative codes above. */
export function contentLength(head: Head): number {
  if (head.contentLengthLine < 0) return LENGTH_MISSING;
  const length = lengthAt(head, head.contentLengthLine);
  if (!head.hasRepeatedLength || length < 0) return length;
  let line = head.headerIndex(H.ContentLength, head.contentLengthLine + 1);
  for (; line >= 0; line = head.headerIndex(H.ContentLength, line + 1)) {
    // Two elements may each believe another one: no guessing.
    if (lengthAt(head, line) !== length) return LENGTHS_DIFFER;
  }
  return length;
}

function lengthAt(head: Head, line: number): number {
  const length = decimal(head.text, head.valueAt(line), head.valueEnd(line), MAX_CONTENT_LENGTH);
  return length < 0 ? LENGTH_BAD : length;
}

function readMaxForwards(parts: MessageParts, method: string): Refusal {
  const { head } = parts;
  if (head.maxForwardsLine < 0) return undefined;
  parts.maxForwards = decimal(head.text, head.valueAt(head.maxForwardsLine), head.valueEnd(head.maxForwardsLine), 255);
  // In a response the header means nothing and is left alone.
  if (parts.maxForwards >= 0 || method === "") return undefined;
  return fault("X-15", head.text, method, "Bad Max-Forwards Header", head.lineAt(head.maxForwardsLine));
}

// Values of Via, Route and Record-Route. Lines without a comma are one value each; only the others are looked at.
function checkCounts(parts: MessageParts, method: string, limits: Limits): Refusal {
  const { head } = parts;
  const { text } = head;
  let vias = head.viaLines;
  let routes = head.routeLines;
  let recordRoutes = head.recordRouteLines;
  if (vias + routes + recordRoutes > 1 || parts.topVia.hasMore) {
    let comma = text.indexOf(",", head.firstAt);
    for (let i = 0; comma >= 0 && i < head.headerCount; i++) {
      const end = head.lineEnd(i);
      if (comma >= end) continue;
      const id = head.headerId(i);
      if (id === H.Via || id === H.Route || id === H.RecordRoute) {
        const ranges = listRanges(text, head.valueAt(i), head.valueEnd(i));
        const more = ranges.length / 2 - 1;
        if (id === H.Via) {
          vias += more;
          for (let k = 0; k < ranges.length; k += 2) {
            if (ranges[k] === ranges[k + 1]) return fieldFault(head, method, i, ranges[k] ?? 0);
          }
        } else if (id === H.Route) routes += more;
        else recordRoutes += more;
      }
      comma = text.indexOf(",", end);
    }
  }
  if (vias > limits.viaValues) return fault("viaCount", text, method, "Too Many Hops", head.lineAt(head.viaLine));
  if (routes > limits.routeValues || recordRoutes > limits.routeValues) {
    return fault("routeCount", text, method, "Too Many Route Values", head.firstAt);
  }
  return undefined;
}

function readVia(head: Head): ReturnType<typeof parseViaAt> {
  const line = head.viaLine;
  if (!head.isFolded(line)) return parseViaAt(head.text, head.valueAt(line), head.valueEnd(line));
  const flat = unfold(head.headerValue(line));
  return parseViaAt(flat, 0, flat.length);
}

function readAddress(head: Head, line: number): ReturnType<typeof parseNameAddrAt> {
  if (!head.isFolded(line)) return parseNameAddrAt(head.text, head.valueAt(line), head.valueEnd(line));
  const flat = unfold(head.headerValue(line));
  return parseNameAddrAt(flat, 0, flat.length);
}

function fieldText(head: Head, line: number): string {
  const value = head.headerValue(line);
  return head.isFolded(line) ? unfold(value) : value;
}

// Scanned where it stands: reading bytes of the whole text is faster than of a slice.
function hasControl(head: Head, line: number, value: string): boolean {
  const isFolded = head.isFolded(line);
  const text = isFolded ? value : head.text;
  const from = isFolded ? 0 : head.valueAt(line);
  for (let i = from, end = from + value.length; i < end; i++) if (isControl(text.charCodeAt(i))) return true;
  return false;
}

function headFault(problem: HeadProblem, text: string, head: Head, method: string): Parsed<MessageParts, Fault> {
  switch (problem) {
    case HeadProblem.Truncated:
      return fault("X-12", text, method, "Truncated Message", head.problemAt);
    case HeadProblem.TooManyFields:
      return fault("fieldCount", text, method, "Message Too Large", head.problemAt);
    case HeadProblem.FieldTooLong:
      return fault("fieldSize", text, method, "Message Too Large", head.problemAt);
    default:
      return fault("X-06", text, method, "Bad Header Line", head.problemAt);
  }
}

// A field that does not read; `at` as its reader gave it, into the unfolded value when the line is folded.
function fieldFault(head: Head, method: string, line: number, at: number): Parsed<MessageParts, Fault> {
  const { name } = headerRow(head.headerId(line));
  const from = head.valueAt(line);
  const end = head.valueEnd(line);
  const isControlByte = head.isFolded(line)
    ? isControl(unfold(head.headerValue(line)).charCodeAt(at))
    : at < end && isControl(head.text.charCodeAt(at));
  const place = head.isFolded(line) || at < from ? head.lineAt(line) : at;
  return fault(isControlByte ? "X-18" : "X-06", head.text, method, `Bad ${name} Header`, place);
}

function fault(kind: FaultClass, text: string, method: string, reason: string, at: number): Parsed<MessageParts, Fault> {
  return bad(method === "" ? responseFault(kind, reason, at) : requestFault(kind, text, reason, at));
}
