// Drivers of databases, caches and the cluster layer. What is not there yet loads all the same, so that scripts that name it start; whatever
// needs it says so where a setting of the script asks for it.
import { IntParameter, type ModuleFactory, type ModuleParameter } from "../module.ts";

function later(name: string, what: string): ModuleFactory {
  return () => ({
    name,
    parameters: [],
    functions: [],
    variables: [],
    notice: `module ${name}: ${what} with a later release`,
  });
}

/** A driver: what has a URL of its kind can be kept there. The reference's ways to tune its own driver mean nothing to ours. */
function driver(name: string): ModuleFactory {
  return () => ({ name, parameters: [], functions: [], variables: [] });
}

const SHARED = "profiles and values are shared over caches";

/** What each connection is set to, and how long it waits for somebody else's lock. */
export const dbSqlite: ModuleFactory = () => {
  const busyTimeout = new IntParameter("busy_timeout", 500, 0);
  const pragmas: string[] = [];
  const execPragma: ModuleParameter = {
    name: "exec_pragma",
    type: "string",
    set(value) {
      pragmas.push(String(value));
      return undefined;
    },
  };
  return {
    name: "db_sqlite",
    parameters: [busyTimeout, execPragma],
    functions: [],
    variables: [],
    options: () => ({
      ...(busyTimeout.isSet ? { dbBusyTimeout: busyTimeout.value } : {}),
      ...(pragmas.length > 0 ? { dbPragmas: pragmas } : {}),
    }),
  };
};
export const dbMysql: ModuleFactory = driver("db_mysql");
export const dbPostgres: ModuleFactory = driver("db_postgres");
export const cachedbRedis: ModuleFactory = later("cachedb_redis", SHARED);
export const cachedbMemcached: ModuleFactory = later("cachedb_memcached", SHARED);
export const cachedbMongodb: ModuleFactory = later("cachedb_mongodb", SHARED);
export const cachedbCassandra: ModuleFactory = later("cachedb_cassandra", SHARED);
export const cachedbCouchbase: ModuleFactory = later("cachedb_couchbase", SHARED);
export const cachedbSql: ModuleFactory = later("cachedb_sql", SHARED);

/** `cache_store("local", …)` works with or without it. */
export const cachedbLocal: ModuleFactory = () => ({ name: "cachedb_local", parameters: [], functions: [], variables: [] });

/** The number of this node is part of dialog identifiers, alone as in a cluster. */
export const clusterer: ModuleFactory = () => {
  const nodeId = new IntParameter("my_node_id", 0, 0);
  return {
    ...later("clusterer", "nodes work together")(),
    parameters: [nodeId],
    options: () => (nodeId.isSet ? { myNodeId: nodeId.value } : {}),
  };
};
