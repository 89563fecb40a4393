// The message as text: what is found in its header lines and its body, and replaced there. The start line is left alone.
// Heads are searched as they were received (queued changes are not visible), bodies as earlier changes left them.
import type { Edit, SipMessage } from "../../../sip/index.ts";
import { applyTo, findAll, type Replacement } from "../substitution.ts";

/** What of a message a function works on. */
export type Scope = "message" | "body";

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
    const inHead = replace(headText(edit.message), true);
    if (inHead === undefined) return false;
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
