// The sending half of a fork: branches for the targets of a relay, addresses for their names, the next address when one
// fails (RFC 3261 section 16.6, RFC 3263 section 4.3). What comes back is weighed in `response-context.ts`.

import type { SipResponse } from "../sip/index.ts";
import type { ClientTransaction, ServerTransaction } from "../transaction/index.ts";
import type { ResolvedTarget } from "../transport/index.ts";
import type { RequestContext } from "./context.ts";
import type { ProxyCore } from "./core.ts";
import { Branch, type BranchOwner } from "./fork-branch.ts";
import { launch, retarget, targetCount, writeBreadth } from "./launch.ts";
import { breadthOf, shareBreadth } from "./loop.ts";
import { pickBranch } from "./pick.ts";
import type { BranchTarget, RelayOptions } from "./ports.ts";
import { CANCELLED, NO_BREADTH, NO_DESTINATION, type Refusal, UNRESOLVABLE } from "./refusal.ts";
import { MAX_BRANCHES } from "./settings.ts";
import { findTargets, type ResolveWaiter } from "./target.ts";

/** Every branch that was sent for one request. */
export abstract class Fork implements BranchOwner, ResolveWaiter {
  readonly transaction: ServerTransaction;
  readonly branches: Branch[] = [];
  /** Gone when the transaction has let go of its request. */
  context: RequestContext | undefined;
  /** Something final has gone upstream, or nothing ever will. */
  isFinal = false;
  /** More branches may be added: no 2xx and no 6xx has come. */
  protected mayFork = true;
  /** The options of the first relay count for the whole transaction: CANCEL handling, failover. */
  protected options: RelayOptions | undefined = undefined;
  /** Branches whose name is being looked up. */
  protected resolving = 0;
  protected readonly core: ProxyCore;
  #waitingOptions: RelayOptions | undefined = undefined;
  /** Whose relay waits for names: it is told even when the transaction has let go of it. */
  #asker: RequestContext;
  /** Index of the first branch of the latest relay. */
  #relayFrom = 0;
  #firstRefusal: Refusal | undefined = undefined;

  constructor(core: ProxyCore, context: RequestContext, transaction: ServerTransaction) {
    this.core = core;
    this.context = context;
    this.#asker = context;
    this.transaction = transaction;
  }

  abstract answered(branch: Branch, client: ClientTransaction, response: SipResponse): void;
  abstract observed(branch: Branch, client: ClientTransaction, response: SipResponse): void;
  abstract failed(branch: Branch, client: ClientTransaction, status: 408 | 503): void;
  /** A relay that had to wait for names is settled: `refusal` is undefined when something was sent. */
  protected abstract settledLate(refusal: Refusal | undefined, options: RelayOptions | undefined, asker: RequestContext): void;

  /** An earlier round's winner still stands: its failure is what goes upstream if nothing else comes of it. */
  get standing(): Branch | undefined {
    return this.branches[pickBranch(this.branches, this.transaction.wasCancelled)];
  }

  /**
   * Sends to the current target and the branch set, or to `options.targets`.
   * @returns why nothing was sent; `"pending"` while names are looked up; undefined when at least one branch has gone out
   */
  relay(context: RequestContext, options: RelayOptions | undefined): Refusal | "pending" | undefined {
    if (this.transaction.wasCancelled) return CANCELLED;
    if (!this.mayFork || this.isFinal || this.resolving > 0) return NO_DESTINATION;
    this.options ??= options;
    const targets = options?.targets;
    const count = targets === undefined ? 1 + (context.branchSet?.length ?? 0) : targets.length;
    let shares: readonly number[] | undefined;
    const { maxBreadth } = this.core.settings;
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
      // what this round adds to our Record-Route is its own, also when a name has to be looked up first
      if (context.failure !== undefined) branch.record = context.record;
      this.branches.push(branch);
      this.#prepare(context, branch);
    }
    context.branchSet = undefined;
    if (this.resolving > 0) {
      this.#waitingOptions = options;
      return "pending";
    }
    return this.#settle();
  }

  resolved(branch: Branch, targets: readonly ResolvedTarget[]): void {
    if (!branch.isResolving) return;
    branch.isResolving = false;
    this.resolving--;
    branch.targets = targets;
    const isWanted = !branch.isDropped && !this.isFinal && this.mayFork && !this.transaction.wasCancelled;
    if (isWanted && this.context !== undefined) this.#launch(branch, targets.length === 0 ? UNRESOLVABLE : undefined);
    else branch.drop();
    if (this.resolving > 0) return;
    const options = this.#waitingOptions;
    this.#waitingOptions = undefined;
    const refusal = this.#settle();
    this.settledLate(refusal !== undefined && this.transaction.wasCancelled ? CANCELLED : refusal, options, this.#asker);
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

  /** Whether an answer is still to be waited for. Minor branches count only where there are no others (TM-33). */
  protected hasOpen(): boolean {
    let hasMajor = false;
    let isMinorOpen = false;
    for (let i = 0; i < this.branches.length; i++) {
      const branch = this.branches[i];
      if (branch === undefined || branch.isConsumed) continue;
      if (!branch.isMinor) hasMajor = true;
      if (!branch.isOpen) continue;
      if (!branch.isMinor) return true;
      isMinorOpen = true;
    }
    return isMinorOpen && !hasMajor;
  }

  #prepare(context: RequestContext, branch: Branch): void {
    const hook = context.onBranch;
    if (hook !== undefined) {
      try {
        hook(branch);
      } catch (error) {
        this.core.log.error({ callId: context.request.callId, err: error }, "a branch hook threw");
      }
    }
    if (branch.isDropped) return;
    const refusal = retarget(branch.edit, context, branch.requestUri, branch.path);
    if (refusal !== undefined) {
      this.#refuse(branch, refusal);
      return;
    }
    if (branch.breadth > 0) writeBreadth(branch.edit, branch.breadth);
    const found = findTargets(this.core, branch, this);
    if (found === "pending") {
      branch.isResolving = true;
      this.resolving++;
    } else this.#launch(branch, found);
  }

  #launch(branch: Branch, refusal: Refusal | undefined): void {
    const failed = refusal ?? launch(this.core, this.transaction, branch, this.#targetLimit());
    if (failed !== undefined) this.#refuse(branch, failed);
  }

  #targetLimit(): number {
    return this.core.settings.disableDnsFailover || this.options?.noDnsFailover === true ? 1 : Number.MAX_SAFE_INTEGER;
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
  protected failOver(branch: Branch): boolean {
    const limit = this.#targetLimit();
    const context = this.context;
    const edit = branch.pendingEdit;
    if (branch.nextTarget >= targetCount(branch, limit) || context === undefined || edit === undefined) return false;
    if (this.transaction.wasCancelled || !this.mayFork || this.branches.length >= MAX_BRANCHES) return false;
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
    next.isTransportOpen = branch.isTransportOpen;
    next.datagramAt = branch.datagramAt;
    next.extraTargets = branch.extraTargets;
    if (launch(this.core, this.transaction, next, limit) !== undefined) return false;
    this.branches.push(next);
    branch.isConsumed = true;
    return true;
  }
}

function fromContext(branch: Branch, context: RequestContext): void {
  branch.dstUri = context.dstUri ?? firstOf(context.path);
  branch.path = context.path;
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
