// One record on its way into its table.
import type { CallRecord } from "../../accounting/index.ts";
import type { RowChange, Statement, StoreError } from "../ports.ts";
import type { RecordStatements } from "./statements.ts";

/** What is told of it. */
export interface RecordWatch {
  written(id: string): void;
  refused(id: string, error: StoreError): void;
}

/** Writes a record. */
export class RecordChange implements RowChange {
  readonly realm: string;
  readonly row: string;
  readonly #record: () => CallRecord;
  readonly #statements: RecordStatements;
  readonly #watch: RecordWatch;
  #attempts = 0;
  #given: readonly Statement[] = [];
  #isWritten = false;

  /** @param record - asked when its turn has come */
  constructor(id: string, record: () => CallRecord, statements: RecordStatements, watch: RecordWatch) {
    this.realm = `records ${statements.shape.name}`;
    this.row = id;
    this.#record = record;
    this.#statements = statements;
    this.#watch = watch;
  }

  statements(): readonly Statement[] {
    this.#given = this.#statements.of(this.#record(), this.row, this.#attempts++ > 0);
    return this.#given;
  }

  /** Whether the rows of a record stand there already, as they would be written now. */
  hasWritten(record: CallRecord): boolean {
    if (!this.#isWritten) return false;
    const wanted = this.#statements.of(record, this.row, false);
    return (
      wanted.length === this.#given.length &&
      wanted.every(({ values }, i) => {
        const given = this.#given[i]?.values ?? [];
        return values.length === given.length && values.every((value, k) => value === given[k]);
      })
    );
  }

  written(): void {
    this.#isWritten = true;
    this.#watch.written(this.row);
  }

  refused(error: StoreError): void {
    this.#watch.refused(this.row, error);
  }
}
