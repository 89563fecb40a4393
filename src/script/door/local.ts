// Requests that we send ourselves: `local_route` sees each before it leaves, and the reply and failure routes it arms what comes back.
import { type Edit, edit, type SipRequest, type SipResponse } from "../../sip/index.ts";
import type { LocalEditor, LocalTransaction, TransactionHook } from "../../transaction/index.ts";
import type { Destination, Source } from "../../transport/index.ts";
import { AvpStore } from "../avps.ts";
import { type LocalMessage, TransactionScope } from "../run.ts";
import type { Runner } from "./runner.ts";

/** The routes of local requests of one script. */
export class LocalRoutes implements LocalEditor {
  readonly #runner: Runner;

  constructor(runner: Runner) {
    this.#runner = runner;
  }

  edit(transaction: LocalTransaction, request: SipRequest, destination: Destination): Edit | undefined {
    const runner = this.#runner;
    const route = runner.program.route("local", "");
    if (route === undefined) return undefined;
    const scope = scopeOf(transaction);
    const local = new LocalState(transaction, request);
    const run = runner.inner("local", "", request, scope);
    const { current } = runner;
    run.local = local;
    run.source = destination;
    run.loadedDialog = run.dialog ?? current?.dialog;
    runner.executeNow(run, route);
    if (scope.onReply !== "" || scope.onFailure !== "") transaction.attach(new LocalWatch(runner, local, scope));
    return local.edit;
  }
}

function scopeOf(transaction: LocalTransaction): TransactionScope {
  if (transaction.scope instanceof TransactionScope) return transaction.scope;
  const scope = new TransactionScope();
  transaction.scope = scope;
  return scope;
}

/** One such request. */
class LocalState implements LocalMessage {
  readonly transaction: LocalTransaction;
  readonly request: SipRequest;
  readonly edit: Edit;
  status = 0;
  response: SipResponse | undefined = undefined;

  constructor(transaction: LocalTransaction, request: SipRequest) {
    this.transaction = transaction;
    this.request = request;
    this.edit = edit(request);
  }

  get frTimeoutMs(): number {
    return this.transaction.frTimeoutMs;
  }
  set frTimeoutMs(ms: number) {
    this.transaction.frTimeoutMs = ms;
  }
  get frInvTimeoutMs(): number {
    return this.transaction.frInvTimeoutMs;
  }
  set frInvTimeoutMs(ms: number) {
    this.transaction.frInvTimeoutMs = ms;
  }
}

/** Runs what the local route armed. These routes may wait; nothing waits for them. */
class LocalWatch implements TransactionHook {
  readonly #runner: Runner;
  readonly #local: LocalState;
  readonly #scope: TransactionScope;

  constructor(runner: Runner, local: LocalState, scope: TransactionScope) {
    this.#runner = runner;
    this.#local = local;
    this.#scope = scope;
  }

  localResponseIn(_transaction: LocalTransaction, response: SipResponse, source: Source): void {
    const { status } = response;
    this.#local.status = status;
    this.#local.response = response;
    this.#run("onreply", this.#scope.onReply, response, source);
  }

  localCompleted(_transaction: LocalTransaction, status: number, response: SipResponse | undefined): void {
    this.#local.status = status;
    this.#local.response = response;
    if (status < 300) return;
    const name = this.#scope.onFailure;
    this.#scope.onFailure = "";
    this.#run("failure", name, this.#local.request, undefined);
  }

  #run(kind: "onreply" | "failure", name: string, message: SipRequest | SipResponse, source: Source | undefined): void {
    const runner = this.#runner;
    const route = name === "" ? undefined : runner.program.route(kind, name);
    if (route === undefined) return;
    const run = runner.fresh(kind, name, message, this.#scope);
    run.local = this.#local;
    run.source = source;
    run.messageId = runner.nextMessage();
    if (kind === "onreply" && !runner.program.sharesReplyAvps) run.avps = new AvpStore();
    const waits = runner.execute(run, route);
    if (waits !== undefined) runner.detached(run, waits);
  }
}
