import { silentLog } from "../../src/kit/index.ts";
import { openDatabase } from "../../src/store/index.ts";
import { schemaSuite } from "../../src/store/schema/harness.ts";
import { type DatabaseServer, MariadbServer, mariadbMissing, PostgresServer, postgresMissing } from "../../src/testing/databases/index.ts";

for (const [dialect, start, missing] of [
  ["postgres", () => PostgresServer.start(), postgresMissing()],
  ["mysql", () => MariadbServer.start(), mariadbMissing()],
] as const) {
  let server: DatabaseServer | undefined;
  schemaSuite({
    dialect,
    missing,
    begin: async () => {
      server = await start();
    },
    end: async () => server?.remove(),
    open: async () => openDatabase(await newDatabase(server), { log: silentLog }),
  });
}

/** The URL of an empty database. */
async function newDatabase(server: DatabaseServer | undefined): Promise<string> {
  if (server === undefined) throw new Error("the server has not been started");
  return server.url(await server.createDatabase());
}
