// permissions: trusted addresses in a database. There is none yet: the table counts as empty, and an empty table says no.
import { may, must, type ScriptModule } from "../module.ts";
import { minimum } from "./minimum.ts";

const rest = [may("context", "output"), may("pattern", "text"), may("partition", "text")];

/** The module. */
export const permissions = (): ScriptModule =>
  minimum("permissions", "no database of addresses", [
    { name: "check_source_address", routes: "RFOBLE", parameters: [must("group", "int"), ...rest] },
    {
      name: "check_address",
      routes: "RFOBLE",
      parameters: [must("group", "int"), must("ip", "text"), must("port", "int"), must("protocol", "text"), ...rest],
    },
    { name: "get_source_group", routes: "RFOBLE", parameters: [must("group", "output"), may("partition", "text")] },
  ]);
