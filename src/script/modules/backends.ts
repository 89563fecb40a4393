// Databases, caches and the cluster layer: they load, so that scripts that name them start; whatever needs one of them says so where a
// setting of the script asks for it.
import { IntParameter, type ModuleFactory } from "../module.ts";

function later(name: string, what: string): ModuleFactory {
  return () => ({
    name,
    parameters: [],
    functions: [],
    variables: [],
    notice: `module ${name}: ${what} with a later release`,
  });
}

const DATABASE = "calls and registrations are kept in databases";
const SHARED = "profiles and values are shared over caches";

export const dbSqlite: ModuleFactory = later("db_sqlite", DATABASE);
export const dbMysql: ModuleFactory = later("db_mysql", DATABASE);
export const dbPostgres: ModuleFactory = later("db_postgres", DATABASE);
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
