// Functions on headers and lists of options, and those that only look at a message.
import { type Edit, equalsIgnoreCase, type HeaderId } from "../../../sip/index.ts";
import { sipDate } from "../../calendar.ts";
import { searches } from "../../compile/regex.ts";
import { type Action, type BoundCall, type FunctionDefinition, may, must } from "../../module.ts";
import { routeSet } from "../../routes.ts";
import type { Run } from "../../run.ts";
import { globMatches } from "../glob.ts";
import { ANY, done, editOf, keyOf, REQUESTS, refuse, result, withHeader, withRegex, withText } from "./define.ts";
import { addOption, appendHeader, hasOption, hasPrivacy, headerLines, insertHeader, removeHeader, removeHeaders } from "./headers.ts";

/** Tests of a message. */
export const messageTests: readonly FunctionDefinition[] = [
  {
    name: "has_totag",
    parameters: [],
    routes: ANY,
    resultMatters: true,
    bind: () => (run) => (run.message.toTag === "" ? -1 : 1),
  },
  {
    name: "is_method",
    parameters: [must("name", "text")],
    routes: ANY,
    resultMatters: true,
    bind(call) {
      const literal = call.literal(0);
      if (literal !== undefined) {
        const names = methods(literal);
        return (run) => (isOneOf(run.message.cseqMethod, names) ? 1 : -1);
      }
      const text = call.text(0);
      return (run) => {
        const list = text(run);
        return list !== undefined && isOneOf(run.message.cseqMethod, methods(list)) ? 1 : -1;
      };
    },
  },
  {
    name: "is_present_hf",
    parameters: [must("hf_name", "text")],
    routes: ANY,
    resultMatters: true,
    bind: withHeader((run, name) => run.message.has(name)),
  },
  {
    name: "is_privacy",
    parameters: [must("privacy_type", "text")],
    routes: ANY,
    resultMatters: true,
    bind: withText((run, kind) => hasPrivacy(run.message, kind)),
  },
];

function methods(list: string): readonly string[] {
  return list.split("|").map((name) => name.trim().toUpperCase());
}

function isOneOf(method: string, names: readonly string[]): boolean {
  for (const name of names) if (name === method || equalsIgnoreCase(name, method)) return true;
  return false;
}

/** Headers added and removed. */
export const headerFunctions: readonly FunctionDefinition[] = [
  { name: "append_hf", parameters: [must("txt", "text"), may("hdr", "text")], routes: ANY, bind: adding(appendHeader) },
  { name: "insert_hf", parameters: [must("txt", "text"), may("hdr", "text")], routes: ANY, bind: adding(insertHeader) },
  {
    name: "remove_hf",
    parameters: [must("hname", "text")],
    routes: ANY,
    bind: withHeader((run, name) => editOf(run, (change) => removeHeader(change, name))),
  },
  {
    name: "remove_hf_re",
    parameters: [must("hname_expr", "regex")],
    routes: ANY,
    bind: withRegex((run, regex) => editOf(run, (change) => removeHeaders(change, (name) => searches(regex, name)))),
  },
  {
    name: "remove_hf_glob",
    parameters: [must("hname_pattern", "text")],
    routes: ANY,
    bind: withText((run, pattern) => editOf(run, (change) => removeHeaders(change, (name) => globMatches(pattern, name, true)))),
  },
  {
    name: "append_to_reply",
    parameters: [must("txt", "text")],
    routes: routeSet("RFBX"),
    bind(call) {
      const text = linesOf(call);
      return (run) => {
        const lines = text(run);
        if (lines === undefined) return -1;
        run.scope.replyHeaders += lines;
        return 1;
      };
    },
  },
  {
    name: "append_time",
    parameters: [],
    routes: REQUESTS,
    bind: () => (run) => {
      run.scope.replyHeaders += `Date: ${sipDate(run.services.clock.now())}\r\n`;
      return 1;
    },
  },
  {
    name: "append_urihf",
    parameters: [must("prefix", "text"), must("suffix", "text")],
    routes: REQUESTS,
    bind(call) {
      const prefix = call.headerText(0);
      const suffix = call.headerText(1);
      return (run) => {
        const before = prefix(run);
        const after = suffix(run);
        const uri = run.request?.receivedUri;
        if (before === undefined || after === undefined || uri === undefined) return -1;
        const lines = headerLines(before + uri + after);
        if (lines === undefined) return refuse(run, call.name, "is no header line");
        return result(editOf(run, (change) => done(() => change.appendLines(lines))));
      };
    },
  },
];

function adding(add: (change: Edit, lines: string, name?: HeaderId | string) => void): (call: BoundCall) => Action {
  return (call) => {
    const text = linesOf(call);
    const anchor = call.has(1) ? keyOf(call, 1) : undefined;
    return (run) => {
      const lines = text(run);
      if (lines === undefined) return -1;
      const name = anchor?.(run);
      if (anchor !== undefined && name === undefined) return -1;
      return result(editOf(run, (change) => done(() => add(change, lines, name))));
    };
  };
}

/** The complete header lines of argument 0. */
function linesOf(call: BoundCall): (run: Run) => string | undefined {
  const literal = call.literal(0);
  if (literal !== undefined) {
    const lines = headerLines(literal);
    if (lines === undefined) call.fault(0, `<${literal}> is no header line`, 'write it like "Name: value\\r\\n"');
    return () => lines;
  }
  const text = call.headerText(0);
  return (run) => {
    const written = text(run);
    if (written === undefined) return undefined;
    const lines = headerLines(written);
    if (lines === undefined) refuse(run, call.name, `<${written}> is no header line`);
    return lines;
  };
}

/** Comma lists of options: Supported, Require, Allow. */
export const optionFunctions: readonly FunctionDefinition[] = [
  {
    name: "list_hdr_has_option",
    parameters: [must("hdr_name", "text"), must("opt", "text")],
    routes: ANY,
    resultMatters: true,
    bind: byOption((run, name, option) => hasOption(run.message, name, option)),
  },
  {
    name: "list_hdr_add_option",
    parameters: [must("hdr_name", "text"), must("opt", "text")],
    routes: ANY,
    bind: byOption((run, name, option) => editOf(run, (change) => addOption(change, name, option))),
  },
  {
    name: "list_hdr_remove_option",
    parameters: [must("hdr_name", "text"), must("opt", "text")],
    routes: ANY,
    bind: byOption((run, name, option) => editOf(run, (change) => change.removeListed(name, option))),
  },
];

function byOption(act: (run: Run, name: HeaderId | string, option: string) => boolean): (call: BoundCall) => Action {
  return (call) => {
    const name = keyOf(call, 0);
    const option = call.text(1);
    return (run) => {
      const key = name(run);
      const value = option(run);
      return key === undefined || value === undefined ? -1 : result(act(run, key, value.trim()));
    };
  };
}
