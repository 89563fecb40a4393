// One run of a failure hook (TM-34, TM-35): the request's context works on a copy of its edit while it lasts.

import type { Edit, SipResponse } from "../sip/index.ts";
import type { RequestContext } from "./context.ts";
import type { BranchOutcome, FailureContext } from "./failure.ts";
import type { Branch } from "./fork-branch.ts";
import type { BranchTarget, RelayCode, RelayOptions, ReplyExtra } from "./ports.ts";
import type { RecordRoute } from "./record-route.ts";

/** The failure of all branches of one round. */
export class FailureRound implements FailureContext {
  readonly context: RequestContext;
  readonly status: number;
  readonly response: SipResponse | undefined;
  readonly branches: readonly BranchOutcome[];
  readonly #edit: Edit | undefined;
  readonly #requestUri: string;
  readonly #dstUri: string | undefined;
  readonly #path: readonly string[] | undefined;
  readonly #record: RecordRoute | undefined;
  #isClosed = false;

  constructor(context: RequestContext, winner: Branch, branches: readonly Branch[]) {
    this.context = context;
    this.status = winner.finalStatus;
    this.response = winner.answer;
    this.branches = branches
      .filter((branch) => !branch.isConsumed && branch.finalStatus >= 300)
      .map((branch) => ({
        index: branch.index,
        requestUri: branch.requestUri,
        dstUri: branch.dstUri,
        status: branch.finalStatus,
        response: branch.answer,
      }));
    this.#requestUri = context.requestUri;
    this.#dstUri = context.dstUri;
    this.#path = context.path;
    const own = context.edit;
    this.#edit = own;
    context.swapEdit(own.clone());
    this.#record = context.record;
    context.record = context.record?.clone();
    context.failure = this;
  }

  get wasCancelled(): boolean {
    return this.context.wasCancelled;
  }

  relay(options?: RelayOptions): RelayCode | undefined {
    return this.#isClosed ? -1 : this.context.relay(options);
  }

  reply(status: number, reason?: string, extra?: ReplyExtra): 1 | -1 {
    return this.#isClosed ? -1 : this.context.reply(status, reason, extra);
  }

  appendBranch(target: BranchTarget): boolean {
    return !this.#isClosed && this.context.appendBranch(target);
  }

  nextBranches(): 1 | 2 | -1 {
    return this.#isClosed ? -1 : this.context.nextBranches();
  }

  /** The hook has ended: the next round begins with what the request route left (M-3). */
  close(): void {
    this.#isClosed = true;
    this.context.swapEdit(this.#edit);
    this.context.requestUri = this.#requestUri;
    this.context.dstUri = this.#dstUri;
    this.context.path = this.#path;
    this.context.record = this.#record;
    this.context.branchSet = undefined;
    this.context.failure = undefined;
  }
}
