// The message as text: what is found in its header lines and its body, and replaced there. The start line is left alone.
// Heads are searched as they were received (queued changes are not visible), bodies as earlier changes left them.
import type { Edit, SipMessage } from "../../../sip/index.ts";
import { applyTo, findAll, type Replacement } from "../substitution.ts";

/** What of a message a function works on. */
export type Scope = "message" | "body";

/** More replacements than this are put together line by line: an edit is made for a few. */
const MAX_SINGLE = 256;

/** Gives what is to be replaced in a text; undefined when a value may not stand there. */
export type Replace = (text: string, isHead: boolean) => readonly Replacement[] | undefined;

/** The header lines as received. */
export function headText(message: SipMessage): string {
  return message.text.slice(message.head.firstAt, message.headEnd);
}

/**
 * Replaces in the head, then in the body; `isGlobal` says whether the body is still looked at when the head had a match.
 * @returns whether something was replaced
 */
export function replaceIn(edit: Edit, scope: Scope, isGlobal: boolean, replace: Replace): boolean {
  let wasFound = false;
  if (scope === "message") {
    const { firstAt } = edit.message.head;
    const text = headText(edit.message);
    const found = replace(text, true);
    if (found === undefined) return false;
    const inHead = found.length > MAX_SINGLE ? byLine(text, found) : found;
    for (const one of inHead) edit.replace(firstAt + one.from, firstAt + one.to, one.text);
    wasFound = inHead.length > 0;
    if (wasFound && !isGlobal) return true;
  }
  const { body } = edit;
  if (body === "") return wasFound;
  const inBody = replace(body, false);
  if (inBody === undefined || inBody.length === 0) return wasFound;
  edit.setBody(applyTo(body, inBody));
  return true;
}

/** Puts a text in place of the first match, or of all. */
export function replacing(regex: RegExp, text: string, isGlobal: boolean): Replace {
  return (subject) => findAll(regex, subject, isGlobal).map((match) => ({ from: match.index, to: match.index + match[0].length, text }));
}

/** Puts a text behind the first match. */
export function appending(regex: RegExp, text: string): Replace {
  return (subject) =>
    findAll(regex, subject, false).map((match) => {
      const at = match.index + match[0].length;
      return { from: at, to: at, text };
    });
}

// One replacement for all those that begin in one line.
function byLine(text: string, all: readonly Replacement[]): readonly Replacement[] {
  const lines: Replacement[] = [];
  let lineEnd = -1;
  for (const one of all) {
    const last = lines.at(-1);
    if (last === undefined || one.from >= lineEnd) {
      const lf = text.indexOf("\n", one.from);
      lineEnd = lf < 0 ? text.length : lf + 1;
      lines.push(one);
    } else lines[lines.length - 1] = { from: last.from, to: one.to, text: last.text + text.slice(last.to, one.from) + one.text };
  }
  return lines;
}
