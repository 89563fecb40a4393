// Those who are told about a call at its turning points, in the order of the reference's callbacks (14.2).
import { contain, type Log, type Ms } from "../kit/index.ts";
import type { Direction, RequestContext } from "../proxy/index.ts";
import type { Edit, SipRequest, SipResponse } from "../sip/index.ts";
import type { ServerTransaction } from "../transaction/index.ts";
import type { Dialog } from "./dialog.ts";
import type { Side } from "./machine.ts";
import type { DialogSlot } from "./slot.ts";

/** How a ping of ours went. */
export interface PingOutcome {
  /** Who was asked. */
  readonly side: Side;
  readonly method: "OPTIONS" | "INVITE";
  /** Of the final answer; 0 when none came. */
  readonly status: number;
  /** Nobody answered, or somebody on the way did with 408. */
  readonly isLost: boolean;
  /** Lost ones of this side in a row, this one included; 0 after an answer. */
  readonly losses: number;
  /** From sending to the answer, or until it was given up. */
  readonly afterMs: Ms;
}

/** What may be told. All methods are optional; what one throws, or its promise fails with, is logged and harms nobody else. */
export interface DialogListener {
  /** Once, when both the dialog and its transaction exist. */
  created?(dialog: Dialog, invite: SipRequest): void;
  /** The first relayed provisional reply. */
  early?(dialog: Dialog, response: SipResponse | undefined): void;
  /** The first 2xx, before it is sent; `response` is undefined when the answer was made here. */
  confirmed?(dialog: Dialog, response: SipResponse | undefined): void;
  /** After `confirmed`, where the on-answer route runs. */
  answered?(dialog: Dialog): void;
  /**
   * Any request that was found to belong to the dialog, copies, ACKs and the BYE that ends it included: state and numbers are done,
   * and the copy that goes on may be changed. `slot` says which way it goes.
   */
  requestMatched?(dialog: Dialog, context: RequestContext, slot: DialogSlot): void;
  /** A request within the dialog other than the BYE that ends it. */
  requestWithin?(dialog: Dialog, request: SipRequest, direction: Direction): void;
  /** A ping of ours was answered, or was not. Before the call ends of it. */
  pinged?(dialog: Dialog, ping: PingOutcome): void;
  /** The lifetime is over, nothing has happened yet: `dialog.setLifetime()` lets the call live on. */
  timeout?(dialog: Dialog): void;
  /** The call is over by BYE, ours or theirs; profiles and variables are still there. */
  hangup?(dialog: Dialog): void;
  /** Over by BYE: theirs (`request` and its `transaction`, which is still to be answered), or ours. */
  terminated?(
    dialog: Dialog,
    request: SipRequest | undefined,
    direction: Direction | undefined,
    transaction: ServerTransaction | undefined,
  ): void;
  /** Over by its lifetime without BYE. */
  expired?(dialog: Dialog): void;
  /** Over before it was answered; `status` is what the caller got, 0 when its transaction just went. */
  failed?(dialog: Dialog, status: number, response: SipResponse | undefined): void;
  /** A reply to the initial INVITE is about to be relayed; `edit` may change it. @param leg - number of the callee leg */
  responseForwarded?(dialog: Dialog, response: SipResponse, edit: Edit, leg: number): void;
  /** A reply to a request within the dialog is about to be relayed, if this listener was there when the request passed. */
  responseWithin?(dialog: Dialog, response: SipResponse, edit: Edit, direction: Direction): void;
  /** Nothing refers to the dialog any more. Exactly once. */
  destroyed?(dialog: Dialog): void;
  /** It came from a store or from another node, as it stands. */
  loaded?(dialog: Dialog): void;
  /** A store has written it, or taken away what it had of it. */
  saved?(dialog: Dialog): void;
  /** It is being listed together with what belongs to it. @param context - what is added stands beside variables and profiles */
  listed?(dialog: Dialog, context: DialogContext): void;
}

/** What a listing shows beside variables and profiles: members of JSON data by name. */
export type DialogContext = Record<string, unknown>;

/** Tells listeners: those of the dialog first, then those of all dialogs, the last added first. */
export class ListenerRunner {
  readonly #log: Log;
  #everywhere: readonly DialogListener[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  /** Adds one for all dialogs, those that exist included. */
  add(listener: DialogListener): void {
    this.#everywhere = [...this.#everywhere, listener];
  }

  remove(listener: DialogListener): void {
    this.#everywhere = this.#everywhere.filter((other) => other !== listener);
  }

  /** Whether anybody wants to know of this. */
  wants(dialog: Dialog, what: keyof DialogListener): boolean {
    return hasMethod(this.#everywhere, what) || (dialog.listeners !== undefined && hasMethod(dialog.listeners, what));
  }

  created(dialog: Dialog, invite: SipRequest): void {
    const all = this.#of(dialog);
    for (let i = all.length - 1; i >= 0; i--) {
      try {
        this.#settle(dialog, "created", all[i]?.created?.(dialog, invite));
      } catch (error) {
        this.threw(dialog, "created", error);
      }
    }
  }

  early(dialog: Dialog, response: SipResponse | undefined): void {
    const all = this.#of(dialog);
    for (let i = all.length - 1; i >= 0; i--) {
      try {
        this.#settle(dialog, "early", all[i]?.early?.(dialog, response));
      } catch (error) {
        this.threw(dialog, "early", error);
      }
    }
  }

  confirmed(dialog: Dialog, response: SipResponse | undefined): void {
    const all = this.#of(dialog);
    for (let i = all.length - 1; i >= 0; i--) {
      try {
        this.#settle(dialog, "confirmed", all[i]?.confirmed?.(dialog, response));
      } catch (error) {
        this.threw(dialog, "confirmed", error);
      }
    }
  }

  answered(dialog: Dialog): void {
    const all = this.#of(dialog);
    for (let i = all.length - 1; i >= 0; i--) {
      try {
        this.#settle(dialog, "answered", all[i]?.answered?.(dialog));
      } catch (error) {
        this.threw(dialog, "answered", error);
      }
    }
  }

  requestWithin(dialog: Dialog, request: SipRequest, direction: Direction): void {
    const all = this.#of(dialog);
    for (let i = all.length - 1; i >= 0; i--) {
      try {
        this.#settle(dialog, "requestWithin", all[i]?.requestWithin?.(dialog, request, direction));
      } catch (error) {
        this.threw(dialog, "requestWithin", error);
      }
    }
  }

  requestMatched(dialog: Dialog, context: RequestContext, slot: DialogSlot): void {
    const all = this.#of(dialog);
    for (let i = all.length - 1; i >= 0; i--) {
      try {
        this.#settle(dialog, "requestMatched", all[i]?.requestMatched?.(dialog, context, slot));
      } catch (error) {
        this.threw(dialog, "requestMatched", error);
      }
    }
  }

  pinged(dialog: Dialog, ping: PingOutcome): void {
    const all = this.#of(dialog);
    for (let i = all.length - 1; i >= 0; i--) {
      try {
        this.#settle(dialog, "pinged", all[i]?.pinged?.(dialog, ping));
      } catch (error) {
        this.threw(dialog, "pinged", error);
      }
    }
  }

  timeout(dialog: Dialog): void {
    const all = this.#of(dialog);
    for (let i = all.length - 1; i >= 0; i--) {
      try {
        this.#settle(dialog, "timeout", all[i]?.timeout?.(dialog));
      } catch (error) {
        this.threw(dialog, "timeout", error);
      }
    }
  }

  hangup(dialog: Dialog): void {
    const all = this.#of(dialog);
    for (let i = all.length - 1; i >= 0; i--) {
      try {
        this.#settle(dialog, "hangup", all[i]?.hangup?.(dialog));
      } catch (error) {
        this.threw(dialog, "hangup", error);
      }
    }
  }

  terminated(
    dialog: Dialog,
    request: SipRequest | undefined,
    direction: Direction | undefined,
    transaction: ServerTransaction | undefined,
  ): void {
    const all = this.#of(dialog);
    for (let i = all.length - 1; i >= 0; i--) {
      try {
        this.#settle(dialog, "terminated", all[i]?.terminated?.(dialog, request, direction, transaction));
      } catch (error) {
        this.threw(dialog, "terminated", error);
      }
    }
  }

  expired(dialog: Dialog): void {
    const all = this.#of(dialog);
    for (let i = all.length - 1; i >= 0; i--) {
      try {
        this.#settle(dialog, "expired", all[i]?.expired?.(dialog));
      } catch (error) {
        this.threw(dialog, "expired", error);
      }
    }
  }

  failed(dialog: Dialog, status: number, response: SipResponse | undefined): void {
    const all = this.#of(dialog);
    for (let i = all.length - 1; i >= 0; i--) {
      try {
        this.#settle(dialog, "failed", all[i]?.failed?.(dialog, status, response));
      } catch (error) {
        this.threw(dialog, "failed", error);
      }
    }
  }

  responseForwarded(dialog: Dialog, response: SipResponse, edit: Edit, leg: number): void {
    const all = this.#of(dialog);
    for (let i = all.length - 1; i >= 0; i--) {
      try {
        this.#settle(dialog, "responseForwarded", all[i]?.responseForwarded?.(dialog, response, edit, leg));
      } catch (error) {
        this.threw(dialog, "responseForwarded", error);
      }
    }
  }

  responseWithin(dialog: Dialog, response: SipResponse, edit: Edit, direction: Direction): void {
    const all = this.#of(dialog);
    for (let i = all.length - 1; i >= 0; i--) {
      try {
        this.#settle(dialog, "responseWithin", all[i]?.responseWithin?.(dialog, response, edit, direction));
      } catch (error) {
        this.threw(dialog, "responseWithin", error);
      }
    }
  }

  destroyed(dialog: Dialog): void {
    const all = this.#of(dialog);
    for (let i = all.length - 1; i >= 0; i--) {
      try {
        this.#settle(dialog, "destroyed", all[i]?.destroyed?.(dialog));
      } catch (error) {
        this.threw(dialog, "destroyed", error);
      }
    }
  }

  loaded(dialog: Dialog): void {
    const all = this.#of(dialog);
    for (let i = all.length - 1; i >= 0; i--) {
      try {
        this.#settle(dialog, "loaded", all[i]?.loaded?.(dialog));
      } catch (error) {
        this.threw(dialog, "loaded", error);
      }
    }
  }

  saved(dialog: Dialog): void {
    const all = this.#of(dialog);
    for (let i = all.length - 1; i >= 0; i--) {
      try {
        this.#settle(dialog, "saved", all[i]?.saved?.(dialog));
      } catch (error) {
        this.threw(dialog, "saved", error);
      }
    }
  }

  listed(dialog: Dialog, context: DialogContext): void {
    const all = this.#of(dialog);
    for (let i = all.length - 1; i >= 0; i--) {
      try {
        this.#settle(dialog, "listed", all[i]?.listed?.(dialog, context));
      } catch (error) {
        this.threw(dialog, "listed", error);
      }
    }
  }

  /** A listener is not waited for; a promise that it returned may still fail. */
  #settle(dialog: Dialog, hook: string, result: unknown): void {
    if (result !== undefined) contain(result, (error) => this.threw(dialog, hook, error));
  }

  /** Something of the user's threw: its call goes on. */
  threw(dialog: Dialog, hook: string, error: unknown): void {
    this.#log.error({ did: dialog.did, callId: dialog.callId, hook, err: error }, "a dialog hook threw");
  }

  /** In the order of registration; the list of the moment, so that a listener may add and take away others. */
  #of(dialog: Dialog): readonly DialogListener[] {
    const own = dialog.listeners;
    return own === undefined ? this.#everywhere : [...this.#everywhere, ...own];
  }
}

function hasMethod(listeners: readonly DialogListener[], what: keyof DialogListener): boolean {
  for (let i = 0; i < listeners.length; i++) if (listeners[i]?.[what] !== undefined) return true;
  return false;
}
