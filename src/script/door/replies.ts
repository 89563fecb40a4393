// Replies: the global route sees each one before it is looked up, named routes those of the transaction that armed them.
import type { ReplyContext, ReplyHook } from "../../proxy/index.ts";
import { edit, type SipResponse } from "../../sip/index.ts";
import type { ClientTransaction, ReplyGate } from "../../transaction/index.ts";
import type { Source } from "../../transport/index.ts";
import { AvpStore } from "../avps.ts";
import { type Run, TransactionScope } from "../run.ts";
import type { Runner } from "./runner.ts";

/** The reply routes of one script. */
export class ReplyRoutes implements ReplyGate {
  /** For `RequestContext.onReply`: runs the route that is armed for the transaction when the reply comes. */
  readonly onReply: ReplyHook = (reply) => {
    const { scope } = reply.context;
    if (!(scope instanceof TransactionScope) || scope.onReply === "") return undefined;
    return this.#named(scope.onReply, scope, reply);
  };
  readonly #runner: Runner;
  readonly #ofBranches = new Map<string, ReplyHook>();

  constructor(runner: Runner) {
    this.#runner = runner;
  }

  /** Whether there is a global route; without one the gate need not be installed. */
  get hasGlobal(): boolean {
    return this.#runner.program.route("onreply", "") !== undefined;
  }

  /** The global route. Its AVPs are its own, and it knows no transaction. */
  reply(response: SipResponse, source: Source, client: ClientTransaction | undefined): boolean | Promise<boolean> {
    const runner = this.#runner;
    const route = runner.program.route("onreply", "");
    if (route === undefined) return true;
    const run = runner.fresh("onreply", "", response, new TransactionScope());
    run.source = source;
    run.messageId = runner.nextMessage();
    run.draft = client?.editOf(response) ?? edit(response);
    const waits = runner.execute(run, route);
    // a final is never dropped (TM-61)
    if (waits === undefined) return !run.isDropped || response.status >= 200;
    return waits.then(() => !run.isDropped || response.status >= 200);
  }

  /** For `BranchContext.onReply`: one hook for each route name. */
  ofBranch(name: string): ReplyHook {
    let hook = this.#ofBranches.get(name);
    if (hook === undefined) {
      hook = (reply) => {
        const { scope } = reply.context;
        return this.#named(name, scope instanceof TransactionScope ? scope : new TransactionScope(), reply);
      };
      this.#ofBranches.set(name, hook);
    }
    return hook;
  }

  #named(name: string, scope: TransactionScope, reply: ReplyContext): void | Promise<void> {
    const runner = this.#runner;
    const route = runner.program.route("onreply", name);
    if (route === undefined) return undefined;
    const run = runner.fresh("onreply", name, reply.response, scope);
    run.request = reply.context;
    run.reply = reply;
    run.source = reply.source;
    run.messageId = runner.nextMessage();
    if (!runner.program.sharesReplyAvps) run.avps = new AvpStore();
    const waits = runner.execute(run, route);
    if (waits === undefined) dropIfAsked(run, reply);
    else return waits.then(() => dropIfAsked(run, reply));
    return undefined;
  }
}

/** `drop` on a provisional. */
function dropIfAsked(run: Run, reply: ReplyContext): void {
  if (!run.isDropped) return;
  if (reply.drop()) return;
  // a final one is never dropped (TM-61), and a reliable one is waited for by its sender (TM-25)
  if (reply.status < 200) run.error("tm", "t_onreply_route", `a reliable ${reply.status} cannot be dropped`);
  else run.services.scriptLog.line(4, "tm", "t_onreply_route", `a final ${reply.status} cannot be dropped`);
}
