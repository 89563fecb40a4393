// What modules that keep rows share: the drivers that one of has to be loaded, and parameters that name columns.
import { type Dependency, type ModuleParameter, TextParameter } from "../module.ts";

const SQL_MODULES = ["db_sqlite", "db_mysql", "db_postgres", "db_text", "db_virtual", "db_unixodbc", "db_http", "db_oracle", "db_cachedb"];

/** @param parameter - what makes a database necessary */
export function databaseDependency(module: string, parameter: string): Dependency {
  const message = `module ${module} depends on an sqldb module due to modparam ${parameter}, but none was loaded!`;
  return { oneOf: SQL_MODULES, message };
}

/** Parameters that give columns other names. */
export class ColumnParameters {
  readonly all: readonly ModuleParameter[];
  readonly #columns: ReadonlyMap<string, TextParameter>;

  /** @param columns - the column's own name by that of its parameter */
  constructor(columns: Readonly<Record<string, string>>) {
    this.#columns = new Map(Object.entries(columns).map(([parameter, column]) => [column, new TextParameter(parameter, column)]));
    this.all = [...this.#columns.values()];
  }

  /** Names of columns that are not called by their own, as the engine's options take them. */
  names(): Readonly<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const [column, parameter] of this.#columns) if (parameter.value !== column) found[column] = parameter.value;
    return found;
  }
}

/** Whether a table of a database can be called so; registrations in other tables stay in memory. */
export function isTableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(name);
}
