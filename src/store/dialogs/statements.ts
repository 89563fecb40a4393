// The statements on one dialog table, their texts made once.
import type { SqlValue, Statement } from "../ports.ts";
import { deleteText, placeholder, placeholders, quoteName, selectText, updateText, upsertText } from "../schema/index.ts";
import { At, CHANGING, columnNames, type RowForm, VALUE_COLUMNS } from "./row-form.ts";

/** What is said about rows. Rows come in the order of the table. */
export class CallStatements {
  readonly #form: RowForm;
  readonly #upsert: string;
  readonly #delete: string;
  readonly #update: string;
  readonly #updateAll: string;
  readonly #updateValues: string;
  readonly #updateTimeout: string;
  readonly #bulk = new Map<number, string>();

  constructor(form: RowForm) {
    const { dialect, table, hasOwn } = form;
    this.#form = form;
    this.#upsert = upsertText(dialect, table, columnNames(form));
    this.#delete = deleteText(dialect, table);
    const update = (places: readonly number[]): string => updateText(dialect, table, columnNames(form, places));
    const changing = hasOwn ? [...CHANGING, At.own] : CHANGING;
    this.#update = update(changing);
    this.#updateAll = update([...changing, ...VALUE_COLUMNS]);
    this.#updateValues = update(VALUE_COLUMNS);
    this.#updateTimeout = update([At.timeout]);
  }

  /** The whole row, whether or not it is there. */
  put(row: readonly SqlValue[]): Statement {
    return { text: this.#upsert, values: row };
  }

  /** What changes in the life of a call (12.4): `changingValues`. @param hasValues - variables, profiles and script flags too */
  update(id: bigint, values: readonly SqlValue[], hasValues: boolean): Statement {
    return { text: hasValues ? this.#updateAll : this.#update, values: [...values, id] };
  }

  /** Variables, profiles and script flags only: `valueColumns`. */
  updateValues(id: bigint, values: readonly SqlValue[]): Statement {
    return { text: this.#updateValues, values: [...values, id] };
  }

  /** The end of the lifetime only. */
  updateTimeout(id: bigint, timeout: number): Statement {
    return { text: this.#updateTimeout, values: [timeout, id] };
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
}
