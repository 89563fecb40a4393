// What can be set about registrations, under the reference's parameter names in camelCase (side-modules 3).
import type { Ms } from "../kit/index.ts";

/**
 * When a Contact of a REGISTER and a stored binding are the same: equal URIs (RFC 3261 section 19.1.4), equal URIs under the same
 * Call-ID, or the same value of one URI parameter.
 */
export type ContactMatching = "uri" | "uriAndCallId" | { readonly param: string };

/** Settings of registrar and location table. */
export interface LocationSettings {
  /** Bindings without an `expires` of their own last this long. */
  readonly defaultExpiresMs: Ms;
  /** Shorter ones are raised to it: there is never a 423. */
  readonly minExpiresMs: Ms;
  /** Longer ones are lowered to it; 0 for no limit. */
  readonly maxExpiresMs: Ms;
  /** Each lifetime is changed by a random amount up to this, so that refreshes do not come in waves; 0 for none. */
  readonly expiresMaxDeviationMs: Ms;
  /** Preference of bindings without `q`, in thousandths; −1 leaves it unspecified. */
  readonly defaultQ: number;
  /** Most bindings of one address of record; 0 for no limit of the operator's. */
  readonly maxContacts: number;
  /** `Retry-After` of 5xx refusals, in seconds; 0 for none. */
  readonly retryAfter: number;
  /** Whether `Alice` and `alice` are two users. */
  readonly isCaseSensitive: boolean;
  /** Whether the domain belongs to the address of record. */
  readonly useDomain: boolean;
  /** Taken off the front of domains. */
  readonly realmPrefix: string;
  /** Name of the Contact parameter that holds where a binding came from. */
  readonly receivedParam: string;
  readonly matching: ContactMatching;
  /** An equal CSeq within this time is a retransmission, later it is refused. */
  readonly cseqDelayMs: Ms;
  /** An equal CSeq is always good (the 4.0 generation). */
  readonly allowDupCseq: boolean;
  /** Newest binding first instead of the highest q. */
  readonly isNewestFirst: boolean;
  readonly maxUsernameLength: number;
  readonly maxDomainLength: number;
  readonly maxAorLength: number;
  readonly maxContactLength: number;
  readonly isGruuOffered: boolean;
  /** With what temporary GRUUs are made unreadable. */
  readonly gruuSecret: string;
  /** Branch flag of bindings behind a NAT; "" for none. */
  readonly natFlag: string;
  /** What `ul_dump` says about the size of the table; nothing depends on it. */
  readonly hashSize: number;
  /** Most bindings of all addresses together; what would be more is refused with 500 and counted. */
  readonly maxBindings: number;
  /** Most bindings of one address, whatever `maxContacts` says: the reply lists them all. */
  readonly maxBindingsPerAor: number;
}

/** The reference's defaults. */
export const defaultLocationSettings: LocationSettings = Object.freeze({
  defaultExpiresMs: 3_600_000,
  minExpiresMs: 60_000,
  maxExpiresMs: 0,
  expiresMaxDeviationMs: 0,
  defaultQ: -1,
  maxContacts: 0,
  retryAfter: 0,
  isCaseSensitive: true,
  useDomain: false,
  realmPrefix: "",
  receivedParam: "received",
  matching: "uri",
  cseqDelayMs: 20_000,
  allowDupCseq: false,
  isNewestFirst: false,
  maxUsernameLength: 64,
  maxDomainLength: 64,
  maxAorLength: 256,
  maxContactLength: 255,
  isGruuOffered: false,
  gruuSecret: "0p3nS1pS",
  natFlag: "",
  hashSize: 512,
  maxBindings: 1_000_000,
  maxBindingsPerAor: 1000,
});
