// What a REGISTER asks for (RFC 3261 section 10.3): its Contacts with lifetimes, preferences and the rest, or why it is refused.
import { bad, good, type Ms, type Parsed } from "../kit/index.ts";
import {
  H,
  isCleanHeaderText,
  type NameAddr,
  parseNameAddr,
  parseUri,
  type SipRequest,
  type SipResponse,
  type SipUri,
  uriEquals,
} from "../sip/index.ts";

import { ALL_METHODS, allowedMethods, methodsParam } from "./methods.ts";
import { qValue, seconds } from "./numbers.ts";
import { Refusal } from "./refusal.ts";
import type { SaveOptions } from "./save-options.ts";
import type { LocationSettings } from "./settings.ts";

/** Contacts of one REGISTER that are looked at; more make it malformed. */
const MAX_CONTACTS = 64;

/** One Contact of a REGISTER. Texts are slices of the request. */
export interface WantedContact {
  readonly uri: string;
  readonly parsed: SipUri | undefined;
  /** How long it wants to live; 0 to be removed. */
  readonly lifetimeMs: Ms;
  readonly q: number;
  readonly methods: number;
  readonly instance: string;
  /** Its own `received` parameter; "" for none. */
  readonly received: string;
}

/** A REGISTER as the registrar sees it. */
export interface RegisterRequest {
  /** `Contact: *`. */
  readonly isStar: boolean;
  readonly contacts: readonly WantedContact[];
}

/**
 * Reads the Contacts of a REGISTER.
 * @param granted - the 2xx of another registrar: its lifetimes count, and what it does not list is removed
 */
export function readRegister(
  request: SipRequest,
  settings: LocationSettings,
  options: SaveOptions,
  granted?: SipResponse,
): Parsed<RegisterRequest, Refusal> {
  const contacts: WantedContact[] = [];
  if (!request.has(H.Contact)) return good({ isStar: false, contacts });
  const values = request.values(H.Contact);
  if (values.length > MAX_CONTACTS) return bad(new Refusal(400, "Too many contacts in one request"));
  const header = request.header(H.Expires);
  const headerSeconds = header === undefined ? -1 : seconds(header.trim());
  if (values.some((value) => value === "*")) {
    if (values.length > 1) return bad(new Refusal(400, "* used in contact and more than 1 contact"));
    if (headerSeconds !== 0) return bad(new Refusal(400, "* used in contact and expires is not zero"));
    return good({ isStar: true, contacts });
  }
  const grants = granted === undefined ? undefined : granted.nameAddrs(H.Contact);
  const allowed = allowedMethods(request);
  for (const value of values) {
    const address = parseNameAddr(value);
    if (!address.ok) return bad(new Refusal(400, "Error while parsing Contact"));
    const contact = readContact(address.value, headerSeconds, allowed, settings, options);
    if (contact instanceof Refusal) return bad(contact);
    contacts.push(grants === undefined ? contact : grantedContact(contact, grants.ok ? grants.value : [], granted, options));
  }
  return good({ isStar: false, contacts });
}

function readContact(
  address: NameAddr,
  headerSeconds: number,
  allowed: number,
  settings: LocationSettings,
  options: SaveOptions,
): WantedContact | Refusal {
  const { uri } = address;
  if (uri.length > settings.maxContactLength) return new Refusal(400, "Contact/received too long");
  const parsed = parseUri(uri);
  if (!parsed.ok) return new Refusal(400, "Error while parsing Contact");
  const qParam = address.param("q");
  const q = qParam === undefined ? settings.defaultQ : qValue(qParam);
  if (qParam !== undefined && q < 0) return new Refusal(400, "Invalid q param in contact");
  const received = receivedOf(address, settings);
  if (received === undefined) return new Refusal(400, "Contact/received too long");
  const methods = address.param("methods");
  const instance = address.param("+sip.instance") ?? "";
  return {
    uri,
    parsed: parsed.value,
    lifetimeMs: lifetimeMs(address.param("expires"), headerSeconds, settings, options),
    q,
    methods: methods === undefined || methods === "" ? allowed : methodsParam(methods) || ALL_METHODS,
    instance: isCleanHeaderText(instance) && instance.length <= settings.maxContactLength ? instance : "",
    received,
  };
}

/** The Contact's own word of where it came from; undefined when it is too long, "" when there is none that can be used. */
function receivedOf(address: NameAddr, settings: LocationSettings): string | undefined {
  const received = address.param(settings.receivedParam) ?? "";
  if (received.length > settings.maxContactLength) return undefined;
  return received !== "" && parseUri(received).ok ? received : "";
}

/**
 * How long a Contact is to live: its own word, else the header's, else the default; what is not 0 is brought between the bounds.
 * A parameter that cannot be read counts as the default, and so does a header.
 */
function lifetimeMs(param: string | undefined, headerSeconds: number, settings: LocationSettings, options: SaveOptions): Ms {
  let wanted: number;
  if (param !== undefined) {
    const own = seconds(param);
    wanted = own < 0 ? settings.defaultExpiresMs : own * 1000;
  } else wanted = headerSeconds < 0 ? settings.defaultExpiresMs : headerSeconds * 1000;
  return bounded(wanted, settings, options);
}

function bounded(wanted: Ms, settings: LocationSettings, options: SaveOptions): Ms {
  if (wanted === 0) return 0;
  const least = options.minExpiresMs ?? settings.minExpiresMs;
  const most = options.maxExpiresMs ?? settings.maxExpiresMs;
  const raised = Math.max(wanted, least);
  return most > 0 ? Math.min(raised, most) : raised;
}

/** What another registrar has made of a Contact. */
function grantedContact(
  contact: WantedContact,
  grants: readonly NameAddr[],
  response: SipResponse | undefined,
  options: SaveOptions,
): WantedContact {
  if (contact.lifetimeMs === 0) return contact;
  const alternative = options.modifiedContact === undefined ? undefined : parseUri(options.modifiedContact);
  const wanted = alternative?.ok === true ? alternative.value : contact.parsed;
  for (const grant of grants) {
    const uri = grant.sipUri();
    if (uri === undefined || wanted === undefined || !uriEquals(uri, wanted)) continue;
    const own = seconds(grant.param("expires") ?? response?.header(H.Expires)?.trim() ?? "");
    return own < 0 ? contact : { ...contact, lifetimeMs: own * 1000 };
  }
  return { ...contact, lifetimeMs: 0 };
}
