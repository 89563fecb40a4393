// Where the compiler finds what a script may name: modules, and the functions, variables and transformations of the core.
import type { FunctionDefinition, ModuleFactory, ScriptModule, VariableDefinition } from "../module.ts";
import type { TransformationDefinition } from "../transformations/definition.ts";

/** What is there without any `loadmodule`. */
export interface CoreTables {
  readonly functions: readonly FunctionDefinition[];
  readonly variables: readonly VariableDefinition[];
  readonly transformations: readonly TransformationDefinition[];
}

/** Everything a script may name. */
export interface Registry {
  /** `"unsupported"`: OpenSIPS has it and we do not; undefined: nobody has it. */
  module(name: string): ModuleFactory | "unsupported" | undefined;
  /** Modules that are there without a `loadmodule`, made for one script. */
  preloaded(): readonly ScriptModule[];
  /** Names of the modules that are implemented. */
  moduleNames(): readonly string[];
  readonly core: CoreTables;
  /** The module that has a function, for the hint; undefined when none has. */
  providerOf(functionName: string): string | undefined;
  /** Type of a parameter that OpenSIPS has for a module and that may have no meaning here; undefined: it has none of this name. */
  knownParameter(module: string, parameter: string): "int" | "string" | "any" | undefined;
  /** Names of all of them, for suggestions. */
  knownParameters(module: string): readonly string[];
}
