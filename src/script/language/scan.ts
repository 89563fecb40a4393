// Characters of the language, and where a variable or a bracketed part ends.

/** How long a variable may be as written: a longer one lacks a parenthesis somewhere, which is not looked for without end. */
export const LONGEST_VARIABLE = 1024;

/** 0-9. */
export function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

/** First character of an identifier. */
export function isWordStart(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90);
}

/** Later characters of an identifier. */
export function isWordChar(c: number): boolean {
  return isWordStart(c) || isDigit(c) || c === 95;
}

/** Characters of a variable's name: `ct.fields`. */
export function isNameChar(c: number): boolean {
  return isWordChar(c) || c === 46;
}

/**
 * The end of the variable that begins at `text[start]`, a `$`.
 * @returns the offset after it; `start + 1` for a `$` alone; −1 when a parenthesis is not closed before `limit`
 */
export function variableEnd(text: string, start: number, limit: number): number {
  let at = start + 1;
  if (text[at] === "(" && at < limit) {
    const close = closingParenthesis(text, at, limit);
    return close < 0 ? -1 : close + 1;
  }
  while (at < limit && isNameChar(text.charCodeAt(at))) at++;
  if (at === start + 1 || at >= limit || text[at] !== "(") return at;
  const close = closingParenthesis(text, at, limit);
  return close < 0 ? -1 : close + 1;
}

/** Offset of the `)` for the `(` at `open`; parentheses between braces are a transformation's own. −1 when there is none before `limit`. */
export function closingParenthesis(text: string, open: number, limit: number): number {
  let parentheses = 0;
  let braces = 0;
  for (let at = open; at < limit; at++) {
    const c = text.charCodeAt(at);
    if (c === 123) braces++;
    else if (c === 125) braces = Math.max(0, braces - 1);
    else if (braces > 0) continue;
    else if (c === 40) parentheses++;
    else if (c === 41 && --parentheses === 0) return at;
  }
  return -1;
}

/** Offset of the bracket that closes the one at `open`, counting only that kind; −1 when there is none before `limit`. */
export function closingBracket(text: string, open: number, limit: number): number {
  const opening = text.charCodeAt(open);
  // "[" and "{" both stand two before their partners
  const closing = opening + 2;
  let depth = 0;
  for (let at = open; at < limit; at++) {
    const c = text.charCodeAt(at);
    if (c === opening) depth++;
    else if (c === closing && --depth === 0) return at;
  }
  return -1;
}
