// Where a request goes: its Request-URI in parts, the next hop, the branch set (script-language 8.2).
import type { BranchTarget } from "../../proxy/index.ts";
import { bracketed, parseUri, type SipUri, withUriParts } from "../../sip/index.ts";
import { BranchAttributes } from "../branch-attributes.ts";
import { type Action, type BoundCall, type FunctionDefinition, may, must, type ParameterType } from "../module.ts";
import { Routes } from "../routes.ts";
import type { Run } from "../run.ts";
import { requestUriOf, setDstUri, setRequestUri, targetOf } from "../variables/target.ts";

/** `sethost` … `next_branches`. */
export function targetFunctions(): readonly FunctionDefinition[] {
  return [
    rewriting("sethost", "text", withHost),
    rewriting("rewritehost", "text", withHost),
    rewriting("sethostport", "text", withHostPort),
    rewriting("rewritehostport", "text", withHostPort),
    rewriting("setuser", "text", withUser),
    rewriting("rewriteuser", "text", withUser),
    rewriting("setuserpass", "text", withUserPassword),
    rewriting("rewriteuserpass", "text", withUserPassword),
    rewriting("setport", "value", portOf),
    rewriting("rewriteport", "value", portOf),
    rewriting("prefix", "text", (uri, prefix) => withUser(uri, prefix + (uri.user ?? ""))),
    rewriting("strip", "int", (uri, count) => stripped(uri, Number(count), false)),
    rewriting("strip_tail", "int", (uri, count) => stripped(uri, Number(count), true)),
    taking("seturi", (run, text) => (setRequestUri(run, text) ? 1 : -1)),
    taking("rewriteuri", (run, text) => (setRequestUri(run, text) ? 1 : -1)),
    plain("revert_uri", (run) => (run.request !== undefined && setRequestUri(run, run.request.receivedUri) ? 1 : -1)),
    taking("setdsturi", (run, text) => (setDstUri(run, text) ? 1 : -1)),
    plain("resetdsturi", (run) => (setDstUri(run, undefined) ? 1 : -1)),
    plain("isdsturiset", (run) => (targetOf(run)?.dstUri === undefined ? -1 : 1)),
    { name: "append_branch", parameters: [may("uri", "text"), may("q", "text")], routes: Routes.all, bind: bindAppend },
    { name: "remove_branch", parameters: [must("index", "int")], routes: Routes.all, bind: bindRemove },
    { name: "serialize_branches", parameters: [must("clear", "int"), may("keep", "int")], routes: Routes.all, bind: bindSerialize },
    plain("next_branches", (run) => run.request?.nextBranches() ?? -1),
  ];
}

// A host may come without the brackets of IPv6.
function withHost(uri: SipUri, host: string): string | undefined {
  return host === "" ? undefined : withUriParts(uri, { host: bracketed(host) });
}

function withPort(uri: SipUri, port: number): string | undefined {
  return withUriParts(uri, { port });
}

function withUser(uri: SipUri, user: string): string | undefined {
  return withUriParts(uri, { user });
}

function plain(name: string, act: Action): FunctionDefinition {
  return { name, parameters: [], routes: Routes.all, bind: () => act };
}

function taking(name: string, act: (run: Run, text: string) => number): FunctionDefinition {
  return {
    name,
    parameters: [must("uri", "text")],
    routes: Routes.all,
    bind: (call) => {
      const argument = call.text(0);
      return (run) => {
        const text = argument(run);
        return text === undefined || text === "" ? -1 : act(run, text);
      };
    },
  };
}

/** A function that changes a part of the Request-URI. `change` gives undefined when there can be no such URI. */
function rewriting(name: string, type: ParameterType, change: (uri: SipUri, argument: string) => string | undefined): FunctionDefinition {
  return {
    name,
    parameters: [must("value", type)],
    routes: Routes.all,
    bind: (call) => {
      const argument = type === "int" ? numberText(call) : call.text(0);
      return (run) => {
        const text = argument(run);
        const uri = text === undefined ? undefined : requestUriOf(run);
        const changed = text === undefined || uri === undefined ? undefined : change(uri, text);
        if (changed !== undefined) return setRequestUri(run, changed) ? 1 : -1;
        run.error("core", name, "failed to rewrite the R-URI");
        return -1;
      };
    },
  };
}

function numberText(call: BoundCall): (run: Run) => string | undefined {
  const number = call.int(0);
  return (run) => {
    const value = number(run);
    return value === undefined ? undefined : String(value);
  };
}

function portOf(uri: SipUri, text: string): string | undefined {
  const port = Number(text);
  return text !== "" && Number.isInteger(port) && port >= 0 && port <= 65_535 ? withPort(uri, port) : undefined;
}

function withHostPort(uri: SipUri, text: string): string | undefined {
  // the brackets of an IPv6 address keep its colons apart from that of the port
  const from = text.startsWith("[") ? text.indexOf("]") + 1 : 0;
  const colon = text.indexOf(":", from);
  const changed = withHost(uri, colon < 0 ? text : text.slice(0, colon));
  const parsed = changed === undefined ? undefined : parseUri(changed);
  if (parsed === undefined || !parsed.ok) return undefined;
  return portOf(parsed.value, colon < 0 ? "0" : text.slice(colon + 1));
}

function withUserPassword(uri: SipUri, text: string): string | undefined {
  const without = withUser(uri, "");
  const parsed = without === undefined ? undefined : parseUri(without);
  // the user and its password are put in as one: both stand before the `@`
  return parsed === undefined || !parsed.ok ? undefined : withUser(parsed.value, text);
}

function stripped(uri: SipUri, count: number, isTail: boolean): string | undefined {
  const user = uri.user ?? "";
  if (count < 0 || count > user.length) return undefined;
  const rest = isTail ? user.slice(0, user.length - count) : user.slice(count);
  return withUser(uri, rest);
}

function bindAppend(call: BoundCall): Action {
  const uri = call.has(0) ? call.text(0) : undefined;
  const q = call.has(1) ? call.text(1) : undefined;
  const literal = call.has(1) ? call.literal(1) : undefined;
  if (literal !== undefined && thousandths(literal) < 0) call.fault(1, `bad q value <${literal}>`, "it is 0 to 1");
  return (run) => {
    const { request } = run;
    const text = uri?.(run);
    if (request === undefined || (uri !== undefined && text === undefined)) return -1;
    const preference = q === undefined ? undefined : thousandths(q(run) ?? "");
    if (preference !== undefined && preference < 0) return -1;
    const target = text === undefined ? copyOf(run, request.currentTarget()) : { requestUri: text };
    const added = preference === undefined ? target : { ...target, q: preference };
    return request.appendBranch(added) ? 1 : -1;
  };
}

/** The current target as a branch of its own: with its flags as they are now. */
function copyOf({ scope }: Run, target: BranchTarget): BranchTarget {
  return target.attributes === undefined && scope.branchFlags !== undefined
    ? { ...target, attributes: new BranchAttributes(scope.branchFlags) }
    : target;
}

/** A q value in thousandths; −1 for none. */
function thousandths(text: string): number {
  const value = Number(text);
  return text.trim() !== "" && value >= 0 && value <= 1 ? Math.round(value * 1000) : -1;
}

function bindRemove(call: BoundCall): Action {
  const index = call.int(0);
  return (run) => {
    const at = index(run);
    const set = run.request?.branchSet;
    if (at === undefined || set === undefined || at < 0 || at >= set.length) return -1;
    set.splice(at, 1);
    return 1;
  };
}

function bindSerialize(call: BoundCall): Action {
  const clear = call.int(0);
  const keep = call.has(1) ? call.int(1) : undefined;
  return (run) => {
    const { request } = run;
    const isClear = clear(run);
    if (request === undefined || isClear === undefined) return -1;
    if ((keep?.(run) ?? 0) === 0) {
      request.serializeBranches(isClear !== 0);
      return 1;
    }
    // one after the other in the order they were added
    const targets = [request.currentTarget(), ...(request.branchSet ?? [])].map((target) => [target]);
    request.serialGroups = isClear === 0 ? [...targets, ...(request.serialGroups ?? [])] : targets;
    request.branchSet = undefined;
    request.nextBranches();
    return 1;
  };
}
