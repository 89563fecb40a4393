// What the topology room needs of the rooms below.
import type { DialogTracker } from "../dialog/index.ts";
import type { Log } from "../kit/index.ts";
import type { SipProxy } from "../proxy/index.ts";
import type { TransactionLayer } from "../transaction/index.ts";
import type { TransportLayer } from "../transport/index.ts";
import type { TopologySettings } from "./settings.ts";

/** What topology hiding is made of. */
export interface TopologyDeps {
  readonly dialogs: Pick<DialogTracker, "advertise" | "fixRoute" | "listeners" | "match" | "messages" | "of" | "settings">;
  readonly transactions: Pick<TransactionLayer, "addGlobalHook">;
  readonly proxy: Pick<SipProxy, "replyFilter">;
  readonly transport: Pick<TransportLayer, "isMyself" | "listeners">;
  readonly log: Log;
  readonly settings?: Partial<TopologySettings>;
}

/** The users that Contacts show; undefined leaves that to the flags. */
export interface ContactUsers {
  /** Of the caller's Contact, as the callee sees it. */
  readonly caller?: string | undefined;
  readonly callee?: string | undefined;
}

/**
 * Why a request could not be hidden: it belongs to a dialog already, it has no transaction (an ACK), its Contact is not exactly one that
 * reads, or what it would have to carry is too long.
 */
export type HideProblem = "withinDialog" | "noTransaction" | "contact" | "tooLong";
