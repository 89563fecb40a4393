// The digest algorithms of SIP (RFC 3261, RFC 8760): MD5, SHA-256, SHA-512/256, each also per session.
import { bad, good, type HashAlgorithm, type Parsed } from "../kit/index.ts";
import { equalsIgnoreCase } from "../sip/index.ts";

/** One algorithm. */
export interface Algorithm {
  /** As it stands in headers. */
  readonly name: string;
  readonly hash: HashAlgorithm;
  /** The key is bound to the nonces (`-sess`). */
  readonly isSession: boolean;
  /** Hex digits of a digest. */
  readonly length: number;
}

const row = (name: string, hash: HashAlgorithm, length: number, isSession: boolean): Algorithm =>
  Object.freeze({ name, hash, isSession, length });

/** Every algorithm, in the order in which the documentation lists them. */
export const ALGORITHMS: readonly Algorithm[] = Object.freeze([
  row("MD5", "md5", 32, false),
  row("MD5-sess", "md5", 32, true),
  row("SHA-256", "sha256", 64, false),
  row("SHA-256-sess", "sha256", 64, true),
  row("SHA-512-256", "sha512-256", 64, false),
  row("SHA-512-256-sess", "sha512-256", 64, true),
]);

/** The algorithm of a name, in any case; undefined for an unknown one. */
export function algorithmOf(name: string): Algorithm | undefined {
  return ALGORITHMS.find((one) => equalsIgnoreCase(one.name, name));
}

/**
 * Reads a comma-separated list of names.
 * @returns a fault in words for an unknown name, or when there is none at all
 */
export function parseAlgorithms(text: string): Parsed<readonly Algorithm[]> {
  const found: Algorithm[] = [];
  for (const item of text.split(",")) {
    const name = item.trim();
    if (name === "") continue;
    const algorithm = algorithmOf(name);
    if (algorithm === undefined)
      return bad(`unknown digest algorithm "${name}"; there are ${ALGORITHMS.map((one) => one.name).join(", ")}`);
    found.push(algorithm);
  }
  return found.length === 0 ? bad("no digest algorithm is named") : good(found);
}
