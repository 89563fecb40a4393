// The head of a message as an index of its lines: which header stands where. Values are cut out when asked for.
// RFC 3261 §7.3, M-11..M-16.

import { equalsIgnoreCase, isSpace, isTokenChar, nextLineAt, skipFold, trimEnd, unfold } from "./chars.ts";
import { H, type HeaderId, headerIdAt, headerIdOf, headerRow } from "./headers.ts";
import { splitList } from "./lists.ts";

const OFFSET_BITS = 20;
const OFFSET_MASK = (1 << OFFSET_BITS) - 1;
const ID_MASK = 0xff;
const FOLDED = 1 << 29;

/** What `Head.scan` found wrong. */
export const HeadProblem = {
  None: 0,
  /** The last line has no end. */
  Truncated: 1,
  /** A line without a header name and colon. */
  BadLine: 2,
  TooManyFields: 3,
  FieldTooLong: 4,
} as const;
export type HeadProblem = (typeof HeadProblem)[keyof typeof HeadProblem];

const NO_NAME = -1;
const NO_LINES: readonly number[] = [];
// Lines are gathered here and copied once their number is known: a list that grows is copied again and again.
const gathered: number[] = [];

// The type of the name that ends before the colon, spaces between allowed (M-12); NO_NAME when it is no token.
function nameBefore(text: string, at: number, colon: number): HeaderId | typeof NO_NAME {
  let end = colon;
  while (end > at && isSpace(text.charCodeAt(end - 1))) end--;
  if (end === at) return NO_NAME;
  const id = headerIdAt(text, at, end);
  if (id === H.Other) for (let i = at; i < end; i++) if (!isTokenChar(text.charCodeAt(i))) return NO_NAME;
  return id;
}

/** The lines of one message's head. Nothing is copied; every line keeps its bytes. */
export class Head {
  readonly text: string;
  /** Offset of the first header line. */
  readonly firstAt: number;
  /** Two numbers per header line: fold flag, type and offset packed in one; the offset of its colon. */
  #lines: readonly number[] = NO_LINES;
  /** One bit per header type that is there, 32 types each: most questions are about headers that are not. */
  #types0 = 0;
  #types1 = 0;
  #types2 = 0;
  #count = 0;
  /** Set when lines were left out, so that a line no longer ends where the next one begins. */
  #hasGaps = false;
  /** Offset of the empty line; the end of the text when there is none. */
  headEnd = 0;
  /** Offset of the first body byte. */
  bodyAt = 0;
  /** Line of the first header of that type, -1 when absent. */
  viaLine = -1;
  fromLine = -1;
  toLine = -1;
  callIdLine = -1;
  cseqLine = -1;
  maxForwardsLine = -1;
  contentLengthLine = -1;
  contentTypeLine = -1;
  /** How many lines of these there are. */
  viaLines = 0;
  routeLines = 0;
  recordRouteLines = 0;
  /** The first line that repeats a header which must be single, -1 for none. Content-Length repeats are not counted here. */
  repeatedLine = -1;
  hasRepeatedLength = false;
  /** Offset where `scan` found its problem. */
  problemAt = 0;

  constructor(text: string, firstAt: number) {
    this.text = text;
    this.firstAt = firstAt;
  }

  /**
   * Indexes all header lines in one pass.
   * @param salvage - go on past bad lines (they are left out), to gather what a reply to a bad message needs
   */
  scan(maxFields: number, maxFieldLength: number, salvage = false): HeadProblem {
    const problem = this.#gather(maxFields, maxFieldLength, salvage);
    this.#lines = gathered.slice(0, this.#count * 2);
    return problem;
  }

  #gather(maxFields: number, maxFieldLength: number, salvage: boolean): HeadProblem {
    const { text } = this;
    const end = text.length;
    let count = 0;
    let at = this.firstAt;
    let colon = -1;
    while (at < end) {
      const first = text.charCodeAt(at);
      if (first === 10 || (first === 13 && text.charCodeAt(at + 1) === 10)) {
        this.headEnd = at;
        this.bodyAt = first === 10 ? at + 1 : at + 2;
        return HeadProblem.None;
      }
      let next = text.indexOf("\n", at) + 1;
      let folded = 0;
      while (next > 0 && next < end && isSpace(text.charCodeAt(next))) {
        next = text.indexOf("\n", next) + 1;
        folded = FOLDED;
      }
      if (next === 0) return this.#problem(HeadProblem.Truncated, at);
      // A colon beyond this line stays good for the lines up to it: the search is never repeated.
      if (colon < at) {
        colon = text.indexOf(":", at);
        if (colon < 0) colon = end;
      }
      const id = colon < next ? nameBefore(text, at, colon) : NO_NAME;
      if (id !== NO_NAME) {
        if (next - at > maxFieldLength && !salvage) return this.#problem(HeadProblem.FieldTooLong, at);
        if (count >= maxFields) return this.#problem(HeadProblem.TooManyFields, at);
        gathered[count * 2] = folded | (id << OFFSET_BITS) | at;
        gathered[count * 2 + 1] = colon;
        this.#note(id, count);
        this.#count = ++count;
      } else if (!salvage) return this.#problem(HeadProblem.BadLine, at);
      else this.#hasGaps = true;
      at = next;
    }
    // No empty line, but the last line is whole: a datagram may end so (M-13).
    this.headEnd = end;
    this.bodyAt = end;
    return HeadProblem.None;
  }

  #problem(problem: HeadProblem, at: number): HeadProblem {
    this.problemAt = at;
    this.headEnd = at;
    this.bodyAt = at;
    return problem;
  }

  // Remembers where the headers are that every message is asked for.
  #note(id: HeaderId, line: number): void {
    if (id < 32) this.#types0 |= 1 << id;
    else if (id < 64) this.#types1 |= 1 << (id - 32);
    else this.#types2 |= 1 << (id - 64);
    switch (id) {
      case H.Via:
        if (this.viaLines++ === 0) this.viaLine = line;
        break;
      case H.From:
        if (this.fromLine < 0) this.fromLine = line;
        else this.#repeat(line);
        break;
      case H.To:
        if (this.toLine < 0) this.toLine = line;
        else this.#repeat(line);
        break;
      case H.CallId:
        if (this.callIdLine < 0) this.callIdLine = line;
        else this.#repeat(line);
        break;
      case H.CSeq:
        if (this.cseqLine < 0) this.cseqLine = line;
        else this.#repeat(line);
        break;
      case H.MaxForwards:
        if (this.maxForwardsLine < 0) this.maxForwardsLine = line;
        else this.#repeat(line);
        break;
      case H.ContentType:
        if (this.contentTypeLine < 0) this.contentTypeLine = line;
        else this.#repeat(line);
        break;
      case H.ContentLength:
        if (this.contentLengthLine < 0) this.contentLengthLine = line;
        else this.hasRepeatedLength = true;
        break;
      case H.Route:
        this.routeLines++;
        break;
      case H.RecordRoute:
        this.recordRouteLines++;
        break;
    }
  }

  #repeat(line: number): void {
    if (this.repeatedLine < 0) this.repeatedLine = line;
  }

  /** Number of header lines. */
  get headerCount(): number {
    return this.#count;
  }
  #holds(id: HeaderId): boolean {
    if (id < 32) return (this.#types0 & (1 << id)) !== 0;
    return ((id < 64 ? this.#types1 : this.#types2) & (1 << (id & 31))) !== 0;
  }
  /** Type of line `i`; `H.Other` for a name without a row or an index out of range. */
  headerId(i: number): HeaderId {
    // Only numbers of the table are ever put in.
    return (((this.#lines[i * 2] ?? 0) >> OFFSET_BITS) & ID_MASK) as HeaderId;
  }
  /** Whether line `i` goes on over several lines. */
  isFolded(i: number): boolean {
    return ((this.#lines[i * 2] ?? 0) & FOLDED) !== 0;
  }
  /** Offset of the first byte of line `i`; the end of the head for an index out of range. */
  lineAt(i: number): number {
    const packed = this.#lines[i * 2];
    return packed === undefined ? this.headEnd : packed & OFFSET_MASK;
  }
  /** Offset after line `i` with its line end and folds. */
  lineEnd(i: number): number {
    if (!this.#hasGaps) return this.lineAt(i + 1);
    const next = nextLineAt(this.text, this.lineAt(i));
    return next < 0 ? this.text.length : next;
  }
  #colonAt(i: number): number {
    return this.#lines[i * 2 + 1] ?? this.headEnd - 1;
  }
  /** Name of line `i` as received. */
  headerName(i: number): string {
    const at = this.lineAt(i);
    return this.text.slice(at, trimEnd(this.text, at, this.#colonAt(i)));
  }
  /** Offset of the first byte of the value of line `i`; equal to `valueEnd` when it is empty. */
  valueAt(i: number): number {
    return skipFold(this.text, this.#colonAt(i) + 1, this.lineEnd(i));
  }
  /** Offset after the last byte of the value of line `i`. */
  valueEnd(i: number): number {
    const end = this.lineEnd(i);
    return trimEnd(this.text, Math.min(this.#colonAt(i) + 1, end), end);
  }
  /** Value of line `i`, trimmed, folds kept. */
  headerValue(i: number): string {
    const end = this.valueEnd(i);
    return this.text.slice(Math.min(this.valueAt(i), end), end);
  }
  /** Line `i` with its line end, as it stands. */
  line(i: number): string {
    return this.text.slice(this.lineAt(i), this.lineEnd(i));
  }

  /**
   * First line of a header at or after line `from`, -1 when there is none.
   * @param id - a number of `H`, or a name, long or compact, in any case
   */
  headerIndex(id: HeaderId | string, from = 0): number {
    const number = typeof id === "string" ? headerIdOf(id) : id;
    if (!this.#holds(number)) return -1;
    for (let i = from; i < this.headerCount; i++) {
      if (this.headerId(i) !== number) continue;
      if (number !== H.Other || typeof id !== "string" || equalsIgnoreCase(this.headerName(i), id)) return i;
    }
    return -1;
  }
  /** Value of the first such header, unfolded and trimmed; undefined when absent. */
  header(id: HeaderId | string): string | undefined {
    const line = this.headerIndex(id);
    return line < 0 ? undefined : unfold(this.headerValue(line));
  }
  /** Whether such a header is there. */
  has(id: HeaderId | string): boolean {
    return this.headerIndex(id) >= 0;
  }
  /** All values of a header in order; lists are taken apart at their commas, unknown headers are not (M-15). */
  values(id: HeaderId | string): string[] {
    const first = this.headerIndex(id);
    if (first < 0) return [];
    const { isList } = headerRow(this.headerId(first));
    const found: string[] = [];
    for (let i = first; i >= 0; i = this.headerIndex(id, i + 1)) {
      const value = unfold(this.headerValue(i));
      if (!isList || (value !== "" && !value.includes(","))) found.push(value);
      else for (const one of splitList(value)) found.push(one);
    }
    return found;
  }
}
