import type { Database } from "../ports.ts";
import type { ServerAddress } from "../servers/address.ts";
import { ServerDatabase } from "../servers/server-database.ts";
import { SERVER_LIMITS, type ServerLimits } from "../servers/session.ts";
import { PostgresSession } from "./session.ts";

/** A PostgreSQL database. Nothing is connected before it is needed. */
export function postgresDatabase(address: ServerAddress, limits: ServerLimits = SERVER_LIMITS): Database {
  return new ServerDatabase({ dialect: "postgres", name: address.name, limits, open: () => PostgresSession.open(address, limits) });
}
