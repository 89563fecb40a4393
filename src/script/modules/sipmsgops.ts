// sipmsgops: SIP-aware tests and changes of messages (script-language 8.6).
import type { ScriptModule } from "../module.ts";
import { bodyFunctions, codecFunctions } from "./sipmsgops/body-functions.ts";
import { headerFunctions, messageTests, optionFunctions } from "./sipmsgops/header-functions.ts";
import { changeReplyStatus, uriFunctions, validateFunction } from "./sipmsgops/uri-functions.ts";

/** Makes the module. */
export function sipmsgops(): ScriptModule {
  return {
    name: "sipmsgops",
    parameters: [],
    variables: [],
    functions: [
      ...messageTests,
      ...headerFunctions,
      ...optionFunctions,
      ...bodyFunctions,
      ...codecFunctions,
      ...uriFunctions,
      changeReplyStatus,
      validateFunction,
    ],
  };
}
