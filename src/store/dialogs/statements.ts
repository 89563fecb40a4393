// The statements on one dialog table, their texts made once.
import type { SqlValue, Statement } from "../ports.ts";
import { deleteText, placeholder, placeholders, quoteName, selectText, updateText, upsertText } from "../schema/index.ts";
import { At, CHANGING, columnNames, type RowForm, VALUE_COLUMNS } from "./row-form.ts";

/** What is said about rows. Rows come in the order of the table. */
export class CallStatements {
  readonly #form: RowForm;
  readonly #upsert: string;
  readonly #delete: string;
  readonly #updates = new Map<readonly number[], string>();
  readonly #bulk = new Map<number, string>();
  readonly #changing: readonly number[];
  readonly #changingAndValues: readonly number[];

  constructor(form: RowForm) {
    const { dialect, table, hasOwn } = form;
    this.#form = form;
    this.#changing = hasOwn ? [...CHANGING, At.own] : CHANGING;
    this.#changingAndValues = [...this.#changing, ...VALUE_COLUMNS];
    this.#upsert = upsertText(dialect, table, columnNames(form));
    this.#delete = deleteText(dialect, table);
    for (const places of [this.#changing, this.#changingAndValues, VALUE_COLUMNS, TIMEOUT]) {
      this.#updates.set(places, updateText(dialect, table, columnNames(form, places)));
    }
  }

  /** The whole row, whether or not it is there. */
  put(row: readonly SqlValue[]): Statement {
    return { text: this.#upsert, values: row };
  }

  /** What changes in the life of a call (12.4). @param hasValues - variables, profiles and script flags too */
  update(row: readonly SqlValue[], hasValues: boolean): Statement {
    return this.#update(hasValues ? this.#changingAndValues : this.#changing, row);
  }

  /** Variables, profiles and script flags only. */
  updateValues(row: readonly SqlValue[]): Statement {
    return this.#update(VALUE_COLUMNS, row);
  }

  /** The end of the lifetime only. */
  updateTimeout(row: readonly SqlValue[]): Statement {
    return this.#update(TIMEOUT, row);
  }

  remove(id: bigint): Statement {
    return { text: this.#delete, values: [id] };
  }

  /** Several rows at once. */
  removeAll(ids: readonly bigint[]): Statement {
    let text = this.#bulk.get(ids.length);
    if (text === undefined) {
      text = deleteText(this.#form.dialect, this.#form.table, ids.length);
      this.#bulk.set(ids.length, text);
    }
    return { text, values: ids };
  }

  /** Rows of calls that are over. */
  removeEnded(): Statement {
    const { dialect, table } = this.#form;
    const [state = ""] = columnNames(this.#form, [At.state]);
    const text = `DELETE FROM ${quoteName(dialect, table.name)} WHERE ${quoteName(dialect, state)}=${placeholder(dialect, 1)}`;
    return { text, values: [5] };
  }

  /** Every row there is. */
  clear(): Statement {
    return { text: `DELETE FROM ${quoteName(this.#form.dialect, this.#form.table.name)}`, values: [] };
  }

  /** All rows with all columns. */
  all(): Statement {
    const { dialect, table } = this.#form;
    return { text: selectText(dialect, table, columnNames(this.#form)), values: [] };
  }

  /** All rows with the columns at some places. */
  some(places: readonly number[]): Statement {
    const { dialect, table } = this.#form;
    return { text: selectText(dialect, table, columnNames(this.#form, places)), values: [] };
  }

  /** Rows by their ids, with all columns. */
  byIds(ids: readonly SqlValue[]): Statement {
    const { dialect, table } = this.#form;
    const where = `${quoteName(dialect, table.key)} IN (${placeholders(dialect, ids.length)})`;
    return { text: selectText(dialect, table, columnNames(this.#form), where), values: ids };
  }

  /** The ids of all rows. */
  ids(): Statement {
    const { dialect, table } = this.#form;
    return { text: selectText(dialect, table, [table.key]), values: [] };
  }

  /** How many rows there are. */
  count(): Statement {
    return { text: `SELECT COUNT(*) FROM ${quoteName(this.#form.dialect, this.#form.table.name)}`, values: [] };
  }

  #update(places: readonly number[], row: readonly SqlValue[]): Statement {
    const values: SqlValue[] = [];
    for (let i = 0; i < places.length; i++) values.push(row[places[i] ?? 0] ?? null);
    values.push(row[At.id] ?? null);
    return { text: this.#updates.get(places) ?? "", values };
  }
}

const TIMEOUT: readonly number[] = Object.freeze([At.timeout]);
