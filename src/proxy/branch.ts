// What a branch hook and a reply hook see of one branch of a fork.

import type { Edit } from "../sip/index.ts";
import type { Listener } from "../transport/index.ts";
import type { RequestContext } from "./context.ts";
import type { ReplyHook } from "./reply.ts";

/** One outgoing copy of a request (TM-27). In a branch hook everything may still be changed; later only read. */
export interface BranchContext {
  readonly context: RequestContext;
  /** 0…11, over the whole life of the transaction. */
  readonly index: number;
  requestUri: string;
  dstUri: string | undefined;
  /** Connection preferred over all others while it is open; 0 for none. Who sends the branch elsewhere takes it away. */
  flow: number;
  /** Listener to send from; undefined leaves the choice to the rules (T-16). */
  forcedListener: Listener | undefined;
  /** Not waited for when all others are final (TM-33). */
  isMinor: boolean;
  readonly q: number;
  /** What `BranchTarget.attributes` brought. */
  attributes: unknown;
  /** Changes of this branch alone; those of the route are in it already (M-3). */
  readonly edit: Edit;
  /** Timeouts of this branch in ms; 0 for the defaults (TM-1). */
  frTimeoutMs: number;
  frInvTimeoutMs: number;
  /** Runs for the replies of this branch, before the hook of the request. */
  onReply: ReplyHook | undefined;
  /** Adds a parameter to the Record-Route of this branch alone (RR-6). */
  addRrParam(param: string): 1 | -1;
  /** Takes one back, for this branch alone. */
  dropRrParam(name: string): void;
  /** Puts us into the route set of this branch alone (RR-1); −1 when that was asked for before, here or for all. */
  recordRoute(params?: string): 1 | -1;
  /** The same with addresses given (RR-5). */
  recordRoutePreset(upper: string, lower?: string): 1 | -1;
  /** The branch is not sent (TM-27). */
  drop(): void;
  /** Final status of the branch so far, faked ones included; 0 while it is open. */
  readonly finalStatus: number;
}
