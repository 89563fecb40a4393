export { MariadbServer, mariadbMissing } from "./mariadb-server.ts";
export { ModelDatabase, type ModelWeather } from "./model.ts";
export { PostgresServer, postgresMissing } from "./postgres-server.ts";
export { Relay, type RelayEnd, type RelayJudge } from "./relay.ts";
export type { DatabaseServer, DatabaseServerOptions } from "./server.ts";
