// lookup(): the contacts of a user become the Request-URI and the branches of a request.
import { type Binding, bindingTarget, type LookupResult, lookup } from "../../../location/index.ts";
import type { BranchTarget, RequestContext } from "../../../proxy/index.ts";
import { parseUri } from "../../../sip/index.ts";
import { BranchAttributes } from "../../branch-attributes.ts";
import { type BoundCall, type FunctionDefinition, may, must } from "../../module.ts";
import { routeSet } from "../../routes.ts";
import type { Run } from "../../run.ts";
import { flagsOf, tableOf } from "./arguments.ts";
import { type LookupFlags, readLookupFlags } from "./flags.ts";
import type { RegistrarParameters } from "./parameters.ts";

const MODULE = "registrar";
const RESULTS: Readonly<Record<LookupResult["outcome"], number>> = { found: 1, none: -1, noMethod: -2, bad: -3 };

/** The function `lookup`. */
export function lookupFunction(parameters: RegistrarParameters): FunctionDefinition {
  return {
    name: "lookup",
    parameters: [must("domain", "static"), may("flags", "text"), may("aor", "text")],
    routes: routeSet("RFO"),
    resultMatters: true,
    bind: (call) => bindLookup(call, parameters),
  };
}

function bindLookup(call: BoundCall, parameters: RegistrarParameters): (run: Run) => number {
  const table = tableOf(call, 0);
  parameters.tables.add(table);
  const flags = flagsOf(call, 1, readLookupFlags);
  const aor = call.has(2) ? call.text(2) : undefined;
  return (run) => {
    const wanted = flags(run);
    const { request } = run;
    if (wanted === undefined || request === undefined) return RESULTS.bad;
    const address = aor === undefined ? request.requestUri : aor(run);
    if (address === undefined) return RESULTS.bad;
    const found = find(run, table, address, wanted);
    if (found.outcome === "bad") run.error(MODULE, "lookup", `no address of record in <${address}>`);
    // a reply has no targets: there the answer alone counts
    if (run.reply !== undefined) return RESULTS[found.outcome];
    const before = wanted.alsoBranches ? request.branchSet?.splice(0) : undefined;
    if (found.outcome === "found") apply(run, request, found.bindings, wanted, parameters);
    if (before === undefined) return RESULTS[found.outcome];
    return lookupBranches(run, request, table, before, wanted) ? RESULTS.found : RESULTS[found.outcome];
  };
}

function find(run: Run, table: string, address: string, flags: LookupFlags): LookupResult {
  const uri = parseUri(address);
  const { request } = run;
  return lookup(run.services.app.location.registrar, table, uri.ok ? uri.value : address, {
    method: flags.byMethod ? request?.request.method : undefined,
    userAgent: flags.userAgent,
    maxLatencyUs: flags.maxLatencyUs,
    isSortedByLatency: flags.byLatency,
    limit: flags.onlyFirst ? 1 : undefined,
  });
}

function apply(run: Run, request: RequestContext, bindings: readonly Binding[], flags: LookupFlags, parameters: RegistrarParameters): void {
  let next = 0;
  const [first] = bindings;
  if (first !== undefined && !flags.toBranches) {
    next = 1;
    const target = targetOf(first);
    request.requestUri = target.requestUri;
    request.dstUri = target.dstUri;
    request.dstFlow = 0;
    request.path = target.path;
    request.q = target.q ?? 1000;
    request.attributes = target.attributes;
    if (target.listener !== undefined) request.forcedListener = target.listener;
  }
  const { attrAvp } = parameters;
  if (first !== undefined && attrAvp !== undefined && first.parts.attr !== "") run.avps.push(attrAvp, first.parts.attr);
  for (let i = next; i < bindings.length; i++) {
    const binding = bindings[i];
    if (binding !== undefined && !append(run, request, targetOf(binding))) return;
  }
}

/** Branches that a script added before are addresses too; those that nobody has registered stay as they are. @returns whether one was found */
function lookupBranches(run: Run, request: RequestContext, table: string, branches: readonly BranchTarget[], flags: LookupFlags): boolean {
  let hasFound = false;
  for (const branch of branches) {
    const { outcome, bindings } = find(run, table, branch.requestUri, flags);
    const targets = outcome === "found" ? bindings.map(targetOf) : [branch];
    hasFound ||= outcome === "found";
    for (const target of targets) if (!append(run, request, target)) return hasFound;
  }
  return hasFound;
}

function append(run: Run, request: RequestContext, target: BranchTarget): boolean {
  if (request.appendBranch(target)) return true;
  run.warning(MODULE, "lookup", "more contacts than branches: the rest is left out");
  return false;
}

function targetOf(binding: Binding): BranchTarget {
  return bindingTarget(binding, new BranchAttributes(binding.parts.branchFlags));
}
