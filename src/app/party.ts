// From and To as a route reads them.
import { invariant } from "../kit/index.ts";
import { type NameAddr, parseUri, type SipUri } from "../sip/index.ts";

/** One side of a request: who it says it is. Nobody has verified it. */
export class Party {
  readonly #address: NameAddr;
  #uri: SipUri | undefined = undefined;

  constructor(address: NameAddr) {
    this.#address = address;
  }

  /** The URI. One that does not parse reads as an opaque URI without user and host. */
  get uri(): SipUri {
    this.#uri ??= readUri(this.#address.uri);
    return this.#uri;
  }

  /** Display name without its quotes; empty when there is none. */
  get display(): string {
    return this.#address.display;
  }

  /** The tag; empty when there is none. */
  get tag(): string {
    return this.#address.tag;
  }

  /** The URI as it stands in the message. */
  toString(): string {
    return this.#address.uri;
  }
}

function readUri(text: string): SipUri {
  const parsed = parseUri(text);
  if (parsed.ok) return parsed.value;
  const opaque = parseUri("unknown:unreadable");
  invariant(opaque.ok, "an opaque URI parses");
  return opaque.value;
}
