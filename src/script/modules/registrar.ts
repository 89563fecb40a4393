// registrar: REGISTER requests and where users can be reached (script-language 8.7, side-modules 3).
import type { ModuleFactory } from "../module.ts";
import { isTableName } from "./databases.ts";
import { lookupFunction } from "./registrar/lookup.ts";
import { RegistrarParameters } from "./registrar/parameters.ts";
import { queryFunctions } from "./registrar/queries.ts";
import { saveFunction } from "./registrar/save.ts";

/** The module `registrar`. */
export const registrar: ModuleFactory = () => {
  const parameters = new RegistrarParameters();
  return {
    name: "registrar",
    parameters: parameters.all,
    functions: [saveFunction(parameters), lookupFunction(parameters), ...queryFunctions()],
    variables: [],
    dependencies: () => [{ oneOf: ["usrloc"], message: "module registrar depends on module usrloc, but it was not loaded!" }],
    check: () => parameters.check(),
    needs: () => parameters.needs(),
    // where registrations are stored, these tables are
    options() {
      const tables = [...parameters.tables].filter(isTableName);
      return tables.length === 0 ? {} : { locationTables: tables };
    },
    attach: (services) => services.app.location.registrar.configure(parameters.settings()),
  };
};
