// The Contact header of a 200 to REGISTER: every binding with the seconds it has left (RFC 3261 section 10.3 step 8).
import { bracketed } from "../sip/index.ts";
import type { Binding } from "./binding.ts";
import { publicGruu, temporaryGruu } from "./gruu.ts";
import { qText } from "./numbers.ts";
import type { LocationSettings } from "./settings.ts";

/** What the list depends on besides the bindings. */
export interface ListContext {
  /** Monotonic, and whole seconds of the wall clock. */
  readonly now: number;
  readonly epochSeconds: number;
  readonly settings: LocationSettings;
  /** Host of GRUUs; undefined when none are offered. */
  readonly gruuHost: string | undefined;
}

/** Longest time that is written for a binding that does not end. */
const NEVER = 0x7fff_ffff;

/** The value of one Contact header with all bindings that are valid; "" when there is none. */
export function contactList(bindings: readonly Binding[], context: ListContext): string {
  let out = "";
  for (const binding of bindings) {
    if (!binding.isValid(context.now)) continue;
    out += `${out === "" ? "" : ", "}${contactValue(binding, context)}`;
  }
  return out;
}

function contactValue(binding: Binding, { now, epochSeconds, settings, gruuHost }: ListContext): string {
  const { parts, record } = binding;
  const q = qText(parts.q);
  let out = `<${parts.uri}>`;
  if (q !== "") out += `;q=${q}`;
  out += `;expires=${Math.min(binding.secondsLeft(now), NEVER)}`;
  if (parts.received !== "") out += `;${settings.receivedParam}=${quoted(parts.received)}`;
  if (parts.instance === "") return out;
  if (gruuHost !== undefined) {
    const host = bracketed(gruuHost);
    out += `;pub-gruu=${quoted(publicGruu(record.aor, host, parts.instance))}`;
    out += `;temp-gruu=${quoted(temporaryGruu(record.aor, host, parts.instance, parts.callId, epochSeconds, settings.gruuSecret))}`;
  }
  return `${out};+sip.instance=${quoted(parts.instance)}`;
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
