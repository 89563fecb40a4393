// dialplan: translation rules in a database. There is none yet, so nothing matches.
import { may, must, type ScriptModule } from "../module.ts";
import { minimum } from "./minimum.ts";

/** The module. */
export const dialplan = (): ScriptModule =>
  minimum("dialplan", "no database of rules", [
    {
      name: "dp_translate",
      routes: "RFOBLST",
      parameters: [
        must("id", "int"),
        must("input", "text"),
        may("output", "output"),
        may("attributes", "output"),
        may("partition", "text"),
      ],
    },
  ]);
