// The topology room's front: neither party of a call sees the addresses of the other, or of the proxies behind it. With a dialog the
// dialog remembers the way; without one the Contacts that we show carry it.
import { type Dialog, DialogSlot, type MatchMode, ModuleFlag } from "../dialog/index.ts";
import type { RequestContext } from "../proxy/index.ts";
import { H } from "../sip/index.ts";
import type { LocalTransaction, ServerTransaction } from "../transaction/index.ts";
import type { MessageReceiver } from "../transport/index.ts";
import {
  CallHook,
  calleeCallId,
  coverContact,
  coverTracks,
  type HidingParts,
  keepsCallId,
  OwnRequestHook,
  WithinHook,
} from "./call-hook.ts";
import { maskCallId } from "./call-id.ts";
import { CallIdReceiver } from "./call-id-receiver.ts";
import { findContacts, writeContact } from "./contact.ts";
import { ContactHook, followContact, hiddenContact } from "./contact-hook.ts";
import { decodeContact } from "./contact-info.ts";
import type { ContactUsers, HideProblem, TopologyDeps } from "./ports.ts";
import { TOPOLOGY_DEFAULTS, type TopologySettings } from "./settings.ts";

/** Flags that need a dialog. */
const OF_DIALOGS = ModuleFlag.hideCallId | ModuleFlag.didInUser | ModuleFlag.advertiseCaller | ModuleFlag.advertiseCallee;

/** Topology hiding of one engine. */
export class TopologyHiding implements HidingParts {
  readonly deps: TopologyDeps;
  readonly #callIds: CallIdReceiver;
  #settings: TopologySettings;

  constructor(deps: TopologyDeps) {
    this.deps = deps;
    this.#settings = { ...TOPOLOGY_DEFAULTS, ...deps.settings };
    this.#callIds = new CallIdReceiver(() => this.#settings);
    deps.proxy.replyFilter = (text, request) => this.#callIds.reword(text, request);
    deps.transactions.addGlobalHook({
      requestIn: (transaction: ServerTransaction) => this.#callIds.begun(transaction),
      localTransactionNew: (transaction: LocalTransaction) => this.#ownRequest(transaction),
    });
    deps.dialogs.listeners.add({ requestMatched: (dialog, context, slot) => this.#within(dialog, context, slot) });
    const { messages } = deps.dialogs;
    if (messages === undefined) return;
    messages.cover = {
      covered: (callId, fromTag) => maskCallId(callId, fromTag, this.#settings),
      isCovered: (callId) => callId.startsWith(this.#settings.callIdPrefix),
    };
  }

  get settings(): TopologySettings {
    return this.#settings;
  }

  /** Changes settings; before the first call. */
  configure(settings: Partial<TopologySettings>): void {
    this.#settings = { ...this.#settings, ...settings };
  }

  /** Reads hidden Call-IDs from now on in everything that comes in, also of calls that were hidden before a restart. */
  watchCallIds(): void {
    this.#callIds.isActive = true;
  }

  /** Stands in front of the transactions. @param next - the transactions */
  receiver(next: MessageReceiver): MessageReceiver {
    return this.#callIds.to(next);
  }

  /**
   * Hides the parties of a call, or of another request that may begin a dialog, from each other. With a dialog on the request it covers
   * the whole call; without one the Contacts remember. A second call only adds its flags.
   * @param flags - `ModuleFlag` bits; those that need a dialog are ignored without one
   * @returns undefined, or why not; the request is as it was then
   */
  hide(context: RequestContext, flags: number, users?: ContactUsers): HideProblem | undefined {
    if (context.hasToTag) return "withinDialog";
    const { transaction } = context;
    if (transaction === undefined) return "noTransaction";
    const dialog = this.deps.dialogs.of(context);
    if (dialog !== undefined) {
      this.#hideCall(context, transaction, dialog, flags, users);
      return undefined;
    }
    const known = transaction.hooks.find((hook) => hook instanceof ContactHook);
    if (known !== undefined) {
      known.add(flags & ~OF_DIALOGS);
      return undefined;
    }
    return this.#hideContacts(context, transaction, flags);
  }

  /** Whether flags have no meaning for a request: it has no dialog. */
  needsDialog(context: RequestContext, flags: number): boolean {
    return (flags & OF_DIALOGS) !== 0 && this.deps.dialogs.of(context) === undefined;
  }

  /**
   * Finds out whom a request to one of our Contacts is meant for, and sends it there: by its dialog, else by what the Contact carries.
   * @returns false when it is neither of a dialog nor for such a Contact
   */
  match(context: RequestContext, mode?: MatchMode): boolean {
    return this.deps.dialogs.match(context, mode) || this.#matchContact(context);
  }

  /** The Call-ID that the callee sees (`$TH_callee_callid`); undefined where it is the caller's. */
  calleeCallId(dialog: Dialog): string | undefined {
    return calleeCallId(this, dialog);
  }

  #hideCall(context: RequestContext, transaction: ServerTransaction, dialog: Dialog, flags: number, users: ContactUsers | undefined): void {
    const wasHidden = dialog.isTopologyHidden;
    dialog.setModuleFlags(dialog.moduleFlags | ModuleFlag.topologyHiding | flags);
    if ((flags & ModuleFlag.hideCallId) !== 0) this.watchCallIds();
    if (users?.caller !== undefined) dialog.setValue(this.#settings.callerUserValue, users.caller);
    if (users?.callee !== undefined) dialog.setValue(this.#settings.calleeUserValue, users.callee);
    if (wasHidden) return;
    coverTracks(context);
    transaction.attach(new CallHook(this, dialog, context));
  }

  #hideContacts(context: RequestContext, transaction: ServerTransaction, flags: number): HideProblem | undefined {
    const { request, source } = context;
    const found = findContacts(context.edit);
    if (found.count > 0) {
      if (found.sole === undefined) return "contact";
      const routes = request.values(H.RecordRoute);
      if (hiddenContact(this, context.edit, routes, flags, source.listener, source.listener) === undefined) return "tooLong";
    }
    coverTracks(context);
    transaction.attach(new ContactHook(this, context, flags & ~OF_DIALOGS, undefined));
    return undefined;
  }

  #matchContact(context: RequestContext): boolean {
    const { request } = context;
    const { uri } = request;
    if (!uri.isSip || request.has(H.Route)) return false;
    const text = uri.param(this.#settings.contactParam);
    if (text === undefined || text === "" || !this.deps.transport.isMyself(uri.host, uri.port === 0 ? 5060 : uri.port)) return false;
    const info = decodeContact(text, this.#settings);
    const routes = info === undefined ? undefined : followContact(context, info);
    if (info === undefined || routes === undefined) return false;
    coverTracks(context);
    const listener = this.deps.transport.listeners.find((one) => one.name === info.socket);
    if (listener === undefined) this.deps.log.warn({ socket: info.socket, callId: request.callId }, "the socket of a hidden call is gone");
    else context.forcedListener = listener;
    const { transaction } = context;
    if (transaction !== undefined) transaction.attach(new ContactHook(this, context, info.flags, routes));
    else {
      // an ACK has no hooks, and only one copy
      const own = context.request.values(H.RecordRoute);
      const inbound = context.source.listener;
      const value = hiddenContact(this, context.edit, own, info.flags, inbound, listener ?? inbound);
      if (value !== undefined) writeContact(context.edit, value);
    }
    return true;
  }

  /** A request within a hidden call goes by what the dialog knows, and so do its replies. */
  #within(dialog: Dialog, context: RequestContext, slot: DialogSlot): void {
    if (!dialog.isTopologyHidden) return;
    const { dialogs, log } = this.deps;
    const to = dialog.leg(slot.toLeg);
    coverTracks(context);
    if (dialogs.fixRoute(context) < 0) log.debug({ did: dialog.did, callId: dialog.callId }, "a hidden party has not said where it is");
    if (to?.listener !== undefined) context.forcedListener = to.listener;
    const { transaction } = context;
    if (transaction !== undefined) {
      transaction.attach(new WithinHook(this, dialog, context, slot.toLeg, slot.toLeg === 0 ? slot.calleeLeg : 0));
      return;
    }
    coverContact(this, dialog, context.edit, slot.toLeg, to?.listener ?? context.source.listener);
    const masked = slot.toLeg === 0 ? undefined : calleeCallId(this, dialog);
    if (masked !== undefined) context.edit.set(H.CallId, masked);
  }

  #ownRequest(transaction: LocalTransaction): void {
    const { slot } = transaction;
    if (!(slot instanceof DialogSlot) || slot.toLeg <= 0 || slot.dialog === undefined || keepsCallId(transaction.method)) return;
    if ((slot.dialog.moduleFlags & ModuleFlag.hideCallId) !== 0) transaction.attach(new OwnRequestHook(this, slot.dialog));
  }
}
