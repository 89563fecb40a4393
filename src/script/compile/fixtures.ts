// Registries for the tests of the compiler: the core, and functions that a test watches.
import type { FunctionDefinition, FunctionParameter, ModuleFactory, Outcome, ParameterType } from "../module.ts";
import { scriptRegistry } from "../modules/index.ts";
import { Routes } from "../routes.ts";
import type { Run } from "../run.ts";
import { jsonVariables } from "../variables/index.ts";
import type { Registry } from "./registry.ts";

/** Beside the core: functions, and modules by name. `$json` is part of the core here. */
export function registryWith(functions: readonly FunctionDefinition[], modules: Readonly<Record<string, ModuleFactory>> = {}): Registry {
  const real = scriptRegistry();
  const { core } = real;
  const find = (name: string): ModuleFactory | undefined => modules[name];
  return {
    ...real,
    module: (name) => find(name) ?? real.module(name),
    moduleNames: () => [...Object.keys(modules), ...real.moduleNames()],
    providerOf: (name) => {
      const own = Object.entries(modules).find(([, make]) => make().functions.some((one) => one.name === name));
      return own?.[0] ?? real.providerOf(name);
    },
    core: { ...core, functions: [...core.functions, ...functions], variables: [...core.variables, ...jsonVariables()] },
  };
}

/** A function without parameters. */
export function plainFunction(name: string, action: (run: Run) => Outcome, routes: number = Routes.all): FunctionDefinition {
  return { name, parameters: [], routes, isAsync: true, bind: () => action };
}

/** A function with one parameter of each type given; it gives back 1, and what it read goes to `heard`. */
export function probe(name: string, types: readonly ParameterType[], heard: (values: readonly unknown[]) => void): FunctionDefinition {
  const parameters = types.map((type, i): FunctionParameter => ({ name: `p${i + 1}`, type, isOptional: false }));
  return {
    name,
    parameters,
    routes: Routes.all,
    bind: (call) => {
      const readers = types.map((type, i) => {
        if (type === "int") return call.int(i);
        if (type === "value" || type === "flags") return call.value(i);
        if (type === "variable" || type === "output") return (run: Run) => call.variable(i).read(run);
        if (type === "regex") return call.regex(i);
        return call.text(i);
      });
      return (run) => {
        const values = readers.map((read) => read(run));
        if (values.includes(undefined)) return -1;
        heard(values);
        return 1;
      };
    },
  };
}
