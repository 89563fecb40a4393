// From what a user wrote to what the rooms read; every mistake is found at once.
import type { z } from "zod";
import { DialoomError, ErrorCodes } from "../kit/index.ts";
import { checkMiHttp } from "../manage/index.ts";
import { callProblems, callsUrl } from "./calls.ts";
import type { DialoomOptions, Settings } from "./options.ts";
import { miSettings } from "./room-settings.ts";
import { rowProblems } from "./rows.ts";
import { schema, settingInfos } from "./schema.ts";

/**
 * Checks options and fills in what is missing.
 * @throws DialoomError `DIALOOM_CONFIG_INVALID`, its `problems` naming every setting that is wrong and what to write instead
 */
export function readSettings(options: DialoomOptions): Settings {
  const result = schema.safeParse(options);
  if (result.success) {
    const broken = rules(result.data);
    if (broken.length === 0) return result.data;
    throw invalid(broken);
  }
  // the rules still hold among those that are right by themselves
  const wrong = new Set(result.error.issues.map((issue) => issue.path[0]));
  const unknown = new Set(
    result.error.issues.flatMap((issue) => (issue.code === "unrecognized_keys" && issue.path.length === 0 ? issue.keys : [])),
  );
  const rest = schema.safeParse(Object.fromEntries(Object.entries(options).filter(([name]) => !wrong.has(name) && !unknown.has(name))));
  throw invalid([...result.error.issues.flatMap(describe), ...(rest.success ? rules(rest.data) : [])]);
}

function invalid(problems: readonly string[]): DialoomError {
  const count = `${problems.length} mistake${problems.length === 1 ? "" : "s"}`;
  return new DialoomError(ErrorCodes.ConfigInvalid, `the configuration has ${count}:\n  ${problems.join("\n  ")}`, { problems });
}

/** What no setting can say by itself. */
function rules(settings: Settings): string[] {
  const problems: string[] = [];
  if (settings.t2Timer <= settings.t1Timer) problems.push("t2Timer: must be greater than t1Timer");
  const seen = new Set<string>();
  for (const entry of settings.profiles) {
    const name = typeof entry === "string" ? entry : entry.name;
    if (seen.has(name)) problems.push(`profiles: "${name}" is declared twice`);
    seen.add(name);
  }
  if (settings.dlgExtraHdrs !== "" && !settings.dlgExtraHdrs.endsWith("\r\n"))
    problems.push("dlgExtraHdrs: every header line must end in \\r\\n");
  const mi = miSettings(settings);
  if (mi !== undefined) problems.push(...checkMiHttp(mi).map((text) => `mi: ${text}`));
  problems.push(...callProblems(settings), ...rowProblems(settings, callsUrl(settings)));
  return problems;
}

/** What is wrong with a value and what to write instead, a sentence for each mistake; names stand before it where it has names. */
export function describe(issue: z.core.$ZodIssue): string[] {
  const where =
    issue.path.length === 0
      ? ""
      : `${issue.path.map((step, i) => (typeof step === "number" ? `[${step}]` : `${i > 0 ? "." : ""}${String(step)}`)).join("")}: `;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const near = nearest(
        key,
        settingInfos.map((one) => one.name),
      );
      return `${where}${key}: there is no such setting${near === undefined ? "" : `; did you mean ${near}?`}`;
    });
  }
  if (issue.code === "invalid_union" && issue.message === "Invalid input") {
    const [first] = issue.errors.map((branch) => branch.flatMap(describe)).sort((a, b) => rank(a) - rank(b));
    return (first ?? [issue.message]).map((text) => `${where}${text}`);
  }
  return [`${where}${issue.message}`];
}

/** Among the branches of a union, one that says more than "wrong type" explains best. */
function rank(problems: readonly string[]): number {
  return problems.some((text) => text.includes("expected")) ? 1 : 0;
}

/** The name that takes the fewest changes, if few enough. */
function nearest(word: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const name of names) {
    const changes = distance(word.toLowerCase(), name.toLowerCase());
    if (changes < least) {
      least = changes;
      best = name;
    }
  }
  return best;
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
