// sl: answers without a transaction (proxy-core 5.1).
import { type Action, type BoundCall, type ModuleFactory, must } from "../module.ts";
import { routeSet } from "../routes.ts";
import type { Run } from "../run.ts";
import { extraOf, isReason } from "./relaying.ts";

/** The module `sl`. */
export const sl: ModuleFactory = () => ({
  name: "sl",
  parameters: [],
  functions: [
    {
      name: "sl_send_reply",
      parameters: [must("code", "int"), must("reason", "text")],
      routes: routeSet("RX"),
      bind: (call) => bindReply(call, "sl", "sl_send_reply", replyStateless),
    },
    { name: "sl_reply_error", parameters: [], routes: routeSet("R"), bind: () => replyError },
  ],
  variables: [],
});

/** Binds a function `(code, reason)` that answers. */
export function bindReply(
  call: BoundCall,
  module: string,
  routine: string,
  answer: (run: Run, status: number, reason: string) => number,
): Action {
  const code = call.int(0);
  const reason = call.text(1);
  const literal = call.literal(0);
  if (literal !== undefined && !isStatus(Number(literal))) call.fault(0, "a reply code is 100 to 699");
  return (run) => {
    const status = code(run);
    const phrase = reason(run);
    if (status === undefined || phrase === undefined) return -1;
    if (!isStatus(status)) {
      run.error(module, routine, `bad reply code ${status}`);
      return -1;
    }
    return isReason(run, module, routine, phrase) ? answer(run, status, phrase) : -1;
  };
}

/** Whether a number can be the status of a reply. */
export function isStatus(code: number): boolean {
  return code >= 100 && code <= 699;
}

function replyStateless(run: Run, status: number, reason: string): number {
  const { request, malformed } = run;
  if (malformed !== undefined) return malformed.reply(status, reason, extraOf(run, status));
  if (request === undefined) return -1;
  return request.replyStateless(status, reason, extraOf(run, status));
}

/** The answer for the last thing that failed (SL-5). */
function replyError(run: Run): number {
  const { request, scope, services } = run;
  if (request === undefined) return -1;
  const status = scope.errorStatus === 0 ? 500 : scope.errorStatus;
  const reason = scope.errorStatus === 0 ? "I'm terribly sorry, server error occurred (1/SL)" : scope.errorReason;
  const code = request.replyStateless(status, reason, extraOf(run, status));
  if (code > 0) services.statistics.counter("sl", "sent_err_replies").add();
  return code;
}
