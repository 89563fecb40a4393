// domain: our own domains in a database. There is none yet, so no domain is ours by it; `alias` and `is_myself()` work.
import { may, must, type ScriptModule } from "../module.ts";
import { minimum } from "./minimum.ts";

const attributes = may("attributes", "output");

/** The module. */
export const domain = (): ScriptModule =>
  minimum("domain", "no database of domains", [
    { name: "is_from_local", routes: "R", parameters: [attributes] },
    { name: "is_uri_host_local", routes: "RFB", parameters: [attributes] },
    { name: "is_domain_local", routes: "RFB", parameters: [must("domain", "text"), attributes] },
  ]);
