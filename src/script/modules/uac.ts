// uac: what we do in the name of callers: answering challenges, showing other From and To (side-modules 4.2 to 4.4).
import {
  type Algorithm,
  type AuthResult,
  type PartyName,
  parseAlgorithms,
  type ReplaceProblem,
  type RestoreMode,
} from "../../auth/index.ts";
import {
  type Action,
  type BoundCall,
  type FunctionDefinition,
  IntParameter,
  type ModuleFactory,
  type ModuleParameter,
  may,
  must,
  TextParameter,
} from "../module.ts";
import { routeSet } from "../routes.ts";
import type { Run } from "../run.ts";

const MODULE = "uac";
const ROUTES = routeSet("RBF");

/** `restore_mode`. */
class ModeParameter implements ModuleParameter {
  readonly name = "restore_mode";
  readonly type = "string";
  value: RestoreMode = "auto";

  set(value: string | number): string | undefined {
    if (value !== "none" && value !== "manual" && value !== "auto") return `unsupported value <${value}>: it may be none, manual or auto`;
    this.value = value;
    return undefined;
  }
}

/** The module `uac`. */
export const uac: ModuleFactory = () => {
  const mode = new ModeParameter();
  const password = new TextParameter("restore_passwd");
  const fromParam = new TextParameter("rr_from_store_param", "vsf");
  const toParam = new TextParameter("rr_to_store_param", "vst");
  const forceDialog = new IntParameter("force_dialog", 0, 0, 1);
  return {
    name: MODULE,
    parameters: [mode, password, fromParam, toParam, forceDialog],
    functions: [
      {
        name: "uac_auth",
        parameters: [may("algorithms", "text")],
        routes: ROUTES,
        resultMatters: true,
        bind: bindAuth,
      },
      {
        name: "uac_inc_cseq",
        parameters: [must("value", "int")],
        routes: routeSet("RF"),
        bind: bindAdvance,
      },
      replacing("uac_replace_from", "from", forceDialog),
      replacing("uac_replace_to", "to", forceDialog),
      restoring("uac_restore_from", "from", mode),
      restoring("uac_restore_to", "to", mode),
    ],
    variables: [],
    dependencies: () => {
      const tm = { oneOf: ["tm"], message: `module ${MODULE} depends on module tm, but it was not loaded!` };
      const dialog = {
        oneOf: ["dialog"],
        message: `module ${MODULE} depends on module dialog due to modparam force_dialog, but it was not loaded!`,
      };
      return forceDialog.value === 1 ? [tm, dialog] : [tm];
    },
    check: () => {
      const same = fromParam.value.toLowerCase() === toParam.value.toLowerCase();
      return same ? [`${MODULE}: rr_from_store_param and rr_to_store_param must differ`] : [];
    },
    attach: (services) => {
      services.app.parties.configure({
        mode: mode.value,
        password: password.value,
        fromParam: fromParam.value,
        toParam: toParam.value,
      });
    },
  };
};

function bindAuth(call: BoundCall): Action {
  const text = call.text(0);
  const literal = call.has(0) ? call.literal(0) : undefined;
  const parsed = literal === undefined ? undefined : parseAlgorithms(literal);
  if (parsed !== undefined && !parsed.ok) call.fault(0, parsed.fault);
  const known = parsed?.ok === true ? parsed.value : undefined;
  const algorithmsOf = (run: Run): readonly Algorithm[] | undefined | "bad" => {
    if (!call.has(0) || known !== undefined) return known;
    const list = parseAlgorithms(text(run) ?? "");
    if (list.ok) return list.value;
    run.error(MODULE, "w_uac_auth", list.fault);
    return "bad";
  };
  return (run) => {
    const algorithms = algorithmsOf(run);
    if (algorithms === "bad") return -1;
    const { failure } = run;
    const result = failure === undefined ? "notRefused" : run.services.app.auth.authenticate(failure, { algorithms });
    if (result === "ok") return 1;
    complainOfAuth(run, result);
    return -1;
  };
}

function complainOfAuth(run: Run, result: Exclude<AuthResult, "ok">): void {
  switch (result) {
    case "notRefused":
      run.error(MODULE, "uac_auth", "no reply with 401 or 407 has been picked");
      break;
    case "noChallenge":
      run.error(MODULE, "uac_auth", "no challenge in the reply that can be answered");
      break;
    case "noCredentials":
      run.warning(MODULE, "uac_auth", "no credential for the realm of the challenge");
      break;
    case "tooLate":
      run.warning(MODULE, "uac_auth", "the call is over, and another request would overtake its BYE");
      break;
  }
}

function bindAdvance(call: BoundCall): Action {
  const by = call.int(0);
  return (run) => {
    const steps = by(run);
    if (run.request === undefined || steps === undefined || steps < 1 || steps > 99) {
      run.error(MODULE, "w_uac_inc_cseq", "a CSeq can be raised by 1 to 99");
      return -1;
    }
    run.services.app.auth.advance(run.request, steps);
    return 1;
  };
}

function replacing(name: string, party: PartyName, forceDialog: IntParameter): FunctionDefinition {
  return {
    name,
    parameters: [may("display", "text"), may("uri", "text")],
    routes: ROUTES,
    bind: (call) => {
      // with one argument it is the URI
      const hasDisplay = call.has(1);
      if (!call.has(0) && !hasDisplay) call.fault(-1, `${name}() needs a URI`);
      const uriOf = call.text(hasDisplay ? 1 : 0);
      const displayOf = hasDisplay && call.has(0) ? call.text(0) : undefined;
      return (run) => {
        const { request, services } = run;
        const uri = uriOf(run);
        const display = displayOf?.(run);
        if (request === undefined || uri === undefined || (displayOf !== undefined && display === undefined)) return -1;
        if (
          forceDialog.value === 1 &&
          !request.hasToTag &&
          request.request.method === "INVITE" &&
          services.dialogs.create(request) === undefined
        ) {
          run.error(MODULE, name, "cannot create dialog");
          return -1;
        }
        const problem = services.app.parties.replace(request, party, uri, unquoted(display), run.branch ?? request);
        if (problem === undefined) return 1;
        run.error(MODULE, name, REPLACE_PROBLEMS[problem]);
        return -1;
      };
    },
  };
}

const REPLACE_PROBLEMS: Readonly<Record<ReplaceProblem, string>> = Object.freeze({
  badValue: "not a URI, or a display name that no header can hold",
  withinDialog: "a sequential request cannot be replaced with restore_mode auto",
  twice: "the header was replaced before",
  tooLong: "the URIs are too long to be carried by Record-Route",
});

/** A display name given with its quotes. */
function unquoted(display: string | undefined): string | undefined {
  const isQuoted = display !== undefined && display.length > 1 && display.startsWith('"') && display.endsWith('"');
  return isQuoted ? display.slice(1, -1) : display;
}

function restoring(name: string, party: PartyName, mode: ModeParameter): FunctionDefinition {
  return {
    name,
    parameters: [],
    routes: ROUTES,
    bind: (call) => {
      if (mode.value === "none") call.warn(-1, `${name}() finds nothing with restore_mode none`);
      return (run) => (run.request !== undefined && run.services.app.parties.restore(run.request, party) ? 1 : -1);
    },
  };
}
