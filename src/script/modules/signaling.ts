// signaling: answers by the transaction where there is one, else without (proxy-core 5.2).
import type { ReplyExtra } from "../../proxy/index.ts";
import type { ModuleFactory } from "../module.ts";
import { must } from "../module.ts";
import { routeSet } from "../routes.ts";
import type { Run } from "../run.ts";
import { signalingVariables } from "../variables/rr.ts";
import { extraOf } from "./relaying.ts";
import { bindReply } from "./sl.ts";

/** The module `signaling`. */
export const signaling: ModuleFactory = () => ({
  name: "signaling",
  parameters: [],
  functions: [
    {
      name: "send_reply",
      parameters: [must("code", "int"), must("reason", "text")],
      routes: routeSet("RXF"),
      bind: (call) =>
        bindReply(call, "signaling", "send_reply", (run, status, reason) => sendReply(run, status, reason, extraOf(run, status))),
    },
  ],
  variables: signalingVariables(),
  dependencies: () => [{ oneOf: ["sl", "tm"], message: "neither 'tm' nor 'sl' are loaded" }],
});

/** Answers in the way that fits the request (SG-1). @returns 1 or −1 */
export function sendReply(run: Run, status: number, reason: string, extra: ReplyExtra | undefined): number {
  const { request, failure, malformed } = run;
  if (malformed !== undefined) return malformed.reply(status, reason, extra);
  if (request === undefined) return -1;
  if (failure !== undefined) return failure.reply(status, reason, extra);
  const { transaction } = request;
  // somebody counts on the transaction of this request: its dialog, its call records
  if (transaction !== undefined && !transaction.isEstablished && transaction.hooks.length > 0) transaction.establish();
  return request.reply(status, reason, extra);
}
