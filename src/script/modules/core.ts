// Functions that need no module (script-language 8.2).
import type { FunctionDefinition } from "../module.ts";
import { flagFunctions } from "./core-flags.ts";
import { sendingFunctions } from "./core-sending.ts";
import { targetFunctions } from "./core-target.ts";
import { valueFunctions } from "./core-values.ts";

/** All of them. */
export function coreFunctions(): readonly FunctionDefinition[] {
  return [...flagFunctions(), ...targetFunctions(), ...sendingFunctions(), ...valueFunctions()];
}
