// Variables of the module `topology_hiding`.
import type { VariableDefinition } from "../module.ts";
import { plain } from "./define.ts";

/** `$TH_callee_callid`: the Call-ID that the callee of the current call sees, NULL where it is the caller's own. */
export function topologyVariables(): readonly VariableDefinition[] {
  return [
    plain("TH_callee_callid", (run) => {
      const { dialog } = run;
      return dialog === undefined ? null : (run.services.app.topology.calleeCallId(dialog) ?? null);
    }),
  ];
}
