// The ACK of a 2xx: a request of its own without a transaction, passed on statelessly along its own Routes (TM-9, TM-21).

import { hashIndexOf } from "../transaction/index.ts";
import type { ResolvedTarget } from "../transport/index.ts";
import type { RequestContext } from "./context.ts";
import type { ProxyCore } from "./core.ts";
import { Branch, type BranchOwner } from "./fork-branch.ts";
import { destinationOf, isFilteredTarget, loopMarkOf, retarget, writeCopy } from "./launch.ts";
import type { RelayCode, RelayOptions } from "./ports.ts";
import { MAX_BRANCHES } from "./settings.ts";
import { findTargets, type ResolveWaiter } from "./target.ts";

/** Passes ACKs on. */
export class AckForwarder implements ResolveWaiter {
  readonly #core: ProxyCore;

  constructor(core: ProxyCore) {
    this.#core = core;
  }

  /**
   * Sends an ACK to its target. The branch is made of what identifies the ACK, so that its retransmissions look the same.
   * @returns a code as of TM-17; undefined while a name is looked up
   */
  forward(context: RequestContext, options: RelayOptions | undefined): RelayCode | undefined {
    if (context.decrementMaxForwards() < 0) {
      // an ACK is never answered: what has no hops left ends here
      this.#core.counters.droppedRequests.value++;
      return -2;
    }
    const waiting = new WaitingAck(context, options);
    const branch = new Branch(waiting, 0, context.requestUri, context.edit);
    branch.dstUri = context.dstUri;
    branch.forcedListener = context.forcedListener;
    branch.flow = context.dstFlow;
    const target = options?.targets?.[0];
    if (target !== undefined) {
      branch.requestUri = target.requestUri;
      branch.dstUri = target.dstUri;
      branch.forcedListener = target.listener ?? context.forcedListener;
    }
    if (context.onBranch !== undefined) context.onBranch(branch);
    if (branch.isDropped) return -3;
    const refusal = retarget(branch.edit, context, branch.requestUri, branch.path) ?? findTargets(this.#core, branch, this);
    if (refusal === "pending") return undefined;
    if (refusal !== undefined) return refusal.code;
    return this.#send(branch);
  }

  resolved(branch: Branch, targets: readonly ResolvedTarget[]): void {
    branch.targets = targets;
    const code = targets.length === 0 ? -4 : this.#send(branch);
    if (branch.owner instanceof WaitingAck) branch.context.tellSettled(branch.owner.options, code);
  }

  #send(branch: Branch): RelayCode {
    const core = this.#core;
    const { context } = branch;
    const { request, source } = context;
    const target = branch.targets?.[0];
    if (target === undefined) return -4;
    if (isFilteredTarget(core, branch, target)) return -5;
    const listener = core.transport.pickListener(target.transport, target.ip, source.listener, branch.forcedListener);
    if (listener === undefined) return -6;
    // The index is one that no branch of the INVITE can have. The label need not be keyed: the tag that follows it is.
    const label = labelOf(request.topVia.branch, branch.requestUri);
    const hashIndex = hashIndexOf(request.callId, request.cseqNumber);
    const id = core.codec.make(hashIndex, label, MAX_BRANCHES, request.callId, loopMarkOf(core, context));
    const text = writeCopy(core, context, branch.edit, id, listener, undefined);
    const result = core.transport.send(text, destinationOf(target, listener, branch.flow));
    if (result !== "sent" && result !== "queued") return -6;
    core.counters.forwardedRequests.value++;
    return 1;
  }
}

/** 32 bits of what tells ACKs of one Call-ID and CSeq apart: the incoming branch and where they go. */
function labelOf(branch: string, requestUri: string): number {
  let mix = branch.length;
  for (let i = 0; i < branch.length; i++) mix = (Math.imul(mix, 31) + branch.charCodeAt(i)) | 0;
  for (let i = 0; i < requestUri.length; i++) mix = (Math.imul(mix, 31) + requestUri.charCodeAt(i)) | 0;
  return (mix ^ (mix >>> 16)) >>> 0;
}

/** An ACK on its way; nothing ever comes back on it. */
class WaitingAck implements BranchOwner {
  readonly context: RequestContext;
  readonly options: RelayOptions | undefined;

  constructor(context: RequestContext, options: RelayOptions | undefined) {
    this.context = context;
    this.options = options;
  }

  answered(): void {}
  observed(): void {}
  failed(): void {}
}
