// Hiding without a dialog: what has to be remembered travels in the Contacts that we show, and comes back in Request-URIs.
import { ModuleFlag } from "../dialog/index.ts";
import { keep } from "../kit/index.ts";
import type { RequestContext } from "../proxy/index.ts";
import { type Edit, H, isCleanHeaderText, parseNameAddr, parseUri, type SipResponse, type SipUri, splitList } from "../sip/index.ts";
import type { ClientTransaction, ServerTransaction, TransactionHook } from "../transaction/index.ts";
import type { Destination, Listener } from "../transport/index.ts";
import type { HidingParts } from "./call-hook.ts";
import { findContacts, ownContact, userOf, writeContact } from "./contact.ts";
import { type ContactInfo, encodeContact } from "./contact-info.ts";
import { viaLines } from "./lines.ts";

/** Longest Contact that its receiver can be expected to use as a Request-URI. */
const MAX_CONTACT = 3500;

/**
 * The Contact value for a message.
 * @param routes - towards its sender, in the order they are sent
 * @param inbound - where messages of its sender come in
 * @param outbound - where it leaves
 * @returns undefined when the message has no Contact, more than one, or one that does not read or would be too long
 */
export function hiddenContact(
  parts: HidingParts,
  edit: Edit,
  routes: readonly string[],
  flags: number,
  inbound: Listener,
  outbound: Listener,
): string | undefined {
  const { sole } = findContacts(edit);
  if (sole === undefined) return undefined;
  const { settings } = parts;
  const text = encodeContact({ routes: routes.join(","), contact: sole.uri, flags, socket: inbound.name }, settings);
  if (text === undefined || text.length > MAX_CONTACT) return undefined;
  const user = (flags & ModuleFlag.keepUser) === 0 ? "" : userOf(sole);
  return ownContact(user, `;${settings.contactParam}=${text}`, outbound, sole, settings);
}

/** A request that is hidden without a dialog, and its replies. */
export class ContactHook implements TransactionHook {
  readonly #parts: HidingParts;
  readonly #context: RequestContext;
  /** Record-Route values of the request, in its order. */
  readonly #routes: readonly string[];
  /** Routes towards whom the request goes to, where an earlier Contact said them. */
  readonly #known: readonly string[];
  readonly #isInitial: boolean;
  #flags: number;
  #vias = "";

  constructor(parts: HidingParts, context: RequestContext, flags: number, known: readonly string[] | undefined) {
    this.#parts = parts;
    this.#context = context;
    this.#flags = flags;
    this.#routes = context.request.values(H.RecordRoute).map(keep);
    this.#known = known ?? [];
    this.#isInitial = known === undefined;
  }

  /** A second call of the function: its flags come on top. */
  add(flags: number): void {
    this.#flags |= flags;
  }

  requestForwarded(transaction: ServerTransaction, edit: Edit, _index: number, destination: Destination): void {
    if (this.#vias === "") this.#vias = viaLines(transaction.request, transaction.source, this.#context.forceRport);
    const { listener } = transaction.source;
    const value = hiddenContact(this.#parts, edit, this.#routes, this.#flags, listener, destination.listener);
    if (value !== undefined) writeContact(edit, value);
  }

  responseForwarded(transaction: ServerTransaction, response: SipResponse, edit: Edit, branch: ClientTransaction): void {
    let lines = this.#vias;
    // within a dialog Record-Routes mean nothing any more
    if (this.#isInitial) for (const value of this.#routes) lines += `Record-Route: ${value}\r\n`;
    const isRedirect = response.status >= 300 && response.status <= 399;
    if (!isRedirect) {
      const routes = response.has(H.RecordRoute) ? response.values(H.RecordRoute).toReversed() : this.#known;
      const inbound = branch.destination.listener;
      const value = hiddenContact(this.#parts, edit, routes, this.#flags, inbound, transaction.source.listener);
      if (value !== undefined) writeContact(edit, value);
      else if (response.has(H.Contact)) {
        this.#parts.deps.log.warn({ callId: response.callId, status: response.status }, "the Contact of a reply could not be hidden");
      }
    }
    edit.remove(H.RecordRoute);
    edit.prependLines(lines);
  }
}

/**
 * Sends a request to the party that its Request-URI stands for.
 * @returns the routes towards it; undefined when what was hidden names no place a request can go to
 */
export function followContact(context: RequestContext, info: ContactInfo): readonly string[] | undefined {
  // a fold would read as an address and still be a line end
  if (!isCleanHeaderText(info.routes)) return undefined;
  const target = parseUri(info.contact);
  if (!target.ok || !target.value.isSip) return undefined;
  const routes = splitList(info.routes);
  const uris: SipUri[] = [];
  for (const value of routes) {
    const address = parseNameAddr(value);
    const uri = address.ok ? address.value.sipUri() : undefined;
    if (uri?.isSip !== true) return undefined;
    uris.push(uri);
  }
  const next = uris[0];
  context.removeRoutes();
  context.dstUri = undefined;
  context.requestUri = info.contact;
  if (next?.isLoose === true) {
    context.dstUri = next.text;
    context.edit.prepend(H.Route, routes.join(", "));
  } else if (next !== undefined) {
    // a strict router wants itself in the Request-URI and the target as the last Route (RFC 3261 section 12.2.1.1)
    context.requestUri = next.text;
    context.edit.prepend(H.Route, [...routes.slice(1), `<${info.contact}>`].join(", "));
  }
  // a Route that somebody else wrote does not lead into our own host (S-12)
  if (next !== undefined) context.routedTo = next.text;
  return routes;
}
