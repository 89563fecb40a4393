// What is wrong with a message, and what it deserves: the malformed classes of proxy-core 1.8.
// The table is the treatment; the parser only names the class.

import { trimEnd, unfold } from "./chars.ts";
import { Head } from "./head.ts";
import { methodAt } from "./methods.ts";
import { parseNameAddr } from "./nameaddr.ts";
import { parseVia, type Via } from "./via.ts";

/** A message that cannot be processed. Plain data; the transport answers, counts and closes by it. */
export interface Fault {
  /** Class of the table, `X-06`. */
  readonly class: string;
  /** What to answer without state; 0 = drop silently (responses, ACK, no usable Via). */
  readonly status: number;
  readonly reason: string;
  /** Offset of the trouble. */
  readonly at: number;
  /** Where it is written that this is wrong. */
  readonly rule: string;
  /** On a stream: close after the answer, the framing can no longer be trusted. */
  readonly close: boolean;
  /** Whether it counts as a bad message; noise does not. */
  readonly counted: boolean;
  readonly isRequest: boolean;
  /** What a reply needs, raw; undefined when the top Via does not read. */
  readonly headers: FaultHeaders | undefined;
}

/** What could be gathered from a bad request to answer it (M-31). */
export interface FaultHeaders {
  readonly head: Head;
  readonly method: string;
  readonly topVia: Via;
  /** "" when absent. */
  readonly callId: string;
  /** "" when absent or unreadable. */
  readonly toTag: string;
}

interface ClassRow {
  /** 0 = drop. */
  readonly status: number;
  readonly rule: string;
  readonly close: boolean;
  readonly counted: boolean;
}

const row = (status: number, rule: string, close = false, counted = true): ClassRow => ({ status, rule, close, counted });

/** A row of the malformed table: a class of proxy-core 1.8, or what 1.2 and 1.7 add to it. */
export type FaultClass =
  | "X-01"
  | "X-02"
  | "X-03"
  | "X-04"
  | "X-05"
  | "X-06"
  | "X-07"
  | "X-08"
  | "X-09"
  | "X-10"
  | "X-11"
  | "X-12"
  | "X-13"
  | "X-15"
  | "X-18"
  | "X-19"
  | "X-24"
  | "requestLine"
  | "lengths"
  | "messageSize"
  | "startLineSize"
  | "fieldSize"
  | "fieldCount"
  | "viaCount"
  | "routeCount";

const CLASSES: Readonly<Record<FaultClass, ClassRow>> = {
  "X-01": row(0, "RFC 3261 §7.5", true, false),
  "X-02": row(0, "RFC 3261 §7", true),
  "X-03": row(505, "RFC 3261 §7.1"),
  "X-04": row(0, "RFC 3261 §8.1.1.7"),
  "X-05": row(400, "RFC 3261 §8.1.1"),
  "X-06": row(400, "RFC 3261 §7.3.1"),
  "X-07": row(400, "RFC 3261 §7.3.1"),
  "X-08": row(400, "RFC 3261 §8.1.1.5"),
  "X-09": row(400, "RFC 3261 §8.1.1.5"),
  "X-10": row(400, "RFC 3261 §18.3", true),
  "X-11": row(400, "RFC 3261 §18.3", true),
  "X-12": row(400, "RFC 3261 §7.5", true),
  "X-13": row(400, "RFC 3261 §19.1.1"),
  "X-15": row(400, "RFC 3261 §20.22"),
  "X-18": row(400, "RFC 3261 §25.1"),
  "X-19": row(0, "RFC 3261 §7.2"),
  "X-24": row(400, "RFC 3261 §19.3"),
  requestLine: row(400, "RFC 3261 §7.1"),
  lengths: row(400, "RFC 3261 §20.14", true),
  messageSize: row(513, "RFC 3261 §21.5.7", true),
  startLineSize: row(414, "RFC 3261 §21.4.12", true),
  fieldSize: row(513, "RFC 3261 §21.5.7", true),
  fieldCount: row(513, "RFC 3261 §21.5.7"),
  viaCount: row(483, "RFC 3261 §21.4.21"),
  routeCount: row(400, "RFC 3261 §20.34"),
};

const NAMES: Partial<Record<FaultClass, string>> = {
  requestLine: "M-10",
  lengths: "X-07",
  messageSize: "L-01",
  startLineSize: "L-02",
  fieldSize: "L-03",
  fieldCount: "L-04",
  viaCount: "L-05",
  routeCount: "L-06",
};

/** Builds the fault of a request. Gathers by itself what an answer needs. */
export function requestFault(kind: FaultClass, text: string, reason: string, at: number): Fault {
  const { status, rule, close, counted } = CLASSES[kind];
  const headers = status === 0 ? undefined : salvage(text);
  // An ACK is never answered (RFC 3261 §17.1.1.3); without a Via nobody knows where an answer would go.
  const answer = headers === undefined || headers.method === "ACK" ? 0 : status;
  return { class: NAMES[kind] ?? kind, status: answer, reason, at, rule, close, counted, isRequest: true, headers };
}

/** Builds the fault of a response: always dropped. */
export function responseFault(kind: FaultClass, reason: string, at: number): Fault {
  const { rule, close, counted } = CLASSES[kind];
  return { class: NAMES[kind] ?? kind, status: 0, reason, at, rule, close, counted, isRequest: false, headers: undefined };
}

const SALVAGE_FIELDS = 256;
const SALVAGE_LENGTH = 65_535;

// Reads a bad request once more, forgiving everything but a Via that names no place to answer to.
function salvage(text: string): FaultHeaders | undefined {
  const lf = text.indexOf("\n");
  if (lf < 0) return undefined;
  let methodEnd = 0;
  while (methodEnd < lf && text.charCodeAt(methodEnd) > 32) methodEnd++;
  const head = new Head(text, lf + 1);
  head.scan(SALVAGE_FIELDS, SALVAGE_LENGTH, true);
  if (head.viaLine < 0) return undefined;
  const via = parseVia(head.headerValue(head.viaLine));
  if (!via.ok) return undefined;
  const to = head.toLine < 0 ? undefined : parseNameAddr(head.headerValue(head.toLine));
  const callId = head.callIdLine < 0 ? "" : unfold(head.headerValue(head.callIdLine));
  return {
    head,
    method: methodAt(text, 0, trimEnd(text, 0, methodEnd)),
    topVia: via.value,
    callId,
    toTag: to?.ok === true ? to.value.tag : "",
  };
}
