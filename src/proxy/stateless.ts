// Replies without a transaction (SL-1 to SL-7): the To-tag is a keyed hash of the request, so that retransmissions get the
// same one and the ACK can be recognised without any state. What we send of our own accord is bounded (S-03).

import { type Clock, type Counter, type Random, randomHex, type SipHash, type Statistics } from "../kit/index.ts";
import { buildReply, type Fault, type FaultHeaders, isCleanHeaderText, reasonPhrase, type SipRequest, type Via } from "../sip/index.ts";
import type { Source } from "../transport/index.ts";
import type { ProxyTransport, ReplyExtra } from "./ports.ts";
import { mayAnswer, ReplyLimiter } from "./rate.ts";
import type { ProxySettings } from "./settings.ts";

const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
/** An error of our own is never much larger than what provoked it (S-03). */
const MAX_GROWTH = 512;
const MAX_REASON = 128;
const STATELESS = Object.freeze({ isStateless: true });

/** What stateless replies need. */
export interface StatelessDeps {
  readonly transport: ProxyTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly hash: SipHash;
  readonly statistics: Statistics;
}

/** The stateless replies of one proxy. */
export class StatelessReplies {
  readonly #transport: ProxyTransport;
  readonly #clock: Clock;
  readonly #hash: SipHash;
  readonly #settings: ProxySettings;
  readonly #limiter: ReplyLimiter;
  readonly #bootId: string;
  readonly #classes: readonly Counter[];
  readonly #sent: Counter;
  readonly #errors: Counter;
  readonly #acks: Counter;
  #lastErrorAt = Number.NEGATIVE_INFINITY;
  /** Has the last word on the text of a reply to a request that could be read. */
  filter: ((text: string, request: SipRequest) => string) | undefined = undefined;

  constructor(deps: StatelessDeps, settings: ProxySettings) {
    this.#transport = deps.transport;
    this.#clock = deps.clock;
    this.#hash = deps.hash;
    this.#settings = settings;
    this.#limiter = new ReplyLimiter(deps.clock, settings.slErrorRate, settings.slErrorRateTotal);
    this.#bootId = randomHex(deps.random, 8);
    const counter = (name: string): Counter => deps.statistics.counter("sl", name);
    this.#classes = ["1xx_replies", "2xx_replies", "3xx_replies", "4xx_replies", "5xx_replies", "6xx_replies"].map(counter);
    this.#sent = counter("sent_replies");
    this.#errors = counter("sent_err_replies");
    this.#acks = counter("received_ACKs");
  }

  /**
   * Answers a request (SL-1).
   * @returns false for an ACK, a status outside 100…699, a reason or headers with line breaks of their own, when the
   * budget of `isLimited` is used up, and when no datagram holds the reply
   */
  reply(
    request: SipRequest,
    source: Source,
    status: number,
    reason: string | undefined,
    extra: ReplyExtra | undefined,
    forceRport: boolean,
  ): boolean {
    if (request.method === "ACK" || status < 100 || status > 699) return false;
    if (reason !== undefined && (reason === "" || reason.length > MAX_REASON || !isCleanHeaderText(reason))) return false;
    if (extra?.isLimited === true && !this.mayError(source)) return false;
    const text = buildReply(request, {
      status,
      toTag: extra?.toTag ?? this.tagFor(request, source),
      ip: source.ip,
      port: source.port,
      forceRport,
      ...(reason === undefined ? undefined : { reason }),
      ...(extra?.headers === undefined ? undefined : { headers: extra.headers }),
      ...(extra?.body === undefined ? undefined : { body: extra.body }),
      ...(extra?.contentType === undefined ? undefined : { contentType: extra.contentType }),
      ...(this.#settings.server === "" ? undefined : { server: this.#settings.server }),
    });
    if (extra?.isLimited === true) {
      if (text.length > request.text.length + MAX_GROWTH) return false;
      this.#errors.value++;
    }
    const out = this.filter === undefined ? text : this.filter(text, request);
    if (this.#transport.respond(out, request, source, { isStateless: true, forceRport }) === "tooBig") return false;
    this.#count(status);
    return true;
  }

  /** What a route says to a request that could not be read; not limited, because somebody chose to send it. */
  answerFault(fault: Fault, source: Source, status: number, reason: string | undefined, extra: ReplyExtra | undefined): boolean {
    const { headers } = fault;
    if (headers === undefined || headers.method === "ACK" || status < 100 || status > 699) return false;
    if (reason !== undefined && (reason === "" || reason.length > MAX_REASON || !isCleanHeaderText(reason))) return false;
    const text = buildReply(headers, {
      status,
      reason: reason ?? reasonPhrase(status),
      toTag: extra?.toTag ?? this.tagFor(headers, source),
      ip: source.ip,
      port: source.port,
      ...(extra?.headers === undefined ? undefined : { headers: extra.headers }),
      ...(extra?.body === undefined ? undefined : { body: extra.body }),
      ...(extra?.contentType === undefined ? undefined : { contentType: extra.contentType }),
      ...(this.#settings.server === "" ? undefined : { server: this.#settings.server }),
    });
    this.#count(status);
    this.#transport.respondBy(text, headers.topVia, source, STATELESS);
    return true;
  }

  /** Answers a request that could not be read (section 1.8), if it may be answered at all. */
  refuse(fault: Fault, text: string, source: Source): boolean {
    const { headers, status } = fault;
    if (status === 0 || headers === undefined || !this.mayError(source)) return false;
    const reply = buildReply(headers, {
      status,
      reason: fault.reason,
      toTag: this.tagFor(headers, source),
      ip: source.ip,
      port: source.port,
      ...(this.#settings.server === "" ? undefined : { server: this.#settings.server }),
    });
    if (reply.length > text.length + MAX_GROWTH) return false;
    this.#count(status);
    this.#errors.value++;
    // to where it came from and nowhere else; a stream only over the connection it has (T-12, T-13)
    this.#transport.respondBy(reply, headers.topVia, source, STATELESS);
    return true;
  }

  /** The To-tag of a stateless reply to a request (SL-2). */
  tagFor(request: SipRequest | FaultHeaders, source: Source): string {
    const via: Via = request.topVia;
    const seed = `${via.branch}|${via.host}:${via.port}|${source.ip}:${source.port}|${request.callId}`;
    const hash = this.#hash;
    hash.hash(`tag1|${seed}`);
    const { low, high } = hash;
    hash.hash(`tag2|${seed}`);
    return `${this.#bootId}-${base32(low)}${base32(high)}${base32(hash.low)}${base32(hash.high)}`.slice(0, 31);
  }

  /**
   * Whether an ACK belongs to a stateless refusal of ours (SL-4); it is then counted and needs no route.
   * Only within the window after the latest such reply: outside nobody expects one.
   */
  absorbs(ack: SipRequest, source: Source): boolean {
    if (this.#clock.monotonic() - this.#lastErrorAt > this.#settings.slAckWindowMs) return false;
    if (!ack.toTag.startsWith(this.#bootId) || ack.toTag !== this.tagFor(ack, source)) return false;
    this.#acks.value++;
    return true;
  }

  /** Takes one error of our own accord out of the budget; false when it must not be sent (S-03). */
  mayError(source: Source): boolean {
    return mayAnswer(source.ip, source.port) && this.#limiter.admit(source.ip);
  }

  #count(status: number): void {
    const counter = this.#classes[Math.trunc(status / 100) - 1];
    if (counter !== undefined) counter.value++;
    this.#sent.value++;
    if (status >= 300) this.#lastErrorAt = this.#clock.monotonic();
  }
}

/** 32 bits as seven base32 digits. */
function base32(value: number): string {
  let out = "";
  let rest = value >>> 0;
  for (let i = 0; i < 7; i++) {
    out += BASE32[rest & 31];
    rest >>>= 5;
  }
  return out;
}
