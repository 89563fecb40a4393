// What is wrong with a script, gathered while all of it is read.
import type { Problem, SourceFile, Span } from "../language/ast.ts";

/** More are not listed: they repeat themselves by then. */
const PROBLEMS_MAX = 100;

/** Problems in the order of the text: of the item of the file that they belong to, then as they came. */
export class Problems {
  /** Index of the top-level item being read; problems that belong to none stand at the end. */
  order = 0;
  readonly #found: { readonly order: number; readonly problem: Problem }[] = [];
  readonly #known = new Set<string>();
  readonly #files = new Map<SourceFile, number>();

  error(span: Span | undefined, message: string, hint?: string): void {
    this.#add("error", span, message, hint);
  }

  warning(span: Span | undefined, message: string, hint?: string): void {
    this.#add("warning", span, message, hint);
  }

  notice(span: Span | undefined, message: string, hint?: string): void {
    this.#add("notice", span, message, hint);
  }

  /** Takes one that another part of the reader made. */
  take(problem: Problem): void {
    this.#add(problem.severity, problem.span, problem.message, problem.hint);
  }

  get hasErrors(): boolean {
    return this.#found.some(({ problem }) => problem.severity === "error");
  }

  /** All of them, at most 100: errors are kept before warnings and notices. */
  list(): readonly Problem[] {
    const sorted = this.#found.toSorted((a, b) => a.order - b.order);
    let room = PROBLEMS_MAX - sorted.filter(({ problem }) => problem.severity === "error").length;
    const list = sorted.filter(({ problem }) => problem.severity === "error" || room-- > 0);
    return list.slice(0, PROBLEMS_MAX).map(({ problem }) => problem);
  }

  #add(severity: Problem["severity"], span: Span | undefined, message: string, hint: string | undefined): void {
    const key = `${span === undefined ? "" : `${this.#fileNumber(span.file)}:${span.start}:${span.end}`} ${severity} ${message}`;
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.#found.push({ order: this.order, problem: { severity, span, message, hint } });
  }

  #fileNumber(file: SourceFile): number {
    const known = this.#files.get(file);
    if (known !== undefined) return known;
    this.#files.set(file, this.#files.size);
    return this.#files.size - 1;
  }
}
