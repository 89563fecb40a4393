// The contract of databases on real servers; SQLite and the model keep it in src/store/contract.
import { silentLog } from "../../src/kit/index.ts";
import { databaseContract } from "../../src/store/contract/harness.ts";
import { openDatabase } from "../../src/store/index.ts";
import { type DatabaseServer, MariadbServer, mariadbMissing, PostgresServer, postgresMissing } from "../../src/testing/databases/index.ts";

for (const [name, start, missing] of [
  ["PostgreSQL", () => PostgresServer.start(), postgresMissing()],
  ["MariaDB", () => MariadbServer.start(), mariadbMissing()],
] as const) {
  let server: DatabaseServer | undefined;
  let url = "";
  databaseContract({
    name,
    missing,
    begin: async () => {
      server = await start();
      url = server.url(await server.createDatabase());
    },
    end: async () => server?.remove(),
    open: () => openDatabase(url, { log: silentLog }),
    longestTurnMs: 20,
    longestReadMs: 5000,
  });
}
