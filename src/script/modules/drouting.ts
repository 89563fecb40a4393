// drouting: routing by prefixes and gateways in a database. There is none yet, so no gateway is known.
import { may, must, type ScriptModule } from "../module.ts";
import { minimum } from "./minimum.ts";

const gatewayTest = [
  may("type", "int"),
  may("flags", "text"),
  may("gateway", "output"),
  may("carrier", "output"),
  may("partition", "text"),
];

/** The module. */
export const drouting = (): ScriptModule =>
  minimum("drouting", "no database of gateways", [
    {
      name: "do_routing",
      routes: "RFLE",
      parameters: [
        may("groups", "value"),
        may("flags", "text"),
        may("whitelist", "text"),
        may("rule", "output"),
        may("gateway", "output"),
        may("carrier", "output"),
        may("partition", "text"),
      ],
    },
    {
      name: "use_next_gw",
      routes: "RF",
      parameters: [may("partition", "text"), may("rule", "output"), may("gateway", "output"), may("carrier", "output")],
    },
    {
      name: "route_to_carrier",
      routes: "RFLE",
      parameters: [must("carriers", "text"), may("gateway", "output"), may("carrier", "output"), may("partition", "text")],
    },
    { name: "route_to_gw", routes: "RFLE", parameters: [must("gateways", "text"), may("attributes", "output"), may("partition", "text")] },
    { name: "is_from_gw", routes: "RFO", parameters: gatewayTest },
    { name: "goes_to_gw", routes: "RFBL", parameters: gatewayTest },
    { name: "dr_is_gw", routes: "RFOBL", parameters: [must("uri", "text"), ...gatewayTest] },
    { name: "dr_disable", routes: "RF", parameters: [may("partition", "text")] },
  ]);
