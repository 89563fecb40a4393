// tm: arming routes, and what goes along with the branches of a transaction.
import { isCleanHeaderText } from "../../sip/index.ts";
import { type Action, type BoundCall, type FunctionDefinition, must } from "../module.ts";
import { routeSet } from "../routes.ts";

/** `t_on_failure`, `t_on_reply`, `t_on_branch`, `t_add_hdrs`, `t_add_cancel_reason`, `t_flush_flags`. */
export function armFunctions(): readonly FunctionDefinition[] {
  return [
    { name: "t_on_failure", parameters: [must("route", "text")], routes: routeSet("RFOBL"), bind: (call) => bindArm(call, "failure") },
    { name: "t_on_reply", parameters: [must("route", "text")], routes: routeSet("RFOBL"), bind: (call) => bindArm(call, "onreply") },
    { name: "t_on_branch", parameters: [must("route", "text")], routes: routeSet("RFOB"), bind: (call) => bindArm(call, "branch") },
    { name: "t_add_hdrs", parameters: [must("headers", "text")], routes: routeSet("R"), bind: bindAddHeaders },
    { name: "t_add_cancel_reason", parameters: [must("reason", "text")], routes: routeSet("R"), bind: bindCancelReason },
    {
      name: "t_flush_flags",
      parameters: [],
      routes: routeSet("RFOB"),
      // flags belong to the transaction from the start: what this function copies is there already
      bind: () => (run) => (run.request?.transaction?.isEstablished === true ? 1 : -1),
    },
  ];
}

/** Names are checked when the script is read; only one that is made of variables can be wrong later. */
function bindArm(call: BoundCall, kind: "failure" | "onreply" | "branch"): Action {
  call.needsRoute(0, kind);
  const route = call.text(0);
  return (run) => {
    const name = route(run);
    if (name === undefined || name === "") return -1;
    const { scope } = run;
    if (scope.arming?.has(kind, name) === false) {
      run.error("tm", `t_on_${kind === "onreply" ? "reply" : kind}`, `${kind} route <${name}> does not exist`);
      return -1;
    }
    switch (kind) {
      case "failure":
        scope.onFailure = name;
        break;
      case "branch":
        scope.onBranch = name;
        break;
      case "onreply":
        if (run.branch !== undefined) {
          scope.arming?.armBranch(run, name);
          return 1;
        }
        scope.onReply = name;
    }
    scope.arming?.arm(run);
    return 1;
  };
}

function bindAddHeaders(call: BoundCall): Action {
  const lines = call.headerText(0);
  return (run) => {
    const text = lines(run);
    if (text === undefined || run.request?.transaction === undefined) return -1;
    run.request.edit.appendLines(text.endsWith("\n") ? text : `${text}\r\n`);
    return 1;
  };
}

/** The text is a whole Reason line; used on a CANCEL it goes into the CANCELs of the branches. */
function bindCancelReason(call: BoundCall): Action {
  const line = call.text(0);
  return (run) => {
    const text = line(run)?.trim();
    if (text === undefined || run.request === undefined) return -1;
    const value = text.toLowerCase().startsWith("reason:") ? text.slice(7).trim() : text;
    if (value === "" || !isCleanHeaderText(value)) {
      run.error("tm", "t_add_cancel_reason", "a Reason header with a line end, or without a value");
      return -1;
    }
    run.request.cancelReason = value;
    return 1;
  };
}
