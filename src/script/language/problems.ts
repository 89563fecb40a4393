// Problems as a person reads them: where, what, the lines around it with a marker, and what to do about it.
import type { Problem, SourceFile, Span } from "./ast.ts";
import { lineText, positionOf } from "./positions.ts";

/** How problems are printed. */
export interface ProblemStyle {
  /** Which of them come with the lines around them; "first" (the default) means the first error. */
  readonly context?: "none" | "first" | "all";
}

/** Lines shown before and after the one with the problem. */
const AROUND = 2;
/** Includes shown at either end of a long traceback. */
const TRACED = 5;
/** Longest line shown; of a longer one only the part around the problem. */
const WIDEST = 200;

/**
 * Problems as text, one character for each byte, each line ended by a line feed:
 *
 *     Traceback (last included file at the bottom):
 *      0. main.cfg
 *      1. inc/body.cfg
 *     parse error in inc/body.cfg:12:17-18: unknown command <foo>, missing loadmodule?
 *     (two lines before, the line, `^~~~` below it, two lines after)
 *     hint in inc/body.cfg:12:17-18: did you mean foo2?
 *
 * The traceback appears for included files, and like the lines only where `style` wants them.
 */
export function formatProblems(problems: readonly Problem[], style: ProblemStyle = {}): string {
  const lines: string[] = [];
  const { context = "first" } = style;
  const first = problems.find((problem) => problem.severity === "error") ?? problems[0];
  for (const problem of problems) addProblem(lines, problem, context === "all" || (context === "first" && problem === first));
  return lines.length === 0 ? "" : byteText(`${lines.join("\n")}\n`);
}

/** One character for each byte, as the script's own text is: the dots of a hint become the bytes they are written with. */
function byteText(text: string): string {
  let result = "";
  for (const character of text) {
    const c = character.codePointAt(0) ?? 0;
    if (c <= 0xff) result += character;
    else if (c <= 0x7ff) result += String.fromCharCode(0xc0 | (c >> 6), 0x80 | (c & 0x3f));
    else if (c <= 0xffff) result += String.fromCharCode(0xe0 | (c >> 12), 0x80 | ((c >> 6) & 0x3f), 0x80 | (c & 0x3f));
    else result += String.fromCharCode(0xf0 | (c >> 18), 0x80 | ((c >> 12) & 0x3f), 0x80 | ((c >> 6) & 0x3f), 0x80 | (c & 0x3f));
  }
  return result;
}

function addProblem(lines: string[], problem: Problem, hasContext: boolean): void {
  const { span } = problem;
  if (span === undefined) {
    lines.push(problem.message);
    if (problem.hint !== undefined) lines.push(`hint: ${problem.hint}`);
    return;
  }
  const { path, line, column, endColumn } = positionOf(span);
  const place = `${path}:${line}:${column}-${endColumn}`;
  if (hasContext && span.file.includedAt !== undefined) addTraceback(lines, span.file);
  lines.push(`${TITLES[problem.severity]} in ${place}: ${problem.message}`);
  if (hasContext) addContext(lines, span);
  if (problem.hint !== undefined) lines.push(`hint in ${place}: ${problem.hint}`);
}

const TITLES = { error: "parse error", warning: "warning", notice: "notice" } as const;

function addTraceback(lines: string[], file: SourceFile): void {
  const paths: string[] = [];
  for (let at: SourceFile | undefined = file; at !== undefined; at = at.includedAt?.file) paths.push(at.path);
  lines.push("Traceback (last included file at the bottom):");
  paths.reverse();
  for (const [i, path] of paths.entries()) {
    // of a file that includes itself the middle says nothing
    if (i >= TRACED && i < paths.length - TRACED) {
      if (i === TRACED) lines.push(" ...");
    } else lines.push(` ${i}. ${path}`);
  }
}

function addContext(lines: string[], span: Span): void {
  const { line, column, endColumn } = positionOf(span);
  const own = lineText(span.file, line) ?? "";
  // a long line is shown from a little before the problem on
  const from = own.length <= WIDEST ? 0 : Math.max(0, column - 1 - WIDEST / 4);
  for (let i = line - AROUND; i < line; i++) addLine(lines, span.file, i, 0);
  lines.push(own.slice(from, from + WIDEST));
  const width = Math.max(1, Math.min(endColumn, from + WIDEST + 1) - column);
  lines.push(`${indentLike(own.slice(from, column - 1))}^${"~".repeat(width - 1)}`);
  for (let i = line + 1; i <= line + AROUND; i++) addLine(lines, span.file, i, 0);
}

function addLine(lines: string[], file: SourceFile, line: number, from: number): void {
  const text = line < 1 ? undefined : lineText(file, line);
  if (text !== undefined) lines.push(text.slice(from, from + WIDEST));
}

/** Blanks as wide as a text; tabs stay, and later bytes of a character take no room, so that the marker stands below what it marks. */
function indentLike(text: string): string {
  let indent = "";
  for (const character of text) {
    const c = character.charCodeAt(0);
    if (c < 0x80 || c >= 0xc0) indent += character === "\t" ? "\t" : " ";
  }
  return indent;
}
