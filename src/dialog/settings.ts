// What can be set about dialogs; names in scripts are those of the dialog module's parameters.
import type { Ms } from "../kit/index.ts";
import type { MessageDetail } from "./message-log.ts";

/** How in-dialog requests find their dialog (`dlg_match_mode` 0, 1, 2). */
export type MatchMode = "didOnly" | "didFallback" | "didNone";

/** Settings of the dialog room. */
export interface DialogSettings {
  /** Buckets, rounded down to a power of two. Everybody who shares dialogs must have the same. */
  readonly hashSize: number;
  /** Name of the Record-Route parameter with the cookie. */
  readonly rrParam: string;
  readonly matchMode: MatchMode;
  /** Lifetime of a call that sets none. */
  readonly defaultTimeoutMs: Ms;
  /** How long a call may still last after a race (flag `E`). */
  readonly raceConditionTimeoutMs: Ms;
  /** How long a relayed 2xx may wait for its ACK before the call is ended; 0 waits for ever. */
  readonly ackTimeoutMs: Ms;
  /** Complete header lines for every BYE of ours (`dlg_extra_hdrs`). */
  readonly extraHeaders: string;
  /** From one OPTIONS ping of a side to the next (flags `P`, `p`). */
  readonly optionsPingIntervalMs: Ms;
  /** From one re-INVITE ping of a side to the next (flags `R`, `r`). */
  readonly reinvitePingIntervalMs: Ms;
  /** How many pings in a row may be lost before the call ends with the next one; 481 always ends it. */
  readonly pingMaxLosses: number;
  /** The end reason says which side has failed: `Caller Ping Timeout`. */
  readonly namesPingedSide: boolean;
  /** How long a request may wait for its answer (`fr_timeout`): only compared with the intervals. */
  readonly answerTimeoutMs: Ms;
  /** How long a PRACK of ours may wait for its answer (flag `auto-prack`). */
  readonly autoPrackFrTimeoutMs: Ms;
  /** A PRACK of ours that fails ends the INVITE with 502. */
  readonly hangsUpOnPrackFailure: boolean;
  /** A request that shows neither the cookie nor comes from where its party is changes nothing. */
  readonly isGuarded: boolean;
  /** `my_node_id`; undefined draws a number at the start. */
  readonly nodeId: number | undefined;
  /** Most dialogs at a time; `create` refuses beyond it. */
  readonly maxDialogs: number;
  /** Most variables, and most memberships, of one dialog. */
  readonly maxValues: number;
  /** Bytes of the ring of steps. */
  readonly historyBytes: number;
  /** How much of each message of a call is kept for `explain`. */
  readonly messageDetail: MessageDetail;
  /** Bytes of the ring of messages. */
  readonly messageBytes: number;
  /** Whether the numbers of the group `dialog` can be read by others (`enable_stats`). */
  readonly hasStatistics: boolean;
}

/** The defaults. */
export const defaultDialogSettings: DialogSettings = Object.freeze({
  hashSize: 4096,
  rrParam: "did",
  matchMode: "didFallback",
  defaultTimeoutMs: 43_200_000,
  raceConditionTimeoutMs: 5_000,
  ackTimeoutMs: 32_000,
  extraHeaders: "",
  optionsPingIntervalMs: 30_000,
  reinvitePingIntervalMs: 300_000,
  pingMaxLosses: 0,
  namesPingedSide: false,
  answerTimeoutMs: 30_000,
  autoPrackFrTimeoutMs: 3_000,
  hangsUpOnPrackFailure: false,
  isGuarded: true,
  nodeId: undefined,
  maxDialogs: 1_000_000,
  maxValues: 256,
  historyBytes: 64 * 1024 * 1024,
  messageDetail: "lines",
  messageBytes: 8 * 1024 * 1024,
  hasStatistics: true,
});

/** The mode of a word as scripts write it, in any case; undefined for any other word, which means the default. */
export function parseMatchMode(text: string): MatchMode | undefined {
  switch (text.trim().toUpperCase()) {
    case "DID_ONLY":
    case "0":
      return "didOnly";
    case "DID_FALLBACK":
    case "1":
      return "didFallback";
    case "DID_NONE":
    case "2":
      return "didNone";
    default:
      return undefined;
  }
}
