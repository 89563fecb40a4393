// One branch of a fork: what a branch hook may change, and what has come back on it. How it is written and sent is in
// `launch.ts`; what its answers mean for the whole is decided in `response-context.ts`.

import { invariant } from "../kit/index.ts";
import type { Edit, SipResponse } from "../sip/index.ts";
import type { ClientTransaction, ClientUser } from "../transaction/index.ts";
import type { Listener, ResolvedTarget } from "../transport/index.ts";
import type { BranchContext } from "./branch.ts";
import type { RequestContext } from "./context.ts";
import type { PickCandidate } from "./pick.ts";
import { RecordRoute } from "./record-route.ts";
import type { ReplyHook } from "./reply.ts";
import type { ReplyView } from "./reply-view.ts";

/** Who is told what comes back on a branch. */
export interface BranchOwner {
  readonly context: RequestContext | undefined;
  answered(branch: Branch, client: ClientTransaction, response: SipResponse): void;
  observed(branch: Branch, client: ClientTransaction, response: SipResponse): void;
  failed(branch: Branch, client: ClientTransaction, status: 408 | 503): void;
}

/** One outgoing copy of a request, and its end. */
export class Branch implements BranchContext, ClientUser, PickCandidate {
  readonly owner: BranchOwner;
  readonly index: number;
  requestUri: string;
  dstUri: string | undefined;
  forcedListener: Listener | undefined;
  isMinor = false;
  q = 1000;
  attributes: unknown = undefined;
  frTimeoutMs = 0;
  frInvTimeoutMs = 0;
  onReply: ReplyHook | undefined = undefined;
  finalStatus = 0;
  isFaked = false;
  isConsumed = false;
  /** Connection preferred over all others; 0 for none. */
  flow = 0;
  path: readonly string[] | undefined = undefined;
  /** Value of Max-Breadth; 0 leaves the header as it came (TM-50). */
  breadth = 0;
  /** The branch hook dropped it. */
  isDropped = false;
  /** A name is being looked up. */
  isResolving = false;
  targets: readonly ResolvedTarget[] | undefined = undefined;
  /** Which of the targets comes next (TM-34). */
  nextTarget = 0;
  /** Nobody has named a transport: a request too large for a datagram may go by TCP (T-18). */
  isTransportOpen = false;
  /** Index of the target that stays UDP because TCP has been tried before it; −1 for none. */
  datagramAt = -1;
  /** Targets that were added for T-18 and do not count as failover. */
  extraTargets = 0;
  client: ClientTransaction | undefined = undefined;
  /** The negative final that was received, until something has gone upstream. */
  answer: SipResponse | undefined = undefined;
  /** Changes to that reply. */
  answerEdit: Edit | undefined = undefined;
  /** Replies that wait behind one that a reply hook is not done with; undefined while there is none. */
  held: ReplyView[] | undefined = undefined;
  /** Record-Route parameters of this branch alone. */
  record: RecordRoute | undefined = undefined;
  /** Changes of this branch; gone once no further copy can be needed. */
  pendingEdit: Edit | undefined;

  constructor(owner: BranchOwner, index: number, requestUri: string, edit: Edit) {
    this.owner = owner;
    this.index = index;
    this.requestUri = requestUri;
    this.dstUri = undefined;
    this.forcedListener = undefined;
    this.pendingEdit = edit;
  }

  get context(): RequestContext {
    const context = this.owner.context;
    invariant(context !== undefined, "hooks run only while their request is kept");
    return context;
  }

  get edit(): Edit {
    const edit = this.pendingEdit;
    invariant(edit !== undefined, "a branch is edited before it is sent");
    return edit;
  }

  /** Sent, or about to be, and without a final. */
  get isOpen(): boolean {
    return this.finalStatus === 0 && !this.isDropped && !this.isConsumed && (this.isResolving || this.client !== undefined);
  }

  addRrParam(param: string): 1 | -1 {
    return this.#ownRecord().add(param);
  }

  dropRrParam(name: string): void {
    this.#ownRecord().drop(name);
  }

  recordRoute(params = ""): 1 | -1 {
    return this.#ownRecord().request(params);
  }

  recordRoutePreset(upper: string, lower?: string): 1 | -1 {
    return this.#ownRecord().preset(upper, lower, this.context.mayDoubleRecordRoute);
  }

  #ownRecord(): RecordRoute {
    this.record = (this.record ?? this.context.record)?.clone() ?? new RecordRoute();
    return this.record;
  }

  drop(): void {
    this.isDropped = true;
  }

  response(client: ClientTransaction, response: SipResponse): void {
    this.owner.answered(this, client, response);
  }

  failed(client: ClientTransaction, status: 408 | 503): void {
    this.owner.failed(this, client, status);
  }

  observed(client: ClientTransaction, response: SipResponse): void {
    this.owner.observed(this, client, response);
  }

  terminated(): void {
    // the client stays known: a refusal that waits for the others is relayed in its name
  }

  /** Lets go of everything that only a further copy or a pick would need. */
  shed(): void {
    this.pendingEdit = undefined;
    this.answer = undefined;
    this.answerEdit = undefined;
    this.targets = undefined;
    this.path = undefined;
    this.record = undefined;
    this.attributes = undefined;
    this.onReply = undefined;
    this.requestUri = "";
    this.dstUri = undefined;
  }
}
