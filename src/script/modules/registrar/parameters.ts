// Parameters of the module `registrar` (script-language 9, side-modules 3).
import type { LocationSettings } from "../../../location/index.ts";
import { IntParameter, type ModuleParameter, TextParameter } from "../../module.ts";

/** The parameters of one script. */
export class RegistrarParameters {
  /** Tables that the script saves to or looks up in. */
  readonly tables: Set<string> = new Set();
  readonly #defaultExpires = new IntParameter("default_expires", 3600, 0);
  readonly #minExpires = new IntParameter("min_expires", 60, 0);
  readonly #maxExpires = new IntParameter("max_expires", 0, 0);
  readonly #deviation = new IntParameter("expires_max_deviation", 0, 0);
  readonly #defaultQ = new IntParameter("default_q", -1, -1, 1000);
  readonly #caseSensitive = new IntParameter("case_sensitive", 1, 0);
  readonly #maxContacts = new IntParameter("max_contacts", 0, 0);
  readonly #retryAfter = new IntParameter("retry_after", 0, 0);
  readonly #receivedParam = new TextParameter("received_param", "received");
  readonly #realmPrefix = new TextParameter("realm_prefix");
  readonly #receivedAvp = new TextParameter("received_avp");
  readonly #attrAvp = new TextParameter("attr_avp");
  readonly #contactAvp = new TextParameter("mcontact_avp");
  readonly #socketHeader = new TextParameter("sock_hdr_name");
  readonly #tcpFlag = new TextParameter("tcp_persistent_flag");
  readonly #gruuSecret = new TextParameter("gruu_secret", "0p3nS1pS");
  readonly #disableGruu = new IntParameter("disable_gruu", 1, 0);
  readonly #maxUsername = new IntParameter("max_username_len", 64, 1);
  readonly #maxDomain = new IntParameter("max_domain_len", 64, 1);
  readonly #maxAor = new IntParameter("max_aor_len", 256, 1);
  readonly #maxContact = new IntParameter("max_contact_len", 255, 1);
  readonly #allowDupCseq = new IntParameter("allow_dup_cseq", 0, 0);
  readonly #pushEnable = new IntParameter("pn_enable", 0, 0);
  /** Every parameter, in no particular order. */
  readonly all: readonly ModuleParameter[] = [
    this.#defaultExpires,
    this.#minExpires,
    this.#maxExpires,
    this.#deviation,
    this.#defaultQ,
    this.#caseSensitive,
    this.#maxContacts,
    this.#retryAfter,
    this.#receivedParam,
    this.#realmPrefix,
    this.#receivedAvp,
    this.#attrAvp,
    this.#contactAvp,
    this.#socketHeader,
    this.#tcpFlag,
    this.#gruuSecret,
    this.#disableGruu,
    this.#maxUsername,
    this.#maxDomain,
    this.#maxAor,
    this.#maxContact,
    this.#allowDupCseq,
    this.#pushEnable,
  ];

  /** Name of the AVP that says where a REGISTER came from; undefined when none is set. */
  get receivedAvp(): string | undefined {
    return avpName(this.#receivedAvp.value);
  }

  /** Name of the AVP with the script's own data of a contact. */
  get attrAvp(): string | undefined {
    return avpName(this.#attrAvp.value);
  }

  /** Name of the AVP with the Contact as it left here. */
  get contactAvp(): string | undefined {
    return avpName(this.#contactAvp.value);
  }

  /** Name of the header that names a socket; "" for none. */
  get socketHeader(): string {
    return this.#socketHeader.value;
  }

  /** Message flag of clients whose connection is to stay; "" for none. */
  get tcpFlag(): string {
    return this.#tcpFlag.value;
  }

  check(): readonly string[] {
    const found: string[] = [];
    for (const one of [this.#receivedAvp, this.#attrAvp, this.#contactAvp]) {
      if (one.isSet && avpName(one.value) === undefined) found.push(`registrar: ${one.name} is not an AVP: <${one.value}>`);
    }
    const most = this.#maxExpires.value;
    if (most > 0 && most < this.#minExpires.value) found.push("registrar: max_expires is less than min_expires");
    return found;
  }

  needs(): readonly string[] {
    return this.#pushEnable.value === 0 ? [] : ["registrar: pn_enable asks for push notifications, which come with a later release"];
  }

  settings(): Partial<LocationSettings> {
    return {
      defaultExpiresMs: this.#defaultExpires.value * 1000,
      minExpiresMs: this.#minExpires.value * 1000,
      maxExpiresMs: this.#maxExpires.value * 1000,
      expiresMaxDeviationMs: this.#deviation.value * 1000,
      defaultQ: this.#defaultQ.value,
      isCaseSensitive: this.#caseSensitive.value !== 0,
      maxContacts: this.#maxContacts.value,
      retryAfter: this.#retryAfter.value,
      receivedParam: this.#receivedParam.value,
      realmPrefix: this.#realmPrefix.value,
      isGruuOffered: this.#disableGruu.value === 0,
      gruuSecret: this.#gruuSecret.value,
      maxUsernameLength: this.#maxUsername.value,
      maxDomainLength: this.#maxDomain.value,
      maxAorLength: this.#maxAor.value,
      maxContactLength: this.#maxContact.value,
      allowDupCseq: this.#allowDupCseq.value !== 0,
    };
  }
}

/** `received` of `$avp(received)`. */
function avpName(text: string): string | undefined {
  const inner = text.startsWith("$avp(") && text.endsWith(")") ? text.slice(5, -1).trim() : "";
  return inner === "" ? undefined : inner;
}
