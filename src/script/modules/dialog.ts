// dialog: calls as scripts see and change them (script-language 8.3 and 9; dialog-behaviour 10.4).
import type { ModuleFactory } from "../module.ts";
import { dialogVariables, FlagNames } from "../variables/dialog.ts";
import { contextFunctions } from "./dialog/context.ts";
import { flagFunctions, valueFunctions } from "./dialog/flags.ts";
import { lifecycleFunctions } from "./dialog/lifecycle.ts";
import { profileFunctions } from "./dialog/profiles.ts";
import { searchFunctions } from "./dialog/search.ts";
import { DialogParameters } from "./dialog/settings.ts";

/** The module. */
export const dialogModule: ModuleFactory = () => {
  const parameters = new DialogParameters();
  const flagNames = new FlagNames();
  let expected = 0;
  return {
    name: "dialog",
    parameters: parameters.all,
    functions: [
      ...lifecycleFunctions((options) => {
        expected |= options;
      }),
      ...contextFunctions(),
      ...searchFunctions(),
      ...profileFunctions(parameters),
      ...flagFunctions(flagNames),
      ...valueFunctions(),
    ],
    variables: dialogVariables({ flagNames, isCounted: () => parameters.isCounted }),
    dependencies: () => parameters.dependencies(),
    check: () => parameters.check(),
    warnings: () => parameters.warnings(),
    needs: () => parameters.needs(),
    options: () => parameters.options(),
    attach: (services) => services.dialogs.expectPings(expected),
    flagNaming: flagNames,
    events: ["E_DLG_STATE_CHANGED"],
  };
};
