// A message: the text that arrived and lazy views on it (M-1, M-2). Immutable; changes are an `Edit`.

import { bad, good, type Parsed } from "../kit/index.ts";
import { decimal } from "./chars.ts";
import type { Head } from "./head.ts";
import { type HeaderId, headerRow } from "./headers.ts";
import { type NameAddr, parseNameAddr } from "./nameaddr.ts";
import type { SipUri, UriFault } from "./uri.ts";
import type { Via } from "./via.ts";

/** What the parser has read of every message before anybody asks. */
export interface MessageParts {
  readonly head: Head;
  bodyEnd: number;
  readonly topVia: Via;
  readonly callId: string;
  cseqNumber: number;
  cseqMethod: string;
  readonly from: NameAddr;
  readonly to: NameAddr;
  maxForwards: number;
}

/** Header values that should be addresses and are not. */
export interface AddressFault extends UriFault {
  /** Reply status that fits: 400. */
  readonly status: 400;
  /** "Bad Route Header" and the like. */
  readonly reason: string;
}

/** What requests and responses share. All offsets are into `text`; one character is one byte. */
export abstract class SipMessage {
  readonly text: string;
  abstract readonly isRequest: boolean;
  readonly head: Head;
  /** Offset of the empty line. */
  readonly headEnd: number;
  readonly bodyAt: number;
  /** Offset after the body; bytes beyond it do not belong to the message (M-30). */
  readonly bodyEnd: number;
  readonly topVia: Via;
  readonly callId: string;
  readonly cseqNumber: number;
  readonly cseqMethod: string;
  readonly from: NameAddr;
  readonly to: NameAddr;
  /** "" when absent. */
  readonly fromTag: string;
  /** "" when absent. */
  readonly toTag: string;
  /** Max-Forwards, -1 when absent. */
  readonly maxForwards: number;

  constructor(parts: MessageParts) {
    this.head = parts.head;
    this.text = parts.head.text;
    this.headEnd = parts.head.headEnd;
    this.bodyAt = parts.head.bodyAt;
    this.bodyEnd = parts.bodyEnd;
    this.topVia = parts.topVia;
    this.callId = parts.callId;
    this.cseqNumber = parts.cseqNumber;
    this.cseqMethod = parts.cseqMethod;
    this.from = parts.from;
    this.to = parts.to;
    this.fromTag = parts.from.tag;
    this.toTag = parts.to.tag;
    this.maxForwards = parts.maxForwards;
  }

  /** The body as latin1 text, "" when there is none. */
  get body(): string {
    return this.text.slice(this.bodyAt, this.bodyEnd);
  }
  /** Number of header lines. */
  get headerCount(): number {
    return this.head.headerCount;
  }
  /** Type of line `i`. */
  headerId(i: number): HeaderId {
    return this.head.headerId(i);
  }
  /** Name of line `i` as received. */
  headerName(i: number): string {
    return this.head.headerName(i);
  }
  /** Value of line `i`, trimmed, folds kept. */
  headerValue(i: number): string {
    return this.head.headerValue(i);
  }
  /** Offset of line `i`. */
  lineAt(i: number): number {
    return this.head.lineAt(i);
  }
  /** Offset after line `i`. */
  lineEnd(i: number): number {
    return this.head.lineEnd(i);
  }
  /** Value of the first such header, unfolded and trimmed; undefined when absent. Names may be long, compact, any case. */
  header(id: HeaderId | string): string | undefined {
    return this.head.header(id);
  }
  /** Whether such a header is there. */
  has(id: HeaderId | string): boolean {
    return this.head.has(id);
  }
  /** First line of a header at or after line `from`, -1 when there is none. */
  headerIndex(id: HeaderId | string, from = 0): number {
    return this.head.headerIndex(id, from);
  }
  /** All values of a header in order, comma lists taken apart (M-15, M-16). */
  values(id: HeaderId | string): readonly string[] {
    return this.head.values(id);
  }
  /** All values of an address header (Contact, Route, Record-Route…) in order; a fault as soon as one does not read. */
  nameAddrs(id: HeaderId): Parsed<readonly NameAddr[], AddressFault> {
    const found: NameAddr[] = [];
    if (!this.head.has(id)) return good(found);
    for (const value of this.head.values(id)) {
      const address = parseNameAddr(value);
      if (!address.ok) return bad({ at: address.fault.at, status: 400, reason: `Bad ${headerRow(id).name} Header` });
      found.push(address.value);
    }
    return good(found);
  }
  /** Content-Type with its parameters, undefined when absent. */
  get contentType(): string | undefined {
    return this.head.contentTypeLine < 0 ? undefined : this.header("Content-Type");
  }
  /** Value of a header that is one plain number (Expires, RSeq…), -1 when absent or no number. Parameters are ignored. */
  number(id: HeaderId | string): number {
    const value = this.header(id);
    if (value === undefined) return -1;
    let end = 0;
    while (end < value.length && value.charCodeAt(end) >= 48 && value.charCodeAt(end) <= 57) end++;
    const next = value.charCodeAt(end);
    if (end < value.length && next !== 59 && next !== 32 && next !== 9 && next !== 40) return -1;
    return decimal(value, 0, end, 0xffffffff);
  }
}

/** A request. */
export class SipRequest extends SipMessage {
  readonly isRequest = true;
  readonly method: string;
  /** The Request-URI read; `isSip` is false for other schemes than sip and sips. */
  readonly uri: SipUri;
  /** Whether spaces of the request line have to be put in order before it is passed on (M-10). */
  readonly isLineIrregular: boolean;

  constructor(parts: MessageParts, method: string, uri: SipUri, isLineIrregular: boolean) {
    super(parts);
    this.method = method;
    this.uri = uri;
    this.isLineIrregular = isLineIrregular;
  }
  /** The Request-URI as received. */
  get requestUri(): string {
    return this.uri.text;
  }
}

/** A response. */
export class SipResponse extends SipMessage {
  readonly isRequest = false;
  readonly status: number;
  /** Reason phrase as received, "" when empty; bytes, usually UTF-8. */
  readonly reason: string;

  constructor(parts: MessageParts, status: number, reason: string) {
    super(parts);
    this.status = status;
    this.reason = reason;
  }
}
