// Variables of tm: $T_*, $bavp.
import type { VariableDefinition } from "../module.ts";
import type { Run } from "../run.ts";
import { IntOnly, intOf, textOf, type Value } from "../values.ts";
import { filled, orNull, plain, unsupported, type Writer } from "./define.ts";
import { branchAvpVariable, branchIndex } from "./store.ts";

/** The module's own timeouts in seconds: `fr_timeout` and `fr_inv_timeout`. */
export interface TimeoutDefaults {
  readonly frTimeout: { readonly value: number };
  readonly frInvTimeout: { readonly value: number };
}

type Kind = "frTimeoutMs" | "frInvTimeoutMs";

/** `$T_branch_idx $T_reply_code $T_ruri $T_fr_timeout $T_fr_inv_timeout $T_id $T_branch_last_reply_code $bavp`. */
export function tmVariables(defaults: TimeoutDefaults): readonly VariableDefinition[] {
  const { frTimeout, frInvTimeout } = defaults;
  return [
    plain("T_branch_idx", (run) => {
      const index = branchIndex(run);
      return index < 0 ? null : index;
    }),
    plain("T_reply_code", replyCode),
    plain("T_ruri", (run) => filled(branchUri(run))),
    plain("T_fr_timeout", (run) => readTimeout(run, "frTimeoutMs", frTimeout.value), timeoutWriter("frTimeoutMs")),
    plain("T_fr_inv_timeout", (run) => readTimeout(run, "frInvTimeoutMs", frInvTimeout.value), timeoutWriter("frInvTimeoutMs")),
    plain("T_id", (run) => orNull(transactionId(run))),
    plain("T_branch_last_reply_code", branchReplyCode),
    branchAvpVariable(),
    ...["uri", "duri", "path", "q", "flags", "attr", "socket", "last_received"].map((field) => unsupported(`tm.branch.${field}`)),
  ];
}

// 0 without a transaction; in reply routes the reply's, in failure routes the winner's.
function replyCode(run: Run): Value {
  if (run.failure !== undefined) return run.failure.status;
  if (run.reply !== undefined) return run.reply.status;
  if (run.local !== undefined) return run.local.status;
  const transaction = run.request?.transaction;
  return transaction?.isEstablished === true ? transaction.lastStatus : 0;
}

function branchReplyCode(run: Run): Value {
  const branch = run.branch ?? run.reply?.branch;
  if (run.reply !== undefined) return run.reply.status;
  if (branch !== undefined) return branch.finalStatus;
  return run.failure?.status ?? null;
}

function branchUri(run: Run): string | undefined {
  const branch = run.branch ?? run.reply?.branch;
  if (branch !== undefined) return branch.requestUri;
  const { failure } = run;
  if (failure === undefined) return run.request?.transaction?.isEstablished === true ? run.request.requestUri : undefined;
  const index = branchIndex(run);
  return failure.branches.find((outcome) => outcome.index === index)?.requestUri;
}

/** What has timeouts here: a branch, a generated request, or the request being routed. */
function timed(run: Run): { frTimeoutMs: number; frInvTimeoutMs: number } | undefined {
  return run.branch ?? run.local ?? run.request;
}

function readTimeout(run: Run, kind: Kind, seconds: number): Value {
  const ms = timed(run)?.[kind] ?? 0;
  return new IntOnly(ms > 0 ? Math.round(ms / 1000) : seconds);
}

function timeoutWriter(kind: Kind): Writer {
  return (run, value) => {
    const holder = timed(run);
    const seconds = value === null ? 0 : (intOf(value) ?? Number.parseInt(textOf(value) ?? "", 10));
    if (holder === undefined || !(seconds >= 0 && seconds <= 2_000_000)) {
      run.error(
        "tm",
        "pv_set_tm_fr_timeout",
        holder === undefined ? "no transaction here to set a timeout for" : "assigning non-int value",
      );
      return false;
    }
    holder[kind] = seconds * 1000;
    return true;
  };
}

/** `hash.label` in hexadecimal, as the command `t_reply` takes it; undefined before the transaction was made. */
export function transactionId(run: Run): string | undefined {
  if (run.local !== undefined) return idText(run.local.transaction);
  const transaction = run.request?.transaction;
  return transaction?.isEstablished === true ? idText(transaction) : undefined;
}

function idText(transaction: { readonly hashIndex: number; readonly label: number }): string {
  return `${transaction.hashIndex.toString(16)}.${transaction.label.toString(16)}`;
}
