// The drivers of the database servers, fetched when a URL asks for one: nobody else pays for them.
import { StoreError } from "./ports.ts";

/** @throws StoreError `refused` when the package is not installed */
export async function loadPostgres(): Promise<typeof import("pg")> {
  try {
    return await import("pg");
  } catch (error) {
    throw missing("PostgreSQL", "pg", error);
  }
}

/** @throws StoreError `refused` when the package is not installed */
export async function loadMysql(): Promise<typeof import("mysql2")> {
  try {
    return await import("mysql2");
  } catch (error) {
    throw missing("MySQL and MariaDB", "mysql2", error);
  }
}

function missing(what: string, name: string, error: unknown): StoreError {
  const text = `the driver of ${what} cannot be loaded: install the npm package "${name}" (npm install ${name}). ${String(error)}`;
  return new StoreError("refused", text, -1, { cause: error });
}
