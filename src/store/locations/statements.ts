// The statements on one location table, their texts made once.
import type { LocationRow } from "../../location/index.ts";
import type { Dialect, SqlValue, Statement } from "../ports.ts";
import { deleteText, selectText, type TableShape, upsertText } from "../schema/index.ts";
import { LOCATION_COLUMNS, type LocationColumnNames, locationColumnNames, valuesOf } from "./columns.ts";

/** Where the length of a text does not matter, it is cut to the width of a table that others have made. */
const CUT_COLUMN = LOCATION_COLUMNS.indexOf("user_agent");

/** What a table needs to know. */
export interface LocationStatementOptions {
  readonly columns: LocationColumnNames;
  readonly useDomain: boolean;
  /** Texts that the table does not hold in full, by column. */
  readonly widths: ReadonlyMap<string, number>;
}

/** Statements on one table. */
export class LocationStatements {
  /** Names its rows among those of a database. */
  readonly realm: string;
  readonly selectAll: Statement;
  readonly #upsert: string;
  readonly #remove: string;
  readonly #useDomain: boolean;
  readonly #dialect: Dialect;
  readonly #cut: number;

  constructor(dialect: Dialect, shape: TableShape, options: LocationStatementOptions) {
    const names = locationColumnNames(options.columns);
    this.realm = `location ${shape.name}`;
    this.selectAll = { text: selectText(dialect, shape, names), values: [] };
    this.#upsert = upsertText(dialect, shape, names);
    this.#remove = deleteText(dialect, shape);
    this.#useDomain = options.useDomain;
    this.#dialect = dialect;
    this.#cut = options.widths.get(names[CUT_COLUMN] ?? "") ?? 0;
  }

  /** Writes a row, whether it is there or not. */
  upsert(row: LocationRow): Statement {
    const values: SqlValue[] = valuesOf(row, this.#useDomain, this.#dialect);
    const agent = values[CUT_COLUMN];
    if (this.#cut > 0 && typeof agent === "string" && agent.length > this.#cut) values[CUT_COLUMN] = agent.slice(0, this.#cut);
    return { text: this.#upsert, values };
  }

  remove(contactId: bigint): Statement {
    return { text: this.#remove, values: [contactId] };
  }
}
