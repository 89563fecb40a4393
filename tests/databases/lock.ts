// Somebody else's transaction that holds every row of a table.
import { createConnection } from "mysql2/promise";
import { Client } from "pg";

/**
 * Locks all rows of `calls`.
 * @returns what lets go again
 */
export async function holdLock(url: string): Promise<() => Promise<void>> {
  if (url.startsWith("mysql:")) {
    const connection = await createConnection(url);
    await connection.query("START TRANSACTION");
    await connection.query("SELECT * FROM calls FOR UPDATE");
    return async () => {
      await connection.query("ROLLBACK");
      await connection.end();
    };
  }
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query("BEGIN");
  await client.query("LOCK TABLE calls IN EXCLUSIVE MODE");
  return async () => {
    await client.query("ROLLBACK");
    await client.end();
  };
}
