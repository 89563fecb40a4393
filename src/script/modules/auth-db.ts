// auth_db: digest credentials in a database. There is none yet, so nobody is authorised.
import { must, type ScriptModule } from "../module.ts";
import { minimum } from "./minimum.ts";

const realmAndTable = [must("realm", "text"), must("table", "text")];

/** The module. */
export const authDb = (): ScriptModule =>
  minimum("auth_db", "no database of credentials", [
    { name: "www_authorize", routes: "R", parameters: realmAndTable },
    { name: "proxy_authorize", routes: "R", parameters: realmAndTable },
    { name: "db_does_uri_exist", routes: "R", parameters: [must("uri", "text"), must("table", "text")] },
    { name: "db_is_to_authorized", routes: "R", parameters: [must("table", "text")] },
    { name: "db_is_from_authorized", routes: "R", parameters: [must("table", "text")] },
  ]);
