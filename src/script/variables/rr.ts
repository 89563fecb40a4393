// Variables of rr and signaling.
import type { VariableDefinition } from "../module.ts";
import { filled, orNull, plain } from "./define.ts";

/** `$rr_params`: parameters of our own Route, without the first `;`; NULL before `loose_route()` found one. */
export function rrVariables(): readonly VariableDefinition[] {
  return [
    plain("rr_params", (run) => {
      const params = run.request?.rrParams ?? "";
      return filled(params.charCodeAt(0) === 59 ? params.slice(1) : params);
    }),
  ];
}

/** `$sig_local_totag`: the To-tag that an answer made here carries. */
export function signalingVariables(): readonly VariableDefinition[] {
  return [plain("sig_local_totag", (run) => orNull(run.request?.localTag))];
}
