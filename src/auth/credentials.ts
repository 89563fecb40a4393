// Who we are to other realms.
import { bad, good, type Parsed } from "../kit/index.ts";
import { isCleanHeaderText } from "../sip/index.ts";

/** A user of a realm. */
export interface Credential {
  readonly user: string;
  readonly realm: string;
  /** Plain, or `0x` and HA1 in lower-case hex. */
  readonly password: string;
}

/**
 * Reads `user:realm:password`. User and realm hold neither `:` nor spaces, the password may hold `:` but no spaces.
 * @returns a fault in words, without the password in it
 */
export function parseCredential(text: string): Parsed<Credential> {
  const first = text.indexOf(":");
  const second = first < 0 ? -1 : text.indexOf(":", first + 1);
  if (second < 0) return bad('a credential is written "user:realm:password"');
  const user = text.slice(0, first).trim();
  const realm = text.slice(first + 1, second).trim();
  const password = text.slice(second + 1).trim();
  if (user === "" || realm === "") return bad('a credential needs a user and a realm: "user:realm:password"');
  for (const part of [user, realm, password]) if (hasSpace(part)) return bad("user, realm and password of a credential hold no spaces");
  return good({ user, realm, password });
}

/**
 * The credential for a realm; the one declared last is found first. Realms are compared exactly.
 * @returns undefined when there is none, or it could not stand in a header
 */
export function credentialFor(list: readonly Credential[], realm: string): Credential | undefined {
  for (let i = list.length - 1; i >= 0; i--) {
    const one = list[i];
    if (one?.realm === realm) return isCleanHeaderText(one.user) ? one : undefined;
  }
  return undefined;
}

function hasSpace(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c <= 32 || c === 127) return true;
  }
  return false;
}
