// What an editor (`local_route`) has made of a request of our own: asked once, the same for every destination.

import type { Log } from "../kit/index.ts";
import { Edit, H, parseMessage, SipRequest } from "../sip/index.ts";
import type { Destination } from "../transport/index.ts";
import type { LocalEditor } from "./hooks.ts";
import type { LocalTransaction } from "./local.ts";

const WITH_LENGTH = Object.freeze({ contentLength: true });

/** The changed text of one transaction. */
export class EditedRequest {
  /** With the Via of the first attempt; "" when nobody changed it. */
  #text = "";

  /** Lets the editor see the request for the first time. @returns what is to be sent */
  first(editor: LocalEditor, log: Log, transaction: LocalTransaction, text: string, destination: Destination): string {
    const request = parseRequest(text);
    if (request === undefined) return text;
    let edit: Edit | undefined;
    try {
      edit = editor.edit(transaction, request, destination);
    } catch (error) {
      log.error({ callId: transaction.callId, err: error }, "a local route threw");
    }
    if (edit === undefined || edit.isEmpty) return text;
    this.#text = edit.serialise(WITH_LENGTH);
    return this.#text;
  }

  /** The same changes for another destination. @param text - unchanged, @param via - of the new attempt */
  again(text: string, via: string): string {
    const before = this.#text === "" ? undefined : parseRequest(this.#text);
    return before === undefined ? text : new Edit(before).removeTopVia().prepend(H.Via, via).serialise(WITH_LENGTH);
  }
}

function parseRequest(text: string): SipRequest | undefined {
  const parsed = parseMessage(text);
  return parsed.ok && parsed.value instanceof SipRequest ? parsed.value : undefined;
}
