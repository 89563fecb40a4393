// event_route: before it became part of the language itself, blocks of this kind needed the module. It has nothing of its own.
import type { ScriptModule } from "../module.ts";

/** Makes the module. */
export function eventRoute(): ScriptModule {
  return { name: "event_route", parameters: [], functions: [], variables: [] };
}
