// What the dialog room needs of the rooms below and of who assembles the engine.
import type { Clock, Feed, Log, Random, SecondsWheel, Sequence, SipHash, Statistics } from "../kit/index.ts";
import type { Profiles } from "../profile/index.ts";
import type { SipProxy } from "../proxy/index.ts";
import type { TransactionLayer } from "../transaction/index.ts";
import type { TransportLayer } from "../transport/index.ts";
import type { Dialog } from "./dialog.ts";
import type { Change } from "./feed.ts";
import type { DialogSettings } from "./settings.ts";

/** The part of the transaction layer that dialogs use. */
export type DialogTransactions = Pick<TransactionLayer, "request" | "cancelTransaction" | "addGlobalHook">;

/** Where the tracker hangs itself in: it is told of Routes, and asked about stray answers. */
export type DialogProxy = Pick<SipProxy, "rrCallbacks" | "strayAnswers">;

/** Whether an address is ours, and where we listen. */
export type DialogTransport = Pick<TransportLayer, "isMyself" | "listeners">;

/** What a tracker is made of. */
export interface DialogDeps {
  readonly transactions: DialogTransactions;
  readonly proxy: DialogProxy;
  readonly transport: DialogTransport;
  readonly profiles: Profiles<Dialog>;
  readonly wheel: SecondsWheel;
  readonly clock: Clock;
  readonly random: Random;
  /** Keyed with the node's secret: cookies. */
  readonly hash: SipHash;
  readonly statistics: Statistics;
  readonly log: Log;
  /** Where changes are published; absent, the tracker makes a feed of its own. */
  readonly feed?: Feed<Change>;
  /** Orders steps and messages; absent, the tracker counts for itself. */
  readonly sequence?: Sequence;
  readonly settings?: Partial<DialogSettings>;
}

/** Runs a named route of a script at a turning point of a call, with the dialog as the current one. */
export type RouteRunner = (route: string, dialog: Dialog, when: "answer" | "timeout" | "hangup") => void;
