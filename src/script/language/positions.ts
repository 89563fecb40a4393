// Line and column of a span, as people and their editors count them.
import type { SourceFile, Span } from "./ast.ts";

/** 1-based; `endColumn` is the column after the last character, on the same line. */
export interface Position {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
}

/** Where a span begins. One that goes on over several lines ends, for this purpose, with its first line. */
export function positionOf(span: Span): Position {
  const starts = lineStartsOf(span.file);
  const line = lineIndex(starts, span.start);
  const lineStart = starts[line] ?? 0;
  const nextStart = starts[line + 1];
  const lineEnd = nextStart === undefined ? span.file.text.length : nextStart - 1;
  const end = Math.max(span.start, Math.min(span.end, lineEnd));
  return { path: span.file.path, line: line + 1, column: span.start - lineStart + 1, endColumn: end - lineStart + 1 };
}

/** Text of a line (1-based) without its line end; undefined beyond the last one. */
export function lineText(file: SourceFile, line: number): string | undefined {
  const starts = lineStartsOf(file);
  const start = starts[line - 1];
  // what follows the last line end is a line only if something stands there
  if (start === undefined || (start === file.text.length && line > 1)) return undefined;
  const text = file.text.slice(start, starts[line] ?? file.text.length);
  return text.endsWith("\r\n") ? text.slice(0, -2) : text.endsWith("\n") ? text.slice(0, -1) : text;
}

function lineStartsOf(file: SourceFile): readonly number[] {
  if (file.lineStarts !== undefined) return file.lineStarts;
  const starts: number[] = [0];
  for (let at = file.text.indexOf("\n"); at >= 0; at = file.text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** Index of the line that holds an offset. */
function lineIndex(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
