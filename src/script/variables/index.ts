// The core's variables, and those that modules take into their tables.
import type { VariableDefinition } from "../module.ts";
import { authVariables } from "./auth.ts";
import { bodyVariable } from "./body.ts";
import { branchVariables } from "./branches.ts";
import { executionVariables } from "./execution.ts";
import { flagVariables } from "./flags.ts";
import { headerVariables } from "./headers.ts";
import { messageVariables } from "./message.ts";
import { partyVariables } from "./parties.ts";
import { socketVariables } from "./sockets.ts";
import { storeVariables } from "./store.ts";
import { timeVariables } from "./time.ts";
import { uriVariables } from "./uris.ts";

export { type CfgutilsStore, cfgutilsVariables } from "./cfgutils.ts";
export { isJsonAccessor, type JsonAccessor, jsonVariables } from "./json.ts";
export { type Json, parseJson, printJson } from "./json-text.ts";
export { rrVariables, signalingVariables } from "./rr.ts";
export { statisticsVariables } from "./statistics.ts";
export { branchIndex } from "./store.ts";
export { requestUriOf, setDstUri, setRequestUri, targetOf } from "./target.ts";
export { type TimeoutDefaults, tmVariables, transactionId } from "./tm.ts";

/** Every variable that exists without a module (script-language 6.2). */
export function coreVariables(): readonly VariableDefinition[] {
  return [
    ...storeVariables(),
    ...uriVariables(),
    ...partyVariables(),
    ...messageVariables(),
    ...socketVariables(),
    ...headerVariables(),
    bodyVariable(),
    ...authVariables(),
    ...flagVariables(),
    ...branchVariables(),
    ...executionVariables(),
    ...timeVariables(),
  ];
}
