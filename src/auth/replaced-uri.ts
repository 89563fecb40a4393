// The two URIs of a From or To that we have replaced, in one parameter of our Record-Route: with either the other is found.
import { fromWord64, toWord64, xorCyclic } from "../kit/index.ts";
import { isCleanHeaderText, parseUri } from "../sip/index.ts";

/** Longest URI that is carried so. */
const MAX_URI = 512;

/** @returns undefined when a URI is too long */
export function encodeUris(one: string, other: string, password: string): string | undefined {
  if (one.length > MAX_URI || other.length > MAX_URI) return undefined;
  return toWord64(xorCyclic(difference(one, other, Math.max(one.length, other.length)), password));
}

/**
 * The other URI.
 * @param known - the one that stands in a message
 * @returns undefined when what comes out is no URI: the parameter or the message is not what we sent
 */
export function otherUri(text: string, known: string, password: string): string | undefined {
  const hidden = fromWord64(text);
  if (hidden === undefined || hidden.length > MAX_URI || known.length > hidden.length) return undefined;
  const padded = difference(xorCyclic(hidden, password), known, hidden.length);
  let end = padded.length;
  while (end > 0 && padded.charCodeAt(end - 1) === 0) end--;
  const uri = padded.slice(0, end);
  return isCleanHeaderText(uri) && parseUri(uri).ok ? uri : undefined;
}

function difference(one: string, other: string, length: number): string {
  let out = "";
  for (let i = 0; i < length; i++) {
    const a = i < one.length ? one.charCodeAt(i) : 0;
    const b = i < other.length ? other.charCodeAt(i) : 0;
    out += String.fromCharCode((a ^ b) & 255);
  }
  return out;
}
