// A request that goes on with credentials has a CSeq of its own (RFC 3261 section 22.3), and its sender must not notice.
import type { Edit, SipResponse } from "../sip/index.ts";
import type { ServerTransaction, TransactionHook } from "../transaction/index.ts";

/** The largest number a CSeq may have (RFC 3261 section 8.1.1.5). */
const MAX_CSEQ = 2 ** 31 - 1;

/** Gives replies the number that the request came with. */
export class CseqShift implements TransactionHook {
  readonly #number: number;

  constructor(number: number) {
    this.#number = number;
  }

  responseForwarded(_transaction: ServerTransaction, response: SipResponse, edit: Edit): void {
    if (response.cseqNumber !== this.#number) edit.setCseqNumber(this.#number);
  }
}

/** Puts it on a transaction that has none yet. @param number - of the request as it came */
export function shiftBack(transaction: ServerTransaction, number: number): void {
  for (const hook of transaction.hooks) if (hook instanceof CseqShift) return;
  transaction.attach(new CseqShift(number));
}

/** A number some steps on; where there are no more it stays what it is. */
export function shifted(number: number, by: number): number {
  return number + by > MAX_CSEQ ? number : number + by;
}

/**
 * The value of a RAck header (RFC 3262 section 7.2) for an INVITE whose number was shifted.
 * @returns undefined when it is none of an INVITE
 */
export function shiftedRack(value: string, by: number): string | undefined {
  const words = value.split(" ").filter((word) => word !== "");
  const [rseq, number, method] = words;
  if (words.length !== 3 || rseq === undefined || number === undefined || method !== "INVITE") return undefined;
  const cseq = Number(number);
  return Number.isSafeInteger(cseq) && cseq >= 0 ? `${rseq} ${shifted(cseq, by)} ${method}` : undefined;
}
