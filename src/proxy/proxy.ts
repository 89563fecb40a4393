// The transaction user of a proxy (RFC 3261 section 16): requests to the routes, their branches to the transactions,
// and an answer for everything that reaches no route.

import type { Fault, SipRequest, SipResponse, Via } from "../sip/index.ts";
import { H, isKnownMethod, parseVia, reasonPhrase } from "../sip/index.ts";
import type { ServerTransaction, ServerUser, TransactionUser } from "../transaction/index.ts";
import type { Source } from "../transport/index.ts";
import { AckForwarder } from "./ack.ts";
import { type ContextServices, RequestContext } from "./context.ts";
import { ProxyCore } from "./core.ts";
import { loopHashOf } from "./launch.ts";
import { applyLooseRoute } from "./loose-route-apply.ts";
import { MalformedRequest } from "./malformed.ts";
import type { ProxyDeps, RelayCode, RelayOptions, ReplyExtra, RequestRouter, RouteCallback, StrayAnswers } from "./ports.ts";
import { CallQueue } from "./queue.ts";
import { type Refusal, SERVER_ERROR, TOO_MANY_HOPS } from "./refusal.ts";
import { type RelaySettler, ResponseContext, tellOutcome, wantsNoCancel } from "./response-context.ts";
import type { ProxySettings } from "./settings.ts";
import { StatelessReplies } from "./stateless.ts";
import { forwardStray } from "./stray.ts";

const LIMITED: ReplyExtra = Object.freeze({ isLimited: true });
const RETRY_AFTER: ReplyExtra = Object.freeze({ headers: "Retry-After: 5\r\n", isLimited: true });

/** The proxy of one engine. */
export class SipProxy implements TransactionUser, ContextServices, RelaySettler {
  readonly settings: ProxySettings;
  /** Who decides what happens to requests; while there is none, everything is answered 500. */
  router: RequestRouter | undefined = undefined;
  /** Told after Route processing, in the order of registration (RR-13). */
  readonly rrCallbacks: RouteCallback[] = [];
  /** Knows answered dialogs without a transaction; undefined drops every stray reply (D-03). */
  strayAnswers: StrayAnswers | undefined = undefined;
  /** Told of requests that could not be read, before they are refused; may answer them itself (section 1.8). */
  onMalformed: ((bad: MalformedRequest) => void) | undefined = undefined;
  readonly #core: ProxyCore;
  readonly #stateless: StatelessReplies;
  readonly #acks: AckForwarder;
  readonly #queue: CallQueue<RequestContext>;

  constructor(deps: ProxyDeps) {
    this.#core = new ProxyCore(deps);
    this.settings = this.#core.settings;
    this.#stateless = new StatelessReplies(deps, this.settings);
    this.#acks = new AckForwarder(this.#core);
    this.#queue = new CallQueue(this.settings.queuePerCallId, this.settings.queueTotal);
  }

  /** Has the last word on the text of replies that are sent without a transaction. */
  set replyFilter(filter: ((text: string, request: SipRequest) => string) | undefined) {
    this.#stateless.filter = filter;
  }

  /** Requests that wait behind an undecided route of their Call-ID. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  // ── from the transactions ────────────────────────────────────────────────────────────────────────────────────────

  request(transaction: ServerTransaction): void {
    const { request, source } = transaction;
    const { method } = request;
    if (!isKnownMethod(method)) this.#core.counters.unsupportedMethods.value++;
    const { router } = this;
    if (router === undefined) {
      this.#refuseStateless(transaction, 500, SERVER_ERROR, LIMITED);
      return;
    }
    if (method === "CANCEL") {
      // D-08: in the TypeScript door nobody routes a CANCEL that belongs to nothing
      if (router.door === "typescript") {
        this.#refuseStateless(transaction, 481, reasonPhrase(481), LIMITED);
        return;
      }
    } else if (request.has(H.ProxyRequire)) {
      const unknown = this.#unknownExtensions(request);
      //
      if (unknown !== "") {
        this.#refuseStateless(transaction, 420, "Bad Extension", { headers: `Unsupported: ${unknown}\r\n`, isLimited: true });
        return;
      }
    }
    const context = new RequestContext(this, request, source, transaction, undefined);
    if (this.#isLoop(context)) {
      this.#refuseStateless(transaction, 482, "Loop Detected", LIMITED);
      return;
    }
    if (router.door === "typescript" && !transaction.establish()) return;
    if (method === "INVITE" && request.toTag === "") {
      switch (this.#queue.enter(request.callId, context)) {
        case "waits":
          context.isQueued = true;
          return;
        case "full":
        case "allFull":
          this.#overflow(context);
          return;
        case "run":
          break;
      }
    }
    this.#run(context, router);
  }

  ack(request: SipRequest, source: Source, invite: ServerTransaction | undefined): void {
    if (this.#stateless.absorbs(request, source)) return;
    const { router } = this;
    const context = new RequestContext(this, request, source, undefined, invite);
    if (invite?.isAnsweredHere === true && invite.finalStatus < 300) return; // our own 2xx is acknowledged: it ends here (TM-21)
    if (router === undefined || this.#isLoop(context)) {
      this.#core.counters.droppedRequests.value++;
      return;
    }
    context.slot = invite?.slot;
    this.#run(context, router);
  }

  cancel(cancel: ServerTransaction, invite: ServerTransaction): boolean {
    const { router } = this;
    if (router?.wantsCancel !== true) return false;
    this.#run(new RequestContext(this, cancel.request, cancel.source, cancel, invite), router);
    return true;
  }

  strayResponse(response: SipResponse, source: Source): void {
    if (forwardStray(this.#core, this.strayAnswers, response, source)) {
      this.#core.counters.forwardedReplies.value++;
    } else this.#core.counters.droppedReplies.value++;
  }

  malformed(fault: Fault, text: string, source: Source): void {
    const { onMalformed } = this;
    if (onMalformed !== undefined && fault.isRequest && fault.status !== 0 && fault.headers !== undefined) {
      const bad = new MalformedRequest(this.#stateless, fault, text, source);
      try {
        onMalformed(bad);
      } catch (error) {
        this.#core.log.error({ callId: fault.headers.callId, err: error }, "an error route threw");
      }
      if (bad.isAnswered) return;
    }
    this.#stateless.refuse(fault, text, source);
  }

  overload(request: SipRequest, source: Source): void {
    this.#core.counters.droppedRequests.value++;
    this.#stateless.reply(request, source, 503, undefined, RETRY_AFTER, false);
  }

  // ── from the routes ──────────────────────────────────────────────────────────────────────────────────────────────

  /** @internal */
  relay(context: RequestContext, options: RelayOptions | undefined): RelayCode | undefined {
    const { transaction } = context;
    if (transaction === undefined) {
      context.decide();
      return this.#acks.forward(context, options);
    }
    if (context.invite !== undefined) return this.#relayCancel(context, transaction, context.invite, options);
    if (context.failure === undefined && context.isDecided) return -1;
    if (!transaction.isPending || (!transaction.isEstablished && !transaction.establish())) return -1;
    let refusal: Refusal | "pending" | undefined;
    if (context.decrementMaxForwards() < 0) refusal = TOO_MANY_HOPS;
    else {
      context.responses ??= new ResponseContext(this.#core, this, context, transaction);
      transaction.user = context.responses;
      refusal = context.responses.relay(context, options);
    }
    if (refusal === "pending") {
      context.decide();
      return undefined;
    }
    return this.settled(context, refusal, options);
  }

  /**
   * Passes a request on without a transaction (`forward()`; RFC 3261 section 16.11): its replies come back by their second Via, and
   * retransmissions run the route again.
   * @returns as `RequestContext.relay`; −1 when there is a transaction
   */
  forward(context: RequestContext): RelayCode | undefined {
    const { transaction } = context;
    if (context.isDecided || transaction?.isEstablished === true) return -1;
    this.#core.forwardsStateless = true;
    context.decide();
    transaction?.forget();
    return this.#acks.forward(context, undefined);
  }

  /** @internal What a relay came to, at once or after names were looked up. */
  settled(context: RequestContext, refusal: Refusal | undefined, options: RelayOptions | undefined): RelayCode {
    if (refusal === undefined) {
      context.decide();
      return 1;
    }
    // a failure hook's relay: the winner of the round before still stands
    if (context.responses?.standing !== undefined) return refusal.code;
    const isCancelled = refusal.status === 487;
    if (isCancelled || (options?.noAutoReply !== true && !context.isExplicit)) {
      context.transaction?.reply(refusal.status, refusal.reason);
      this.#finalHere(context, refusal.status);
    }
    return refusal.code;
  }

  /** @internal */
  reply(context: RequestContext, status: number, reason: string | undefined, extra: ReplyExtra | undefined, isStateless: boolean): boolean {
    const { transaction, request, source } = context;
    if (transaction === undefined) return false;
    if (isStateless || (!transaction.isEstablished && this.router?.door !== "typescript")) {
      if (transaction.isEstablished || context.isDecided) return false;
      if (!this.#stateless.reply(request, source, status, reason, extra, context.forceRport)) return false;
      if (status < 200) return true;
      context.decide();
      transaction.forget();
      tellOutcome(this.#core.log, context, status, undefined);
      return true;
    }
    if (!transaction.isEstablished && !transaction.establish()) return false;
    if (extra?.isLimited === true && !this.#stateless.mayError(source)) {
      this.drop(context);
      return false;
    }
    if (!transaction.reply(status, reason, extra)) return false;
    if (status >= 200) this.#finalHere(context, status);
    return true;
  }

  /** @internal */
  drop(context: RequestContext): void {
    if (context.isDecided) return;
    context.decide();
    this.#core.counters.droppedRequests.value++;
    const { transaction } = context;
    if (transaction === undefined) return;
    if (transaction.isEstablished) transaction.release();
    else transaction.forget();
  }

  /** @internal The next request of the same Call-ID may run. */
  decided(context: RequestContext): void {
    if (!context.isQueued) return;
    context.isQueued = false;
    const next = this.#queue.next(context.request.callId);
    if (next === undefined) return;
    this.#core.deps.defer(() => {
      // whoever waited may have given up, or been given up, meanwhile
      if (this.router === undefined || next.transaction?.isPending !== true) next.decide();
      else this.#run(next, this.router);
    });
  }

  /** @internal */
  looseRoute(context: RequestContext): 1 | -1 {
    return applyLooseRoute(this.#core, context, this.rrCallbacks);
  }

  /** @internal */
  toTag(context: RequestContext): string {
    const { transaction, request, source } = context;
    if (request.toTag !== "") return request.toTag;
    if (transaction === undefined || (!transaction.isEstablished && this.router?.door !== "typescript")) {
      return this.#stateless.tagFor(request, source);
    }
    return transaction.localTag;
  }

  // ── routes ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #run(context: RequestContext, router: RequestRouter): void {
    let running: unknown;
    try {
      running = context.transaction === undefined && router.ack !== undefined ? router.ack(context) : router.route(context);
    } catch (error) {
      this.#threw(context, error);
    }
    if (!(running instanceof Promise)) {
      this.#ended(context, router);
      return;
    }
    if (!context.isDecided && !context.isQueued && context.request.method === "INVITE" && !context.hasToTag) {
      context.isQueued = true;
      this.#queue.suspend(context.request.callId);
      // a route that never settles is bounded by its transaction; its place in the queue too
      if (context.transaction !== undefined) context.transaction.user = new SuspendedRoute(context);
    }
    running.then(
      () => this.#ended(context, router),
      (error: unknown) => {
        this.#threw(context, error);
        this.#ended(context, router);
      },
    );
  }

  #threw(context: RequestContext, error: unknown): void {
    this.#core.log.error({ callId: context.request.callId, method: context.request.method, err: error }, "a route threw");
  }

  /** The route has ended. If it decided nothing, the doors differ (TM-19). */
  #ended(context: RequestContext, router: RequestRouter): void {
    if (context.isDecided) return;
    const { transaction, request } = context;
    if (transaction === undefined) {
      this.#core.counters.droppedRequests.value++; // an ACK that nobody wanted
    } else if (router.door === "typescript") {
      this.#core.log.error({ callId: request.callId, method: request.method }, "a route decided nothing; the request was answered 500");
      if (this.reply(context, 500, SERVER_ERROR, undefined, false)) return;
    } else if (!transaction.isEstablished) {
      this.#core.counters.droppedRequests.value++;
      transaction.forget();
    }
    // an open transaction of a script may still be answered, by command or from another route (TM-19)
    context.decide();
  }

  /** `t_relay` on a CANCEL of a script: 200 for it, and on to the branches of its INVITE (TM-38). */
  #relayCancel(
    context: RequestContext,
    cancel: ServerTransaction,
    invite: ServerTransaction,
    options: RelayOptions | undefined,
  ): RelayCode {
    if (context.isDecided) return -1;
    const { request } = context;
    cancel.establish();
    cancel.reply(200, "canceling"); // with the INVITE's own To-tag: the layer has set it
    context.decide();
    if (options?.allowNoCancel === true && wantsNoCancel(request)) return 1;
    const reason = context.cancelReason !== "" ? context.cancelReason : options?.passReason === true ? request.header(H.Reason) : undefined;
    // what the script says while it handles the CANCEL counts for the branches of the INVITE
    if (reason !== undefined && invite.user instanceof ResponseContext) invite.user.setCancelReason(reason);
    invite.cancelBy(request);
    return 1;
  }

  #finalHere(context: RequestContext, status: number): void {
    context.decide();
    context.responses?.answeredHere(status);
    tellOutcome(this.#core.log, context, status, undefined);
  }

  // ── refusals before any route ────────────────────────────────────────────────────────────────────────────────────

  #refuseStateless(transaction: ServerTransaction, status: number, reason: string, extra: ReplyExtra): void {
    this.#stateless.reply(transaction.request, transaction.source, status, reason, extra, false);
    transaction.forget();
  }

  #overflow(context: RequestContext): void {
    this.#core.counters.droppedRequests.value++;
    const { transaction, request, source } = context;
    if (transaction === undefined) return;
    if (transaction.isEstablished) transaction.reply(503, undefined, RETRY_AFTER);
    else {
      this.#stateless.reply(request, source, 503, undefined, RETRY_AFTER, false);
      transaction.forget();
    }
  }

  #unknownExtensions(request: SipRequest): string {
    const known = this.settings.knownExtensions;
    return request
      .values(H.ProxyRequire)
      .filter((tag) => !known.includes(tag.toLowerCase()))
      .join(", ");
  }

  /** One of the Vias is ours and says that this very request has been here (TM-49). A different hash is a spiral. */
  #isLoop(context: RequestContext): boolean {
    if (!this.settings.loopDetect) return false;
    const { request } = context;
    const { topVia, head } = request;
    if (!topVia.hasMore && head.viaLines === 1) return this.#isSameLoop(context, topVia);
    for (const value of request.values(H.Via)) {
      const via = parseVia(value);
      if (via.ok && this.#isSameLoop(context, via.value)) return true;
    }
    return false;
  }

  #isSameLoop(context: RequestContext, via: Via): boolean {
    const core = this.#core;
    const loop = core.codec.loopHash(via.branch, context.request.callId);
    if (loop < 0 || !core.transport.isOurVia(via)) return false;
    context.wasHere = true;
    return loop > 0 && loop === loopHashOf(core, context);
  }
}

/** Answers for a transaction whose route still waits. */
class SuspendedRoute implements ServerUser {
  readonly #context: RequestContext;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  cancelled(): void {
    // marked on the transaction: the relay that follows is answered 487 (TM-41)
  }

  terminated(): void {
    this.#context.decide();
  }
}
