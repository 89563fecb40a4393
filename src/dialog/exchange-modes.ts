// How `dlg_send_sequential` says what it wants (dialog-behaviour 15.2).
import { isCleanHeaderText } from "../sip/index.ts";
import type { Side } from "./machine.ts";

/** Whom a request of an exchange goes to first; with a challenge the other side gets what that one has to say. */
export interface ExchangeMode {
  readonly to: Side;
  readonly isChallenge: boolean;
}

/** What it carries: nothing, what the other side sent last, what was sent to this side last, or something else. */
export type ExchangeBody =
  | { readonly kind: "none" | "inbound" | "outbound" }
  | { readonly kind: "custom"; readonly contentType: string; readonly text: string };

const CHALLENGE = "challenge";
const CUSTOM = "custom";

/** Reads `caller`, `callee`, `challenge`, `challenge-caller` or `challenge-callee`, in any case; any character may stand for the hyphen. */
export function parseExchangeMode(text: string): ExchangeMode | undefined {
  const word = text.toLowerCase();
  if (word === "caller" || word === "callee") return { to: word, isChallenge: false };
  if (word === CHALLENGE) return { to: "caller", isChallenge: true };
  if (!word.startsWith(CHALLENGE)) return undefined;
  const side = word.slice(CHALLENGE.length + 1);
  return side === "caller" || side === "callee" ? { to: side, isChallenge: true } : undefined;
}

/**
 * Reads `none`, `inbound`, `outbound` or `custom:<content type>:<body>`; the word in any case, any character for the first colon. Without the
 * second colon there is no body.
 */
export function parseExchangeBody(text: string): ExchangeBody | undefined {
  const word = text.toLowerCase();
  if (word === "none" || word === "inbound" || word === "outbound") return { kind: word };
  if (!word.startsWith(CUSTOM) || word.length === CUSTOM.length) return undefined;
  const at = CUSTOM.length + 1;
  const colon = text.indexOf(":", at);
  if (colon < 0) return { kind: "none" };
  const contentType = text.slice(at, colon).trim();
  return contentType === "" || !isCleanHeaderText(contentType) ? undefined : { kind: CUSTOM, contentType, text: text.slice(colon + 1) };
}
