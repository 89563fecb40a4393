// File name patterns for names: `*`, `?`, `[a-z]`, `[!a]`; a backslash takes the meaning of what follows away.

/** Whether a pattern fits the whole text; ASCII case is ignored when asked. At most pattern × text steps, nothing is kept. */
export function globMatches(pattern: string, text: string, ignoreCase = false): boolean {
  const p = ignoreCase ? pattern.toLowerCase() : pattern;
  const t = ignoreCase ? text.toLowerCase() : text;
  let i = 0;
  let j = 0;
  // where the last star stands, and how much of the text it has taken so far
  let star = -1;
  let taken = 0;
  while (j < t.length) {
    const next = i < p.length && p.charAt(i) !== "*" ? one(p, i, t.charAt(j)) : -1;
    if (next >= 0) {
      i = next;
      j++;
    } else if (p.charAt(i) === "*") {
      star = i++;
      taken = j;
    } else if (star >= 0) {
      i = star + 1;
      j = ++taken;
    } else return false;
  }
  while (p.charAt(i) === "*") i++;
  return i >= p.length;
}

// The offset behind the part of the pattern that fits one character; −1 when it does not.
function one(pattern: string, at: number, c: string): number {
  const p = pattern.charAt(at);
  if (p === "?") return at + 1;
  if (p === "\\" && at + 1 < pattern.length) return pattern.charAt(at + 1) === c ? at + 2 : -1;
  if (p !== "[") return p === c ? at + 1 : -1;
  let i = at + 1;
  const isNegated = pattern.charAt(i) === "!" || pattern.charAt(i) === "^";
  if (isNegated) i++;
  let fits = false;
  for (let isFirst = true; isFirst || pattern.charAt(i) !== "]"; isFirst = false) {
    // a set that is never closed is just a bracket
    if (i >= pattern.length) return c === "[" ? at + 1 : -1;
    const from = pattern.charAt(i);
    if (pattern.charAt(i + 1) === "-" && i + 2 < pattern.length && pattern.charAt(i + 2) !== "]") {
      if (from <= c && c <= pattern.charAt(i + 2)) fits = true;
      i += 3;
    } else {
      if (from === c) fits = true;
      i++;
    }
  }
  return fits === isNegated ? -1 : i + 1;
}
