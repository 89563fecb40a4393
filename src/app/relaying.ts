// What `relay()` returns: something that can be awaited, and costs nothing when nobody does.
import type { Credential } from "../auth/index.ts";
import type { BranchTarget, FailureContext, RelayOptions, RequestContext } from "../proxy/index.ts";
import { reasonPhrase, type SipResponse } from "../sip/index.ts";
import { Reply } from "./reply.ts";
import type { RequestServices } from "./request.ts";
import type { RouteRun } from "./route-run.ts";

/** What a relayed request came to. */
export interface Outcome {
  /** 200…699; 408 also when nobody answered, 503 when nobody could be reached. */
  readonly status: number;
  readonly reason: string;
  readonly isSuccess: boolean;
  /** First value of a header of the answer; undefined when absent, or when the answer was made here. */
  header(name: string): string | undefined;
  /** Body of the answer; empty when the answer was made here. */
  readonly body: string;
}

/** Looks at what happens while a request is relayed. */
export interface RelayHooks {
  /** Each reply of each target, 100 included, before anything is done with it. */
  readonly onReply?: (reply: Reply) => void;
  /**
   * Who we are to others: a target that asks for credentials (401, 407) gets the request once more with those of its realm. The caller
   * hears nothing of it.
   */
  readonly credentials?: readonly Credential[];
}

class Answer implements Outcome {
  readonly status: number;
  readonly #response: SipResponse | undefined;

  constructor(status: number, response: SipResponse | undefined) {
    this.status = status;
    this.#response = response;
  }
  get reason(): string {
    return this.#response?.reason ?? reasonPhrase(this.status);
  }
  get isSuccess(): boolean {
    return this.status < 300;
  }
  get body(): string {
    return this.#response?.body ?? "";
  }
  header(name: string): string | undefined {
    return this.#response?.header(name);
  }
}

/** What a relay belongs to: the request being routed. */
export interface Relayed {
  readonly context: RequestContext;
  /** @internal */
  readonly services: Pick<RequestServices, "auth">;
  /** @internal made on first use */
  readonly run: RouteRun;
  /** @internal the run, when a route waits or has waited */
  readonly runIfAny: RouteRun | undefined;
}

/**
 * A request on its way. Awaiting it gives the outcome. While a route awaits, a refusal is not yet sent to the caller: the
 * route may relay to another target or answer by itself; if it ends without doing so, the caller gets the refusal.
 */
export class Relaying implements PromiseLike<Outcome> {
  readonly #request: Relayed;
  #promise: Promise<Outcome> | undefined = undefined;
  #resolve: ((outcome: Outcome) => void) | undefined = undefined;
  #reactions: PromiseLike<unknown>[] = [];
  /** Targets of serial forking that have not been tried, best first. */
  #queue: BranchTarget[] | undefined = undefined;
  readonly #credentials: readonly Credential[] | undefined;
  /** The target has had its credentials: a second refusal is one. */
  #isAnswered = false;

  constructor(request: Relayed, hooks: RelayHooks | undefined) {
    this.#request = request;
    const onReply = hooks?.onReply;
    if (onReply !== undefined) request.context.onReply = (reply) => onReply(new Reply(reply));
    this.#credentials = hooks?.credentials;
    if (this.#credentials !== undefined) request.context.onFailure = (failure) => this.#onFailure(failure);
  }

  /** @internal sends to the current target, or to these at once */
  start(targets: readonly BranchTarget[] | undefined): this {
    this.#send(targets === undefined ? undefined : { targets });
    return this;
  }

  /** @internal one target after the other: by q, and in the order given where q is equal */
  startSerially(targets: readonly BranchTarget[]): this {
    const queue = [...targets].sort((a, b) => (b.q ?? 1000) - (a.q ?? 1000));
    const first = queue.shift();
    this.#queue = queue;
    this.#request.context.onFailure = (failure) => this.#onFailure(failure);
    if (first !== undefined) this.#send({ targets: [first] });
    return this;
  }

  // biome-ignore lint/suspicious/noThenProperty: being awaitable is what this class is for
  then<A = Outcome, B = never>(
    onOutcome?: ((outcome: Outcome) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): PromiseLike<A | B> {
    this.#promise ??= this.#listen();
    const reaction = this.#promise.then(onOutcome, onError);
    this.#reactions.push(reaction);
    return reaction;
  }

  #send(options: RelayOptions | undefined): void {
    const { context } = this.#request;
    const { failure } = context;
    if (failure === undefined) context.relay(options);
    else {
      const { requestUri } = context;
      // a route that saw the refusal tries again, and this time says who it is
      this.#answer(failure);
      context.requestUri = requestUri;
      failure.relay(options);
    }
    this.#request.runIfAny?.release();
  }

  #listen(): Promise<Outcome> {
    const { context, run } = this.#request;
    const transaction = context.transaction;
    // nothing could be sent, and the caller knows it already
    if (transaction !== undefined && transaction.finalStatus !== 0) return Promise.resolve(new Answer(transaction.finalStatus, undefined));
    context.onOutcome = (status, response) => {
      this.#settle(status, response);
      run.release();
    };
    context.onFailure = (failure) => this.#onFailure(failure);
    return new Promise<Outcome>((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Tries the next target of a serial fork; after the last, hands the refusal to the waiting route, if there is one. */
  #onFailure(failure: FailureContext): void | Promise<void> {
    if (!this.#isAnswered && this.#answer(failure)) {
      failure.context.onFailure = (again) => this.#onFailure(again);
      const refused = failure.branches.find((branch) => branch.response === failure.response);
      const code = failure.relay(refused === undefined ? undefined : { targets: [refused] });
      if (code === 1 || code === undefined || failure.wasCancelled) return undefined;
    }
    this.#isAnswered = false;
    for (let next = this.#queue?.shift(); next !== undefined; next = this.#queue?.shift()) {
      failure.context.onFailure = (again) => this.#onFailure(again);
      const code = failure.relay({ targets: [next] });
      if (code === 1 || code === undefined) return undefined;
      if (failure.wasCancelled) return undefined;
    }
    if (this.#promise === undefined) return undefined;
    const held = this.#request.run.hold(this.#reactions);
    this.#settle(failure.status, failure.response);
    return held;
  }

  /** Puts credentials into the next copy. @returns whether there are some that fit */
  #answer(failure: FailureContext): boolean {
    if (this.#credentials === undefined || failure.wasCancelled) return false;
    const isDone = this.#request.services.auth.authenticate(failure, { credentials: this.#credentials }) === "ok";
    this.#isAnswered ||= isDone;
    return isDone;
  }

  #settle(status: number, response: SipResponse | undefined): void {
    this.#resolve?.(new Answer(status, response));
  }
}
