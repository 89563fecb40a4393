// What a failure hook sees when every branch of a request has failed (TM-34, TM-35).

import type { SipResponse } from "../sip/index.ts";
import type { RequestContext } from "./context.ts";
import type { BranchTarget, RelayCode, RelayOptions, ReplyExtra } from "./ports.ts";

/** The end of one branch. */
export interface BranchOutcome {
  readonly index: number;
  readonly requestUri: string;
  /** Next hop URI when it was not the Request-URI. */
  readonly dstUri: string | undefined;
  /** 300…699; 408 and 503 also when nothing was received. */
  readonly status: number;
  /** Undefined when the status was made here. */
  readonly response: SipResponse | undefined;
}

/**
 * A failed round. The hook may relay again (`relay`), answer (`reply`), or do nothing: the winner is relayed when it returns, or when
 * its promise settles. `context` shows the request as the request route left it; edits made now go into new branches only.
 */
export interface FailureContext {
  readonly context: RequestContext;
  /** Status of the winner (TM-30). */
  readonly status: number;
  /** The winner; undefined when it was made here. */
  readonly response: SipResponse | undefined;
  /** A CANCEL came: no branches may be added. */
  readonly wasCancelled: boolean;
  /** The branches of this round, in the order of their index. */
  readonly branches: readonly BranchOutcome[];
  /** Adds branches: the context's current target and branch set, or `options.targets`. −3 after a CANCEL or a 6xx. */
  relay(options?: RelayOptions): RelayCode | undefined;
  /** Answers instead of relaying the winner; once. */
  reply(status: number, reason?: string, extra?: ReplyExtra): 1 | -1;
  appendBranch(target: BranchTarget): boolean;
  /** The next group of serial forking becomes the target (TM-26); `relay` sends to it. */
  nextBranches(): 1 | 2 | -1;
}
