// What is wrong with a script, gathered while all of it is read.
import type { Problem, SourceFile, Span } from "../language/ast.ts";

/** More are not listed: they repeat themselves by then. */
const PROBLEMS_MAX = 100;

/** Problems in the order of the text, includes at their place; those that belong nowhere stand at the end. */
export class Problems {
  readonly #found: { readonly place: readonly number[] | undefined; readonly problem: Problem }[] = [];
  readonly #known = new Set<string>();
  readonly #files = new Map<SourceFile, number>();

  error(span: Span | undefined, message: string, hint?: string): void {
    this.take({ severity: "error", span, message, hint });
  }

  warning(span: Span | undefined, message: string, hint?: string): void {
    this.take({ severity: "warning", span, message, hint });
  }

  notice(span: Span | undefined, message: string, hint?: string): void {
    this.take({ severity: "notice", span, message, hint });
  }

  /** Adds one, unless the same was said of the same place. */
  take(problem: Problem): void {
    const { span, severity, message } = problem;
    const key = `${span === undefined ? "" : `${this.#fileNumber(span.file)}:${span.start}:${span.end}`} ${severity} ${message}`;
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.#found.push({ place: span === undefined ? undefined : placeOf(span), problem });
  }

  /** How many there are. */
  get count(): number {
    return this.#found.length;
  }

  /** All of them, at most 100: errors are kept before warnings and notices. */
  list(): readonly Problem[] {
    const sorted = this.#found.toSorted((a, b) => compare(a.place, b.place));
    let room = PROBLEMS_MAX - sorted.filter(({ problem }) => problem.severity === "error").length;
    const list = sorted.filter(({ problem }) => problem.severity === "error" || room-- > 0);
    return list.slice(0, PROBLEMS_MAX).map(({ problem }) => problem);
  }

  #fileNumber(file: SourceFile): number {
    const known = this.#files.get(file);
    if (known !== undefined) return known;
    this.#files.set(file, this.#files.size);
    return this.#files.size - 1;
  }
}

/** Offsets from the main file inwards: of each include, then of the thing itself. */
function placeOf({ file, start }: Span): readonly number[] {
  return file.includedAt === undefined ? [start] : [...placeOf(file.includedAt), start];
}

function compare(a: readonly number[] | undefined, b: readonly number[] | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  for (let i = 0; i < a.length && i < b.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
