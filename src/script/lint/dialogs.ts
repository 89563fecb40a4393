// Lints about dialogs: ping intervals against the transaction timeout, profiles that nobody reads or fills.
import type { Call, Problem, ScriptTree, Span } from "../language/ast.ts";
import { walkScript } from "./walk.ts";

const DEFAULT_FR_TIMEOUT_S = 30;
const DEFAULT_OPTIONS_INTERVAL_S = 30;
const DEFAULT_REINVITE_INTERVAL_S = 300;
const READERS = new Set(["get_profile_size", "is_in_profile", "get_dialogs_by_profile"]);
const WRITERS = new Set(["set_dlg_profile"]);

/** @internal */
export function lintDialogs(tree: ScriptTree): readonly Problem[] {
  return [...lintPings(tree), ...lintProfiles(tree)];
}

/** The manual's rule: the interval between pings is longer than a ping can take to fail. */
function lintPings(tree: ScriptTree): readonly Problem[] {
  const frTimeout = numberOf(tree, "tm", "fr_timeout")?.value ?? DEFAULT_FR_TIMEOUT_S;
  const used = new Map<"options" | "reinvite", Span>();
  walkScript(tree, {
    call(call) {
      if (call.name !== "create_dialog") return;
      const flags = literalOf(call, 0) ?? "";
      const isWords = flags.includes("-");
      if (isWords ? flags.includes("options-ping") : /[Pp]/.test(flags)) used.set("options", call.span);
      if (isWords ? flags.includes("reinvite-ping") : /[Rr]/.test(flags)) used.set("reinvite", call.span);
    },
  });
  const problems: Problem[] = [];
  for (const [kind, span] of used) {
    const parameter = `${kind}_ping_interval`;
    const given = numberOf(tree, "dialog", parameter);
    const interval = given?.value ?? (kind === "options" ? DEFAULT_OPTIONS_INTERVAL_S : DEFAULT_REINVITE_INTERVAL_S);
    if (interval > frTimeout) continue;
    problems.push({
      severity: "warning",
      span: given?.span ?? span,
      message: `${parameter} (${interval} s) is not above tm's fr_timeout (${frTimeout} s)`,
      hint: "a ping is judged when its transaction ends, so pings would overlap: make the interval longer or fr_timeout shorter",
    });
  }
  return problems;
}

/** Profiles that are declared and not used, or filled and never asked. */
function lintProfiles(tree: ScriptTree): readonly Problem[] {
  const declared = new Map<string, Span>();
  for (const item of tree.items) {
    if (item.kind !== "modparam" || !item.parameter.value.startsWith("profiles_") || item.value.kind !== "string") continue;
    for (const one of item.value.value.split(";")) {
      const [name = ""] = one.trim().split("/");
      if (name !== "") declared.set(name, item.value.span);
    }
  }
  const read = new Set<string>();
  const filled = new Set<string>();
  let isAnyRead = false;
  let isAnyFilled = false;
  walkScript(tree, {
    call(call) {
      const isReader = READERS.has(call.name);
      if (!isReader && !WRITERS.has(call.name)) return;
      const name = literalOf(call, 0)?.split("/")[0];
      if (name === undefined || name.includes("$")) {
        if (isReader) isAnyRead = true;
        else isAnyFilled = true;
      } else (isReader ? read : filled).add(name);
    },
  });
  const problems: Problem[] = [];
  for (const [name, span] of declared) {
    const isRead = isAnyRead || read.has(name);
    const isFilled = isAnyFilled || filled.has(name);
    const message =
      !isRead && !isFilled ? "is declared and not used" : !isRead ? "is never read" : !isFilled ? "is read and never filled" : undefined;
    if (message === undefined) continue;
    const hint = isRead || !isFilled ? undefined : "the management interface may read it: profile_get_size";
    problems.push({ severity: "warning", span, message: `profile <${name}> ${message}`, hint });
  }
  return problems;
}

function literalOf(call: Call, index: number): string | undefined {
  const argument = call.arguments[index];
  return argument?.kind === "string" ? argument.value : undefined;
}

/** The last modparam of this name, as a number. */
function numberOf(tree: ScriptTree, module: string, parameter: string): { readonly value: number; readonly span: Span } | undefined {
  for (const item of tree.items.toReversed()) {
    if (item.kind !== "modparam" || item.parameter.value !== parameter || item.value.kind !== "number") continue;
    if (item.module.value.toLowerCase().split("|").includes(module)) return { value: item.value.value, span: item.value.span };
  }
  return undefined;
}
