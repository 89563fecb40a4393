// The branches of one relayed request and what their answers mean together (RFC 3261 section 16.7): provisional replies and
// 2xx pass at once, failures wait for each other, one of them speaks for all, and failure hooks may try again.

import type { Edit, SipRequest, SipResponse } from "../sip/index.ts";
import { H, reasonPhrase } from "../sip/index.ts";
import type { ClientTransaction, ServerTransaction, ServerUser } from "../transaction/index.ts";
import type { ResolvedTarget } from "../transport/index.ts";
import { addChallenges } from "./challenges.ts";
import type { RequestContext } from "./context.ts";
import type { ProxyCore } from "./core.ts";
import { FailureRound } from "./failure-round.ts";
import { Branch, type BranchOwner } from "./fork-branch.ts";
import { launch, retarget, writeBreadth } from "./launch.ts";
import { breadthOf, shareBreadth } from "./loop.ts";
import { pickBranch } from "./pick.ts";
import type { BranchTarget, RelayCode, RelayOptions } from "./ports.ts";
import { CANCELLED, localFinal, NO_BREADTH, NO_DESTINATION, type Refusal, UNRESOLVABLE } from "./refusal.ts";
import { forwardReply } from "./reply-forward.ts";
import { ReplyView } from "./reply-view.ts";
import { MAX_BRANCHES } from "./settings.ts";
import { findTargets, type ResolveWaiter } from "./target.ts";

const REASON_ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"';
const REASON_ORIGINATOR = 'SIP;cause=487;text="ORIGINATOR_CANCEL"';

/** Told when a relay that had to wait for a name is settled. */
export interface RelaySettler {
  settled(context: RequestContext, refusal: Refusal | undefined, options: RelayOptions | undefined): RelayCode;
}

/** All that was sent for one request, until something final has gone upstream and nothing late can come. */
export class ResponseContext implements ServerUser, BranchOwner, ResolveWaiter {
  readonly transaction: ServerTransaction;
  readonly branches: Branch[] = [];
  /** Gone when the transaction has let go of its request. */
  context: RequestContext | undefined;
  readonly #core: ProxyCore;
  readonly #settler: RelaySettler;
  /** The options of the first relay count for the whole transaction: CANCEL handling, failover. */
  #options: RelayOptions | undefined = undefined;
  /** The options of the relay that waits for names. */
  #waitingOptions: RelayOptions | undefined = undefined;
  /** Index of the first branch of the latest relay. */
  #relayFrom = 0;
  #resolving = 0;
  #firstRefusal: Refusal | undefined = undefined;
  #isFinal = false;
  #mayFork = true;
  #isFailing = false;

  constructor(core: ProxyCore, settler: RelaySettler, context: RequestContext, transaction: ServerTransaction) {
    this.#core = core;
    this.#settler = settler;
    this.context = context;
    this.transaction = transaction;
  }

  /** Something final has gone upstream, or nothing ever will. */
  get isFinal(): boolean {
    return this.#isFinal;
  }

  /**
   * Sends to the current target and the branch set, or to `options.targets`.
   * @returns why nothing was sent; `"pending"` while names are looked up; undefined when at least one branch has gone out
   */
  relay(context: RequestContext, options: RelayOptions | undefined): Refusal | "pending" | undefined {
    if (this.transaction.wasCancelled) return CANCELLED;
    if (!this.#mayFork || this.#isFinal || this.#resolving > 0) return NO_DESTINATION;
    this.#options ??= options;
    const targets = options?.targets;
    const count = targets === undefined ? 1 + (context.branchSet?.length ?? 0) : targets.length;
    let shares: readonly number[] | undefined;
    const { maxBreadth } = this.#core.settings;
    if (count > 1 && maxBreadth > 0) {
      shares = shareBreadth(breadthOf(context.request, maxBreadth), count);
      if (shares === undefined) return NO_BREADTH;
    }
    this.#relayFrom = this.branches.length;
    this.#firstRefusal = undefined;
    for (let i = 0; i < count && this.branches.length < MAX_BRANCHES; i++) {
      const branch = new Branch(this, this.branches.length, context.requestUri, context.edit.clone());
      const target = targets === undefined ? (i === 0 ? undefined : context.branchSet?.[i - 1]) : targets[i];
      if (target === undefined) fromContext(branch, context);
      else fromTarget(branch, context, target);
      branch.frTimeoutMs = context.frTimeoutMs;
      branch.frInvTimeoutMs = context.frInvTimeoutMs;
      branch.breadth = shares?.[i] ?? 0;
      this.branches.push(branch);
      this.#prepare(context, branch);
    }
    context.branchSet = undefined;
    if (this.#resolving > 0) {
      this.#waitingOptions = options;
      return "pending";
    }
    return this.#settle();
  }

  resolved(branch: Branch, targets: readonly ResolvedTarget[]): void {
    if (!branch.isResolving) return;
    branch.isResolving = false;
    this.#resolving--;
    branch.targets = targets;
    if (!this.#isFinal && !this.transaction.wasCancelled && this.#mayFork && this.context !== undefined) {
      this.#launch(branch, targets.length === 0 ? UNRESOLVABLE : undefined);
    } else branch.drop();
    if (this.#resolving > 0) return;
    const context = this.context;
    const refusal = this.transaction.wasCancelled && !this.#hasOpen() ? CANCELLED : this.#settle();
    const options = this.#waitingOptions;
    this.#waitingOptions = undefined;
    if (context !== undefined && !this.#isFinal) {
      const code = this.#settler.settled(context, refusal, options);
      options?.settled?.(code);
    }
    this.#completeIfDone();
  }

  cancelled(_transaction: ServerTransaction, cancel: SipRequest | undefined): void {
    const context = this.context;
    if (context === undefined) return;
    const options = this.#options;
    if (options?.allowNoCancel === true && wantsNoCancel(context.request)) return;
    const passed = options?.passReason === true ? cancel?.header(H.Reason) : undefined;
    const own = context.cancelReason === "" ? undefined : context.cancelReason;
    this.cancelOpen(own ?? passed ?? REASON_ORIGINATOR);
  }

  terminated(): void {
    // late 2xx need no more than the branch and the transaction; hooks that still watch replies need the request's context
    const isWatched = this.context?.onReply !== undefined || this.branches.some((branch) => branch.onReply !== undefined);
    if (isWatched && this.transaction.isInvite) return;
    this.context = undefined;
    this.#options = undefined;
    for (let i = 0; i < this.branches.length; i++) this.branches[i]?.shed();
  }

  /** Cancels every branch that has no final yet, `except` one (TM-39). */
  cancelOpen(reason: string, except?: Branch): void {
    for (let i = 0; i < this.branches.length; i++) {
      const branch = this.branches[i];
      if (branch === undefined || branch === except || !branch.isOpen) continue;
      if (branch.client === undefined) branch.drop();
      else branch.client.cancel(`Reason: ${reason}\r\n`);
    }
  }

  /** A final was made here: nothing of the branches goes upstream any more, except 2xx (TM-22). */
  answeredHere(status: number): void {
    this.#isFinal = true;
    if (this.transaction.isInvite) this.cancelOpen(status < 300 ? REASON_ELSEWHERE : reasonOf(status));
  }

  observed(branch: Branch, client: ClientTransaction, response: SipResponse): void {
    this.#watch(branch, client, response);
  }

  answered(branch: Branch, client: ClientTransaction, response: SipResponse): void {
    const isDropped = this.#watch(branch, client, response);
    const { status } = response;
    if (status < 200) {
      if (!isDropped && !this.#isFinal && !branch.isFaked) this.#forward(branch, client, response);
    } else if (status < 300) this.#succeeded(branch, client, response);
    else this.#refused(branch, client, response);
  }

  failed(branch: Branch, client: ClientTransaction, status: 408 | 503): void {
    branch.finalStatus = status;
    branch.isFaked = true;
    if (this.#isFinal) return;
    if ((status === 503 || !client.hasProvisional) && this.#failOver(branch)) return;
    this.#completeIfDone();
  }

  // ── making branches ──────────────────────────────────────────────────────────────────────────────────────────────

  #prepare(context: RequestContext, branch: Branch): void {
    const hook = context.onBranch;
    if (hook !== undefined) {
      try {
        hook(branch);
      } catch (error) {
        this.#core.log.error({ callId: context.request.callId, err: error }, "a branch hook threw");
      }
    }
    if (branch.isDropped) return;
    const refusal = retarget(branch.edit, context, branch.requestUri, branch.path);
    if (refusal !== undefined) {
      this.#refuse(branch, refusal);
      return;
    }
    if (branch.breadth > 0) writeBreadth(branch.edit, branch.breadth);
    const found = findTargets(this.#core, branch, this);
    if (found === "pending") {
      branch.isResolving = true;
      this.#resolving++;
    } else this.#launch(branch, found);
  }

  #launch(branch: Branch, refusal: Refusal | undefined): void {
    const failed = refusal ?? launch(this.#core, this.transaction, branch, this.#targetLimit());
    if (failed !== undefined) this.#refuse(branch, failed);
  }

  #targetLimit(): number {
    return this.#core.settings.disableDnsFailover || this.#options?.noDnsFailover === true ? 1 : Number.MAX_SAFE_INTEGER;
  }

  /** A branch that cannot be sent is final with a status of our own (TM-20). */
  #refuse(branch: Branch, refusal: Refusal): void {
    this.#firstRefusal ??= refusal;
    branch.finalStatus = refusal.code === -6 ? 503 : refusal.status;
    branch.isFaked = true;
  }

  /** The end of a relay: the new branches count if one of them went out; else the round before keeps its say. */
  #settle(): Refusal | undefined {
    let hasSent = false;
    for (let i = this.#relayFrom; i < this.branches.length; i++) hasSent ||= this.branches[i]?.client !== undefined;
    const from = hasSent ? 0 : this.#relayFrom;
    const to = hasSent ? this.#relayFrom : this.branches.length;
    for (let i = from; i < to; i++) {
      const branch = this.branches[i];
      if (branch !== undefined) branch.isConsumed = true;
    }
    return hasSent ? undefined : (this.#firstRefusal ?? NO_DESTINATION);
  }

  /** The next address of the same name (TM-34 step 1). @returns whether a new branch has taken over */
  #failOver(branch: Branch): boolean {
    const limit = Math.min(branch.targets?.length ?? 0, this.#targetLimit());
    const context = this.context;
    const edit = branch.pendingEdit;
    if (branch.nextTarget >= limit || context === undefined || edit === undefined) return false;
    if (this.transaction.wasCancelled || !this.#mayFork || this.branches.length >= MAX_BRANCHES) return false;
    const next = new Branch(this, this.branches.length, branch.requestUri, edit.clone());
    next.dstUri = branch.dstUri;
    next.forcedListener = branch.forcedListener;
    next.isMinor = branch.isMinor;
    next.q = branch.q;
    next.attributes = branch.attributes;
    next.frTimeoutMs = branch.frTimeoutMs;
    next.frInvTimeoutMs = branch.frInvTimeoutMs;
    next.onReply = branch.onReply;
    next.record = branch.record;
    next.targets = branch.targets;
    next.nextTarget = branch.nextTarget;
    if (launch(this.#core, this.transaction, next, limit) !== undefined) return false;
    this.branches.push(next);
    branch.isConsumed = true;
    return true;
  }

  // ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Lets reply hooks see a reply. @returns whether one of them dropped it */
  #watch(branch: Branch, client: ClientTransaction, response: SipResponse): boolean {
    const own = branch.onReply;
    const common = this.context?.onReply;
    if (own === undefined && common === undefined) return false;
    const view = new ReplyView(this, branch, client, response);
    try {
      own?.(view);
      common?.(view);
    } catch (error) {
      this.#core.log.error({ callId: response.callId, err: error }, "a reply hook threw");
    }
    return view.isDropped;
  }

  #forward(branch: Branch, client: ClientTransaction, response: SipResponse, edit?: Edit): void {
    forwardReply(this.#core, this, branch, client, response, edit);
  }

  #succeeded(branch: Branch, client: ClientTransaction, response: SipResponse): void {
    branch.finalStatus = response.status;
    branch.isFaked = false;
    // of a non-INVITE the first 2xx wins; every 2xx to an INVITE opens a dialog and is relayed (TM-28, D-14)
    if (!this.transaction.isInvite && this.#isFinal) return;
    const isFirst = !this.#isFinal;
    this.#isFinal = true;
    this.#mayFork = false;
    this.#forward(branch, client, response);
    if (!isFirst) return;
    this.#tell(response.status, response);
    if (this.transaction.isInvite && this.branches.length > 1) this.cancelOpen(REASON_ELSEWHERE, branch);
  }

  #refused(branch: Branch, client: ClientTransaction, response: SipResponse): void {
    const { status } = response;
    branch.finalStatus = status;
    branch.isFaked = false;
    if (this.#isFinal) return;
    branch.answer = response;
    branch.answerEdit = client.editOf(response);
    if (status >= 600 && !this.#core.settings.disable6xxBlock) {
      // nobody else needs to be asked (TM-29)
      this.#mayFork = false;
      if (this.transaction.isInvite) this.cancelOpen(reasonOf(status), branch);
      if (!this.#isFailing) this.#fail(branch);
      return;
    }
    if (status === 503 && this.#failOver(branch)) return;
    this.#completeIfDone();
  }

  #hasOpen(): boolean {
    for (let i = 0; i < this.branches.length; i++) {
      const branch = this.branches[i];
      if (branch?.isOpen === true && !branch.isMinor) return true;
    }
    return false;
  }

  #completeIfDone(): void {
    if (this.#isFinal || this.#isFailing || this.#resolving > 0 || this.#hasOpen()) return;
    const winner = this.branches[pickBranch(this.branches, this.transaction.wasCancelled)];
    if (winner !== undefined) this.#fail(winner);
  }

  /** Every branch has failed: ON_FAILURE, then the failure hook, then the winner unless one of them did something about it (TM-34). */
  #fail(winner: Branch): void {
    const context = this.context;
    this.#core.hooks.onFailure(this.transaction, winner.finalStatus, winner.answer);
    const hook = context?.onFailure;
    if (context === undefined || hook === undefined) {
      this.#afterFailure(winner);
      return;
    }
    context.onFailure = undefined;
    this.#isFailing = true;
    const round = new FailureRound(context, winner, this.branches);
    let running: unknown;
    try {
      running = hook(round);
    } catch (error) {
      this.#failureThrew(context, error);
    }
    if (running instanceof Promise) {
      running.then(
        () => this.#failureDone(round, winner),
        (error: unknown) => {
          this.#failureThrew(context, error);
          this.#failureDone(round, winner);
        },
      );
    } else this.#failureDone(round, winner);
  }

  #failureThrew(context: RequestContext, error: unknown): void {
    this.#core.log.error({ callId: context.request.callId, err: error }, "a failure hook threw");
  }

  #failureDone(round: FailureRound, winner: Branch): void {
    round.close();
    this.#isFailing = false;
    this.#afterFailure(winner);
  }

  #afterFailure(winner: Branch): void {
    if (this.#isFinal || this.#resolving > 0) return;
    // a new round began while the hook ran, and may have ended as well
    if (winner.isConsumed) {
      this.#completeIfDone();
      return;
    }
    this.#relayWinner(winner);
  }

  #relayWinner(winner: Branch): void {
    const { transaction } = this;
    const { settings } = this.#core;
    const status = winner.finalStatus;
    this.#isFinal = true;
    this.#mayFork = false;
    if (status === 408 && !transaction.isInvite && !settings.nonInvite408) {
      // RFC 4320: whoever asked has given up already; an answer would only be a stray (D-01, TM-47)
      this.#tell(408, undefined);
      transaction.release();
      return;
    }
    if (status === 408 && transaction.wasCancelled && settings.cancelled408As487) {
      this.#replyHere(487, reasonPhrase(487));
    } else if (winner.answer === undefined || winner.client === undefined) {
      const final = localFinal(status, !settings.disable503Translation);
      this.#replyHere(final.status, final.reason);
    } else {
      const { answer, client } = winner;
      const edit = winner.answerEdit ?? client.editOf(answer);
      if ((status === 401 || status === 407) && settings.aggregateChallenges) this.#aggregate(winner, edit);
      this.#forward(winner, client, answer, edit);
      this.#tell(status, answer);
    }
    if (transaction.isInvite) this.cancelOpen(reasonOf(status), winner);
  }

  #aggregate(winner: Branch, into: Edit): void {
    for (let i = 0; i < this.branches.length; i++) {
      const branch = this.branches[i];
      if (branch === undefined || branch === winner || branch.isConsumed || branch.answer === undefined) continue;
      if (branch.finalStatus === 401 || branch.finalStatus === 407) addChallenges(into, branch.answer);
    }
  }

  #replyHere(status: number, reason: string): void {
    const context = this.context;
    this.transaction.reply(status, reason);
    if (context !== undefined) tellOutcome(context, status, undefined);
  }

  #tell(status: number, response: SipResponse | undefined): void {
    if (this.context !== undefined) tellOutcome(this.context, status, response);
  }
}

/** Tells whoever asked what a request came to; once. */
export function tellOutcome(context: RequestContext, status: number, response: SipResponse | undefined): void {
  const told = context.onOutcome;
  context.onOutcome = undefined;
  told?.(status, response);
}

function fromContext(branch: Branch, context: RequestContext): void {
  branch.dstUri = context.dstUri;
  branch.forcedListener = context.forcedListener;
  branch.flow = context.dstFlow;
  branch.q = context.q;
  branch.attributes = context.attributes;
}

function fromTarget(branch: Branch, context: RequestContext, target: BranchTarget): void {
  branch.requestUri = target.requestUri;
  branch.dstUri = target.dstUri ?? firstOf(target.path);
  branch.forcedListener = target.listener ?? context.forcedListener;
  branch.flow = target.flow ?? 0;
  branch.q = target.q ?? 1000;
  branch.isMinor = target.isMinor === true;
  branch.path = target.path;
  branch.attributes = target.attributes;
}

/** URI of the first value of a Path, without its brackets. */
function firstOf(path: readonly string[] | undefined): string | undefined {
  const value = path?.[0];
  if (value === undefined) return undefined;
  const open = value.indexOf("<");
  const close = value.indexOf(">", open + 1);
  return open < 0 || close < 0 ? value : value.slice(open + 1, close);
}

function reasonOf(status: number): string {
  return `SIP;cause=${status};text="${reasonPhrase(status)}"`;
}

function wantsNoCancel(request: SipRequest): boolean {
  if (!request.has(H.RequestDisposition)) return false;
  return request.values(H.RequestDisposition).some((value) => value.toLowerCase() === "no-cancel");
}
