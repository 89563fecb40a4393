// Why a text is not the message that its author meant: for those who write messages by hand.
import { parseMessage } from "../sip/index.ts";

/** @returns what is wrong with it and where that is written, in one clause; undefined when it is a message of SIP */
export function messageFault(text: string): string | undefined {
  const parsed = parseMessage(text);
  if (parsed.ok) return undefined;
  const { reason, rule } = parsed.fault;
  return `${reason} (${rule})`;
}
