export { maskCallId, unmaskCallId } from "./call-id.ts";
export { type ContactInfo, decodeContact, encodeContact } from "./contact-info.ts";
export { TopologyHiding } from "./hiding.ts";
export type { ContactUsers, HideProblem, TopologyDeps } from "./ports.ts";
export { TOPOLOGY_DEFAULTS, type TopologySettings } from "./settings.ts";
