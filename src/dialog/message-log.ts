// The messages of calls as they stood on the wire, for `explain`: each is written once into a ring that all calls share. This runs for every
// message of the proxy, so it makes no objects, and reads of a message only its first line, its Call-ID and its CSeq.
import type { Clock, Counter, EpochMs, Random, Sequence, Statistics } from "../kit/index.ts";
import { equalsIgnoreCase, type SipRequest, type SipResponse } from "../sip/index.ts";
import type { Destination, Listener, MessageTap, SendResult, Source } from "../transport/index.ts";
import { type MessageFacts, type MessageRecord, MessageRing } from "./message-ring.ts";
import { withoutPasswords, withoutSecrets } from "./secrets.ts";

/** How much of each message is kept. */
export type MessageDetail = "none" | "lines" | "whole";

/** One message of a call. */
export interface CallMessage {
  readonly at: EpochMs;
  /** Its place among messages and steps (`HistoryStep.order`). */
  readonly order: number;
  /** By us; else it was received. */
  readonly isSent: boolean;
  /** `udp:10.0.0.2:5060`. */
  readonly from: string;
  readonly to: string;
  /** First line. Passwords are hidden, here and in the text. */
  readonly line: string;
  /** Number and method. */
  readonly cseq: string;
  /** Bytes of the whole message. */
  readonly size: number;
  /** The message as latin1 text when whole messages are kept. */
  readonly text: string | undefined;
  /** The end of the text is missing. */
  readonly isCut: boolean;
  /** What became of one that was to be sent; `sent` for what was received. */
  readonly result: SendResult;
}

/** Call-IDs that only the callee sees. */
export interface CallIdCover {
  /** What the callee knows the call by. */
  covered(callId: string, fromTag: string): string;
  /** Whether a Call-ID may be such a one. */
  isCovered(callId: string): boolean;
}

const SENT = 1;
const WHOLE = 2;
const CUT = 4;
const RESULT_SHIFT = 3;
const RESULTS: readonly SendResult[] = ["sent", "queued", "noConnection", "unreachable", "tooBig"];
const LONGEST_NAME = 64;
const LONGEST_LINE = 200;
const LONGEST_CSEQ = 40;
const LONGEST_HOST = 45;
const UNKNOWN_LISTENER = 255;

/** Keeps messages. */
export class MessageLog implements MessageTap {
  /** Set by whoever hides Call-IDs. */
  cover: CallIdCover | undefined = undefined;
  readonly #ring: MessageRing;
  readonly #isWhole: boolean;
  readonly #clock: Clock;
  readonly #sequence: Sequence;
  readonly #isTracked: (callId: string) => boolean;
  readonly #listeners: Listener[] = [];
  readonly #kept: Counter;
  readonly #cut: Counter;
  readonly #seedLow: number;
  readonly #seedHigh: number;
  readonly #facts: MessageFacts = {
    keyLow: 0,
    keyHigh: 0,
    order: 0,
    at: 0,
    port: 0,
    address: 0,
    size: 0,
    flags: 0,
    listener: 0,
    textLength: 0,
    cseqLength: 0,
    hostLength: 0,
  };
  // where the last message that was looked into has its values
  #callIdAt = 0;
  #callIdEnd = 0;
  #cseqAt = 0;

  /**
   * @param bytes - size of the ring
   * @param sequence - what orders steps and messages; each message takes a number
   * @param isTracked - whether a Call-ID is that of a call in memory
   */
  constructor(
    detail: "lines" | "whole",
    bytes: number,
    deps: { readonly clock: Clock; readonly random: Random; readonly sequence: Sequence; readonly statistics: Statistics },
    isTracked: (callId: string) => boolean,
  ) {
    this.#ring = new MessageRing(bytes);
    this.#isWhole = detail === "whole";
    this.#clock = deps.clock;
    this.#sequence = deps.sequence;
    this.#isTracked = isTracked;
    this.#seedLow = deps.random.uint32();
    this.#seedHigh = deps.random.uint32();
    const { statistics } = deps;
    this.#kept = statistics.counter("dialog", "explain_messages");
    this.#cut = statistics.counter("dialog", "explain_cut_messages");
    statistics.gauge("dialog", "explain_lost_messages", () => this.#ring.overwritten);
    statistics.gauge("dialog", "explain_message_bytes", () => this.#ring.used);
  }

  received(message: SipRequest | SipResponse, source: Source): void {
    const { head, text } = message;
    this.#takeKey(text, head.valueAt(head.callIdLine));
    this.#cseqAt = head.valueAt(head.cseqLine);
    this.#keep(text, source.listener, source.ip, source.port, 0);
  }

  sent(text: string, to: Destination, result: SendResult): void {
    if (this.#find(text)) this.#keep(text, to.listener, to.ip, to.port, SENT | (resultNumber(result) << RESULT_SHIFT));
  }

  /** Messages with one of these Call-IDs that are still there, in order. */
  of(callId: string, fromTag: string, isCovered: boolean): readonly CallMessage[] {
    const plain = this.#recordsOf(callId);
    if (!isCovered || this.cover === undefined) return plain.map((record) => this.#shown(record));
    const all = [...plain, ...this.#recordsOf(this.cover.covered(callId, fromTag))];
    return all.sort((a, b) => (a.order - b.order) | 0).map((record) => this.#shown(record));
  }

  /** From when on messages are complete; undefined while nothing has been overwritten. */
  get completeSince(): EpochMs | undefined {
    return this.#ring.overwritten > 0 ? this.#ring.oldestAt : undefined;
  }

  #keep(text: string, listener: Listener, ip: string, port: number, flags: number): void {
    const facts = this.#facts;
    if (!this.#isOfCall(text)) return;
    const ring = this.#ring;
    const { index } = listener;
    if (index < UNKNOWN_LISTENER && this.#listeners[index] !== listener) this.#listeners[index] = listener;
    facts.listener = Math.min(index, UNKNOWN_LISTENER);
    facts.at = this.#clock.now();
    facts.order = ++this.#sequence.value;
    facts.port = port;
    facts.size = text.length;
    facts.address = addressNumber(ip);
    facts.flags = flags;
    const { bytes, longest } = ring;
    const besides = LONGEST_CSEQ + LONGEST_HOST;
    let at: number;
    if (this.#isWhole) {
      const length = Math.min(text.length, longest - besides);
      if (length < text.length) {
        facts.flags |= CUT;
        this.#cut.value++;
      }
      facts.flags |= WHOLE;
      facts.textLength = length;
      at = ring.open(length + besides);
      bytes.latin1Write(text, at, length);
    } else {
      at = ring.open(LONGEST_LINE + besides);
      facts.textLength = copy(text, 0, LONGEST_LINE, bytes, at);
    }
    at += facts.textLength;
    facts.cseqLength = copy(text, this.#cseqAt, this.#cseqAt + LONGEST_CSEQ, bytes, at);
    facts.hostLength = facts.address !== 0 ? 0 : copy(ip, 0, Math.min(ip.length, LONGEST_HOST), bytes, at + facts.cseqLength);
    ring.close(facts);
    this.#kept.value++;
  }

  /** Registrations and subscriptions are not kept: they would only push out calls. */
  #isOfCall(text: string): boolean {
    let at = this.#cseqAt;
    while (isDigitOrSpace(text.charCodeAt(at))) at++;
    switch (text.charCodeAt(at)) {
      case 65: // ACK
      case 66: // BYE
      case 67: // CANCEL
      case 73: // INVITE, INFO
      case 85: // UPDATE
        return true;
      case 80: // PRACK, not PUBLISH
        if (text.charCodeAt(at + 1) === 82) return true;
        break;
      case 82: // REFER, not REGISTER
        if (text.charCodeAt(at + 2) === 70) return true;
        break;
      default:
        break;
    }
    // the rest belongs to a call that is known, or to none
    const callId = text.slice(this.#callIdAt, this.#callIdEnd);
    return this.#isTracked(callId) || this.cover?.isCovered(callId) === true;
  }

  /**
   * Two hashes of the Call-ID that stands there, that start with numbers nobody knows: Call-IDs that collide cannot be worked out.
   * @returns where it ends
   */
  #takeKey(text: string, at: number): number {
    let low = this.#seedLow;
    let high = this.#seedHigh;
    let end = at;
    // what is no character at all ends it too
    for (let c = text.charCodeAt(end); c > 32; c = text.charCodeAt(++end)) {
      low = Math.imul(low ^ c, 0x0100_0193) ^ (high >>> 15);
      high = Math.imul(high ^ c, 0x85eb_ca6b) ^ (low >>> 13);
    }
    this.#facts.keyLow = low ^ (low >>> 16);
    this.#facts.keyHigh = high;
    this.#callIdAt = at;
    this.#callIdEnd = end;
    return end;
  }

  #recordsOf(callId: string): readonly MessageRecord[] {
    this.#takeKey(callId, 0);
    return this.#ring.of(this.#facts.keyLow, this.#facts.keyHigh);
  }

  /** Finds Call-ID and CSeq in what leaves: mostly one after the other, as everybody writes them. */
  #find(text: string): boolean {
    const line = text.indexOf("\r\nCall-ID: ");
    if (line < 0) return this.#search(text);
    const at = line + 11;
    const end = this.#takeKey(text, at);
    if (end === at) return this.#search(text);
    const cseqLine = isCseqAt(text, end) ? end : text.indexOf("\r\nCSeq: ");
    if (cseqLine < 0) return this.#search(text);
    this.#cseqAt = cseqLine + 8;
    return true;
  }

  /** The same for headers that somebody writes otherwise. */
  #search(text: string): boolean {
    let hasCallId = false;
    let hasCseq = false;
    let at = text.indexOf("\r\n") + 2;
    while (at > 1 && !(hasCallId && hasCseq)) {
      const end = text.indexOf("\r\n", at);
      if (end <= at) break;
      const colon = text.indexOf(":", at);
      if (colon > at && colon < end && colon - at < LONGEST_NAME) {
        const name = text.slice(at, colon).trimEnd();
        let from = colon + 1;
        while (isSpace(text.charCodeAt(from))) from++; // over folds as well
        if (!hasCallId && (equalsIgnoreCase(name, "call-id") || equalsIgnoreCase(name, "i"))) {
          hasCallId = this.#takeKey(text, from) > from;
        } else if (!hasCseq && equalsIgnoreCase(name, "cseq")) {
          this.#cseqAt = from;
          hasCseq = true;
        }
      }
      at = end + 2;
    }
    return hasCallId && hasCseq;
  }

  #shown(record: MessageRecord): CallMessage {
    const { at, order, port, size, text } = record;
    const cseq = record.cseq.trimEnd();
    const isSent = (record.flags & SENT) !== 0;
    const isWhole = (record.flags & WHOLE) !== 0;
    const listener = this.#listeners[record.listener];
    const host = record.address === 0 ? record.host : addressText(record.address);
    const there = `${listener?.transport ?? "?"}:${host.includes(":") ? `[${host}]` : host}:${port}`;
    const here = listener?.name ?? "?";
    const lineEnd = isWhole ? text.indexOf("\r\n") : -1;
    return {
      ...{ at, order, isSent, size, cseq },
      from: isSent ? here : there,
      to: isSent ? there : here,
      line: withoutPasswords(lineEnd < 0 ? text : text.slice(0, lineEnd)),
      text: isWhole ? withoutSecrets(text) : undefined,
      isCut: (record.flags & CUT) !== 0,
      result: RESULTS[(record.flags >> RESULT_SHIFT) & 7] ?? "sent",
    };
  }
}

/** Copies characters up to a line end. @returns how many */
function copy(text: string, from: number, end: number, bytes: Buffer, at: number): number {
  const last = Math.min(end, text.length);
  let i = from;
  for (; i < last; i++) {
    const c = text.charCodeAt(i);
    if (c === 13 || c === 10) break;
    bytes[at + i - from] = c;
  }
  return i - from;
}

function resultNumber(result: SendResult): number {
  return result === "sent" ? 0 : RESULTS.indexOf(result);
}

/** An IPv4 address as a number; 0 for anything else. */
function addressNumber(ip: string): number {
  let number = 0;
  let octet = 0;
  let dots = 0;
  for (let i = 0; i < ip.length; i++) {
    const c = ip.charCodeAt(i);
    if (c === 46) {
      number = (number << 8) | octet;
      octet = 0;
      dots++;
    } else if (c >= 48 && c <= 57) octet = octet * 10 + c - 48;
    else return 0;
  }
  return dots === 3 ? ((number << 8) | octet) >>> 0 : 0;
}

function addressText(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

function isDigitOrSpace(code: number): boolean {
  return (code >= 48 && code <= 57) || isSpace(code);
}

function isSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 13 || code === 10;
}

/** `\r\nCSeq: `, letter by letter. */
function isCseqAt(text: string, at: number): boolean {
  return (
    text.charCodeAt(at) === 13 &&
    text.charCodeAt(at + 2) === 67 &&
    text.charCodeAt(at + 3) === 83 &&
    text.charCodeAt(at + 4) === 101 &&
    text.charCodeAt(at + 5) === 113 &&
    text.charCodeAt(at + 6) === 58 &&
    text.charCodeAt(at + 7) === 32
  );
}
