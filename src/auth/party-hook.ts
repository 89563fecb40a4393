// The From and To of replies, as whoever sent the request wrote them.
import { keep } from "../kit/index.ts";
import { type Edit, H, type NameAddr, type SipRequest, type SipResponse } from "../sip/index.ts";
import type { ServerTransaction, TransactionHook } from "../transaction/index.ts";

/** Which of the two. */
export type PartyName = "from" | "to";

/** Gives replies the From or To of the request back. */
export class PartyHook implements TransactionHook {
  #from = "";
  #to = "";
  #isToTagged = false;

  /** From now on for this header too. */
  add(request: SipRequest, party: PartyName): void {
    if (party === "from") this.#from = keep(request.from.text);
    else {
      this.#to = keep(request.to.text);
      this.#isToTagged = request.toTag !== "";
    }
  }

  responseForwarded(_transaction: ServerTransaction, response: SipResponse, edit: Edit): void {
    if (this.#from !== "") edit.set(H.From, this.#from);
    if (this.#to === "") return;
    const tag = this.#isToTagged || response.toTag === "" ? "" : `;tag=${response.toTag}`;
    edit.set(H.To, this.#to + tag);
  }
}

/** Puts the hook on a transaction that has none yet. */
export function restoreReplies(transaction: ServerTransaction, request: SipRequest, party: PartyName): void {
  let hook = transaction.hooks.find((one) => one instanceof PartyHook);
  if (hook === undefined) {
    hook = new PartyHook();
    transaction.attach(hook);
  }
  hook.add(request, party);
}

/**
 * A From or To value with another URI.
 * @param display - undefined leaves the one that is there, "" takes it away
 */
export function partyValue(original: NameAddr, uri: string, display: string | undefined): string {
  const name = display ?? original.display;
  let out = name === "" ? `<${uri}>` : `"${name.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}" <${uri}>`;
  for (const { name: param, value } of original.params()) out += value === undefined ? `;${param}` : `;${param}=${value}`;
  return out;
}
