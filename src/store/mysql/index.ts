import type { Database } from "../ports.ts";
import type { ServerAddress } from "../servers/address.ts";
import { ServerDatabase } from "../servers/server-database.ts";
import { SERVER_LIMITS, type ServerLimits } from "../servers/session.ts";
import { MysqlSession } from "./session.ts";

/** A database of MySQL or MariaDB. Nothing is connected before it is needed. */
export function mysqlDatabase(address: ServerAddress, limits: ServerLimits = SERVER_LIMITS): Database {
  return new ServerDatabase({ dialect: "mysql", name: address.name, limits, open: (use) => MysqlSession.open(address, limits, use) });
}
