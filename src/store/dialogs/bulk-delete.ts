// Rows of several calls that are over, removed with one statement (`timer_bulk_del_no`).
import type { RowChange, Statement, StoreError } from "../ports.ts";
import type { CallStatements } from "./statements.ts";
import type { StoredCall } from "./stored-call.ts";

/** One such statement. */
export class BulkDelete implements RowChange {
  readonly realm: string;
  readonly row = undefined;
  readonly #statements: CallStatements;
  readonly #calls: readonly StoredCall[];

  constructor(realm: string, statements: CallStatements, calls: readonly StoredCall[]) {
    this.realm = realm;
    this.#statements = statements;
    this.#calls = calls;
  }

  statements(): readonly Statement[] {
    return [this.#statements.removeAll(this.#calls.map((call) => call.row))];
  }

  written(): void {
    for (const call of this.#calls) call.written();
  }

  refused(error: StoreError): void {
    for (const call of this.#calls) call.refused(error);
  }
}
