// What a change of a call means for its row (dialog-behaviour 12.4). Our own table is told everything at once; one that is the
// reference's is written when the reference writes it, and then says what is true by then.
import type { Change } from "../../dialog/index.ts";
import { Part, type StoredCall } from "./stored-call.ts";

/** What has to be written, `Part` bits, and whether at once where the mode is to write at once. */
export interface Weight {
  readonly parts: number;
  readonly isNow: boolean;
}

const NOTHING: Weight = { parts: 0, isNow: false };
const ROW_NOW: Weight = { parts: Part.row, isNow: true };
const ROW_LATER: Weight = { parts: Part.row, isNow: false };
const VALUES_LATER: Weight = { parts: Part.values, isNow: false };
const TIMEOUT_NOW: Weight = { parts: Part.timeout, isNow: true };

/**
 * Weighs a change of an answered call.
 * @param isOurs - the table has our column
 * @param flushesValues - `db_flush_vals_profiles`
 */
export function weigh(change: Change, call: StoredCall, isOurs: boolean, flushesValues: boolean): Weight {
  switch (change.kind) {
    case "state":
      return ROW_NOW;
    case "cseq":
      return weighNumbers(change, call, isOurs);
    case "lifetime":
      if (isOurs) return ROW_NOW;
      return change.dialog.state === "confirmed" ? TIMEOUT_NOW : ROW_LATER;
    case "value":
    case "flags":
    case "joined":
    case "left":
      if (isOurs) return ROW_NOW;
      return flushesValues ? VALUES_LATER : NOTHING;
    case "ending":
    case "lifetimeOver":
    case "options":
    case "leg":
    case "routes":
    case "tag":
      return isOurs ? ROW_NOW : ROW_LATER;
    case "created":
    case "loaded":
    case "refused":
    case "destroyed":
      return NOTHING;
  }
}

function weighNumbers(change: Change, call: StoredCall, isOurs: boolean): Weight {
  const what = call.numbersOf(change.leg);
  if (what === "ping") return NOTHING;
  // a number beyond those that the row vouches for must not come twice, whoever's table it is
  if (isOurs || what === "own") return ROW_NOW;
  if (what === "other") return ROW_LATER;
  const method = change.dialog.leg(change.leg)?.lastMethod;
  return method === "PRACK" || method === "BYE" ? ROW_LATER : ROW_NOW;
}
