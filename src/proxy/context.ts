// One received request while it is being routed: what a route reads, changes and decides. What is decided here
// becomes branches in `response-context.ts`; what a route changes (the edit, the target) goes into every branch (M-3).

import { type Edit, edit, H, type SipRequest, type SipResponse } from "../sip/index.ts";
import type { ServerTransaction } from "../transaction/index.ts";
import type { Listener, Source } from "../transport/index.ts";
import type { BranchContext } from "./branch.ts";
import type { FailureContext } from "./failure.ts";
import { decrementMaxForwards } from "./max-forwards.ts";
import type { BranchTarget, Direction, RelayCode, RelayOptions, ReplyExtra } from "./ports.ts";
import { RecordRoute } from "./record-route.ts";
import type { ReplyHook } from "./reply.ts";
import type { ResponseContext } from "./response-context.ts";
import { directionOf, type RoutingType } from "./route-set.ts";
import { groupByQ } from "./serial.ts";
import { MAX_BRANCHES, type ProxySettings } from "./settings.ts";

/** What a context asks of the proxy it belongs to. */
export interface ContextServices {
  readonly settings: ProxySettings;
  relay(context: RequestContext, options: RelayOptions | undefined): RelayCode | undefined;
  reply(context: RequestContext, status: number, reason: string | undefined, extra: ReplyExtra | undefined, isStateless: boolean): boolean;
  drop(context: RequestContext): void;
  decided(context: RequestContext): void;
  looseRoute(context: RequestContext): 1 | -1;
  toTag(context: RequestContext): string;
}

/** A request on its way through the routes. One for each request that reaches them, retransmissions never do. */
export class RequestContext {
  readonly request: SipRequest;
  readonly source: Source;
  /** None for an ACK, which has no transaction of its own. */
  readonly transaction: ServerTransaction | undefined;
  /** The INVITE that a CANCEL or an end-to-end ACK belongs to, where it is still known. */
  readonly invite: ServerTransaction | undefined;
  /** The Request-URI as it came. */
  readonly receivedUri: string;
  /** Current Request-URI: where branch 0 goes, unless `dstUri` is set. */
  requestUri: string;
  /** Next hop when it is not the Request-URI: an outbound proxy or the next Route. */
  dstUri: string | undefined = undefined;
  /** Route values that the current target gets above those it has (RFC 3327 Path). */
  path: readonly string[] | undefined = undefined;
  /** Connection that branch 0 prefers; 0 for none. */
  dstFlow = 0;
  /** Preference of the current target in thousandths, for serial forking. */
  q = 1000;
  /** Listener to send from, set by a route or by loose routing; a route's choice wins when it is made later (RR-16). */
  forcedListener: Listener | undefined = undefined;
  /** Host and port that our Via and Record-Route show in place of the socket's; "" and 0 leave those. */
  advertisedHost = "";
  advertisedPort = 0;
  /** Where the route's own data about the current target travels to its branch. */
  attributes: unknown = undefined;
  /** Timeouts of the branches made from now on, in ms; 0 for the defaults (TM-1). */
  frTimeoutMs = 0;
  frInvTimeoutMs = 0;
  /** Value (without name) of a Reason header for the CANCELs of this request; empty for the usual ones. */
  cancelReason = "";
  /** Parameters of our own Route, with the leading `;`; empty until captured (RR-15). */
  rrParams = "";
  /** How Route processing found the request; `none` before `looseRoute` (RR-20). */
  routing: RoutingType = "none";
  /** @internal next hop that came out of the Routes of the request; "" for none */
  routedTo = "";
  /** Route values beyond us, as the far end of the dialog knows them; what came in, before `looseRoute` ran (RR-20). */
  routesLeft: readonly string[] = [];
  /** The far end's target: Contact it gave, whoever stands between (RR-20). */
  remoteTarget = "";
  /** Runs for each branch before it is sent; may change or drop it. */
  onBranch: ((branch: BranchContext) => void) | undefined = undefined;
  /**
   * Runs for each reply of a branch before anything else is done with it, 100 included. A promise holds this reply and the later
   * ones of its branch back, in order, until it settles; timers, other branches and a CANCEL go on.
   */
  onReply: ReplyHook | undefined = undefined;
  /** Runs once when every branch has failed; sets itself again for the next round when it wants one (TM-34). */
  onFailure: ((failure: FailureContext) => void | Promise<void>) | undefined = undefined;
  /** Told once what the request came to: the final that went upstream, or 408 when a non-INVITE ended in silence (D-01). */
  onOutcome: ((status: number, response: SipResponse | undefined) => void) | undefined = undefined;
  /** Set while a failure hook runs: `relay` then adds branches, and edits go into those only. */
  failure: FailureContext | undefined = undefined;
  /** Told once with the code of a relay that returned undefined; may be set after that (like `RelayOptions.settled`). */
  onSettled: ((code: RelayCode) => void) | undefined = undefined;
  /** Belongs to the door: what its routes share over the life of the transaction. */
  scope: unknown = undefined;
  /** The route has relayed, answered or dropped the request. */
  isDecided = false;
  /** The transaction was made by the route itself, so that failures only return codes (TM-19). */
  isExplicit = false;
  /** Max-Forwards was handled by the route (MF-2). */
  maxForwardsDone = false;
  /** Targets besides the current one that the next relay sends to at the same time. */
  branchSet: BranchTarget[] | undefined = undefined;
  /** Groups for later rounds, best first, made by `serializeBranches`. */
  serialGroups: BranchTarget[][] | undefined = undefined;
  /** @internal what `recordRoute` and its kin asked for */
  record: RecordRoute | undefined = undefined;
  /** A reply that comes back with our Via alone gets those of the request again; false where somebody else sees to that. */
  restoresVias = true;
  /** @internal its branches, once it was relayed */
  responses: ResponseContext | undefined = undefined;
  /** @internal later requests of its Call-ID wait for it */
  isQueued = false;
  /** @internal what `looseRoute` said; 0 before */
  looseRouteCode: 1 | 0 | -1 = 0;
  /** @internal keyed loop hash of the request as it came (TM-49); −1 before it is computed */
  loopHash = -1;
  /** @internal one of the Vias is ours: the request has come back */
  wasHere = false;
  readonly #services: ContextServices;
  #edit: Edit | undefined = undefined;
  #slot: unknown = undefined;
  #forceRport = false;

  constructor(
    services: ContextServices,
    request: SipRequest,
    source: Source,
    transaction: ServerTransaction | undefined,
    invite: ServerTransaction | undefined,
  ) {
    this.#services = services;
    this.request = request;
    this.source = source;
    this.transaction = transaction;
    this.invite = invite;
    this.receivedUri = request.requestUri;
    this.requestUri = this.receivedUri;
  }

  /** Changes that go into every branch made from now on. */
  get edit(): Edit {
    this.#edit ??= edit(this.request);
    return this.#edit;
  }

  /** @internal a failure hook works on a copy */
  swapEdit(other: Edit | undefined): Edit | undefined {
    const before = this.#edit;
    this.#edit = other;
    return before;
  }

  /** What the dialog room hangs on this request: on its transaction where there is one, so that hooks see it too (TM-65). */
  get slot(): unknown {
    return this.transaction === undefined ? this.#slot : this.transaction.slot;
  }

  set slot(value: unknown) {
    if (this.transaction === undefined) this.#slot = value;
    else this.transaction.slot = value;
  }

  /** Answers go where the request came from even when the client did not ask for it with `rport` (T-8). */
  get forceRport(): boolean {
    return this.#forceRport;
  }

  set forceRport(value: boolean) {
    this.#forceRport = value;
    if (this.transaction !== undefined) this.transaction.forceRport = value;
  }

  /** The request belongs to a dialog by its own account. */
  get hasToTag(): boolean {
    return this.request.toTag !== "";
  }

  /** A CANCEL for this request has come. */
  get wasCancelled(): boolean {
    return this.transaction?.wasCancelled ?? false;
  }

  /** The To-tag that an answer made here would carry: the same one that goes on the wire (SG-1). */
  get localTag(): string {
    return this.#services.toTag(this);
  }

  /**
   * Takes one hop off Max-Forwards; done once however often it is called (MF-1, MF-2).
   * @param whenAbsent - value of the header that is added when there is none, 1…255
   * @returns 1 lowered, 2 added, −1 it was 0 (nothing was changed; 483 is due), −2 it does not parse
   */
  decrementMaxForwards(whenAbsent: number = this.#services.settings.maxForwards): 1 | 2 | -1 | -2 {
    return decrementMaxForwards(this, whenAbsent, this.#services.settings.maxForwardsLimit);
  }

  /**
   * Puts us into the route set of the dialog; the header itself is made for each branch (RR-1, RR-4).
   * @param params - extra URI parameters, each with its leading `;`
   * @returns 1, or −1 when it was called before or the parameters could not stand in a header
   */
  recordRoute(params = ""): 1 | -1 {
    this.record ??= new RecordRoute();
    return this.record.request(params);
  }

  /** Like `recordRoute`, with the addresses given instead of our own (RR-5). `lower` is the side the request came from. */
  recordRoutePreset(upper: string, lower?: string): 1 | -1 {
    this.record ??= new RecordRoute();
    return this.record.preset(upper, lower, this.mayDoubleRecordRoute);
  }

  /** @internal */
  get mayDoubleRecordRoute(): boolean {
    return this.#services.settings.enableDoubleRr;
  }

  /** Takes back what was asked for so far, parameters included: we are to be found by something else than a Record-Route. */
  forgetRecordRoute(): void {
    this.record = undefined;
  }

  /** Adds a parameter (`;name=value`) to our Record-Route, whether it was asked for already or will be (RR-6). */
  addRrParam(param: string): 1 | -1 {
    this.record ??= new RecordRoute();
    return this.record.add(param);
  }

  /** Takes a parameter back that was added before, by its name. */
  dropRrParam(name: string): void {
    this.record?.drop(name);
  }

  /**
   * Route processing of RFC 3261 section 16.4 (RR-10 to RR-14), for loose and strict neighbours.
   * @returns 1 when the Routes name the next destination, −1 when the request has to be routed by its Request-URI
   */
  looseRoute(): 1 | -1 {
    return this.#services.looseRoute(this);
  }

  /** Whether the request runs this way, by the `ftag` of our Route (RR-15). */
  isDirection(direction: Direction): boolean {
    return directionOf(this.rrParams, this.request.fromTag) === direction;
  }

  /** Deletes every Route header (RR-16). */
  removeRoutes(): void {
    this.edit.remove(H.Route);
  }

  /**
   * Adds a parallel branch to the next relay.
   * @returns false when the set is full (TM-26)
   */
  appendBranch(target: BranchTarget): boolean {
    this.branchSet ??= [];
    if (this.branchSet.length >= MAX_BRANCHES - 1) return false;
    this.branchSet.push(target);
    return true;
  }

  /**
   * Orders the current target and the branch set by q for serial forking: the best become the current target and set,
   * the others wait for `nextBranches` (TM-26).
   * @param clear - false adds to the groups that wait already
   */
  serializeBranches(clear = true): void {
    const all: BranchTarget[] = [this.currentTarget()];
    if (this.branchSet !== undefined) all.push(...this.branchSet);
    if (!clear && this.serialGroups !== undefined) all.push(...this.serialGroups.flat());
    this.serialGroups = groupByQ(all);
    this.branchSet = undefined;
    this.nextBranches();
  }

  /**
   * Makes the next group of `serializeBranches` the current target and branch set.
   * @returns 1 when more groups wait, 2 when this was the last one, −1 when there was none
   */
  nextBranches(): 1 | 2 | -1 {
    const groups = this.serialGroups;
    const group = groups?.shift();
    const first = group?.[0];
    if (groups === undefined || group === undefined || first === undefined) return -1;
    this.requestUri = first.requestUri;
    this.dstUri = first.dstUri;
    this.path = first.path;
    this.dstFlow = first.flow ?? 0;
    this.q = first.q ?? 1000;
    this.attributes = first.attributes;
    if (first.listener !== undefined) this.forcedListener = first.listener;
    this.branchSet = group.slice(1);
    return groups.length > 0 ? 1 : 2;
  }

  /** The current target as a branch target. */
  currentTarget(): BranchTarget {
    return {
      requestUri: this.requestUri,
      dstUri: this.dstUri,
      path: this.path,
      q: this.q,
      listener: this.forcedListener,
      flow: this.dstFlow,
      attributes: this.attributes,
    };
  }

  /**
   * Sends the request on: to the current target and the branch set, or to `options.targets`, all at once.
   * In a failure hook it adds branches. An ACK goes without a transaction (TM-21).
   * @returns the code of TM-17, or undefined when a name has to be looked up first; `options.settled` then gets the code
   */
  relay(options?: RelayOptions): RelayCode | undefined {
    return this.#services.relay(this, options);
  }

  /**
   * Answers the request: by its transaction where there is one, else without (SG-1).
   * @param status - 100…699
   * @returns 1, or −1 when it cannot be answered (an ACK, answered before, a reason with a line break)
   */
  reply(status: number, reason?: string, extra?: ReplyExtra): 1 | -1 {
    return this.#services.reply(this, status, reason, extra, false) ? 1 : -1;
  }

  /** Answers without a transaction (SL-1). Only for a request whose transaction was not made. */
  replyStateless(status: number, reason?: string, extra?: ReplyExtra): 1 | -1 {
    return this.#services.reply(this, status, reason, extra, true) ? 1 : -1;
  }

  /** Decides that nothing is to be done with the request: no answer, no relaying. */
  drop(): void {
    this.#services.drop(this);
  }

  /**
   * Makes the transaction now (`t_newtran`), instead of in `relay`; failures of `relay` then only return codes (TM-19).
   * @returns 1 made, −1 there is one already, or a hook refused, or the request is an ACK
   */
  newTransaction(): 1 | -1 {
    const transaction = this.transaction;
    if (transaction === undefined || transaction.isEstablished || !transaction.establish()) return -1;
    this.isExplicit = true;
    return 1;
  }

  /** @internal a relay that had to look a name up has its code */
  tellSettled(options: RelayOptions | undefined, code: RelayCode): void {
    options?.settled?.(code);
    const told = this.onSettled;
    this.onSettled = undefined;
    told?.(code);
  }

  /** @internal marks the request as decided; the next one of its Call-ID may run. */
  decide(): void {
    if (this.isDecided) return;
    this.isDecided = true;
    this.#services.decided(this);
  }
}
