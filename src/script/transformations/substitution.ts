// The expression of {re.subst}, `/pattern/replacement/flags` with any delimiter. It may be known only once its variables are.
import { posixRegex } from "../compile/regex.ts";
import { applyTo, findAll } from "../modules/substitution.ts";

/** An expression taken apart. */
export interface Substitution {
  readonly regex: RegExp;
  readonly isGlobal: boolean;
  /** Texts and group numbers. */
  readonly replacement: readonly (string | number)[];
}

/**
 * Reads an expression. Flags: `i` ignores case, `g` replaces all matches, `s` lets `.` and negated sets match line ends. The
 * replacement ends at the last delimiter, so that what a variable brings into it may hold one.
 * @returns what is wrong with it as text
 */
export function parseSubstitution(text: string): Substitution | string {
  const delimiter = text.charAt(0);
  if (delimiter === "" || delimiter === "\\") return "no delimiter";
  let middle = 1;
  while (middle < text.length && text.charAt(middle) !== delimiter) middle += text.charAt(middle) === "\\" ? 2 : 1;
  const last = text.lastIndexOf(delimiter);
  if (middle >= text.length || last <= middle) return "delimiter missing";
  const flags = text.slice(last + 1).trim();
  for (const flag of flags) if (!"igs".includes(flag)) return `unknown flag ${flag}`;
  const pattern = text.slice(1, middle).replaceAll(`\\${delimiter}`, isPlain(delimiter) ? delimiter : `\\${delimiter}`);
  const regex = posixRegex(pattern, { isMultiline: !flags.includes("s"), isCaseSensitive: !flags.includes("i"), isGlobal: true });
  if (typeof regex === "string") return `bad re <${pattern}>: ${regex}`;
  return { regex, isGlobal: flags.includes("g"), replacement: parseReplacement(text.slice(middle + 1, last)) };
}

// A delimiter that means something in a pattern keeps its backslash.
function isPlain(delimiter: string): boolean {
  return !"^$.*+?()[]{}|".includes(delimiter);
}

/** Reads a replacement: `\0` the whole match, `\1`…`\9` its groups, `\n \r \t`; any other character after a backslash is itself. */
export function parseReplacement(text: string): readonly (string | number)[] {
  const parts: (string | number)[] = [];
  let plain = "";
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (c !== "\\" || i + 1 === text.length) {
      plain += c;
      continue;
    }
    const next = text.charAt(++i);
    if (next >= "0" && next <= "9") {
      if (plain !== "") parts.push(plain);
      plain = "";
      parts.push(Number(next));
    } else plain += next === "n" ? "\n" : next === "r" ? "\r" : next === "t" ? "\t" : next;
  }
  if (plain !== "") parts.push(plain);
  return parts;
}

/**
 * Carries an expression out.
 * @returns undefined when nothing matched. Text beyond 65535 characters is not searched.
 */
export function substitute(text: string, { regex, isGlobal, replacement }: Substitution): string | undefined {
  const found = findAll(regex, text, isGlobal);
  if (found.length === 0) return undefined;
  return applyTo(
    text,
    found.map((match) => ({ from: match.index, to: match.index + match[0].length, text: replaced(match, replacement) })),
  );
}

function replaced(match: RegExpExecArray, replacement: readonly (string | number)[]): string {
  let out = "";
  for (const part of replacement) out += typeof part === "string" ? part : (match[part] ?? "");
  return out;
}
