// alias_db: other names of users in a database. There is none yet, so nobody has another name.
import { may, must, type ScriptModule } from "../module.ts";
import { minimum } from "./minimum.ts";

/** The module. */
export const aliasDb = (): ScriptModule =>
  minimum("alias_db", "no database of aliases", [
    { name: "alias_db_lookup", routes: "RF", parameters: [must("table", "text"), may("flags", "flags")] },
    {
      name: "alias_db_find",
      routes: "RFOBLST",
      parameters: [must("table", "text"), must("input", "text"), must("output", "output"), may("flags", "flags")],
    },
  ]);
