// topology_hiding: neither side of a call sees where the other is (side-modules 1).
import { ModuleFlag, parseMatchMode } from "../../dialog/index.ts";
import type { ContactUsers } from "../../topology/index.ts";
import { type Action, type BoundCall, IntParameter, type ModuleFactory, type ModuleParameter, may, TextParameter } from "../module.ts";
import { routeSet } from "../routes.ts";
import type { Run } from "../run.ts";
import { topologyVariables } from "../variables/topology-hiding.ts";

const MODULE = "topology_hiding";

const LETTERS: ReadonlyMap<string, number> = new Map([
  ["U", ModuleFlag.keepUser],
  ["C", ModuleFlag.hideCallId],
  ["D", ModuleFlag.didInUser],
  ["a", ModuleFlag.advertiseCaller],
  ["A", ModuleFlag.advertiseCallee],
]);

/** `th_contact_encode_scheme`. */
class SchemeParameter implements ModuleParameter {
  readonly name = "th_contact_encode_scheme";
  readonly type = "string";
  value: "base64" | "base32" = "base64";

  set(value: string | number): string | undefined {
    if (value !== "base64" && value !== "base32") return `unsupported encoding scheme <${value}>: it may be base64 or base32`;
    this.value = value;
    return undefined;
  }
}

/** The module `topology_hiding`. */
export const topologyHiding: ModuleFactory = () => {
  const forceDialog = new IntParameter("force_dialog", 0, 0, 1);
  const callIdPrefix = new TextParameter("th_callid_prefix", "DLGCH_");
  const callIdPassword = new TextParameter("th_callid_passwd", "OpenSIPS");
  const loopProtection = new IntParameter("th_callid_loop_protection", 0, 0, 1);
  const contactParam = new TextParameter("th_contact_encode_param", "thinfo");
  const contactPassword = new TextParameter("th_contact_encode_passwd", "ToPoCtPaSS");
  const scheme = new SchemeParameter();
  const uriParams = new TextParameter("th_passed_contact_uri_params");
  const params = new TextParameter("th_passed_contact_params");
  const callerUser = new TextParameter("th_contact_caller_username_var", "_th_contact_caller_username_var_");
  const calleeUser = new TextParameter("th_contact_callee_username_var", "_th_contact_callee_username_var_");
  return {
    name: MODULE,
    parameters: [
      forceDialog,
      callIdPrefix,
      callIdPassword,
      loopProtection,
      contactParam,
      contactPassword,
      scheme,
      uriParams,
      params,
      callerUser,
      calleeUser,
    ],
    functions: [
      {
        name: "topology_hiding",
        parameters: [may("flags", "text"), may("contact_user", "text")],
        routes: routeSet("R"),
        bind: (call) => bindHiding(call, forceDialog),
      },
      {
        name: "topology_hiding_match",
        parameters: [may("mode", "text")],
        routes: routeSet("R"),
        resultMatters: true,
        bind: bindMatch,
      },
    ],
    variables: topologyVariables(),
    dependencies: () => {
      const tm = { oneOf: ["tm"], message: `module ${MODULE} depends on module tm, but it was not loaded!` };
      const dialog = {
        oneOf: ["dialog"],
        message: `module ${MODULE} depends on module dialog due to modparam force_dialog, but it was not loaded!`,
      };
      return forceDialog.value === 1 ? [tm, dialog] : [tm];
    },
    check: () => {
      const problems: string[] = [];
      if (callIdPrefix.value === "") problems.push(`${MODULE}: th_callid_prefix must not be empty`);
      if (!isToken(contactParam.value)) problems.push(`${MODULE}: th_contact_encode_param <${contactParam.value}> is no parameter name`);
      return problems;
    },
    attach: (services) => {
      const { topology } = services.app;
      topology.configure({
        callIdPrefix: callIdPrefix.value,
        callIdPassword: callIdPassword.value,
        callIdLoopProtection: loopProtection.value === 1,
        contactParam: contactParam.value,
        contactPassword: contactPassword.value,
        contactScheme: scheme.value,
        passedUriParams: names(uriParams.value),
        passedParams: names(params.value),
        callerUserValue: callerUser.value,
        calleeUserValue: calleeUser.value,
      });
      topology.watchCallIds();
    },
  };
};

function bindHiding(call: BoundCall, forceDialog: IntParameter): Action {
  const [flags, users] = [call.text(0), call.text(1)];
  return (run) => {
    const { request } = run;
    if (request === undefined) return -1;
    const letters = call.has(0) ? flags(run) : "";
    const shown = call.has(1) ? users(run) : "";
    if (letters === undefined || shown === undefined) return -1;
    const { app, dialogs } = run.services;
    if (forceDialog.value === 1 && !request.hasToTag && request.request.method === "INVITE" && dialogs.create(request) === undefined) {
      run.error(MODULE, "topo_hiding", "cannot create dialog");
      return -1;
    }
    const bits = flagsOf(letters);
    if (app.topology.needsDialog(request, bits)) {
      run.warning(MODULE, "w_topology_hiding", `flags <${letters}>: all but U need a dialog and are ignored`);
    }
    const problem = app.topology.hide(request, bits, usersOf(shown));
    if (problem === undefined) return 1;
    complain(run, problem);
    return -1;
  };
}

function complain(run: Run, problem: "withinDialog" | "noTransaction" | "contact" | "tooLong"): void {
  switch (problem) {
    case "withinDialog":
      run.warning(MODULE, "w_topology_hiding", "topology_hiding() is for initial requests, and this one has a To tag");
      break;
    case "noTransaction":
      run.warning(MODULE, "w_topology_hiding", "an ACK cannot be hidden by itself");
      break;
    case "contact":
      run.error(MODULE, "topo_no_dlg_encode_contact", "without a dialog exactly one Contact that reads is needed");
      break;
    case "tooLong":
      run.error(MODULE, "topo_no_dlg_encode_contact", "Contact and Record-Routes are too long to be carried by a Contact of ours");
      break;
  }
}

function bindMatch(call: BoundCall): Action {
  const mode = call.text(0);
  return (run) => {
    const { request } = run;
    if (request === undefined) return -1;
    const text = call.has(0) ? mode(run) : undefined;
    return run.services.app.topology.match(request, text === undefined ? undefined : parseMatchMode(text)) ? 1 : -1;
  };
}

function flagsOf(letters: string): number {
  let flags = 0;
  for (const letter of letters) flags |= LETTERS.get(letter) ?? 0;
  return flags;
}

/** `user` for both sides, or `/caller/callee`. */
function usersOf(text: string): ContactUsers | undefined {
  if (text === "") return undefined;
  if (!text.startsWith("/")) return { caller: text, callee: text };
  const second = text.indexOf("/", 1);
  const caller = second < 0 ? text.slice(1) : text.slice(1, second);
  const callee = second < 0 ? "" : text.slice(second + 1);
  return { caller: caller === "" ? undefined : caller, callee: callee === "" ? undefined : callee };
}

function names(text: string): readonly string[] {
  return text
    .split(";")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
}

function isToken(text: string): boolean {
  return /^[A-Za-z0-9_.!~*'()+-]+$/.test(text);
}
