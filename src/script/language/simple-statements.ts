// Statements that end with a `;`, and what is said when they do not.
import type { Command, Statement } from "./ast.ts";
import { HEADS, RETURN_HINT } from "./calls.ts";
import { parseCommand } from "./conditions.ts";
import type { Cursor } from "./cursor.ts";
import { isAssign, isCompare, NO_CONDITION, parseAssignment } from "./expressions.ts";
import type { Token } from "./lexer.ts";
import { nearest } from "./nearest.ts";

/** What begins a number or a group. */
const COMPLEMENTED = /[0-9(]/;

/** An assignment with its `;`; the variable is in hand. */
export function assignmentStatement(p: Cursor): Statement | undefined {
  const first = p.token;
  const target = p.variable();
  if (target === undefined) return undefined;
  // `$var(b)=~1` assigns a complement: a pattern is a text or a variable, and compares only inside conditions
  if (p.is("=~") && COMPLEMENTED.test(p.source.text.charAt(p.token.end))) {
    p.token = { ...p.token, kind: "=", end: p.token.start + 1, text: "=" };
    p.lexer.at = p.token.end;
  }
  if (!isAssign(p)) return noAssignment(p, first);
  const assignment = parseAssignment(p, first.start, target);
  return assignment && ended(p, assignment, first);
}

function noAssignment(p: Cursor, first: Token): undefined {
  if (isCompare(p)) return p.error(first, "syntax error", `'${p.token.text}' compares; an assignment is written with '='`, p.token);
  if (p.is("<<") || p.is(">>")) return p.error(first, "syntax error", `there is no '${p.token.text}='`, p.token);
  return p.error(first, "syntax error", "a variable alone does nothing: an assignment is expected");
}

/** A command with its `;`; its first word is in hand. */
export function commandStatement(p: Cursor): Statement | undefined {
  const first = p.token;
  const command = parseCommand(p);
  if (command === undefined) {
    // a bare word with nothing behind it on its line was meant as a whole statement; the next line is one of its own
    if (p.previous === first && !p.isRestarted && p.startsLine(p.token)) return { kind: "empty", span: p.spanOf(first) };
    return undefined;
  }
  return ended(p, command, first);
}

/** The `;` behind a command. Where it is missing and the next statement begins, nothing is skipped. */
function ended(p: Cursor, command: Command, first: Token): Statement | undefined {
  if (p.take(";")) return command;
  if (p.is("{") && command.kind === "call") return misspeltHead(p, first);
  const isGlued = p.is("word") && p.token.start === p.previous.end && p.previous.kind === "number";
  if (!isGlued && (p.is("word") || p.is("variable") || p.is("}") || p.is("end"))) {
    // a string that ran over lines explains more
    if (p.hasStrayString()) p.unexpected();
    else p.error(first, "bad command: missing ';'?", undefined, lastOnLine(p, first));
    return p.isRestarted ? undefined : command;
  }
  if (command.kind === "return") return p.unexpected(RETURN_HINT);
  if (p.is("&&") || p.is("||")) return p.unexpected(NO_CONDITION);
  if (p.previous.kind === "string" || p.is("junk")) return p.unexpected("a ';' is expected");
  return p.error(p.token, "bad command!)", `a ';' is expected before '${p.token.text}'`);
}

/** The last token of a command that stands on the line of its first: what the marker goes to. */
function lastOnLine(p: Cursor, first: Token): Token {
  return p.source.text.slice(first.start, p.previous.end).includes("\n") ? first : p.previous;
}

function misspeltHead(p: Cursor, first: Token): undefined {
  const meant = nearest(first.text, HEADS);
  return p.error(first, "bad command!)", meant === undefined ? "a call has no block; is a ';' missing?" : `did you mean ${meant}?`);
}
