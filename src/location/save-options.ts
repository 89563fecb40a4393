// How one REGISTER is to be stored: the flags of `save()` (side-modules 3.1) with names.
import type { Ms } from "../kit/index.ts";
import type { ContactMatching } from "./settings.ts";

/**
 * What becomes of Path headers (RFC 3327): `off` they are ignored, `lazy` stored and shown to those who support them,
 * `strict` refused with 420 where the sender does not.
 */
export type PathMode = "off" | "lazy" | "strict";

/** How to save. Everything is optional. */
export interface SaveOptions {
  /** URI to register in place of To. */
  readonly aor?: string | undefined;
  /** Stores are not told. */
  readonly isMemoryOnly?: boolean | undefined;
  /** The answer lists the Contacts of this request alone. */
  readonly onlyRequestContacts?: boolean | undefined;
  /** No answer is sent. */
  readonly isSilent?: boolean | undefined;
  /** Beyond the limit of bindings the oldest go, instead of a refusal. */
  readonly isForced?: boolean | undefined;
  /** Limit of bindings in place of the setting; 0 for none. */
  readonly maxContacts?: number | undefined;
  readonly minExpiresMs?: Ms | undefined;
  readonly maxExpiresMs?: Ms | undefined;
  readonly path?: PathMode | undefined;
  /** `received` of the first Path URI counts as where the request came from. */
  readonly isReceivedFromPath?: boolean | undefined;
  readonly matching?: ContactMatching | undefined;
  /** Name of a header that names the socket requests are to leave from. */
  readonly socketHeader?: string | undefined;
  /** URI of where the request came from, for Contacts that do not say so themselves. */
  readonly received?: string | undefined;
  /** Branch flags that are given back at lookup. */
  readonly branchFlags?: readonly string[] | undefined;
  /** Data of the script. */
  readonly attr?: string | undefined;
  /** The Contact as it left here, when the answer of another registrar is saved. */
  readonly modifiedContact?: string | undefined;
}
