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
    for (let isHeld = false; !isHeld; ) {
      await connection.query("START TRANSACTION");
      isHeld = await connection.query("SELECT * FROM calls FOR UPDATE").then(() => true, whenDeadlock);
    }
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

/** Row by row, we and those who write may have met halfway, and the server chose us to go back. */
function whenDeadlock(error: NodeJS.ErrnoException): false {
  if (error.code !== "ER_LOCK_DEADLOCK") throw error;
  return false;
}
