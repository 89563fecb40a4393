// One row of a binding that has to be written: what it holds is decided when its turn comes.
import type { Binding, BindingParts, LocationTable } from "../../location/index.ts";
import type { RowChange, Statement } from "../ports.ts";
import type { LocationStatements } from "./statements.ts";

/** Brings the row of a binding to what the binding is, or takes it away with the binding. */
export class BindingChange implements RowChange {
  readonly realm: string;
  readonly row: bigint;
  readonly #binding: Binding;
  readonly #table: LocationTable;
  readonly #statements: LocationStatements;
  #written: BindingParts | undefined = undefined;

  constructor(binding: Binding, table: LocationTable, statements: LocationStatements) {
    this.realm = statements.realm;
    this.row = binding.id;
    this.#binding = binding;
    this.#table = table;
    this.#statements = statements;
  }

  statements(): readonly Statement[] {
    const binding = this.#binding;
    const isThere = binding.record.bindings.includes(binding);
    this.#written = isThere ? binding.parts : undefined;
    return [isThere ? this.#statements.upsert(this.#table.row(binding)) : this.#statements.remove(this.row)];
  }

  written(): void {
    // what came after is written after
    if (this.#written === this.#binding.parts) this.#binding.state = "sync";
  }
}

/** Takes a row away whose binding is not in memory: it had expired when it was read. */
export class RowRemoval implements RowChange {
  readonly realm: string;
  readonly row: bigint;
  readonly #statements: LocationStatements;

  constructor(row: bigint, statements: LocationStatements) {
    this.realm = statements.realm;
    this.row = row;
    this.#statements = statements;
  }

  statements(): readonly Statement[] {
    return [this.#statements.remove(this.row)];
  }
}
