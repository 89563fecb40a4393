// A request that could not be read, as an error route sees it (section 1.8): what is wrong, what could be gathered, how to answer.

import { type Fault, H, type NameAddr, parseNameAddr, parseUri, SipRequest, type SipUri } from "../sip/index.ts";
import type { Source } from "../transport/index.ts";
import type { ReplyExtra } from "./ports.ts";

/** Who writes the answer. */
export interface FaultAnswerer {
  answerFault(fault: Fault, source: Source, status: number, reason: string | undefined, extra: ReplyExtra | undefined): boolean;
}

/** One such request. */
export class MalformedRequest {
  readonly fault: Fault;
  readonly text: string;
  readonly source: Source;
  isAnswered = false;
  readonly #answerer: FaultAnswerer;
  #request: SipRequest | undefined = undefined;

  constructor(answerer: FaultAnswerer, fault: Fault, text: string, source: Source) {
    this.#answerer = answerer;
    this.fault = fault;
    this.text = text;
    this.source = source;
  }

  /** Answers in place of the usual refusal; without a transaction. @returns −1 after an answer, or when none can be built */
  reply(status: number, reason?: string, extra?: ReplyExtra): 1 | -1 {
    if (this.isAnswered || !this.#answerer.answerFault(this.fault, this.source, status, reason, extra)) return -1;
    this.isAnswered = true;
    return 1;
  }

  /** As much of a request as could be read: headers where they parse, placeholders where not. Undefined without a usable head. */
  get request(): SipRequest | undefined {
    const { headers } = this.fault;
    if (headers === undefined) return undefined;
    this.#request ??= salvage(headers.head, headers.method, headers.topVia, headers.callId);
    return this.#request;
  }
}

function salvage(head: SipRequest["head"], method: string, topVia: SipRequest["topVia"], callId: string): SipRequest {
  return new SipRequest(
    {
      head,
      bodyEnd: head.text.length,
      topVia,
      callId,
      cseqNumber: leadingNumber(head.header(H.CSeq)),
      cseqMethod: method,
      from: addressOf(head.header(H.From)),
      to: addressOf(head.header(H.To)),
      maxForwards: -1,
    },
    method,
    uriOf(head.text),
    false,
  );
}

const NOWHERE = "sip:invalid";

function addressOf(value: string | undefined): NameAddr {
  const parsed = parseNameAddr(value ?? NOWHERE);
  if (parsed.ok) return parsed.value;
  const none = parseNameAddr(NOWHERE);
  if (!none.ok) throw new RangeError(NOWHERE);
  return none.value;
}

function uriOf(text: string): SipUri {
  const from = text.indexOf(" ") + 1;
  const line = text.indexOf("\r\n");
  const to = text.indexOf(" ", from);
  const parsed = parseUri(text.slice(from, to < 0 || to > line ? line : to));
  if (parsed.ok) return parsed.value;
  const none = parseUri(NOWHERE);
  if (!none.ok) throw new RangeError(NOWHERE);
  return none.value;
}

function leadingNumber(value: string | undefined): number {
  const number = Number.parseInt(value ?? "", 10);
  return Number.isSafeInteger(number) && number >= 0 ? number : 0;
}
