// The answer to a challenge (RFC 7616 section 3.4, RFC 2617 section 3.2.2).
import type { Hash } from "../kit/index.ts";
import type { Challenge } from "./challenge.ts";
import type { Credential } from "./credentials.ts";

/** The request that goes out with the answer. */
export interface Protected {
  readonly method: string;
  /** Its Request-URI as it leaves. */
  readonly uri: string;
  /** Its body as it leaves: what `auth-int` covers. */
  readonly body: string;
}

/** Every answer uses its nonce once. */
const NONCE_COUNT = "00000001";

/**
 * The value of an Authorization or Proxy-Authorization header.
 * @param cnonce - the client's part, hex or decimal digits
 */
export function authorisation(hash: Hash, challenge: Challenge, credential: Credential, request: Protected, cnonce: string): string {
  const { realm, nonce, opaque, algorithm, qop } = challenge;
  const user = escaped(credential.user);
  const key = keyOf(hash, challenge, credential, cnonce);
  const entity = qop === "auth-int" ? `:${hash(algorithm.hash, request.body)}` : "";
  const act = hash(algorithm.hash, `${request.method}:${request.uri}${entity}`);
  const middle = qop === "" ? nonce : `${nonce}:${NONCE_COUNT}:${cnonce}:${qop}`;
  const response = hash(algorithm.hash, `${key}:${middle}:${act}`);
  let out = `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${request.uri}"`;
  if (opaque !== undefined) out += `, opaque="${opaque}"`;
  if (qop !== "") out += `, qop=${qop}, nc=${NONCE_COUNT}, cnonce="${cnonce}"`;
  else if (algorithm.isSession) out += `, cnonce="${cnonce}"`; // the key cannot be made without it
  return `${out}, response="${response}", algorithm=${algorithm.name}`;
}

/** HA1. */
function keyOf(hash: Hash, { realm, nonce, algorithm }: Challenge, { user, password }: Credential, cnonce: string): string {
  const secret = isReadyKey(password, algorithm.length) ? password.slice(2) : hash(algorithm.hash, `${user}:${realm}:${password}`);
  return algorithm.isSession ? hash(algorithm.hash, `${secret}:${nonce}:${cnonce}`) : secret;
}

/** `0x` and as many lower-case hex digits as a digest has: HA1 in place of a password. */
function isReadyKey(password: string, length: number): boolean {
  if (password.length !== length + 2 || !password.startsWith("0x")) return false;
  for (let i = 2; i < password.length; i++) {
    const c = password.charCodeAt(i);
    if (!((c >= 48 && c <= 57) || (c >= 97 && c <= 102))) return false;
  }
  return true;
}

function escaped(text: string): string {
  return text.includes('"') || text.includes("\\") ? text.replaceAll("\\", "\\\\").replaceAll('"', '\\"') : text;
}
