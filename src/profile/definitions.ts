// The text form of profile definitions: `caller; trunk/s ; site/b`.
import { bad, good, type Parsed } from "../kit/index.ts";
import type { Sharing } from "./profile.ts";

/** A name and where it counts. */
export interface ProfileName {
  readonly name: string;
  readonly sharing: Sharing;
}

/** Longest name accepted. */
const MAX_NAME = 255;

/**
 * Reads one `name`, `name/s` or `name/b`; blanks around the name and around `/` do not matter. Only the first character
 * after `/` counts; nothing or punctuation there means no suffix.
 * @returns a fault in words when the name is empty or has a character other than letters, digits, `_` and `-`, or when
 * the letter after `/` is neither `s` nor `b`
 */
export function parseProfileName(text: string): Parsed<ProfileName> {
  const slash = text.indexOf("/");
  const name = (slash < 0 ? text : text.slice(0, slash)).trim();
  if (name === "") return bad("a profile needs a name");
  if (name.length > MAX_NAME) return bad(`the profile name is longer than ${MAX_NAME} characters`);
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (!isAlphanumeric(code) && code !== 0x5f && code !== 0x2d) {
      return bad(`bad character "${name[i]}" in the profile name "${name}": letters, digits, _ and - are allowed`);
    }
  }
  const letter =
    slash < 0
      ? ""
      : text
          .slice(slash + 1)
          .trim()
          .charAt(0);
  if (letter === "s" || letter === "b") return good({ name, sharing: letter });
  if (letter !== "" && isAlphanumeric(letter.charCodeAt(0))) {
    return bad(`unknown sharing "/${letter}" of the profile "${name}": /s (shared counters) and /b (cluster) exist`);
  }
  return good({ name, sharing: "local" });
}

/**
 * Reads a `;`-separated list. Empty items are ignored.
 * @returns every definition, or every problem found
 */
export function parseProfileList(text: string): Parsed<readonly ProfileName[], readonly string[]> {
  const names: ProfileName[] = [];
  const problems: string[] = [];
  for (const item of text.split(";")) {
    if (item.trim() === "") continue;
    const parsed = parseProfileName(item);
    if (parsed.ok) names.push(parsed.value);
    else problems.push(parsed.fault);
  }
  return problems.length > 0 ? bad(problems) : good(names);
}

function isAlphanumeric(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}
