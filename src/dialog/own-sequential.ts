// Requests within a call that a script, a command or a program asks for (dialog-behaviour 15.1).
import { keep, type Ms } from "../kit/index.ts";
import { H, isCleanHeaderText, type SipResponse } from "../sip/index.ts";
import type { LocalTransaction, Transaction } from "../transaction/index.ts";
import type { DialogCore } from "./core.ts";
import type { Dialog } from "./dialog.ts";
import { speakerOf } from "./fork-numbers.ts";
import { changedBody, contactUri, legOfReply } from "./learn.ts";
import { calleeRoutes, type Described, type Leg } from "./leg.ts";
import type { Side } from "./machine.ts";
import { OwnQueue, type Turn } from "./own-queue.ts";
import { contactLine, OwnTransaction, sendTo } from "./own-requests.ts";
import { describedBy } from "./sdp.ts";
import { seesAck } from "./sees-ack.ts";

/** A request of our own within a dialog. */
export interface SequentialParts {
  readonly method: string;
  /** Whom it goes to; a callee is the one who answered, or the first one. */
  readonly to: Side;
  readonly body?: string | undefined;
  /** In its place: made when the request leaves, for it may have waited for others that change what it has to say. */
  readonly bodyThen?: (() => string) | undefined;
  readonly contentType?: string | undefined;
  /** Complete lines, each with its CRLF. */
  readonly headers?: string | undefined;
  /** A reliable provisional reply of a branch: the request goes to whom it came from, along the way it shows (PRACK, RFC 3262). */
  readonly after?: { readonly response: SipResponse; readonly branch: number } | undefined;
  /** Told once of the final answer; `response` is undefined when none came, and `status` is made up then. Not before this call has returned. */
  readonly done?: SequentialDone | undefined;
}

/** Told what came of a request of our own. */
export type SequentialDone = (status: number, response: SipResponse | undefined) => void;

/** Where a request goes. */
interface Way {
  readonly leg: Leg;
  readonly number: number;
  readonly target: string;
  readonly routes: readonly string[];
}

/**
 * Sends a request to one side, at once or as soon as those before it have arrived. Its answer changes nothing in the dialog but the session
 * descriptions that both have agreed on; the 2xx of an INVITE is acknowledged without a body. From now on the numbers of what is relayed to
 * that side are translated.
 * @returns false when it is not known where that side is, the method is one that belongs to another request, or too many wait
 */
export function sendSequential(core: DialogCore, dialog: Dialog, parts: SequentialParts): boolean {
  const { method, contentType = "" } = parts;
  if (!isSendable(method) || !isCleanHeaderText(contentType)) return false;
  const way = wayOf(core, dialog, parts);
  if (way === undefined) return false;
  // what answers another message, or ends the call, waits for nobody
  if (parts.after !== undefined || method === "PRACK" || method === "BYE" || dialog.isEnded) {
    dispatch(core, dialog, parts, way);
    return true;
  }
  return queueUp(core, dialog, new SequentialTurn(core, dialog, parts));
}

/** Takes a place among the requests of a call. @returns false when too many wait */
export function queueUp(core: DialogCore, dialog: Dialog, turn: Turn): boolean {
  dialog.queue ??= new OwnQueue();
  if (dialog.queue.add(dialog, seesAck(dialog), turn)) return true;
  core.statistics.refusedRequests.add();
  return false;
}

/** Something of a call has ended for which requests of our own may have waited. */
export function proceed(dialog: Dialog): void {
  const { queue } = dialog;
  if (queue === undefined) return;
  queue.proceed(dialog, seesAck(dialog));
  if (queue.isIdle) dialog.queue = undefined;
}

/** Whether a method can be sent on its own: ACK and CANCEL belong to the request they follow, and a method is one word. */
export function isSendable(method: string): boolean {
  return method !== "" && method !== "ACK" && method !== "CANCEL" && isCleanHeaderText(method) && !method.includes(" ");
}

function wayOf(core: DialogCore, dialog: Dialog, parts: SequentialParts): Way | undefined {
  const { after } = parts;
  const number = legOf(core, dialog, parts);
  const leg = dialog.leg(number);
  if (leg === undefined) return undefined;
  // before anybody has replied with a tag the caller knows no dialog
  if (number === 0 && !dialog.isTalking && speakerOf(dialog) === 0) return undefined;
  const target = after === undefined ? leg.remoteTarget : contactUri(after.response);
  if (target === "") return undefined;
  const routes = after === undefined ? leg.routeSet : calleeRoutes(after.response.values(H.RecordRoute), leg.recordRoutes);
  return { leg, number, target, routes };
}

/** The leg a request goes to; −1 when the reply it follows is of nobody here. */
function legOf(core: DialogCore, dialog: Dialog, { to, after }: SequentialParts): number {
  if (to === "caller" || after === undefined) return numberOf(dialog, to);
  const { response, branch } = after;
  const known = dialog.calleeLegOf(response.toTag);
  if (known > 0) return known;
  // the route of a reply runs before the reply is relayed, which is when a new party is learnt: here it is learnt a moment earlier
  const number = response.toTag === "" ? 0 : legOfReply(dialog, branch, response.toTag, undefined);
  if (number > 0) core.publish("leg", dialog, number);
  return number > 0 ? number : -1;
}

/** The leg of a side: who answered, or the first one, where it is the callee. */
export function numberOf(dialog: Dialog, side: Side): number {
  return side === "caller" ? 0 : Math.max(1, dialog.life.winner);
}

/** What the other side of a leg has described to it. */
export function otherDescribed(dialog: Dialog, number: number): Described | undefined {
  return number === 0 ? dialog.leg(Math.max(1, speakerOf(dialog))) : describedBy(dialog, 0, number);
}

function dispatch(core: DialogCore, dialog: Dialog, parts: SequentialParts, { leg, number, target, routes }: Way): void {
  const other = number === 0 ? dialog.primaryCallee : dialog.callerLeg;
  const { method, contentType = "", headers = "" } = parts;
  const body = parts.bodyThen?.() ?? parts.body ?? "";
  sendTo(core, dialog, number, leg, {
    method,
    requestUri: target,
    routeSet: routes,
    headers: contactLine(leg, other) + headers,
    body: body === "" ? undefined : body,
    contentType: contentType === "" ? undefined : contentType,
    hook: new OwnRequest(core, dialog, number, leg, parts),
  });
}

class SequentialTurn implements Turn {
  readonly isOffer: boolean;
  readonly isInvite: boolean;
  readonly isAcross = false;
  readonly since: Ms;
  readonly #core: DialogCore;
  readonly #dialog: Dialog;
  readonly #parts: SequentialParts;

  constructor(core: DialogCore, dialog: Dialog, parts: SequentialParts) {
    this.isInvite = parts.method === "INVITE";
    this.isOffer = this.isInvite || parts.method === "UPDATE";
    this.since = core.deps.clock.monotonic();
    this.#core = core;
    this.#dialog = dialog;
    this.#parts = parts;
    dialog.uses++;
  }

  get leg(): number {
    return numberOf(this.#dialog, this.#parts.to);
  }

  start(): boolean {
    const core = this.#core;
    const dialog = this.#dialog;
    // the party may have moved while the request waited
    const way = wayOf(core, dialog, this.#parts);
    if (way !== undefined) dispatch(core, dialog, this.#parts, way);
    else this.#parts.done?.(503, undefined);
    core.release(dialog);
    return way !== undefined;
  }

  drop(status: number): void {
    try {
      this.#parts.done?.(status, undefined);
    } finally {
      this.#core.release(this.#dialog);
    }
  }
}

/** A request of our own whose place in the queue is taken until it has arrived. */
export abstract class QueuedRequest extends OwnTransaction {
  readonly #sentAt: Ms;
  readonly #isInvite: boolean;
  /** Where it takes a place until it has arrived. */
  #queue: OwnQueue | undefined;

  constructor(core: DialogCore, dialog: Dialog, number: number, leg: Leg, method: string) {
    super(core, dialog, number, leg, method);
    this.#sentAt = core.deps.clock.monotonic();
    this.#isInvite = method === "INVITE";
    this.#queue = dialog.queue;
    this.#queue?.left(number);
  }

  localResponseIn(_transaction: LocalTransaction, response: SipResponse): void {
    // an INVITE has arrived when anything comes back; its final answer may take long
    if (this.#isInvite && response.status < 200) this.#arrived();
  }

  protected override completed(status: number, response: SipResponse | undefined): void {
    try {
      this.answered(status, response);
    } finally {
      if (response === undefined && status === 408) this.#queue?.dropOlder(this.number, this.#sentAt);
      this.#arrived();
    }
  }

  /** The final answer, or what stands for it. */
  protected abstract answered(status: number, response: SipResponse | undefined): void;

  #arrived(): void {
    this.#queue?.arrived(this.number);
    this.#queue = undefined;
    proceed(this.dialog);
  }
}

/** A request whose answer is its sender's business, but for the session descriptions. */
class OwnRequest extends QueuedRequest {
  readonly #done: SequentialDone | undefined;
  readonly #offer: SentOffer | undefined;

  constructor(core: DialogCore, dialog: Dialog, number: number, leg: Leg, parts: SequentialParts) {
    super(core, dialog, number, leg, parts.method);
    this.#done = parts.done;
    this.#offer = parts.method === "INVITE" || parts.method === "UPDATE" ? new SentOffer(core, dialog, number) : undefined;
  }

  override requestBuilt(transaction: Transaction, text: string): void {
    super.requestBuilt(transaction, text);
    this.#offer?.built(text);
  }

  protected override acceptedLate(answer: string): void {
    this.#offer?.accepted(answer);
  }

  protected override answered(status: number, response: SipResponse | undefined): void {
    if (status >= 200 && status < 300 && response !== undefined) this.#offer?.accepted(response.body);
    this.#done?.(status, response);
  }
}

/** The session description of an INVITE or UPDATE of ours: it counts when it is accepted (dialog-behaviour 15.2). */
export class SentOffer {
  readonly #core: DialogCore;
  readonly #dialog: Dialog;
  readonly #number: number;
  /** What left: "" for what the other side has sent, unchanged; undefined for nothing. */
  #sent: string | undefined = undefined;
  /** The agreement that it follows. */
  #agreements = -1;

  constructor(core: DialogCore, dialog: Dialog, number: number) {
    this.#core = core;
    this.#dialog = dialog;
    this.#number = number;
  }

  /** The request as it leaves, after a local route has had its turn. */
  built(text: string): void {
    // ACK and CANCEL come by here too
    if (!text.startsWith("INVITE ") && !text.startsWith("UPDATE ")) return;
    this.#agreements = this.#dialog.agreements;
    this.#sent = bodyAgainst(text, this.#other?.receivedSdp ?? "");
  }

  /** @param answer - the body of the 2xx, "" for none; of one that was overtaken by another agreement it is old */
  accepted(answer: string): void {
    if (this.#agreements !== this.#dialog.agreements) return;
    const leg = describedBy(this.#dialog, this.#number, Math.max(1, speakerOf(this.#dialog)));
    if (leg === undefined || this.#sent === undefined || answer === "") return;
    const received = this.#other?.receivedSdp ?? "";
    // nothing new, and so nothing that would make an offer under way look old
    if (answer === leg.receivedSdp && (this.#sent || received) === (leg.sentSdp || received)) return;
    const other = this.#other;
    // the other side was not told: it still has what it was sent before
    if (other !== undefined && other.sentSdp === "" && answer !== leg.receivedSdp) other.sentSdp = leg.receivedSdp;
    leg.sentSdp = this.#sent;
    leg.receivedSdp = keep(answer);
    this.#dialog.agreements++;
    this.#core.publish("leg", this.#dialog, this.#number);
  }

  get #other(): Described | undefined {
    return otherDescribed(this.#dialog, this.#number);
  }
}

/** A body as it left, "" when it is what was received; undefined when there is none. */
function bodyAgainst(text: string, received: string): string | undefined {
  return text.indexOf("\r\n\r\n") + 4 >= text.length ? undefined : changedBody(text, received);
}
