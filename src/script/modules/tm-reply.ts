// tm: answering, and asking what the answers so far were (TM-22, TM-23).
import { type Action, type BoundCall, type FunctionDefinition, may, must } from "../module.ts";
import { routeSet } from "../routes.ts";
import type { Run } from "../run.ts";
import { extraOf, isReason } from "./relaying.ts";
import { bindReply, isStatus } from "./sl.ts";

/** `t_reply` and its kin. */
export function replyFunctions(): readonly FunctionDefinition[] {
  const routes = routeSet("RFOB");
  return [
    {
      name: "t_reply",
      parameters: [must("code", "int"), must("reason", "text")],
      routes: routeSet("RF"),
      bind: (call) => bindReply(call, "tm", "t_reply", (run, status, reason) => reply(run, status, reason, undefined)),
    },
    {
      name: "t_reply_with_body",
      parameters: [must("code", "int"), must("reason", "text"), must("body", "text")],
      routes: routeSet("RF"),
      bind: bindReplyWithBody,
    },
    { name: "t_check_status", parameters: [must("regex", "regex")], routes, resultMatters: true, bind: bindCheckStatus },
    {
      name: "t_was_cancelled",
      parameters: [],
      routes,
      resultMatters: true,
      bind: () => (run) => (run.request?.wasCancelled === true ? 1 : -1),
    },
    { name: "t_local_replied", parameters: [must("which", "text")], routes, resultMatters: true, bind: bindLocalReplied },
    { name: "t_cancel_branch", parameters: [may("flags", "text")], routes: routeSet("O"), bind: bindCancelBranch },
  ];
}

/** Answers by the transaction, which is made if need be. */
function reply(run: Run, status: number, reason: string, body: string | undefined): number {
  const { request, failure } = run;
  const transaction = request?.transaction;
  if (request === undefined || transaction === undefined) {
    run.error("tm", "w_t_reply", "cannot send a t_reply to a message for which no T-state has been established");
    return -1;
  }
  if (!transaction.isEstablished && request.newTransaction() !== 1) return -1;
  const extra = extraOf(run, status, body);
  return failure === undefined ? request.reply(status, reason, extra) : failure.reply(status, reason, extra);
}

function bindReplyWithBody(call: BoundCall): Action {
  const code = call.int(0);
  const reason = call.text(1);
  const body = call.text(2);
  return (run) => {
    const status = code(run);
    const phrase = reason(run);
    const text = body(run);
    if (status === undefined || phrase === undefined || text === undefined || !isStatus(status)) return -1;
    return isReason(run, "tm", "w_t_reply_with_body", phrase) ? reply(run, status, phrase, text) : -1;
  };
}

function bindCheckStatus(call: BoundCall): Action {
  const regex = call.regex(0);
  return (run) => {
    const pattern = regex(run);
    const status = statusOf(run);
    if (pattern === undefined || status <= 0) return -1;
    pattern.lastIndex = 0;
    return pattern.test(String(status)) ? 1 : -1;
  };
}

/** The status a block is about: that of the reply, of the winner, of the branch, or the last one sent; 0 for none. */
function statusOf(run: Run): number {
  if (run.branch !== undefined) return run.branch.finalStatus;
  if (run.reply !== undefined) return run.reply.status;
  if (run.failure !== undefined) return run.failure.status;
  if (run.local !== undefined) return run.local.status;
  return run.request?.transaction?.lastStatus ?? 0;
}

function bindLocalReplied(call: BoundCall): Action {
  const literal = call.literal(0);
  if (literal !== undefined && !["all", "branch", "last"].includes(literal.toLowerCase())) {
    call.fault(0, `unknown value <${literal}>`, "it is all, branch or last");
  }
  const which = call.text(0);
  return (run) => (isLocal(run, which(run)?.toLowerCase()) ? 1 : -1);
}

/** Whether answers were made here and not received. */
function isLocal(run: Run, which: string | undefined): boolean {
  const { failure, reply: received, local, request } = run;
  if (failure === undefined) {
    if (received !== undefined || run.message.isRequest === false) return false;
    if (local !== undefined) return local.status !== 0 && local.response === undefined;
    return request?.transaction?.isAnsweredHere === true;
  }
  if (which === "all") return failure.branches.every(({ response }) => response === undefined);
  return failure.response === undefined;
}

function bindCancelBranch(call: BoundCall): Action {
  const literal = call.has(0) ? call.literal(0) : "";
  if (literal !== undefined && literal !== "" && literal !== "a" && literal !== "o") {
    call.fault(0, `unknown flag <${literal}>`, 'it is "a" for all branches or "o" for the others');
  }
  const flags = call.has(0) ? call.text(0) : undefined;
  return (run) => {
    const text = flags === undefined ? "" : flags(run);
    if (run.reply === undefined || text === undefined) return -1;
    run.reply.cancelBranches(text.includes("a") ? "all" : text.includes("o") ? "others" : "this");
    return 1;
  };
}
