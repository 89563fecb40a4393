// Digests of text. Pure rooms compute none themselves: whoever assembles the engine hands a function in.

/** Algorithms that scripts and digest authentication ask for. `sha512-256` is SHA-512/256 of FIPS 180-4, not a cut SHA-512. */
export type HashAlgorithm = "md5" | "sha1" | "sha224" | "sha256" | "sha384" | "sha512" | "sha512-256";

/**
 * The digest of a text whose characters are bytes (latin1).
 * @param key - absent: a plain digest; given, "" included: its HMAC (RFC 2104)
 * @returns lower-case hex
 */
export type Hash = (algorithm: HashAlgorithm, text: string, key?: string) => string;
