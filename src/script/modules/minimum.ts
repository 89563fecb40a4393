// Functions of modules that load here but cannot do their work yet: they need a database, a media relay or presence. A script that
// calls them starts, gets one warning for each function, and takes the way it has for "no".
import type { FunctionDefinition, FunctionParameter, ScriptModule } from "../module.ts";
import { routeSet } from "../routes.ts";

/** One such function. */
export interface Missing {
  readonly name: string;
  /** Letters of the routes (R F O B X L S T E). */
  readonly routes: string;
  readonly parameters?: readonly FunctionParameter[];
  /** −1 when left out. */
  readonly result?: number;
}

/**
 * A function that always says no.
 * @param why - "needs a database", for the warning
 */
export function refusing(module: string, why: string, { name, routes, parameters = [], result = -1 }: Missing): FunctionDefinition {
  let hasWarned = false;
  return {
    name,
    parameters,
    routes: routeSet(routes),
    resultMatters: true,
    bind: () => (run) => {
      if (!hasWarned) run.warning(module, name, `${why}: returning ${result}`);
      hasWarned = true;
      return result;
    },
  };
}

/** A module of which nothing but such functions exists. */
export function minimum(name: string, why: string, functions: readonly Missing[]): ScriptModule {
  return { name, parameters: [], functions: functions.map((one) => refusing(name, why, one)), variables: [] };
}
