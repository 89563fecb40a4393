// Bindings as targets of a relay.
import type { BranchTarget } from "../proxy/index.ts";
import type { Binding } from "./binding.ts";

/** Where a request to a binding goes: its URI, by its Path or to where it came from, from the socket it registered at. */
export function bindingTarget(binding: Binding, attributes?: unknown): BranchTarget {
  const { parts } = binding;
  return {
    requestUri: parts.uri,
    dstUri: binding.nextHop,
    path: parts.path.length === 0 ? undefined : parts.path,
    // unspecified is as good as best, as everywhere where branches are ordered
    q: parts.q < 0 ? 1000 : parts.q,
    listener: parts.listener,
    attributes,
  };
}
