// What writes one record into one table (side-modules 2.4): its columns by their names, statements made once.
import { type CallRecord, durationSeconds, type RecordField } from "../../accounting/index.ts";
import { instantText } from "../instant.ts";
import type { Dialect, SqlValue, Statement } from "../ports.ts";
import {
  accTable,
  insertOnceText,
  insertText,
  isPlainName,
  missedCallsTable,
  OWN_COLUMN,
  placeholder,
  placeholders,
  quoteName,
  type TableShape,
  upsertText,
} from "../schema/index.ts";
import { columnText } from "../text.ts";

/** Columns whose names are parameters. */
export const RECORD_COLUMNS = ["method", "from_tag", "to_tag", "callid", "sip_code", "sip_reason", "time"] as const;

/** Names of those that are called otherwise. */
export type RecordColumnNames = Readonly<Partial<Record<(typeof RECORD_COLUMNS)[number], string>>>;

/**
 * A value of a record and its column: `customer`, or `trunk->gateway` where they differ.
 * @returns undefined for a text that is neither
 */
export function parseRecordField(text: string): RecordField | undefined {
  const [tag = "", name = tag, ...rest] = text.split("->").map((word) => word.trim());
  return tag === "" || rest.length > 0 || !isPlainName(name) ? undefined : { tag, name };
}

/** What the columns of all tables of records are. */
export interface RecordLayout {
  readonly columns: RecordColumnNames;
  /** The route's own values: columns of the operator's. */
  readonly extras: readonly RecordField[];
  readonly legs: readonly RecordField[];
}

/** What is known of a table. */
export interface RecordTableFacts {
  /** It has our own column, so that a record written twice is one row. */
  readonly hasOwn: boolean;
  /** Texts that it does not hold in full, by column. */
  readonly widths: ReadonlyMap<string, number>;
}

/** The shape of a table of records; those that routes name are like `acc`. */
export function recordShape(table: string, isMissed: boolean, { columns, extras, legs }: RecordLayout): TableShape {
  const own = [...new Set([...extras, ...legs].map((one) => one.name))];
  const shape = isMissed ? missedCallsTable(table, own) : accTable(table, own);
  const names = new Map<string, string>(Object.entries(columns));
  const nameOf = (column: string): string => names.get(column) ?? column;
  return {
    ...shape,
    columns: shape.columns.map((column) => (own.includes(column.name) ? column : { ...column, name: nameOf(column.name) })),
    indexes: shape.indexes.map((index) => ({ ...index, column: nameOf(index.column) })),
  };
}

/** Which columns a record fills. */
type Extent = "core" | "account" | "durations";

/** Statements on one table. */
export class RecordStatements {
  readonly shape: TableShape;
  readonly hasOwn: boolean;
  readonly #dialect: Dialect;
  readonly #layout: RecordLayout;
  readonly #widths: ReadonlyMap<string, number>;
  readonly #onCut: (column: string) => void;
  readonly #columns: Readonly<Record<Extent, readonly string[]>>;
  readonly #texts = new Map<string, string>();

  /** @param onCut - told when a text was longer than its column */
  constructor(dialect: Dialect, shape: TableShape, layout: RecordLayout, facts: RecordTableFacts, onCut: (column: string) => void) {
    this.shape = shape;
    this.hasOwn = facts.hasOwn;
    this.#dialect = dialect;
    this.#layout = layout;
    this.#widths = facts.widths;
    this.#onCut = onCut;
    const core = RECORD_COLUMNS.map((column) => layout.columns[column] ?? column);
    const account = [...core, ...layout.extras.map((one) => one.name), ...layout.legs.map((one) => one.name), "setuptime", "created"];
    this.#columns = { core, account, durations: [...account, "duration", "ms_duration"] };
  }

  /**
   * The rows of a record: one, or one for each leg.
   * @param id - the record's own; rows of the same id are the same
   * @param isAgain - the same has been tried before, and nobody knows whether it arrived
   */
  of(record: CallRecord, id: string, isAgain: boolean): readonly Statement[] {
    const extent: Extent = !record.hasAccount ? "core" : record.kind === "missed" || record.kind === "noted" ? "account" : "durations";
    const legs: readonly (ReadonlyMap<string, string> | undefined)[] =
      record.legs.length === 0 || this.#layout.legs.length === 0 ? [undefined] : record.legs;
    const all = legs.map((leg) => this.#values(record, leg, extent));
    return all.map((values, i) => {
      if (this.hasOwn) {
        return { text: this.#text(extent, record.kind === "cdr" ? "upsert" : "once"), values: [...values, i === 0 ? id : `${id}.${i}`] };
      }
      // a transaction of SQLite has happened or has not: no second attempt is in doubt
      if (!isAgain || this.#dialect === "sqlite") return { text: this.#text(extent, "insert"), values };
      const twins = all.slice(0, i).filter((other) => other.every((value, k) => value === values[k])).length;
      return { text: this.#text(extent, "unlessThere"), values: [...values, ...values, twins + 1] };
    });
  }

  #values(record: CallRecord, leg: ReadonlyMap<string, string> | undefined, extent: Extent): readonly SqlValue[] {
    const columns = this.#columns[extent];
    const texts = [record.method, record.fromTag, record.toTag, record.callId, record.code, record.reason];
    const values: SqlValue[] = texts.map((text, i) => this.#fit(columns[i] ?? "", text));
    values.push(instantText(record.at));
    if (extent === "core") return values;
    for (const { tag, name } of this.#layout.extras) values.push(this.#fit(name, record.extras.get(tag) ?? ""));
    for (const { tag, name } of this.#layout.legs) values.push(this.#fit(name, leg?.get(tag) ?? ""));
    values.push(Math.max(0, record.setupSeconds), instantText(record.createdAt));
    if (extent === "account") return values;
    const isOver = record.kind === "cdr";
    values.push(isOver ? durationSeconds(record.durationMs) : 0, isOver ? record.durationMs : 0);
    return values;
  }

  #fit(column: string, value: string): string {
    const text = columnText(value, this.#dialect);
    const width = this.#widths.get(column);
    if (width === undefined || text.length <= width) return text;
    this.#onCut(column);
    // half of a pair of surrogates is no character
    const isSplit = (text.charCodeAt(width - 1) & 0xfc00) === 0xd800;
    return text.slice(0, isSplit ? width - 1 : width);
  }

  #text(extent: Extent, way: "insert" | "once" | "upsert" | "unlessThere"): string {
    const key = `${extent} ${way}`;
    let text = this.#texts.get(key);
    if (text === undefined) {
      const columns = this.#columns[extent];
      if (way === "insert") text = insertText(this.#dialect, this.shape, columns);
      else if (way === "unlessThere") text = insertUnlessThereText(this.#dialect, this.shape.name, columns);
      else if (way === "once") text = insertOnceText(this.#dialect, this.shape, [...columns, OWN_COLUMN], OWN_COLUMN);
      else text = upsertText(this.#dialect, this.shape, [...columns, OWN_COLUMN], OWN_COLUMN);
      this.#texts.set(key, text);
    }
    return text;
  }
}

/**
 * Adds a row where fewer than so many like it are: for tables that others have made, in which nothing says which record a row is. The values
 * are given twice, for the row and for the question, then the number.
 */
function insertUnlessThereText(dialect: Dialect, table: string, columns: readonly string[]): string {
  const name = quoteName(dialect, table);
  const list = columns.map((column) => quoteName(dialect, column));
  const asked = placeholders(dialect, columns.length, columns.length + 1).split(", ");
  const same = list.map((column, i) => `${column} = ${asked[i]}`).join(" AND ");
  // MySQL wants something to select from, and lets the table that is written to be read only under another name
  const from = dialect === "mysql" ? " FROM DUAL" : "";
  const there = `SELECT COUNT(*) FROM (SELECT 1 AS found FROM ${name} WHERE ${same}) AS there`;
  const most = placeholder(dialect, 2 * columns.length + 1);
  return `INSERT INTO ${name} (${list.join(", ")}) SELECT ${placeholders(dialect, columns.length)}${from} WHERE (${there}) < ${most}`;
}
