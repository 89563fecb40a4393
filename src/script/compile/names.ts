// What a script may name, and from which line on: a module's functions and variables are there after its `loadmodule`.
import type { FunctionDefinition, ModuleParameter, ScriptModule, VariableDefinition } from "../module.ts";
import type { TransformationDefinition } from "../transformations/definition.ts";
import type { Registry } from "./registry.ts";

/** Something with a name, and where it comes from. */
export interface Known<T> {
  readonly definition: T;
  /** "" for the core. */
  readonly module: string;
  /** Index of the top-level item that brought it; −1 for the core. */
  readonly since: number;
}

/** The tables of one compilation. */
export class Names {
  readonly registry: Registry;
  readonly modules: { readonly module: ScriptModule; readonly since: number; readonly parameters: Map<string, ModuleParameter> }[] = [];
  readonly functions: Map<string, Known<FunctionDefinition>> = new Map();
  readonly variables: Map<string, Known<VariableDefinition>> = new Map();
  readonly transformations: Map<string, TransformationDefinition> = new Map();
  /** Modules that the script names and that could not be loaded: what they would bring is not missed once more. */
  readonly failed: Set<string> = new Set();
  #foreignVariables: ReadonlyMap<string, string> | undefined = undefined;

  /** @param running - modules that run already, instead of new ones */
  constructor(registry: Registry, running?: ReadonlyMap<string, ScriptModule>) {
    this.registry = registry;
    const { functions, variables, transformations } = registry.core;
    for (const definition of functions) this.functions.set(definition.name, { definition, module: "", since: -1 });
    for (const definition of variables) this.variables.set(definition.name, { definition, module: "", since: -1 });
    for (const definition of transformations) this.transformations.set(`${definition.class}.${definition.name}`, definition);
    for (const module of registry.preloaded()) this.add(running?.get(module.name) ?? module, -1);
  }

  /** Makes what a module offers known. A name that is taken keeps its first meaning. */
  add(module: ScriptModule, since: number): void {
    const parameters = new Map(module.parameters.map((one) => [one.name, one]));
    this.modules.push({ module, since, parameters });
    for (const definition of module.functions) {
      if (!this.functions.has(definition.name)) this.functions.set(definition.name, { definition, module: module.name, since });
    }
    for (const definition of module.variables) {
      if (!this.variables.has(definition.name)) this.variables.set(definition.name, { definition, module: module.name, since });
    }
  }

  isLoaded(name: string): boolean {
    return this.modules.some(({ module }) => module.name === name);
  }

  /** The module that would bring a variable; asked for hints only, since every module is made for it once. */
  providerOfVariable(name: string): string | undefined {
    this.#foreignVariables ??= new Map(
      this.registry.moduleNames().flatMap((module) => {
        const make = this.registry.module(module);
        return typeof make === "function" ? make().variables.map((one): [string, string] => [one.name, module]) : [];
      }),
    );
    return this.#foreignVariables.get(name);
  }
}
