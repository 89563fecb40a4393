// Offers of our own to one side, or to one side and then to the other (`dlg_send_sequential`, dialog-behaviour 15.2): the first is asked for
// its session description, the second gets it, and the first gets the answer with its ACK where it has offered one.
import { keep, type Ms } from "../kit/index.ts";
import { reasonPhrase, type SipResponse } from "../sip/index.ts";
import type { LocalTransaction, Transaction } from "../transaction/index.ts";
import type { DialogCore } from "./core.ts";
import type { Dialog } from "./dialog.ts";
import type { ExchangeBody, ExchangeMode } from "./exchange-modes.ts";
import { speakerOf } from "./fork-numbers.ts";
import type { Leg } from "./leg.ts";
import type { Turn } from "./own-queue.ts";
import { contactLine, sendTo } from "./own-requests.ts";
import { isSendable, numberOf, otherDescribed, proceed, QueuedRequest, queueUp, SentOffer, sendSequential } from "./own-sequential.ts";
import { describedBy } from "./sdp.ts";

/** What to send. */
export interface ExchangeParts {
  readonly mode: ExchangeMode;
  /** With a challenge INVITE or UPDATE. */
  readonly method: string;
  readonly body: ExchangeBody;
  /** Complete lines, each with its CRLF, for each request. */
  readonly headers?: string | undefined;
  /**
   * Told once how it came out: the final answer of the last request that was sent. `response` is undefined when nobody has answered, and
   * `status` is made up then; 400 when the first side has answered without a description. `reason` is that of the answer, or the usual one.
   * Not before the call that began it has returned.
   */
  readonly done: (status: number, response: SipResponse | undefined, reason: string) => void;
}

/** How it began: `notAcceptable` is a challenge that is neither INVITE nor UPDATE; `failed` when nothing can be sent. */
export type ExchangeStart = "ok" | "notAcceptable" | "failed";

const SDP = "application/sdp";
/** The first side waits for its ACK no longer than this (64·T1), so the other has to answer before. */
const ANSWER_WITHIN: Ms = 30_000;

/** Begins it, at once or as soon as offers that are under way have been answered. */
export function startExchange(core: DialogCore, dialog: Dialog, parts: ExchangeParts): ExchangeStart {
  const { mode, method, headers } = parts;
  if (mode.isChallenge && method !== "INVITE" && method !== "UPDATE") return "notAcceptable";
  if (!mode.isChallenge) {
    const done = (status: number, response: SipResponse | undefined): void => tell(parts, status, response);
    const bodyThen = (): string => bodyFor(dialog, numberOf(dialog, mode.to), parts.body)[0];
    const contentType = parts.body.kind === "custom" ? parts.body.contentType : SDP;
    return sendSequential(core, dialog, { method, to: mode.to, bodyThen, contentType, headers, done }) ? "ok" : "failed";
  }
  const number = numberOf(dialog, mode.to);
  const leg = dialog.leg(number);
  const other = otherOf(dialog, number);
  if (!isSendable(method) || leg === undefined || leg.remoteTarget === "" || other === undefined || other.remoteTarget === "")
    return "failed";
  if (dialog.isEnded) return "failed";
  return queueUp(core, dialog, new Challenge(core, dialog, parts)) ? "ok" : "failed";
}

function tell(parts: ExchangeParts, status: number, response: SipResponse | undefined): void {
  parts.done(status, response, response?.reason ?? reasonPhrase(status));
}

/** The body towards a leg, and its type. */
function bodyFor(dialog: Dialog, number: number, body: ExchangeBody): readonly [text: string, contentType: string] {
  if (body.kind === "custom") return body.text === "" ? ["", ""] : [body.text, body.contentType];
  const leg = describedBy(dialog, number, Math.max(1, speakerOf(dialog)));
  const received = otherDescribed(dialog, number)?.receivedSdp ?? "";
  const text = body.kind === "none" ? "" : body.kind === "inbound" || leg === undefined || leg.sentSdp === "" ? received : leg.sentSdp;
  return text === "" ? ["", ""] : [text, SDP];
}

function otherOf(dialog: Dialog, number: number): Leg | undefined {
  return number === 0 ? dialog.primaryCallee : dialog.callerLeg;
}

/** One exchange with both sides. Until it is over nothing else of ours is offered in the call, and both legs count as busy. */
class Challenge implements Turn {
  readonly isOffer = true;
  readonly isInvite: boolean;
  readonly isAcross = true;
  readonly since: Ms;
  readonly #core: DialogCore;
  readonly #dialog: Dialog;
  readonly #parts: ExchangeParts;
  #isDone = false;
  /** The INVITE whose 2xx waits for its ACK. */
  #held: LocalTransaction | undefined = undefined;
  /** What the first side has offered in that 2xx. */
  #offered = "";

  constructor(core: DialogCore, dialog: Dialog, parts: ExchangeParts) {
    this.isInvite = parts.method === "INVITE";
    this.since = core.deps.clock.monotonic();
    this.#core = core;
    this.#dialog = dialog;
    this.#parts = parts;
    dialog.uses++;
  }

  /** The leg that is asked first. */
  get leg(): number {
    return numberOf(this.#dialog, this.#parts.mode.to);
  }

  start(): boolean {
    const [text, contentType] = bodyFor(this.#dialog, this.leg, this.#parts.body);
    this.#count(1);
    // who is asked for an offer gets the answer with the ACK, so the ACK waits for it (RFC 3261 13.2.1)
    const isHeld = this.isInvite && text === "";
    this.#send(this.leg, text, contentType, isHeld, (status, response, transaction) => this.#first(status, response, isHeld, transaction));
    return true;
  }

  drop(status: number): void {
    this.#finish(status, undefined);
  }

  #first(status: number, response: SipResponse | undefined, isHeld: boolean, transaction: LocalTransaction | undefined): void {
    const isAccepted = response !== undefined && status < 300;
    if (isAccepted && isHeld) this.#held = transaction;
    if (!isAccepted || response.body === "" || this.#dialog.isEnded) {
      this.#acknowledge("");
      this.#end(isAccepted ? 400 : status, response);
      return;
    }
    if (isHeld) this.#offered = keep(response.body);
    const second = numberOf(this.#dialog, this.#parts.mode.to === "caller" ? "callee" : "caller");
    this.#send(second, keep(response.body), SDP, false, (last, answer) => this.#second(last, answer));
  }

  #second(status: number, response: SipResponse | undefined): void {
    const isAccepted = response !== undefined && status < 300;
    const leg = this.#dialog.leg(this.leg);
    const other = otherOf(this.#dialog, this.leg);
    if (isAccepted && response.body !== "" && this.#held !== undefined && leg !== undefined && other !== undefined) {
      this.#dialog.agreements++;
      leg.receivedSdp = this.#offered;
      // one copy is enough where both directions are equal
      if (other.sentSdp === this.#offered) other.sentSdp = "";
      // the answer goes through unchanged
      leg.sentSdp = other.receivedSdp === response.body ? "" : keep(response.body);
      this.#core.publish("leg", this.#dialog, this.leg);
      this.#acknowledge(response.body);
    } else this.#acknowledge("");
    this.#end(status, response);
  }

  /** ACK with an answer. Who gets none from the other side is told to stay with what it has. */
  #acknowledge(answer: string): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    const leg = this.#dialog.leg(this.leg);
    const current = leg === undefined || leg.sentSdp === "" ? (otherOf(this.#dialog, this.leg)?.receivedSdp ?? "") : leg.sentSdp;
    const body = answer === "" ? current : answer;
    if (answer === "" && body !== "" && leg !== undefined) this.#describeAlone(leg);
    held.ackFor2xx(body === "" || this.#offered === "" ? {} : { contentType: SDP, body });
  }

  /** Who has offered is answered, and so describes itself anew; the other side knows what it knew. */
  #describeAlone(leg: Leg): void {
    const other = otherOf(this.#dialog, this.leg);
    if (this.#offered === "" || other === undefined) return;
    if (other.sentSdp === "") other.sentSdp = leg.receivedSdp;
    leg.receivedSdp = this.#offered;
    this.#core.publish("leg", this.#dialog, this.leg);
  }

  #send(
    number: number,
    text: string,
    contentType: string,
    isHeld: boolean,
    done: (status: number, response: SipResponse | undefined, transaction: LocalTransaction | undefined) => void,
  ): void {
    const dialog = this.#dialog;
    const leg = dialog.leg(number);
    if (leg === undefined) {
      done(500, undefined, undefined);
      return;
    }
    const { method, headers = "" } = this.#parts;
    const hook = new ExchangeRequest(this.#core, dialog, number, leg, method, isHeld, done);
    sendTo(this.#core, dialog, number, leg, {
      method,
      requestUri: leg.remoteTarget,
      routeSet: leg.routeSet,
      headers: contactLine(leg, otherOf(dialog, number)) + headers,
      body: text === "" ? undefined : text,
      contentType: contentType === "" ? undefined : contentType,
      noAutoAck: isHeld,
      ...(number === this.leg ? {} : { frInvTimeoutMs: ANSWER_WITHIN }),
      hook,
    });
  }

  /** Both legs have an offer under way. */
  #count(by: 1 | -1): void {
    const callee = this.#dialog.primaryCallee;
    for (const leg of callee === undefined ? [this.#dialog.callerLeg] : [this.#dialog.callerLeg, callee]) {
      leg.open += by;
      leg.openOffers += by;
    }
  }

  #end(status: number, response: SipResponse | undefined): void {
    this.#count(-1);
    this.#dialog.queue?.release();
    this.#finish(status, response);
  }

  #finish(status: number, response: SipResponse | undefined): void {
    if (this.#isDone) return;
    this.#isDone = true;
    try {
      tell(this.#parts, status, response);
    } finally {
      proceed(this.#dialog);
      this.#core.release(this.#dialog);
    }
  }
}

/** One request of an exchange. */
class ExchangeRequest extends QueuedRequest {
  readonly #done: (status: number, response: SipResponse | undefined, transaction: LocalTransaction | undefined) => void;
  /** Undefined while what comes back is an offer, which is not accepted yet. */
  readonly #offer: SentOffer | undefined;
  #transaction: LocalTransaction | undefined = undefined;

  constructor(
    core: DialogCore,
    dialog: Dialog,
    number: number,
    leg: Leg,
    method: string,
    isHeld: boolean,
    done: (status: number, response: SipResponse | undefined, transaction: LocalTransaction | undefined) => void,
  ) {
    super(core, dialog, number, leg, method);
    this.#done = done;
    this.#offer = isHeld ? undefined : new SentOffer(core, dialog, number);
  }

  override requestBuilt(transaction: Transaction, text: string): void {
    super.requestBuilt(transaction, text);
    this.#offer?.built(text);
  }

  override localCompleted(transaction: LocalTransaction, status: number, response: SipResponse | undefined): void {
    this.#transaction = transaction;
    super.localCompleted(transaction, status, response);
  }

  protected override acceptedLate(answer: string): void {
    this.#offer?.accepted(answer);
  }

  protected override answered(status: number, response: SipResponse | undefined): void {
    if (status >= 200 && status < 300 && response !== undefined) this.#offer?.accepted(response.body);
    this.#done(status, response, this.#transaction);
  }
}
