// Functions on the Request-URI, the status line, and the message as a whole.
import {
  type DefectChecks,
  equalsIgnoreCase,
  findDefect,
  isCleanHeaderText,
  isE164,
  parseUri,
  SipResponse,
  telToSip,
  withoutUriParam,
  withUriParam,
} from "../../../sip/index.ts";
import { type FunctionDefinition, may, must } from "../../module.ts";
import { routeSet } from "../../routes.ts";
import type { Run } from "../../run.ts";
import { requestUriOf, setRequestUri } from "../../variables/target.ts";
import { done, editOf, REQUESTS, refuse, result, withText } from "./define.ts";

/** The Request-URI. */
export const uriFunctions: readonly FunctionDefinition[] = [
  {
    name: "ruri_has_param",
    parameters: [must("param", "text"), may("value", "text")],
    routes: REQUESTS,
    resultMatters: true,
    bind(call) {
      const param = call.text(0);
      const value = call.has(1) ? call.text(1) : () => "";
      return (run) => {
        const name = param(run);
        const wanted = value(run);
        if (name === undefined || wanted === undefined) return -1;
        // without a value given, one without a value is meant
        const found = requestUriOf(run)?.param(name);
        return found !== undefined && equalsIgnoreCase(found, wanted) ? 1 : -1;
      };
    },
  },
  {
    name: "ruri_add_param",
    parameters: [must("param", "text")],
    routes: REQUESTS,
    bind: withText((run, param) => {
      const uri = requestUriOf(run);
      return retarget(run, uri === undefined ? undefined : withUriParam(uri, param));
    }),
  },
  {
    name: "ruri_del_param",
    parameters: [must("param", "text")],
    routes: REQUESTS,
    bind: withText((run, name) => {
      const uri = requestUriOf(run);
      return retarget(run, uri === undefined ? undefined : withoutUriParam(uri, name));
    }),
  },
  {
    name: "ruri_tel2sip",
    parameters: [],
    routes: REQUESTS,
    bind: () => (run) => {
      const uri = requestUriOf(run);
      if (uri === undefined) return -1;
      if (uri.scheme !== "tel") return 1;
      // the number belongs to whom the caller belongs to
      return result(retarget(run, telToSip(uri, run.message.from.sipUri()?.host ?? "")));
    },
  },
  {
    name: "is_uri_user_e164",
    parameters: [must("uri", "text")],
    routes: REQUESTS,
    resultMatters: true,
    bind: withText((_run, text) => {
      const uri = parseUri(text);
      return uri.ok && isE164(uri.value.user);
    }),
  },
];

function retarget(run: Run, uri: string | undefined): boolean {
  return uri !== undefined && setRequestUri(run, uri);
}

/** Another status line for a reply that is relayed. */
export const changeReplyStatus: FunctionDefinition = {
  name: "change_reply_status",
  parameters: [must("code", "int"), must("reason", "text")],
  routes: routeSet("O"),
  bind(call) {
    const code = call.int(0);
    const reason = call.text(1);
    return (run) => {
      const status = code(run);
      const phrase = reason(run);
      const { message } = run;
      if (status === undefined || phrase === undefined || !(message instanceof SipResponse)) return -1;
      if (status < 100 || status > 699 || !isCleanHeaderText(phrase))
        return refuse(run, call.name, `no status line of ${status} ${phrase}`);
      // who has acted on a provisional or a success cannot be told it was something else
      const isSameClass = Math.floor(status / 100) === Math.floor(message.status / 100);
      if (!isSameClass && (status < 300 || message.status < 300)) {
        return refuse(run, call.name, `a ${message.status} cannot become a ${status}`);
      }
      return result(editOf(run, (change) => done(() => change.reline(`SIP/2.0 ${status} ${phrase}`))));
    };
  },
};

/** The check of a whole message. */
export const validateFunction: FunctionDefinition = {
  name: "sipmsg_validate",
  parameters: [may("flags", "text"), may("result_pvar", "output")],
  routes: routeSet("RFOB"),
  resultMatters: true,
  bind(call) {
    const flags = call.has(0) ? call.text(0) : () => "";
    const reason = call.has(1) ? call.variable(1) : undefined;
    return (run) => {
      const letters = flags(run);
      if (letters === undefined) return -255;
      if (run.source === undefined) return -1;
      const defect = findDefect(run.message, checksOf(letters, run.source.listener.isReliable));
      if (defect === undefined) return 1;
      reason?.write?.(run, defect.reason, false);
      return defect.code;
    };
  },
};

// Letters of `sipmsg_validate`.
function checksOf(letters: string, isStream: boolean): DefectChecks {
  return {
    sdp: letters.includes("s"),
    addresses: letters.includes("h"),
    mayLackMaxForwards: letters.includes("m"),
    requestUri: letters.includes("r"),
    from: letters.includes("f"),
    to: letters.includes("t"),
    contact: letters.includes("c"),
    isStream,
  };
}
