// The branches of one relayed request and what their answers mean together (RFC 3261 section 16.7): provisional replies and
// 2xx pass at once, failures wait for each other, one of them speaks for all, and failure hooks may try again.

import type { Log } from "../kit/index.ts";
import { type Edit, H, reasonPhrase, type SipRequest, type SipResponse } from "../sip/index.ts";
import type { ClientTransaction, ServerTransaction, ServerUser } from "../transaction/index.ts";
import { addChallenges } from "./challenges.ts";
import type { RequestContext } from "./context.ts";
import type { ProxyCore } from "./core.ts";
import { FailureRound } from "./failure-round.ts";
import { Fork } from "./fork.ts";
import type { Branch } from "./fork-branch.ts";
import type { RelayCode, RelayOptions } from "./ports.ts";
import { localFinal, type Refusal } from "./refusal.ts";
import { forwardReply } from "./reply-forward.ts";
import { ReplyView } from "./reply-view.ts";

const REASON_ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"';
/** Replies of one branch that wait behind a reply hook. */
const MAX_HELD = 16;
const REASON_ORIGINATOR = 'SIP;cause=487;text="ORIGINATOR_CANCEL"';

/** Told when a relay that had to wait for a name is settled. */
export interface RelaySettler {
  settled(context: RequestContext, refusal: Refusal | undefined, options: RelayOptions | undefined): RelayCode;
}

/** All that was sent for one request, until something final has gone upstream and nothing late can come. */
export class ResponseContext extends Fork implements ServerUser {
  readonly #settler: RelaySettler;
  /** A failure hook runs. */
  #isFailing = false;

  constructor(core: ProxyCore, settler: RelaySettler, context: RequestContext, transaction: ServerTransaction) {
    super(core, context, transaction);
    this.#settler = settler;
  }

  protected settledLate(refusal: Refusal | undefined, options: RelayOptions | undefined, asker: RequestContext): void {
    const { context } = this;
    if (this.isFinal || context === undefined) {
      asker.tellSettled(options, refusal === undefined ? 1 : refusal.code);
      return;
    }
    asker.tellSettled(options, this.#settler.settled(context, refusal, options));
    const { standing } = this;
    if (refusal === undefined || standing === undefined) this.#completeIfDone();
    else if (!this.#isFailing && !this.isFinal) this.#relayWinner(standing);
  }

  cancelled(_transaction: ServerTransaction, cancel: SipRequest | undefined): void {
    const context = this.context;
    if (context === undefined) return;
    const options = this.options;
    if (options?.allowNoCancel === true && wantsNoCancel(context.request)) return;
    const passed = options?.passReason === true ? cancel?.header(H.Reason) : undefined;
    const own = context.cancelReason === "" ? undefined : context.cancelReason;
    this.cancelOpen(own ?? passed ?? REASON_ORIGINATOR);
  }

  /** Value of the Reason header in the CANCELs of the branches. */
  setCancelReason(reason: string): void {
    if (this.context !== undefined) this.context.cancelReason = reason;
  }

  terminated(): void {
    // late 2xx need no more than the branch and the transaction; hooks that still watch replies need the request's context
    if (this.transaction.isInvite && this.#isWatched()) return;
    this.context = undefined;
    this.options = undefined;
    for (let i = 0; i < this.branches.length; i++) this.branches[i]?.shed();
  }

  #isWatched(): boolean {
    if (this.context?.onReply !== undefined) return true;
    for (let i = 0; i < this.branches.length; i++) if (this.branches[i]?.onReply !== undefined) return true;
    return false;
  }

  /** A final was made here: nothing of the branches goes upstream any more, except 2xx (TM-22). */
  answeredHere(status: number): void {
    this.isFinal = true;
    if (this.transaction.isInvite) this.cancelOpen(status < 300 ? REASON_ELSEWHERE : reasonOf(status));
  }

  observed(branch: Branch, client: ClientTransaction, response: SipResponse): void {
    this.#arrived(branch, client, response, true);
  }

  answered(branch: Branch, client: ClientTransaction, response: SipResponse): void {
    this.#arrived(branch, client, response, false);
  }

  /** Reply hooks first; then it counts, unless it is only to be seen. */
  #arrived(branch: Branch, client: ClientTransaction, response: SipResponse, isObserved: boolean): void {
    if (branch.onReply === undefined && this.context?.onReply === undefined) {
      if (!isObserved) this.#take(branch, client, response, client.editOf(response));
      return;
    }
    const view = new ReplyView(this, branch, client, response, isObserved);
    const { held } = branch;
    if (held !== undefined) {
      // what comes again will come once more
      if (held.length < MAX_HELD) held.push(view);
      else this.core.counters.droppedReplies.value++;
      return;
    }
    const waits = this.#watch(view);
    if (waits === undefined) this.#watched(view);
    else this.#hold(view, waits);
  }

  /** Later replies of the branch wait until the hooks are done with this one. */
  #hold(view: ReplyView, waits: Promise<void>): void {
    const { branch } = view;
    const line: ReplyView[] = [];
    branch.held = line;
    const go = (): void => {
      this.#watched(view);
      branch.held = undefined;
      for (let next = line.shift(); next !== undefined; next = line.shift()) {
        const again = this.#watch(next);
        if (again === undefined) this.#watched(next);
        else {
          this.#hold(next, again);
          branch.held = line;
          return;
        }
      }
    };
    waits.then(go, (error: unknown) => {
      this.#replyThrew(view, error);
      go();
    });
  }

  #watched(view: ReplyView): void {
    if (view.isObserved || (view.isDropped && view.status < 200)) return;
    this.#take(view.branch, view.client, view.response, view.edit);
  }

  #take(branch: Branch, client: ClientTransaction, response: SipResponse, edit: Edit): void {
    const { status } = response;
    if (status < 200) {
      if (!this.isFinal && !branch.isFaked) this.#forward(client, response, edit);
    } else if (status < 300) this.#succeeded(branch, client, response, edit);
    else this.#refused(branch, response, edit);
  }

  failed(branch: Branch, client: ClientTransaction, status: 408 | 503): void {
    branch.finalStatus = status;
    branch.isFaked = true;
    if (this.isFinal) return;
    if ((status === 503 || !client.hasProvisional) && this.failOver(branch)) return;
    this.#completeIfDone();
  }

  /** Lets reply hooks see a reply: the branch's, then the request's (TM-61). @returns what to wait for */
  #watch(view: ReplyView): Promise<void> | undefined {
    const own = view.branch.onReply;
    const common = this.context?.onReply;
    try {
      const first = own?.(view);
      if (first instanceof Promise) return common === undefined ? first : first.then(() => common(view));
      const second = common?.(view);
      if (second instanceof Promise) return second;
    } catch (error) {
      this.#replyThrew(view, error);
    }
    return undefined;
  }

  #replyThrew(view: ReplyView, error: unknown): void {
    this.core.log.error({ callId: view.response.callId, err: error }, "a reply hook threw");
  }

  #forward(client: ClientTransaction, response: SipResponse, edit: Edit): void {
    forwardReply(this.core, this, client, response, edit);
  }

  #succeeded(branch: Branch, client: ClientTransaction, response: SipResponse, edit: Edit): void {
    branch.finalStatus = response.status;
    branch.isFaked = false;
    // of a non-INVITE the first 2xx wins; every 2xx to an INVITE opens a dialog and is relayed (TM-28, D-14)
    if (!this.transaction.isInvite && this.isFinal) return;
    const isFirst = !this.isFinal;
    const { context } = this; // of a non-INVITE it goes with its final
    this.isFinal = true;
    this.mayFork = false;
    this.#forward(client, response, edit);
    if (!isFirst) return;
    this.#tell(context, response.status, response);
    if (this.transaction.isInvite && this.branches.length > 1) this.cancelOpen(REASON_ELSEWHERE, branch);
  }

  #refused(branch: Branch, response: SipResponse, edit: Edit): void {
    const { status } = response;
    branch.finalStatus = status;
    branch.isFaked = false;
    if (this.isFinal) return;
    branch.answer = response;
    branch.answerEdit = edit;
    if (status >= 600 && !this.core.settings.disable6xxBlock) {
      // nobody else needs to be asked (TM-29)
      this.mayFork = false;
      if (this.transaction.isInvite) this.cancelOpen(reasonOf(status), branch);
      if (!this.#isFailing) this.#fail(branch);
      return;
    }
    if (status === 503 && this.failOver(branch)) return;
    this.#completeIfDone();
  }

  #completeIfDone(): void {
    if (this.isFinal || this.#isFailing || this.resolving > 0 || this.hasOpen()) return;
    if (this.transaction.finalStatus > 0) return; // answered past us, by command
    const winner = this.standing;
    if (winner !== undefined) this.#fail(winner);
  }

  /** Every branch has failed: ON_FAILURE, then the failure hook, then the winner unless one of them did something about it (TM-34). */
  #fail(winner: Branch): void {
    const context = this.context;
    this.core.hooks.onFailure(this.transaction, winner.finalStatus, winner.answer);
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
    this.core.log.error({ callId: context.request.callId, err: error }, "a failure hook threw");
  }

  #failureDone(round: FailureRound, winner: Branch): void {
    round.close();
    this.#isFailing = false;
    this.#afterFailure(winner);
  }

  #afterFailure(winner: Branch): void {
    // names that are still looked up matter only where more branches may be added
    if (this.isFinal || (this.resolving > 0 && this.mayFork)) return;
    // a new round began while the hook ran, and may have ended as well
    if (winner.isConsumed) {
      this.#completeIfDone();
      return;
    }
    this.#relayWinner(winner);
  }

  #relayWinner(winner: Branch): void {
    const { transaction, context } = this;
    const { settings } = this.core;
    const status = winner.finalStatus;
    this.isFinal = true;
    this.mayFork = false;
    if (status === 408 && !transaction.isInvite && !settings.nonInvite408) {
      // RFC 4320: whoever asked has given up already; an answer would only be a stray (D-01, TM-47)
      transaction.release();
      this.#tell(context, 408, undefined);
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
      this.#forward(client, answer, edit);
      this.#tell(context, status, answer);
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
    const { context } = this;
    this.transaction.reply(status, reason);
    this.#tell(context, status, undefined);
  }

  #tell(context: RequestContext | undefined, status: number, response: SipResponse | undefined): void {
    if (context !== undefined) tellOutcome(this.core.log, context, status, response);
  }
}

/** Tells whoever asked what a request came to; once. */
export function tellOutcome(log: Log, context: RequestContext, status: number, response: SipResponse | undefined): void {
  const told = context.onOutcome;
  if (told === undefined) return;
  context.onOutcome = undefined;
  try {
    told(status, response);
  } catch (error) {
    log.error({ callId: context.request.callId, err: error }, "an outcome hook threw");
  }
}

function reasonOf(status: number): string {
  return `SIP;cause=${status};text="${reasonPhrase(status)}"`;
}

/** The request asks that its CANCEL is kept from the branches (RFC 3841). */
export function wantsNoCancel(request: SipRequest): boolean {
  if (!request.has(H.RequestDisposition)) return false;
  return request.values(H.RequestDisposition).some((value) => value.toLowerCase() === "no-cancel");
}
