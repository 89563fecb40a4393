// What a reply hook sees of one reply of one branch (onreply routes; TM-60, TM-61).

import type { Edit, SipResponse } from "../sip/index.ts";
import type { Source } from "../transport/index.ts";
import type { BranchContext } from "./branch.ts";
import type { RequestContext } from "./context.ts";

/** A reply before anything is done with it. Changes go into the relayed copy, should it be relayed (M-3). */
export interface ReplyContext {
  readonly context: RequestContext;
  readonly branch: BranchContext;
  readonly response: SipResponse;
  readonly status: number;
  /** Where it came from. */
  readonly source: Source;
  readonly edit: Edit;
  /**
   * A provisional reply is not relayed.
   * @returns false for a final (never dropped, TM-61) and for a reliable provisional (TM-25)
   */
  drop(): boolean;
  /** Cancels branches that still wait for a final: this one, all, or all others (`t_cancel_branch`, TM-23). */
  cancelBranches(which: "this" | "all" | "others"): void;
}

/** Looks at replies. What it returns when it has to wait holds the reply back (see `RequestContext.onReply`). */
export type ReplyHook = (reply: ReplyContext) => void | Promise<void>;
