// rr: our place in the route set of dialogs, and the way of requests inside them (proxy-core 4).
import { type Action, type BoundCall, IntParameter, type ModuleFactory, may, must } from "../module.ts";
import { routeSet } from "../routes.ts";
import type { Run } from "../run.ts";
import { rrVariables } from "../variables/rr.ts";

/** The module `rr`. */
export const rr: ModuleFactory = () => {
  const appendFromTag = new IntParameter("append_fromtag", 1, 0, 1);
  const enableDoubleRr = new IntParameter("enable_double_rr", 1, 0, 1);
  const addUsername = new IntParameter("add_username", 0, 0, 1);
  const mismatchWarning = new IntParameter("enable_socket_mismatch_warning", 1, 0, 1);
  return {
    name: "rr",
    parameters: [appendFromTag, enableDoubleRr, addUsername, mismatchWarning],
    functions: [
      { name: "loose_route", parameters: [], routes: routeSet("R"), resultMatters: true, bind: () => looseRoute },
      { name: "record_route", parameters: [may("params", "text")], routes: routeSet("RBF"), bind: bindRecordRoute },
      {
        name: "record_route_preset",
        parameters: [must("address", "text"), may("inbound", "text")],
        routes: routeSet("RBF"),
        bind: bindPreset,
      },
      { name: "add_rr_param", parameters: [must("param", "text")], routes: routeSet("RBF"), bind: bindAddParam },
      { name: "check_route_param", parameters: [must("regex", "regex")], routes: routeSet("R"), resultMatters: true, bind: bindCheckParam },
      { name: "is_direction", parameters: [must("direction", "text")], routes: routeSet("R"), resultMatters: true, bind: bindDirection },
    ],
    variables: rrVariables(),
    options: () => {
      const out: Record<string, unknown> = {};
      if (appendFromTag.isSet) out["appendFromtag"] = appendFromTag.value !== 0;
      if (enableDoubleRr.isSet) out["enableDoubleRr"] = enableDoubleRr.value !== 0;
      if (addUsername.isSet) out["addUsername"] = addUsername.value !== 0;
      if (mismatchWarning.isSet) out["socketMismatchWarning"] = mismatchWarning.value !== 0;
      return out;
    },
  };
};

function looseRoute(run: Run): number {
  return run.request?.looseRoute() ?? -1;
}

function bindRecordRoute(call: BoundCall): Action {
  const params = call.has(0) ? call.text(0) : undefined;
  return (run) => {
    const text = params === undefined ? "" : params(run);
    if (text === undefined || run.request === undefined) return -1;
    const code = run.branch === undefined ? run.request.recordRoute(text) : run.branch.recordRoute(text);
    if (code < 0) run.error("rr", "record_route", "Double attempt to record-route");
    return code;
  };
}

function bindPreset(call: BoundCall): Action {
  const upper = call.text(0);
  const lower = call.has(1) ? call.text(1) : undefined;
  return (run) => {
    const first = upper(run);
    const second = lower?.(run);
    if (first === undefined || (lower !== undefined && second === undefined) || run.request === undefined) return -1;
    const at = run.branch ?? run.request;
    const code = second === undefined ? at.recordRoutePreset(first) : at.recordRoutePreset(first, second);
    if (code < 0) run.error("rr", "record_route_preset", "Double attempt to record-route, or an address that cannot stand in a header");
    return code;
  };
}

function bindAddParam(call: BoundCall): Action {
  const param = call.text(0);
  return (run) => {
    const text = param(run);
    const at = run.branch ?? run.request;
    if (text === undefined || at === undefined) return -1;
    return at.addRrParam(text);
  };
}

function bindCheckParam(call: BoundCall): Action {
  const regex = call.regex(0);
  return (run) => {
    const pattern = regex(run);
    const params = run.request?.rrParams ?? "";
    if (pattern === undefined || params === "") return -1;
    pattern.lastIndex = 0;
    return pattern.test(params) ? 1 : -1;
  };
}

function bindDirection(call: BoundCall): Action {
  const literal = call.literal(0)?.toLowerCase();
  if (literal !== undefined && literal !== "downstream" && literal !== "upstream") {
    call.fault(0, `unknown direction '${literal}'`, "it is downstream or upstream");
  }
  const direction = call.text(0);
  return (run) => {
    const word = direction(run)?.toLowerCase();
    if (run.request === undefined || (word !== "downstream" && word !== "upstream")) return -1;
    return run.request.isDirection(word) ? 1 : -1;
  };
}
