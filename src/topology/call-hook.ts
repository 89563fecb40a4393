// Hiding with a dialog (flags of `topology_hiding()`): each side knows only us, and the dialog knows the way. One hook on the INVITE,
// one on each request within the call.
import { type Dialog, ModuleFlag } from "../dialog/index.ts";
import type { RequestContext } from "../proxy/index.ts";
import { type Edit, H, type SipResponse } from "../sip/index.ts";
import type { ClientTransaction, ServerTransaction, Transaction, TransactionHook } from "../transaction/index.ts";
import type { Destination, Listener } from "../transport/index.ts";
import { maskCallId, swapCallId } from "./call-id.ts";
import { findContacts, ownContact, userOf, writeContact } from "./contact.ts";
import { viaLines } from "./lines.ts";
import type { TopologyDeps } from "./ports.ts";
import type { TopologySettings } from "./settings.ts";

/** What hooks share. */
export interface HidingParts {
  readonly deps: TopologyDeps;
  readonly settings: TopologySettings;
}

/** Methods whose Call-ID stays as it is. */
export function keepsCallId(method: string): boolean {
  return method === "REGISTER" || method === "PUBLISH" || method === "SUBSCRIBE";
}

/** Takes away what a message says of the way it has come. Its Vias come back with the replies. */
export function coverTracks(context: RequestContext): void {
  const { edit } = context;
  edit.remove(H.Via);
  edit.remove(H.RecordRoute);
  context.forgetRecordRoute();
  context.restoresVias = false;
}

/**
 * Writes the Contact that a leg sees, if the message has one at all.
 * @param leg - whom the message goes to: 0 the caller, 1… a callee
 * @param listener - where it leaves
 */
export function coverContact(parts: HidingParts, dialog: Dialog, edit: Edit, leg: number, listener: Listener): void {
  const found = findContacts(edit);
  if (found.count === 0) return;
  const { deps, settings } = parts;
  const flags = dialog.moduleFlags;
  const known = dialog.leg(leg)?.advertisedContact ?? "";
  const isFixed = (flags & (leg === 0 ? ModuleFlag.advertiseCaller : ModuleFlag.advertiseCallee)) !== 0;
  let value = isFixed && known !== "" ? known.slice(CONTACT.length, -2) : "";
  if (value === "") {
    const { rrParam } = deps.dialogs.settings;
    // the Contact stands for the other side
    const given = dialog.value(leg === 0 ? settings.calleeUserValue : settings.callerUserValue);
    const user = given ?? ((flags & ModuleFlag.keepUser) === 0 ? "" : userOf(found.sole));
    const isInUser = (flags & ModuleFlag.didInUser) !== 0;
    const shown = isInUser ? `${user === "" ? "X" : user}.${rrParam}.${dialog.did}` : user;
    value = ownContact(shown, isInUser ? "" : `;${rrParam}=${dialog.did}`, listener, found.sole, settings);
    deps.dialogs.advertise(dialog, leg, `${CONTACT}${value}\r\n`);
  }
  writeContact(edit, value);
}

const CONTACT = "Contact: ";

/** Hides the Call-ID in what goes to the callee, and only there. */
class CallIdMask {
  readonly #plain: string;
  readonly #masked: string;

  constructor(parts: HidingParts, dialog: Dialog) {
    this.#plain = dialog.callId;
    this.#masked = maskCallId(dialog.callId, dialog.fromTag, parts.settings);
  }

  apply(text: string): string {
    return swapCallId(text, this.#plain, this.#masked);
  }
}

/** The Call-ID that a callee of this dialog sees; undefined when it is the caller's own. */
export function calleeCallId(parts: HidingParts, dialog: Dialog): string | undefined {
  if ((dialog.moduleFlags & ModuleFlag.hideCallId) === 0) return undefined;
  return maskCallId(dialog.callId, dialog.fromTag, parts.settings);
}

/** What is common to the hooks of a call. */
abstract class CoverHook implements TransactionHook {
  protected readonly parts: HidingParts;
  protected readonly dialog: Dialog;
  readonly #context: RequestContext;
  /** Whether requests of this transaction go to the callee, and replies to the caller. */
  readonly #isDownstream: boolean;
  #vias = "";
  #mask: CallIdMask | undefined = undefined;

  constructor(parts: HidingParts, dialog: Dialog, context: RequestContext, isDownstream: boolean) {
    this.parts = parts;
    this.dialog = dialog;
    this.#context = context;
    this.#isDownstream = isDownstream;
  }

  preSendBuffer(transaction: Transaction, text: string): string {
    if ((this.dialog.moduleFlags & ModuleFlag.hideCallId) === 0 || keepsCallId(transaction.method)) return text;
    if (text.startsWith("SIP/2.0 ") === this.#isDownstream) return text;
    this.#mask ??= new CallIdMask(this.parts, this.dialog);
    return this.#mask.apply(text);
  }

  /** The sender's Vias; the request must still be there when they are first asked for. */
  protected rememberVias(transaction: ServerTransaction): void {
    if (this.#vias === "") this.#vias = viaLines(transaction.request, transaction.source, this.#context.forceRport);
  }

  protected uncover(edit: Edit, routes: string): void {
    edit.remove(H.RecordRoute);
    edit.prependLines(this.#vias + routes);
  }
}

/** The INVITE that begins a hidden call. */
export class CallHook extends CoverHook {
  /** Record-Route lines that the caller's side gets back. */
  readonly #routes: string;

  constructor(parts: HidingParts, dialog: Dialog, context: RequestContext) {
    super(parts, dialog, context, true);
    let routes = "";
    for (const value of dialog.callerLeg.routeSet) routes += `Record-Route: ${value}\r\n`;
    this.#routes = routes;
  }

  requestForwarded(transaction: ServerTransaction, edit: Edit, index: number, destination: Destination): void {
    this.rememberVias(transaction);
    let leg = this.dialog.calleeLegs.length;
    while (leg > 1 && this.dialog.leg(leg)?.branch !== index) leg--;
    coverContact(this.parts, this.dialog, edit, Math.max(1, leg), destination.listener);
  }

  responseForwarded(transaction: ServerTransaction, response: SipResponse, edit: Edit, _branch: ClientTransaction): void {
    this.uncover(edit, this.#routes);
    // a redirection is about the places it names
    if (response.status < 300 || response.status > 399) coverContact(this.parts, this.dialog, edit, 0, transaction.source.listener);
  }
}

/** A request within a hidden call. */
export class WithinHook extends CoverHook {
  readonly #toLeg: number;
  readonly #fromLeg: number;

  constructor(parts: HidingParts, dialog: Dialog, context: RequestContext, toLeg: number, fromLeg: number) {
    super(parts, dialog, context, toLeg !== 0);
    this.#toLeg = toLeg;
    this.#fromLeg = fromLeg;
  }

  requestForwarded(transaction: ServerTransaction, edit: Edit, _index: number, destination: Destination): void {
    this.rememberVias(transaction);
    coverContact(this.parts, this.dialog, edit, this.#toLeg, destination.listener);
  }

  responseForwarded(transaction: ServerTransaction, _response: SipResponse, edit: Edit): void {
    this.uncover(edit, "");
    coverContact(this.parts, this.dialog, edit, this.#fromLeg, transaction.source.listener);
  }
}

/** A request of our own to the callee of a call whose Call-ID is hidden. */
export class OwnRequestHook implements TransactionHook {
  readonly #mask: CallIdMask;

  constructor(parts: HidingParts, dialog: Dialog) {
    this.#mask = new CallIdMask(parts, dialog);
  }

  preSendBuffer(_transaction: Transaction, text: string): string {
    return this.#mask.apply(text);
  }
}
