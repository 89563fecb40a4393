// avpops: operations on AVPs (script-language 8.8). Its functions on databases wait for one.
import { type FunctionDefinition, may, must, type ScriptModule } from "../module.ts";
import { avpFunctions } from "./avpops/functions.ts";
import { pushTo } from "./avpops/push-to.ts";
import { refusing } from "./minimum.ts";

const WHY = "no database of AVPs";

/** Makes the module. */
export function avpops(): ScriptModule {
  return { name: "avpops", parameters: [], variables: [], functions: [...avpFunctions, pushTo, ...databaseFunctions()] };
}

function databaseFunctions(): readonly FunctionDefinition[] {
  const routes = "RFOBLSTE";
  const table = [must("source", "raw"), must("name", "raw"), may("db_id", "value")];
  return [
    {
      ...refusing("avpops", WHY, {
        name: "avp_db_query",
        routes,
        parameters: [must("query", "text"), may("dest", "raw"), may("db_id", "value")],
      }),
      isAsync: true,
    },
    refusing("avpops", WHY, { name: "avp_db_load", routes, parameters: [...table, may("prefix", "text")] }),
    refusing("avpops", WHY, { name: "avp_db_store", routes, parameters: table }),
    refusing("avpops", WHY, { name: "avp_db_delete", routes, parameters: table }),
  ];
}

/** Makes the module `sqlops`, which took these over. */
export function sqlops(): ScriptModule {
  const why = "no database to ask";
  const where = { filter: may("filter", "text"), id: may("db_id", "value") };
  const query = [must("query", "text"), may("dest", "raw"), where.id];
  const select = [may("columns", "text"), must("table", "text"), where.filter, may("order", "text"), may("dest", "raw"), where.id];
  const insert = [must("table", "text"), must("columns", "text"), where.id];
  const avp = [must("source", "raw"), must("name", "raw"), where.id];
  const one = (name: string, parameters: FunctionDefinition["parameters"]): FunctionDefinition =>
    refusing("sqlops", why, { name, routes: "RFOBLSTE", parameters });
  return {
    name: "sqlops",
    parameters: [],
    variables: [],
    functions: [
      { ...one("sql_query", query), isAsync: true },
      { ...one("sql_query_one", query), isAsync: true },
      one("sql_select", select),
      one("sql_select_one", select),
      one("sql_update", [must("columns", "text"), must("table", "text"), where.filter, where.id]),
      one("sql_insert", insert),
      one("sql_replace", insert),
      one("sql_delete", [must("table", "text"), where.filter, where.id]),
      one("sql_avp_load", [...avp, may("prefix", "text")]),
      one("sql_avp_store", avp),
      one("sql_avp_delete", avp),
    ],
  };
}
