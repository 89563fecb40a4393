// Relaying and answering as several modules do it: return codes as scripts expect them, headers queued for the answer, Contacts of 3xx.
import type { RelayCode, RelayOptions, ReplyExtra, RequestContext } from "../../proxy/index.ts";
import { isCleanHeaderText } from "../../sip/index.ts";
import type { Outcome } from "../module.ts";
import type { Run, TransactionScope } from "../run.ts";

/** What `sl_reply_error` answers after a relay that failed with a code (TM-17). */
const ERRORS: ReadonlyMap<number, readonly [status: number, reason: string]> = new Map([
  [-1, [500, "Server error occurred (1/SL)"]],
  [-2, [400, "Bad Request (2/SL)"]],
  [-3, [500, "Server error occurred (3/SL)"]],
  [-4, [478, "Unresolvable destination (478/SL)"]],
  [-5, [473, "Filtered destination (473/SL)"]],
  [-6, [477, "Send failed (477/SL)"]],
]);

/**
 * Relays a request from a function.
 * @returns the code of TM-17, 1 also when tm has answered the failure itself (decision 8); a promise while a name is looked up
 */
export function relay(run: Run, context: RequestContext, options: RelayOptions): Outcome {
  const { arming } = run.scope;
  const code = arming === undefined ? context.relay(options) : arming.relay(run, context, options);
  if (code !== undefined) return settled(run.scope, context, code);
  return new Promise((resolve) => {
    context.onSettled = (late) => resolve(settled(run.scope, context, late));
  });
}

/** A code as scripts see it. */
export function settled(scope: TransactionScope, context: RequestContext, code: RelayCode): number {
  if (code > 0) return code;
  // answered by the relay itself: the script has nothing left to say
  if (context.failure === undefined && context.transaction?.isAnsweredHere === true) return 1;
  const error = ERRORS.get(code);
  if (error !== undefined) [scope.errorStatus, scope.errorReason] = error;
  return code;
}

/**
 * What goes into an answer besides status and reason: lines of `append_to_reply`, and the Contacts of a redirection (SL-1). The queued
 * lines are used up.
 */
export function extraOf(run: Run, status: number, body?: string): ReplyExtra | undefined {
  const { scope } = run;
  let headers = scope.replyHeaders;
  scope.replyHeaders = "";
  if (status >= 300 && status < 400 && run.request !== undefined) headers += contactsOf(run.request);
  if (headers === "" && body === undefined) return undefined;
  return body === undefined ? { headers } : { headers, body };
}

/** The places to go to instead: the Request-URI if the script changed it, and the branches. */
function contactsOf(context: RequestContext): string {
  const contacts: string[] = [];
  if (context.requestUri !== context.receivedUri) contacts.push(contactOf(context.requestUri, context.q));
  for (const { requestUri, q } of context.branchSet ?? []) contacts.push(contactOf(requestUri, q ?? 1000));
  const clean = contacts.filter(isCleanHeaderText);
  return clean.length === 0 ? "" : `Contact: ${clean.join(", ")}\r\n`;
}

function contactOf(uri: string, q: number): string {
  return q === 1000 ? `<${uri}>` : `<${uri}>;q=${q / 1000}`;
}

/** Whether a reason phrase may stand in a status line; an ERROR line when not. */
export function isReason(run: Run, module: string, routine: string, reason: string): boolean {
  if (isCleanHeaderText(reason)) return true;
  run.error(module, routine, "a reason phrase with a line end");
  return false;
}
