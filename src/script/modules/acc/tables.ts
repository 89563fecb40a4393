// Records of a script in tables: the parameters of acc about them, and what the script's calls say of them (side-modules 2.4).
import type { RecordField } from "../../../accounting/index.ts";
import { type Dependency, type ModuleParameter, TextParameter } from "../../module.ts";
import { ColumnParameters, databaseDependency, isTableName } from "../databases.ts";

/** The tables of one script. */
export class AccTables {
  /** A record in a table is asked for somewhere. */
  isUsed = false;
  /** It may be: a variable says where records go. */
  mayBeUsed = false;
  readonly #dbUrl = new TextParameter("db_url");
  readonly #answered = new TextParameter("db_table_acc", "acc");
  readonly #missed = new TextParameter("db_table_missed_calls", "missed_calls");
  readonly #columns = new ColumnParameters({
    acc_method_column: "method",
    acc_from_tag_column: "from_tag",
    acc_to_tag_column: "to_tag",
    acc_callid_column: "callid",
    acc_sip_code_column: "sip_code",
    acc_sip_reason_column: "sip_reason",
    acc_time_column: "time",
  });
  readonly #named = new Set<string>();
  readonly parameters: readonly ModuleParameter[] = [this.#dbUrl, this.#answered, this.#missed, ...this.#columns.all];

  /** Whether records have a database to go to. */
  get areThere(): boolean {
    return this.isUsed || (this.mayBeUsed && this.#dbUrl.value !== "");
  }

  /** A route names this table; undefined for one that is only known when it runs. */
  isNamed(table: string | undefined): void {
    if (table !== undefined && isTableName(table)) this.#named.add(table);
  }

  dependencies(): readonly Dependency[] {
    return this.#dbUrl.value === "" ? [] : [databaseDependency("acc", "db_url")];
  }

  check(): readonly string[] {
    return [this.#answered, this.#missed]
      .filter((one) => !isTableName(one.value))
      .map((one) => `acc: ${one.name} is no name of a table: <${one.value}>`);
  }

  /** @param extras - fields with a column, as `legs` */
  options(extras: readonly RecordField[], legs: readonly RecordField[]): Readonly<Record<string, unknown>> {
    if (!this.areThere) return {};
    return {
      recordStore: this.#dbUrl.value === "" ? true : this.#dbUrl.value,
      recordTable: this.#answered.value,
      missedTable: this.#missed.value,
      recordTables: [...this.#named],
      recordColumns: this.#columns.names(),
      recordExtras: extras.map(written),
      recordLegs: legs.map(written),
    };
  }
}

function written({ tag, name }: RecordField): string {
  return tag === name ? tag : `${tag}->${name}`;
}
