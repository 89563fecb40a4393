// Changes with their statements, ready for one transaction.
import type { Statement } from "./ports.ts";

/** What goes together; `T` is a change as its queue holds it. */
export class Batch<T> {
  readonly changes: T[] = [];
  readonly statements: Statement[] = [];
  /** For each change how many statements there are up to its last. */
  readonly #ends: number[] = [];

  add(one: T, statements: readonly Statement[]): void {
    this.changes.push(one);
    for (const statement of statements) this.statements.push(statement);
    this.#ends.push(this.statements.length);
  }

  /** The change that was refused: the only one, or that of the statement which the database names; undefined when nobody knows. */
  refused(statement: number): T | undefined {
    if (this.changes.length === 1) return this.changes[0];
    return statement < 0 ? undefined : this.changes[this.#ends.findIndex((end) => statement < end)];
  }
}
