// What every received message goes through: parsed once, counted, handed up. A bug above costs one message, never the process.
import type { Counter, Log, Statistics } from "../kit/index.ts";
import { type Fault, Limits, type ParseOptions, parseMessage, type SipRequest, type SipResponse } from "../sip/index.ts";
import type { Connection } from "./connection.ts";
import type { TransportSettings } from "./settings.ts";
import type { MessageReceiver, MessageTap, Source } from "./types.ts";

/** From text to the layer above. */
export class Intake {
  /** The layer above; what comes before it is set is counted and lost. */
  receiver: MessageReceiver | undefined = undefined;
  /** Looks on. */
  tap: MessageTap | undefined = undefined;
  readonly #log: Log;
  readonly #datagramParse: ParseOptions;
  readonly #streamParse: ParseOptions;
  readonly #requests: Counter;
  readonly #replies: Counter;
  readonly #badHeaders: Counter;
  readonly #badUris: Counter;
  readonly #badRequests: Counter;
  readonly #badReplies: Counter;
  readonly #internalErrors: Counter;

  constructor(statistics: Statistics, settings: TransportSettings, log: Log) {
    this.#log = log;
    const { limits, lenient } = settings.parse;
    const complete = limits instanceof Limits ? limits : new Limits({ message: settings.maxMessageBytes, ...limits });
    this.#datagramParse = Object.freeze({ stream: false, lenient: lenient !== false, limits: complete });
    this.#streamParse = Object.freeze({ stream: true, lenient: lenient !== false, limits: complete });
    this.#requests = statistics.counter("core", "rcv_requests");
    this.#replies = statistics.counter("core", "rcv_replies");
    this.#badHeaders = statistics.counter("core", "bad_msg_hdr");
    this.#badUris = statistics.counter("core", "bad_URIs_rcvd");
    this.#badRequests = statistics.counter("core", "err_requests");
    this.#badReplies = statistics.counter("core", "err_replies");
    this.#internalErrors = statistics.counter("core", "internal_errors");
  }

  /** A datagram that may be SIP; what follows the message in it is not looked at (M-30). */
  datagram(text: string, source: Source): void {
    const parsed = parseMessage(text, this.#datagramParse);
    if (parsed.ok) this.#deliver(parsed.value, source);
    else this.#refuse(parsed.fault, text, source);
  }

  /**
   * A message of a stream, or the head of what broke the stream.
   * @returns the message when it was one
   */
  stream(text: string, connection: Connection, broken: "no" | "framing" | "size"): SipRequest | SipResponse | undefined {
    if (text === "") return undefined; // noise: nothing to answer
    const parsed = parseMessage(text, this.#streamParse);
    if (parsed.ok) {
      // A head that reads well but whose body never fits is all there is: it is not to be processed without its body.
      if (broken === "no") this.#deliver(parsed.value, connection.source);
      return parsed.value;
    }
    const { fault } = parsed;
    this.#refuse(broken === "size" ? tooLarge(fault) : fault, text, connection.source);
    if (fault.close) connection.closeAfterSending();
    return undefined;
  }

  #deliver(message: SipRequest | SipResponse, source: Source): void {
    (message.isRequest ? this.#requests : this.#replies).value++;
    try {
      this.tap?.received(message, source);
      this.receiver?.message(message, source);
    } catch (error) {
      this.#internalErrors.add();
      this.#log.error({ error, callId: message.callId, cseq: message.cseqMethod, ip: source.ip }, "a message could not be processed");
    }
  }

  #refuse(fault: Fault, text: string, source: Source): void {
    if (!fault.counted) return;
    this.#badHeaders.value++;
    if (fault.class !== "X-02") (fault.isRequest ? this.#requests : this.#replies).value++;
    (fault.isRequest ? this.#badRequests : this.#badReplies).value++;
    if (fault.class === "X-13") this.#badUris.value++;
    try {
      this.receiver?.malformed(fault, text, source);
    } catch (error) {
      this.#internalErrors.add();
      this.#log.error({ error, ip: source.ip, class: fault.class }, "a malformed message could not be answered");
    }
  }
}

/** A message too long for us is told so, whatever else its head lacks (proxy-core 1.7). */
function tooLarge(fault: Fault): Fault {
  return { ...fault, class: "L-01", status: fault.status === 0 ? 0 : 513, reason: "Message Too Large", close: true };
}
