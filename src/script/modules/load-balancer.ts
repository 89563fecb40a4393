// load_balancer: destinations with capacities in a database. There is none yet, so no destination has room (−2).
import { may, must, type ScriptModule } from "../module.ts";
import { minimum } from "./minimum.ts";

const start = [must("group", "int"), must("resources", "text"), may("flags", "text"), may("attributes", "output")];

/** The module. */
export const loadBalancer = (): ScriptModule => ({
  ...minimum("load_balancer", "no database of destinations", [
    { name: "lb_start", routes: "RFB", parameters: start, result: -2 },
    { name: "load_balance", routes: "RFB", parameters: start, result: -2 },
    { name: "lb_start_or_next", routes: "RFB", parameters: start, result: -2 },
    { name: "lb_next", routes: "RFB", parameters: [may("attributes", "output")], result: -2 },
    { name: "lb_reset", routes: "RF" },
    { name: "lb_is_started", routes: "RF" },
    { name: "lb_disable_dst", routes: "RF" },
    {
      name: "lb_is_destination",
      routes: "RFO",
      parameters: [must("ip", "text"), must("port", "int"), may("group", "int"), may("active", "int"), may("attributes", "output")],
    },
    {
      name: "lb_count_call",
      routes: "RFO",
      parameters: [must("ip", "text"), must("port", "int"), must("group", "int"), must("resources", "text"), may("undo", "int")],
    },
  ]),
  dependencies: () => [{ oneOf: ["dialog"], message: "module load_balancer depends on module dialog, but it was not loaded!" }],
});
