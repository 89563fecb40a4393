// Signs that a message comes from behind a NAT, and Contacts that lead back to where it came from.

import { bodyParts, isMime } from "./body.ts";
import { unfold } from "./chars.ts";
import type { Edit } from "./edit.ts";
import { H } from "./headers.ts";
import { bracketed, hostEquals, isCarrierHost, isPrivateHost } from "./hosts.ts";
import { splitList } from "./lists.ts";
import type { SipMessage } from "./message.ts";
import { type NameAddr, parseNameAddr } from "./nameaddr.ts";
import { sdpAddresses } from "./sdp.ts";
import { parseUri, type SipUri } from "./uri.ts";
import { withoutUriParam, withUriParam, withUriParts } from "./uri-edit.ts";

/** What can be looked for, as bits. */
export const NatSign = {
  /** The Contact is an address of a private network. */
  privateContact: 1,
  /** The Via names another address than the message came from. */
  otherAddress: 2,
  /** The Via names an address of a private network. */
  privateVia: 4,
  /** Media is to be sent to an address of a private network. */
  privateMedia: 8,
  /** The Via names another port than the message came from. */
  otherPort: 16,
  /** The Contact names another address. */
  otherContactAddress: 32,
  /** The Contact names another port. */
  otherContactPort: 64,
  /** One of these addresses is of a network between a carrier and its customers (RFC 6598, RFC 6333). */
  carrier: 128,
} as const;

/** Where a message really came from. */
export interface Origin {
  readonly ip: string;
  readonly port: number;
}

/**
 * Looks for signs of a NAT.
 * @param wanted - bits of `NatSign`
 * @returns those that are there; 0 for none
 */
export function natSigns(message: SipMessage, origin: Origin, wanted: number): number {
  let found = 0;
  const note = (sign: number, isThere: boolean): void => {
    if (isThere) found |= sign;
  };
  const { topVia } = message;
  if ((wanted & (NatSign.otherAddress | NatSign.privateVia | NatSign.otherPort | NatSign.carrier)) !== 0) {
    note(NatSign.otherAddress, !hostEquals(topVia.host, origin.ip));
    note(NatSign.privateVia, isPrivateHost(topVia.host));
    note(NatSign.otherPort, (topVia.port || 5060) !== origin.port);
    note(NatSign.carrier, isCarrierHost(topVia.host));
  }
  const ofContact = NatSign.privateContact | NatSign.otherContactAddress | NatSign.otherContactPort | NatSign.carrier;
  const contact = (wanted & ofContact) === 0 ? undefined : firstContact(message);
  if (contact !== undefined) {
    note(NatSign.privateContact, isPrivateHost(contact.host));
    note(NatSign.otherContactAddress, !hostEquals(contact.host, origin.ip));
    note(NatSign.otherContactPort, (contact.port || (contact.scheme === "sips" ? 5061 : 5060)) !== origin.port);
    note(NatSign.carrier, isCarrierHost(contact.host));
  }
  if ((wanted & (NatSign.privateMedia | NatSign.carrier)) !== 0 && message.bodyEnd > message.bodyAt) {
    for (const part of bodyParts(message.contentType, message.body)) {
      if (!isMime(part.contentType, "application/sdp")) continue;
      for (const address of sdpAddresses(part.body)) {
        note(NatSign.privateMedia, isPrivateHost(address));
        note(NatSign.carrier, isCarrierHost(address));
      }
    }
  }
  return found & wanted;
}

function firstContact(message: SipMessage): SipUri | undefined {
  const line = message.headerIndex(H.Contact);
  const [first] = line < 0 ? [] : splitList(unfold(message.headerValue(line)));
  const address = first === undefined ? undefined : parseNameAddr(first);
  const uri = address?.ok === true ? address.value.sipUri() : undefined;
  return uri?.isSip === true ? uri : undefined;
}

/** Gives one Contact another form; undefined leaves it alone. */
export type ContactChange = (contact: NameAddr) => string | undefined;

/** Changes every Contact of a message, `*` and what does not read aside. @returns how many were changed */
export function changeContacts(edit: Edit, change: ContactChange): number {
  const { head } = edit.message;
  let count = 0;
  for (let line = head.headerIndex(H.Contact); line >= 0; line = head.headerIndex(H.Contact, line + 1)) {
    count += edit.changeValues(line, (value) => {
      const contact = parseNameAddr(value);
      if (!contact.ok || contact.value.uri === "*") return undefined;
      const changed = change(contact.value);
      return changed === contact.value.text ? undefined : changed;
    });
  }
  return count;
}

/**
 * Lets every Contact lead back to where the message came from: host and port are replaced, user and parameters stay but for `maddr`,
 * which would lead elsewhere.
 * @param params - URI parameters to add, each with its leading semicolon
 * @returns how many were changed
 */
export function fixContacts(edit: Edit, origin: Origin, params = ""): number {
  return changeContacts(edit, (contact) => {
    const parsed = contact.sipUri();
    if (parsed === undefined || !parsed.isSip) return undefined;
    const plain = withoutUriParam(parsed, "maddr");
    const read = plain === undefined ? undefined : parseUri(plain);
    const uri = read?.ok === true ? read.value : parsed;
    const fixed = withUriParts(uri, { host: origin.ip, port: origin.port, params: params + uri.paramText });
    return fixed === undefined || fixed === parsed.text ? undefined : contact.withUri(fixed);
  });
}

/**
 * Leaves in every Contact where the message came from, for a registrar behind us: `;received=` of the header, or of the URI.
 * @returns how many were changed
 */
export function addReceivedParams(edit: Edit, origin: Origin, transport: string, isInUri: boolean): number {
  const text = originUri(origin, transport);
  return changeContacts(edit, (contact) => {
    if (!isInUri) return `${contact.text};received="${text}"`;
    const uri = contact.sipUri();
    // a URI inside a URI: what would end its parameter is escaped
    const changed = uri === undefined ? undefined : withUriParam(uri, `received=${text.replace(";", "%3b").replace("=", "%3d")}`);
    return changed === undefined ? undefined : contact.withUri(changed);
  });
}

/** The URI of an address that a message came from: `sip:192.0.2.1:5060;transport=tcp`; UDP is not named. */
export function originUri(origin: Origin, transport: string): string {
  return `sip:${bracketed(origin.ip)}:${origin.port}${transport === "udp" ? "" : `;transport=${transport}`}`;
}
