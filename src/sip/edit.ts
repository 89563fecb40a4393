// Changes on top of a message, applied once when it goes out (M-2..M-6). What was not touched leaves byte for byte.

import { DialoomError, ErrorCodes } from "../kit/index.ts";
import { equalsIgnoreCase, isCleanHeaderText } from "./chars.ts";
import { H, type HeaderId, headerIdOf, headerRow } from "./headers.ts";
import { listRanges, listRemovals } from "./lists.ts";
import { type SipMessage, SipRequest } from "./message.ts";
import { Splices } from "./splices.ts";

/** How a message is to be written. */
export interface SerialiseOptions {
  /** Add a Content-Length where there is none: streams need one (M-5). */
  readonly contentLength?: boolean;
}

/**
 * Pending changes to one message. Every call adds to them and returns the same edit; a fork takes a `clone()`.
 * Header text with CR, LF or NUL is refused with a `DialoomError` (S-10): it can only come from our own side.
 */
export class Edit {
  readonly message: SipMessage;
  #startLine: string | undefined;
  #above = "";
  #below = "";
  #body: string | undefined;
  /** Content-Type of `#body`; "" for none, undefined for that of the message. */
  #contentType: string | undefined;
  #cseqNumber = -1;
  #splices: Splices | undefined;
  /** The list of replacements is another edit's too: it is copied before the next one is added. */
  #isShared = false;

  constructor(message: SipMessage) {
    this.message = message;
    // Odd spaces of a request line that was let in are not passed on (M-10).
    if (message instanceof SipRequest && message.isLineIrregular) this.#startLine = requestLine(message.method, message.requestUri);
  }

  /** Puts another Request-URI into the request line. On a response it changes nothing. */
  retarget(uri: string): this {
    if (this.message instanceof SipRequest) this.#startLine = requestLine(this.message.method, clean(uri));
    return this;
  }
  /** Replaces the start line; without a line end. */
  reline(startLine: string): this {
    this.#startLine = clean(startLine);
    return this;
  }
  /** Gives the first such header another value, keeping its name as it is written; appends the header when there is none. */
  set(id: HeaderId | string, value: string | number): this {
    const { head } = this.message;
    const text = clean(String(value));
    for (let line = head.headerIndex(id); line >= 0; line = head.headerIndex(id, line + 1)) {
      if (this.#isGone(head.lineAt(line), head.lineEnd(line))) continue;
      const at = head.valueAt(line);
      const end = head.valueEnd(line);
      // An empty value leaves no place of its own: the space after the colon goes with it.
      if (at >= end) this.#put(end, end, ` ${text}`);
      else this.#put(at, end, text);
      return this;
    }
    return this.append(nameOf(id), text);
  }
  /** Adds a header line after the last one. */
  append(name: HeaderId | string, value: string | number): this {
    this.#below += `${clean(nameOf(name))}: ${clean(String(value))}\r\n`;
    return this;
  }
  /** Adds a header line above the first one; later calls go above earlier ones. */
  prepend(name: HeaderId | string, value: string | number): this {
    this.#above = `${clean(nameOf(name))}: ${clean(String(value))}\r\n${this.#above}`;
    return this;
  }
  /** Like `prepend`, for a value made here of parts that were all checked when they came in: it is not looked through again. */
  prependChecked(name: HeaderId, value: string): this {
    this.#above = `${headerRow(name).name}: ${value}\r\n${this.#above}`;
    return this;
  }
  /** Adds complete header lines, each with its line end, after the last one. They are the caller's business and not looked through. */
  appendLines(lines: string): this {
    this.#below += lines;
    return this;
  }
  /** The same above the first line; later calls go above earlier ones. */
  prependLines(lines: string): this {
    this.#above = lines + this.#above;
    return this;
  }
  /** Whether an earlier call has taken a header line away. */
  isRemoved(line: number): boolean {
    return this.#isGone(this.message.head.lineAt(line), this.message.head.lineEnd(line));
  }
  /** Removes all lines of a header. */
  remove(id: HeaderId | string): this {
    const { head } = this.message;
    // a type that came with a new body goes too
    if (this.#contentType !== undefined && headerIdOf(nameOf(id)) === H.ContentType) this.#contentType = "";
    for (let line = head.headerIndex(id); line >= 0; line = head.headerIndex(id, line + 1)) this.removeLine(line);
    return this;
  }
  /** Removes one header line. */
  removeLine(line: number): this {
    const { head } = this.message;
    if (line >= 0 && line < head.headerCount) this.#put(head.lineAt(line), head.lineEnd(line), "");
    return this;
  }
  /**
   * Removes one value of a comma list; a line that is left without values goes with it (RR-18).
   * @param valueIndex - counted in the line as received, whatever was removed before
   */
  removeValue(line: number, valueIndex: number): this {
    const ranges = this.#ranges(line);
    const k = valueIndex * 2;
    const from = ranges[k];
    const end = ranges[k + 1];
    if (from === undefined || end === undefined || this.#isGone(from, end)) return this;
    const before = this.#alive(ranges, k - 2, -2);
    const after = this.#alive(ranges, k + 2, 2);
    if (before < 0 && after < 0) return this.removeLine(line);
    if (before >= 0) this.#put(ranges[before + 1] ?? from, end, "");
    else this.#put(from, ranges[after] ?? end, "");
    return this;
  }
  /** Replaces one value of a comma list. */
  setValue(line: number, valueIndex: number, value: string): this {
    const ranges = this.#ranges(line);
    const from = ranges[valueIndex * 2];
    const end = ranges[valueIndex * 2 + 1];
    if (from !== undefined && end !== undefined) this.#put(from, end, clean(value));
    return this;
  }
  /**
   * Adds a value at the end of the first line of a header; where an earlier call has taken that line away it is written anew.
   * @returns false when the message has no such header (RFC 3261 section 7.3.1)
   */
  addListed(id: HeaderId | string, value: string): boolean {
    const { head } = this.message;
    const line = head.headerIndex(id);
    if (line < 0) return false;
    const text = clean(value);
    const at = head.valueAt(line);
    const end = head.valueEnd(line);
    if (this.isRemoved(line)) this.append(nameOf(id), text);
    else this.#put(end, end, at >= end ? ` ${text}` : `, ${text}`);
    return true;
  }
  /**
   * Takes a value out of all lines of a header, ASCII case ignored; a line left without values goes with it.
   * @returns whether it was there
   */
  removeListed(id: HeaderId | string, value: string): boolean {
    const { head } = this.message;
    let wasThere = false;
    for (let line = head.headerIndex(id); line >= 0; line = head.headerIndex(id, line + 1)) {
      if (this.#removeFrom(line, value)) wasThere = true;
    }
    return wasThere;
  }
  #removeFrom(line: number, value: string): boolean {
    const { head } = this.message;
    const gone = listRemovals(this.#ranges(line), (from, end) => {
      if (this.#isGone(from, end)) return "gone";
      return equalsIgnoreCase(head.text.slice(from, end), value) ? "meant" : "kept";
    });
    if (gone.pieces.length === 0) return false;
    const end = head.valueEnd(line);
    const added = gone.isEmptied ? this.#takeInsertion(end) : "";
    if (gone.isEmptied && added === "") {
      this.removeLine(line);
      return true;
    }
    this.#ownSplices().remove(gone.pieces);
    // what `addListed` has put behind the last value is all there is now
    if (added !== "") this.#put(end, end, added.slice(2));
    return true;
  }
  /**
   * Gives each value of a comma list another form, in one pass.
   * @param change - undefined leaves a value alone; empty ones are not asked for
   * @returns how many were changed
   */
  changeValues(line: number, change: (value: string) => string | undefined): number {
    const { text } = this.message.head;
    const ranges = this.#ranges(line);
    let count = 0;
    for (let k = 0; k + 1 < ranges.length; k += 2) {
      const from = ranges[k] ?? 0;
      const end = ranges[k + 1] ?? 0;
      const changed = end > from ? change(text.slice(from, end)) : undefined;
      if (changed === undefined) continue;
      this.#put(from, end, clean(changed));
      count++;
    }
    return count;
  }
  /**
   * Replaces raw bytes of the head, offsets into `message.text`. Bytes that an earlier call already took away
   * stay away; the start line and the body are changed by `reline` and `setBody` only.
   */
  replace(from: number, to: number, text: string): this {
    const { head } = this.message;
    if (from >= head.firstAt && from <= to && to <= head.headEnd) this.#put(from, to, text);
    return this;
  }
  /**
   * Replaces the body; Content-Length follows by itself. "" takes the body away.
   * @param contentType - of the new body; "" takes the header away; absent: it stays as it is
   */
  setBody(body: string, contentType?: string): this {
    this.#body = body;
    if (contentType !== undefined) this.#contentType = clean(contentType);
    return this;
  }
  /** Content-Type of `body`; undefined when there is none. */
  get contentType(): string | undefined {
    return this.#contentType === undefined ? this.message.contentType : this.#contentType || undefined;
  }
  /** The body as it will go out. */
  get body(): string {
    return this.#body ?? this.message.body;
  }
  /** Removes the top Via: the line when it was its only value, else the value (M-6). */
  removeTopVia(): this {
    const { head, topVia } = this.message;
    return topVia.hasMore ? this.removeValue(head.viaLine, 0) : this.removeLine(head.viaLine);
  }
  /** Writes `received` and `rport` into the top Via as `Via.stamped` says (T-8). */
  stampReceived(ip: string, port: number, forceRport = false): this {
    const { head, topVia } = this.message;
    if (!topVia.wantsStamp(ip, forceRport)) return this;
    const stamped = topVia.stamped(ip, port, forceRport);
    if (topVia.source === head.text) {
      if (stamped.length !== topVia.end - topVia.from || stamped !== topVia.text) this.#put(topVia.from, topVia.end, stamped);
    } else {
      // A folded line is written anew on one line.
      const ranges = this.#ranges(head.viaLine);
      if (stamped !== topVia.text) this.#put(ranges[0] ?? 0, ranges[1] ?? 0, stamped);
    }
    return this;
  }
  /** Gives CSeq another number, keeping the method. */
  setCseqNumber(number: number): this {
    const { head } = this.message;
    const at = head.valueAt(head.cseqLine);
    let end = at;
    while (head.text.charCodeAt(end) >= 48 && head.text.charCodeAt(end) <= 57) end++;
    this.#put(at, end, String(number));
    this.#cseqNumber = number;
    return this;
  }
  /** The CSeq number with which it will go out. */
  get cseqNumber(): number {
    return this.#cseqNumber < 0 ? this.message.cseqNumber : this.#cseqNumber;
  }
  /** Whether the changes so far touch the value of a received header line. */
  isValueTouched(line: number): boolean {
    const { head } = this.message;
    return this.#splices?.touches(head.valueAt(line), head.valueEnd(line)) === true;
  }
  /** Value of a received header line as the changes so far leave it, folds kept; undefined when it was taken away. */
  currentValue(line: number): string | undefined {
    const { head } = this.message;
    if (this.#splices === undefined) return head.headerValue(line);
    if (this.#isGone(head.lineAt(line), head.lineEnd(line))) return undefined;
    return this.#splices.within(head.text, head.valueAt(line), head.valueEnd(line));
  }
  /** Another edit of the same message that starts with these changes (M-3). */
  clone(): Edit {
    const copy = new Edit(this.message);
    copy.#startLine = this.#startLine;
    copy.#above = this.#above;
    copy.#below = this.#below;
    copy.#body = this.#body;
    copy.#cseqNumber = this.#cseqNumber;
    copy.#contentType = this.#contentType;
    copy.#splices = this.#splices;
    copy.#isShared = true;
    this.#isShared = true;
    return copy;
  }
  /** Whether nothing would change. */
  get isEmpty(): boolean {
    return (
      this.#startLine === undefined && this.#above === "" && this.#below === "" && this.#body === undefined && this.#splices === undefined
    );
  }

  /** Builds the message with all changes. */
  serialise(options?: SerialiseOptions): string {
    const { message } = this;
    const { head } = message;
    const { text } = head;
    const needsLength = this.#body !== undefined || (options?.contentLength === true && head.contentLengthLine < 0);
    if (this.isEmpty && !needsLength) return message.bodyEnd === text.length ? text : text.slice(0, message.bodyEnd);
    let below = this.#below;
    let splices = this.#splices;
    if (needsLength) {
      const length = this.#body === undefined ? message.bodyEnd - message.bodyAt : this.#body.length;
      const last = new Edit(message);
      last.#splices = splices?.clone();
      if (this.#contentType !== undefined) {
        if (this.#contentType === "") last.remove(H.ContentType);
        else last.set(H.ContentType, this.#contentType);
      }
      last.#setLength(length);
      splices = last.#splices;
      below += last.#below;
    }
    const startLine = this.#startLine === undefined ? text.slice(0, head.firstAt) : `${this.#startLine}\r\n`;
    if (below === "" && this.#body === undefined && head.bodyAt > head.headEnd) {
      // Nothing changes below the last header line: the rest stays one piece.
      const rest = splices === undefined ? text.slice(head.firstAt, message.bodyEnd) : splices.apply(text, head.firstAt, message.bodyEnd);
      return startLine + this.#above + rest;
    }
    const lines = splices === undefined ? text.slice(head.firstAt, head.headEnd) : splices.apply(text, head.firstAt, head.headEnd);
    // A datagram may lack its empty line; whoever writes to it ends the head properly.
    const blank = head.bodyAt > head.headEnd ? text.slice(head.headEnd, head.bodyAt) : "\r\n";
    const body = this.#body ?? text.slice(message.bodyAt, message.bodyEnd);
    return startLine + this.#above + lines + below + blank + body;
  }

  // Content-Length is the serialiser's business alone: one line, the true length.
  #setLength(length: number): void {
    const { head } = this.message;
    let found = false;
    for (let line = head.contentLengthLine; line >= 0; line = head.headerIndex(H.ContentLength, line + 1)) {
      if (found || this.#isGone(head.lineAt(line), head.lineEnd(line))) this.removeLine(line);
      else {
        this.#put(head.valueAt(line), head.valueEnd(line), String(length));
        found = true;
      }
    }
    if (!found) this.append("Content-Length", length);
  }
  #put(from: number, to: number, text: string): void {
    this.#ownSplices().put(from, to, text);
  }
  /** The list of replacements, this edit's alone. */
  #ownSplices(): Splices {
    if (this.#splices === undefined) this.#splices = new Splices();
    else if (this.#isShared) this.#splices = this.#splices.clone();
    this.#isShared = false;
    return this.#splices;
  }
  #takeInsertion(at: number): string {
    if (this.#splices === undefined) return "";
    if (this.#isShared) this.#splices = this.#splices.clone();
    this.#isShared = false;
    return this.#splices.takeInsertion(at);
  }
  #isGone(from: number, to: number): boolean {
    return this.#splices?.isGone(from, to) === true;
  }
  #ranges(line: number): number[] {
    const { head } = this.message;
    if (line < 0 || line >= head.headerCount) return [];
    return listRanges(head.text, head.valueAt(line), head.valueEnd(line));
  }
  #alive(ranges: readonly number[], start: number, step: number): number {
    for (let k = start; k >= 0 && k < ranges.length; k += step) {
      if (!this.#isGone(ranges[k] ?? 0, ranges[k + 1] ?? 0)) return k;
    }
    return -1;
  }
}

/** Begins an edit of a message. */
export function edit(message: SipMessage): Edit {
  return new Edit(message);
}

function requestLine(method: string, uri: string): string {
  return `${method} ${uri} SIP/2.0`;
}

function nameOf(id: HeaderId | string): string {
  return typeof id === "string" ? id : headerRow(id).name;
}

function clean(text: string): string {
  if (!isCleanHeaderText(text)) throw new DialoomError(ErrorCodes.BadArgument, "header text with a line end or NUL");
  return text;
}
