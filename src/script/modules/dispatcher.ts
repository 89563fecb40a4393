// dispatcher: sets of destinations in a database. There is none yet, so each set is empty.
import { may, must, type ScriptModule } from "../module.ts";
import { minimum } from "./minimum.ts";

const select = [
  must("set", "value"),
  must("algorithm", "value"),
  may("flags", "flags"),
  may("partition", "text"),
  may("max_results", "int"),
];

/** The module. */
export const dispatcher = (): ScriptModule =>
  minimum("dispatcher", "no database of destinations", [
    { name: "ds_select_dst", routes: "RFB", parameters: select },
    { name: "ds_select_domain", routes: "RFB", parameters: select },
    { name: "ds_next_dst", routes: "RF", parameters: [may("partition", "text")] },
    { name: "ds_next_domain", routes: "RF", parameters: [may("partition", "text")] },
    { name: "ds_mark_dst", routes: "RF", parameters: [may("flags", "text"), may("partition", "text")] },
    {
      name: "ds_is_in_list",
      routes: "RFOBL",
      parameters: [must("ip", "text"), must("port", "int"), may("set", "int"), may("partition", "text"), may("flags", "flags")],
    },
    {
      name: "ds_count",
      routes: "RFOBLSTE",
      parameters: [must("set", "int"), must("filter", "text"), must("result", "output"), may("partition", "text")],
    },
  ]);
