// The Contact that a party sees: our own address, and in it what leads back to the other party.
import { type Edit, H, type NameAddr, parseNameAddr, splitList, unfold } from "../sip/index.ts";
import type { Listener } from "../transport/index.ts";
import type { TopologySettings } from "./settings.ts";

/** The Contacts of a message as a copy of it would leave. */
export interface FoundContacts {
  /** 0, 1, or 2 for more. */
  readonly count: number;
  /** The only one, if it reads. */
  readonly sole: NameAddr | undefined;
}

const NO_CONTACT: FoundContacts = Object.freeze({ count: 0, sole: undefined });

/** Looks at the Contacts of a message, changes made to it so far included. */
export function findContacts(edit: Edit): FoundContacts {
  const { message } = edit;
  if (!message.has(H.Contact)) return NO_CONTACT;
  let count = 0;
  let only = "";
  for (let line = message.headerIndex(H.Contact); line >= 0; line = message.headerIndex(H.Contact, line + 1)) {
    const current = edit.currentValue(line);
    if (current === undefined) continue;
    const value = unfold(current);
    const values = value.includes(",") ? splitList(value) : [value];
    count += values.length;
    only = values[0] ?? "";
  }
  if (count !== 1) return { count: Math.min(count, 2), sole: undefined };
  const parsed = parseNameAddr(only);
  return { count, sole: parsed.ok && parsed.value.uri !== "*" ? parsed.value : undefined };
}

/** Puts one Contact in the place of all. */
export function writeContact(edit: Edit, value: string): void {
  const { message } = edit;
  let isWritten = false;
  for (let line = message.headerIndex(H.Contact); line >= 0; line = message.headerIndex(H.Contact, line + 1)) {
    if (edit.isRemoved(line)) continue;
    if (isWritten) edit.removeLine(line);
    else edit.set(H.Contact, value);
    isWritten = true;
  }
}

/**
 * A Contact value of ours.
 * @param user - "" for none
 * @param marker - URI parameter that leads back, with its semicolon; "" when the user does
 * @param listener - where the message leaves: replies and requests to this Contact come in there
 */
export function ownContact(
  user: string,
  marker: string,
  listener: Listener,
  original: NameAddr | undefined,
  settings: Pick<TopologySettings, "passedUriParams" | "passedParams">,
): string {
  const at = user === "" ? "" : `${user}@`;
  const transport = listener.transport === "udp" ? "" : `;transport=${listener.transport}`;
  let uriParams = "";
  let params = "";
  let scheme = "sip";
  if (original !== undefined) {
    const { passedUriParams, passedParams } = settings;
    const uri = original.sipUri();
    // who may only be reached securely stays so (RFC 3261 section 8.1.1.8)
    if (uri?.scheme === "sips") scheme = "sips";
    if (passedUriParams.length > 0 && uri !== undefined) uriParams = passed(uri, passedUriParams);
    if (passedParams.length > 0) params = passed(original, passedParams);
  }
  return `<${scheme}:${at}${listener.uriHost}${transport}${marker}${uriParams}>${params}`;
}

function passed(from: Pick<NameAddr, "params">, names: readonly string[]): string {
  let out = "";
  // values are as they stand, quotes included
  for (const { name, value } of from.params()) {
    if (names.includes(name.toLowerCase())) out += value === undefined ? `;${name}` : `;${name}=${value}`;
  }
  return out;
}

/** The user of a Contact, "" when there is none. */
export function userOf(contact: NameAddr | undefined): string {
  return contact?.sipUri()?.user ?? "";
}
