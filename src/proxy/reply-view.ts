// A reply as the reply hooks see it; made only when there are any.

import { type Edit, H, type SipResponse } from "../sip/index.ts";
import type { ClientTransaction } from "../transaction/index.ts";
import type { Source } from "../transport/index.ts";
import type { RequestContext } from "./context.ts";
import type { Branch } from "./fork-branch.ts";
import type { ReplyContext } from "./reply.ts";

/** Whoever can cancel branches. */
export interface BranchCanceller {
  cancelOpen(reason: string, except?: Branch): void;
}

const REASON = 'SIP;cause=487;text="ORIGINATOR_CANCEL"';

/** One reply of one branch on its way through the hooks. */
export class ReplyView implements ReplyContext {
  readonly branch: Branch;
  readonly response: SipResponse;
  readonly client: ClientTransaction;
  /** Where changes to the relayed copy go; those of earlier hooks are in it. Held here, because the reply may have to wait. */
  readonly edit: Edit;
  readonly source: Source;
  /** Only to be seen: not relayed whatever comes of it. */
  readonly isObserved: boolean;
  isDropped = false;
  readonly #owner: BranchCanceller;

  constructor(owner: BranchCanceller, branch: Branch, client: ClientTransaction, response: SipResponse, isObserved: boolean) {
    this.#owner = owner;
    this.branch = branch;
    this.client = client;
    this.response = response;
    this.edit = client.editOf(response);
    this.source = client.replySource;
    this.isObserved = isObserved;
  }

  get context(): RequestContext {
    return this.branch.context;
  }

  get status(): number {
    return this.response.status;
  }

  drop(): boolean {
    // a final is never dropped (TM-61); a reliable provisional is waited for by its sender (TM-25, RFC 3262)
    if (this.response.status >= 200 || this.response.has(H.RSeq)) return false;
    this.isDropped = true;
    return true;
  }

  cancelBranches(which: "this" | "all" | "others"): void {
    if (which === "this") {
      if (this.branch.isOpen) this.client.cancel(`Reason: ${REASON}\r\n`);
    } else this.#owner.cancelOpen(REASON, which === "others" ? this.branch : undefined);
  }
}
