// A request of our own (TM-51 to TM-59): where it goes, its one final, its ACK.

import { keep, randomHex, Timer, type TimerOwner } from "../kit/index.ts";
import { buildRequest, H, parseUri, type SipResponse, viaText } from "../sip/index.ts";
import type { Destination, ResolvedTarget, Resolver } from "../transport/index.ts";
import { hashIndexOf } from "./branch.ts";
import { CancelReason, type ClientTransaction, openClient, withoutSibling, withSibling } from "./client.ts";
import type { TransactionCore } from "./core.ts";
import { NO_HOOKS, type TransactionHook, withHook } from "./hooks.ts";
import { EditedRequest } from "./local-edit.ts";
import type { ClientUser, LocalRequest } from "./ports.ts";
import { partyText, planRoute, type RoutePlan } from "./route.ts";

/** Branch index of the first ACK of a 2xx: above those of the request's own attempts. */
const ACK_INDEX = 16;

const REUSE_ONLY = Object.freeze({ reuseOnly: true });

/** What the ACK of a 2xx carries beyond its route. */
interface AckBody {
  readonly headers?: string | undefined;
  readonly contentType?: string | undefined;
  readonly body?: string | undefined;
}

/**
 * A request that started here. Its hooks get `localCompleted` exactly once, never while `TransactionLayer.request()`
 * is still running, and then `transactionDeleted`.
 */
export class LocalTransaction implements ClientUser, TimerOwner {
  readonly method: string;
  readonly callId: string;
  readonly cseq: number;
  readonly fromTag: string;
  readonly hashIndex: number;
  readonly label: number;
  /** The final: received, or 408 (nobody answered), 503 (could not be sent), 487 (cancelled before it was sent). 0 before. */
  finalStatus = 0;
  /** No message stands behind `finalStatus`. */
  isFaked = false;
  hooks: readonly TransactionHook[] = NO_HOOKS;
  /** Belongs to the caller (TM-65). */
  slot: unknown;
  /** Belongs to the door: what the routes of this transaction share. */
  scope: unknown;
  /** In place of what the caller asked for; 0 leaves that as it is. For `LocalEditor`. */
  frTimeoutMs = 0;
  frInvTimeoutMs = 0;
  /** @internal Attempts that are not over, newest first. */ clients: ClientTransaction | undefined = undefined;
  readonly #core: TransactionCore;
  readonly #resolver: Resolver;
  #parts: LocalRequest | undefined;
  #plan: RoutePlan;
  #targets: readonly Destination[] = [];
  #attempt = 0;
  #client: ClientTransaction | undefined = undefined;
  #timer: Timer | undefined = undefined;
  /** What the timer will report: a failure known while `request()` was running. */
  #early: 408 | 503 | 487 = 503;
  #isStarting = true;
  #edited: EditedRequest | undefined = undefined;
  #isDeleted = false;
  #success: SipResponse | undefined = undefined;
  #ackText = "";
  #ackTag = "";
  #ackTo: Destination | undefined = undefined;
  #acks = 0;

  /** @internal Made by the layer. */
  constructor(core: TransactionCore, resolver: Resolver, parts: LocalRequest) {
    this.#core = core;
    this.#resolver = resolver;
    this.#parts = parts;
    this.method = parts.method;
    this.cseq = parts.cseq ?? core.settings.uacInitialCseq;
    const tag = parts.from.tag ?? "";
    this.fromTag = tag === "" ? randomHex(core.random, 16) : tag;
    this.callId = parts.callId ?? `${randomHex(core.random, 24)}@${localIp(parts)}`;
    this.hashIndex = hashIndexOf(this.callId, this.cseq);
    this.label = core.table.labels.next();
    this.slot = parts.slot;
    this.scope = parts.scope;
    this.#plan = planRoute(parts.requestUri, parts.routeSet ?? []);
    if (parts.hook !== undefined) this.attach(parts.hook);
    core.table.labels.set(this);
    core.table.locals++;
    core.table.inUse++;
    core.counters.uacTransactions.value++;
  }

  /** Hangs a hook on this transaction; it stays until `transactionDeleted`. */
  attach(hook: TransactionHook): void {
    this.hooks = withHook(this.hooks, hook);
  }

  /** The final is there. */
  get isCompleted(): boolean {
    return this.finalStatus !== 0;
  }

  /**
   * Gives it up: a CANCEL for an INVITE under way; what was not sent yet completes with 487.
   * @param headers - complete Reason lines; absent: ORIGINATOR_CANCEL
   */
  cancel(headers: string = CancelReason.originator): void {
    if (this.isCompleted) return;
    if (this.#client === undefined) this.#complete(487, undefined);
    else this.#client.cancel(headers);
  }

  /** Repeats the request no more: something else has made it pointless. What its receiver says to the copies that have left still counts. */
  rest(): void {
    this.#client?.rest();
  }

  /**
   * Acknowledges the 2xx of an INVITE that was sent with `noAutoAck` (TM-56). Repeated for each repeated 2xx.
   * @returns false when there is no 2xx, or it was acknowledged before
   */
  ackFor2xx(parts: AckBody = {}): boolean {
    const response = this.#success;
    if (response === undefined || this.#ackText !== "" || this.#isDeleted) return false;
    this.#sendNewAck(response, parts);
    return true;
  }

  /** @internal */
  start(): void {
    const parts = this.#parts;
    if (parts === undefined) return;
    for (const hook of this.#core.globalHooks) {
      try {
        hook.localTransactionNew?.(this);
      } catch (error) {
        this.#core.log.error({ hook: "localTransactionNew", err: error }, "a transaction hook threw");
      }
    }
    // a remote target comes from the peer's Contact: what does not read as a URI is not put into a request line (S-13)
    if (!parseUri(this.#plan.requestUri).ok) this.#targets = [];
    else if (parts.destinations !== undefined) this.#targets = parts.destinations;
    else {
      const known = this.#lookUp(parts.dstUri ?? this.#plan.nextHop, (targets) => this.#resolved(targets));
      if (known === undefined) {
        this.#isStarting = false;
        return;
      }
      this.#targets = known;
    }
    this.#tryNext();
    this.#isStarting = false;
  }

  /** @internal */
  response(client: ClientTransaction, response: SipResponse): void {
    const { status } = response;
    if (!this.isCompleted && this.hooks.length > 0) this.#core.hooks.localResponseIn(this, response, client.replySource);
    if (status < 200) {
      this.#provisional(response);
      return;
    }
    const isSuccess = this.method === "INVITE" && status < 300;
    const isFirst = !this.isCompleted;
    if (isSuccess) this.#acknowledge(response);
    if (isFirst) this.#complete(status, response);
  }

  /** @internal */
  observed(client: ClientTransaction, response: SipResponse): void {
    if (!this.isCompleted && this.hooks.length > 0) this.#core.hooks.localResponseIn(this, response, client.replySource);
    this.#provisional(response);
  }

  /** @internal */
  failed(client: ClientTransaction, status: 408 | 503): void {
    if (this.isCompleted) return;
    const parts = this.#parts;
    // another address may do better, if this one has shown no sign of life (TM-58)
    const mayTry = parts?.failover !== false && !client.cancelRequested && !client.hasProvisional;
    if (mayTry && this.#attempt < this.#targets.length) this.#tryNext();
    else this.#complete(status, undefined);
  }

  /** @internal */
  terminated(_client: ClientTransaction): void {}

  /** @internal */
  clientStarted(client: ClientTransaction): void {
    this.#client = client;
    this.clients = withSibling(this.clients, client);
  }

  /** @internal */
  clientEnded(client: ClientTransaction): void {
    this.clients = withoutSibling(this.clients, client);
    if (this.#success !== undefined && this.#ackText === "" && this.clients === undefined) {
      this.#core.log.warn({ callId: this.callId, cseq: this.cseq }, "an answered INVITE of ours was never acknowledged");
    }
    this.#deleteWhenUnused();
  }

  /** @internal */
  onTimer(_kind: number): void {
    this.#complete(this.#early, undefined);
  }

  #resolved(targets: readonly Destination[]): void {
    if (this.isCompleted) return; // cancelled while the name was looked up
    this.#targets = targets;
    this.#tryNext();
  }

  #tryNext(): void {
    const parts = this.#parts;
    while (parts !== undefined) {
      const index = this.#attempt;
      const destination = this.#targets[index];
      if (destination === undefined) break;
      this.#attempt++;
      const branch = this.#core.codec.make(this.hashIndex, this.label, index, this.callId, 0);
      const text = this.#finished(this.#requestText(parts, destination, branch), destination, branch);
      const client = openClient(this.#core, {
        owner: this,
        server: undefined,
        index,
        method: this.method,
        text,
        branch,
        destination,
        user: this,
        frTimeoutMs: this.frTimeoutMs > 0 ? this.frTimeoutMs : (parts.frTimeoutMs ?? this.#core.settings.frTimeoutMs),
        frInvTimeoutMs: this.frInvTimeoutMs > 0 ? this.frInvTimeoutMs : (parts.frInvTimeoutMs ?? this.#core.settings.frInvTimeoutMs),
      });
      if (client !== undefined) {
        if (this.hooks.length > 0) this.#core.hooks.localRequestOut(this, text);
        return;
      }
      if (parts.failover === false) break;
    }
    this.#fail(503);
  }

  /** The text after the editor had its turn; later attempts have the same changes and a Via of their own. */
  #finished(text: string, destination: Destination, branch: string): string {
    const { localEditor, log } = this.#core;
    if (this.#edited !== undefined) return this.#edited.again(text, viaOf(destination, branch));
    if (localEditor === undefined) return text;
    this.#edited = new EditedRequest();
    return this.#edited.first(localEditor, log, this, text, destination);
  }

  #requestText(parts: LocalRequest, destination: Destination, branch: string): string {
    const userAgent = this.#core.settings.userAgent;
    return buildRequest({
      method: this.method,
      requestUri: this.#plan.requestUri,
      via: viaOf(destination, branch),
      from: partyText(parts.from, this.fromTag),
      to: partyText(parts.to, parts.to.tag ?? ""),
      callId: this.callId,
      cseq: this.cseq,
      routes: this.#plan.routes,
      ...(parts.headers === undefined ? undefined : { headers: parts.headers }),
      ...(parts.contentType === undefined ? undefined : { contentType: parts.contentType }),
      ...(parts.body === undefined ? undefined : { body: parts.body }),
      ...(userAgent === "" ? undefined : { userAgent }),
    });
  }

  /**
   * From a URI to destinations.
   * @returns undefined when a name must be looked up first: `done` follows
   */
  #lookUp(uriText: string, done: (targets: readonly Destination[]) => void): readonly Destination[] | undefined {
    const uri = parseUri(uriText);
    if (!uri.ok || !uri.value.isSip) return [];
    const host = uri.value.host;
    const request = { uri: uri.value };
    const answer = this.#resolver.resolve(request, (targets) => done(this.#destinations(targets, host)));
    return answer === undefined ? undefined : this.#destinations(answer, host);
  }

  #destinations(targets: readonly ResolvedTarget[], host: string): Destination[] {
    const forced = this.#parts?.listener ?? this.#ackTo?.listener;
    const found: Destination[] = [];
    for (const { transport, ip, port } of targets) {
      const listener = this.#core.transport.pickListener(transport, ip, undefined, forced);
      if (listener === undefined) continue;
      if (forced !== undefined && forced.family !== listener.family) {
        this.#core.log.warn({ socket: forced.name, ip }, "the socket asked for does not reach this address family"); // TM-54
      }
      found.push({ transport, ip, port, listener, flow: 0, host, ...(this.#parts?.reuseOnly === true ? REUSE_ONLY : undefined) });
    }
    return found;
  }

  #provisional(response: SipResponse): void {
    const wanted = this.#parts?.passProvisional ?? this.#core.settings.passProvisionalReplies;
    if (wanted && this.hooks.length > 0) this.#core.hooks.localResponseOut(this, response);
  }

  /** Fails now, or right after `request()` has returned. */
  #fail(status: 408 | 503 | 487): void {
    if (!this.#isStarting) {
      this.#complete(status, undefined);
      return;
    }
    this.#early = status;
    this.#timer ??= new Timer(this, 0);
    this.#core.timers.arm(this.#timer, 0);
  }

  #complete(status: number, response: SipResponse | undefined): void {
    if (this.isCompleted) return;
    const core = this.#core;
    this.finalStatus = status;
    this.isFaked = response === undefined;
    core.table.inUse--;
    core.counters.completed(status);
    if (this.#timer !== undefined) core.timers.disarm(this.#timer);
    if (this.hooks.length > 0) core.hooks.localCompleted(this, status, response);
    if (this.method !== "INVITE") this.#parts = undefined; // an INVITE may still have to be acknowledged
    this.#deleteWhenUnused();
  }

  /** The 2xx of our INVITE, for the first time or again (TM-56). */
  #acknowledge(response: SipResponse): void {
    if (this.#ackText !== "" && response.toTag === this.#ackTag) {
      this.#sendAck();
      return;
    }
    if (this.#parts?.noAutoAck === true) {
      this.#success ??= response;
      return;
    }
    this.#success = response;
    this.#sendNewAck(response, {});
  }

  #sendNewAck(response: SipResponse, extra: AckBody): void {
    const parts = this.#parts;
    const client = this.#client;
    if (parts === undefined || client === undefined) return;
    const contact = response.nameAddrs(H.Contact);
    const target = contact.ok ? contact.value[0]?.uri : undefined;
    const learned = parts.routeSet ?? response.values(H.RecordRoute).toReversed();
    const plan = planRoute(target ?? parts.requestUri, learned);
    this.#ackTo = client.destination; // its socket is preferred for the ACK too
    const known = this.#lookUp(parts.dstUri ?? plan.nextHop, (targets) => this.#ackResolved(response, plan, extra, targets[0]));
    if (known !== undefined) this.#ackResolved(response, plan, extra, known[0]);
  }

  #ackResolved(response: SipResponse, plan: RoutePlan, extra: AckBody, found: Destination | undefined): void {
    const parts = this.#parts;
    const destination = found ?? this.#ackTo;
    if (parts === undefined || destination === undefined || this.#isDeleted) return;
    const branch = this.#core.codec.make(this.hashIndex, this.label, ACK_INDEX + this.#acks++, this.callId, 0);
    const text = buildRequest({
      method: "ACK",
      requestUri: plan.requestUri,
      via: viaOf(destination, branch),
      from: partyText(parts.from, this.fromTag),
      to: response.header(H.To) ?? partyText(parts.to, response.toTag),
      callId: this.callId,
      cseq: this.cseq,
      routes: plan.routes,
      ...(extra.headers === undefined ? undefined : { headers: extra.headers }),
      ...(extra.contentType === undefined ? undefined : { contentType: extra.contentType }),
      ...(extra.body === undefined ? undefined : { body: extra.body }),
    });
    this.#ackText = keep(text);
    this.#ackTag = keep(response.toTag);
    this.#ackTo = destination;
    this.#success = undefined;
    if (this.hooks.length > 0) this.#core.hooks.requestBuilt(this, this.#ackText, destination);
    this.#sendAck();
  }

  #sendAck(): void {
    const core = this.#core;
    if (this.#ackTo === undefined) return;
    const isHooked = this.hooks.length > 0;
    const out = isHooked ? core.hooks.preSendBuffer(this, this.#ackText) : this.#ackText;
    const result = core.transport.send(out, this.#ackTo);
    if (isHooked && (result === "sent" || result === "queued")) core.hooks.messageSentOut(this, out, "ack");
  }

  #deleteWhenUnused(): void {
    if (!this.isCompleted || this.clients !== undefined || this.#isDeleted) return;
    this.#isDeleted = true;
    this.#core.table.locals--;
    this.#core.table.labels.delete(this);
    if (this.hooks.length > 0) this.#core.hooks.transactionDeleted(this);
    this.hooks = NO_HOOKS;
    this.slot = undefined;
    this.scope = undefined;
    this.#edited = undefined;
    this.#parts = undefined;
    this.#client = undefined;
    this.#success = undefined;
    this.#ackText = "";
    this.#targets = [];
  }
}

function viaOf(destination: Destination, branch: string): string {
  const { transport, listener } = destination;
  return viaText(transport.toUpperCase(), listener.sentBy, branch, transport === "udp" ? ";rport" : "");
}

function localIp(parts: LocalRequest): string {
  const listener = parts.listener ?? parts.destinations?.[0]?.listener;
  return listener?.ip ?? "dialoom.invalid";
}
