// textops: the message as text, searched and replaced by POSIX expressions (script-language 8.6).
import { isUriUser, type SipUri, withUriParts } from "../../sip/index.ts";
import { posixRegex, searches } from "../compile/regex.ts";
import { type Action, type BoundCall, type FunctionDefinition, must, type ScriptModule } from "../module.ts";
import { routeSet } from "../routes.ts";
import type { Run } from "../run.ts";
import { requestUriOf, setRequestUri } from "../variables/target.ts";
import { bindSubstitution } from "./substitution.ts";
import { appending, type Replace, replaceIn, replacing, type Scope } from "./textops/message-text.ts";

const ANY = routeSet("RFOBL");
const REQUESTS = routeSet("RFOB");

/** Makes the module. */
export function textops(): ScriptModule {
  return {
    name: "textops",
    parameters: [],
    variables: [],
    functions: [
      searching("search", (run, regex) => searches(regex, run.message.text)),
      searching("search_body", (run, regex) => searches(regex, run.edit?.body ?? run.message.body)),
      writing("search_append", "message", false, appending),
      writing("search_append_body", "body", false, appending),
      writing("replace", "message", false, once),
      writing("replace_all", "message", true, all),
      writing("replace_body", "body", false, once),
      writing("replace_body_all", "body", true, all),
      atOnce,
      substituting("subst", "message"),
      substituting("subst_body", "body"),
      substitutingUri(
        "subst_uri",
        (uri) => uri.text,
        (_uri, text) => text,
      ),
      substitutingUri(
        "subst_user",
        (uri) => uri.user ?? "",
        (uri, user) => (user === "" || isUriUser(user) ? withUriParts(uri, { user }) : undefined),
      ),
    ],
  };
}

const once = (regex: RegExp, text: string): Replace => replacing(regex, text, false);
const all = (regex: RegExp, text: string): Replace => replacing(regex, text, true);

function searching(name: string, test: (run: Run, regex: RegExp) => boolean): FunctionDefinition {
  return {
    name,
    parameters: [must("re", "regex")],
    routes: ANY,
    resultMatters: true,
    bind(call) {
      const regex = call.regex(0);
      return (run) => {
        const value = regex(run);
        return value !== undefined && test(run, value) ? 1 : -1;
      };
    },
  };
}

function writing(name: string, scope: Scope, isGlobal: boolean, make: (regex: RegExp, text: string) => Replace): FunctionDefinition {
  return {
    name,
    parameters: [must("re", "regex"), must("txt", "text")],
    routes: ANY,
    bind(call) {
      const regex = call.regex(0);
      const text = scope === "body" ? call.text(1) : headText(call, 1);
      return (run) => {
        const expression = regex(run);
        const replacement = text(run);
        return expression === undefined || replacement === undefined
          ? -1
          : change(run, name, scope, isGlobal, make(expression, replacement));
      };
    },
  };
}

// What goes into a header line may not end it, unless the script itself wrote it so.
function headText(call: BoundCall, i: number): (run: Run) => string | undefined {
  if (call.literal(i) !== undefined) return call.text(i);
  const text = call.headerText(i);
  return (run) => {
    const value = text(run);
    if (value === undefined || !(value.endsWith("\n") || value.endsWith("\r"))) return value;
    run.error("textops", call.name, "a variable brings a line end into a header");
    return undefined;
  };
}

/** The body as one line: `.` takes line ends, `^` and `$` are its ends. */
const atOnce: FunctionDefinition = {
  name: "replace_body_atonce",
  parameters: [must("re", "regex"), must("txt", "text")],
  routes: ANY,
  bind(call) {
    const literal = call.literal(0);
    const known = literal === undefined ? undefined : posixRegex(literal, { isGlobal: true });
    if (typeof known === "string") call.fault(0, `bad re "${literal}": ${known}`);
    const pattern = call.text(0);
    const text = call.text(1);
    return (run) => {
      const written = known === undefined ? pattern(run) : "";
      const replacement = text(run);
      if (written === undefined || replacement === undefined) return -1;
      const regex = known ?? posixRegex(written, { isGlobal: true });
      if (typeof regex !== "string") return change(run, call.name, "body", true, all(regex, replacement));
      run.error("textops", call.name, `bad re "${written}": ${regex}`);
      return -1;
    };
  },
};

function substituting(name: string, scope: Scope): FunctionDefinition {
  return {
    name,
    parameters: [must("subst", "raw")],
    routes: ANY,
    bind(call) {
      const text = call.literal(0) ?? "";
      const substitution = bindSubstitution(call, 0, text);
      if (substitution === undefined) return fails;
      return (run) =>
        change(run, name, scope, substitution.isGlobal, (subject, isHead) => {
          const found = substitution.replacements(run, subject, isHead);
          if (found === undefined) run.error("textops", name, "a variable brings a line end into a header");
          return found;
        });
    },
  };
}

function substitutingUri(
  name: string,
  part: (uri: SipUri) => string,
  whole: (uri: SipUri, text: string) => string | undefined,
): FunctionDefinition {
  return {
    name,
    parameters: [must("subst", "raw")],
    routes: REQUESTS,
    bind(call) {
      const substitution = bindSubstitution(call, 0, call.literal(0) ?? "");
      if (substitution === undefined) return fails;
      return (run) => {
        const uri = requestUriOf(run);
        const text = uri === undefined ? undefined : substitution.apply(run, part(uri));
        if (uri === undefined || text === undefined) return -1;
        const changed = whole(uri, text);
        if (changed !== undefined && setRequestUri(run, changed)) return 1;
        if (changed === undefined) run.error("textops", name, `<${text}> cannot stand in a URI`);
        return -1;
      };
    },
  };
}

const fails: Action = () => -1;

function change(run: Run, name: string, scope: Scope, isGlobal: boolean, replace: Replace): 1 | -1 {
  const { edit } = run;
  if (edit !== undefined) return replaceIn(edit, scope, isGlobal, replace) ? 1 : -1;
  run.error("textops", name, `a ${run.kind} route has no message to change`);
  return -1;
}
