// xcap, presence, presence_xml: presence is another service than this proxy's; the generated scripts load them.
import { may, type ScriptModule } from "../module.ts";
import { minimum } from "./minimum.ts";

/** The module presence. */
export const presence = (): ScriptModule =>
  minimum("presence", "presence is not offered", [
    { name: "handle_publish", routes: "R", parameters: [may("sender", "text")] },
    { name: "handle_subscribe", routes: "R", parameters: [may("force", "int"), may("sharing_tag", "text")] },
  ]);

/** The module presence_xml: nothing to call. */
export const presenceXml = (): ScriptModule => minimum("presence_xml", "presence is not offered", []);

/** The module xcap: nothing to call. */
export const xcap = (): ScriptModule => minimum("xcap", "presence is not offered", []);
