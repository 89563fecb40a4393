// What all transactions of one layer share.

import type { Log, Ms, Random, Timers } from "../kit/index.ts";
import type { SendResult } from "../transport/index.ts";
import { BranchCodec } from "./branch.ts";
import { type GlobalHook, HookRunner, type LocalEditor } from "./hooks.ts";
import type { TransactionDeps, TransactionTransport } from "./ports.ts";
import { lifetimeMs, type TransactionSettings } from "./settings.ts";
import { TransactionCounters } from "./statistics.ts";
import { TransactionTable } from "./table.ts";

/** The surroundings of a transaction: handed to each, kept by none but by reference. */
export class TransactionCore {
  readonly transport: TransactionTransport;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly settings: TransactionSettings;
  readonly table: TransactionTable;
  readonly counters: TransactionCounters;
  readonly codec: BranchCodec;
  readonly hooks: HookRunner;
  /** 64·T1. */
  readonly lifetimeMs: Ms;
  globalHooks: readonly GlobalHook[] = [];
  localEditor: LocalEditor | undefined = undefined;
  /** Result of the last request that was to be sent: tells why `TransactionLayer.client` returned undefined. */
  lastSend: SendResult = "sent";

  constructor(deps: TransactionDeps) {
    this.transport = deps.transport;
    this.timers = deps.timers;
    this.random = deps.random;
    this.log = deps.log;
    this.settings = deps.settings;
    const table = new TransactionTable(deps.random);
    this.table = table;
    this.counters = new TransactionCounters(deps.statistics, () => table.size);
    this.codec = new BranchCodec(deps.hash);
    this.hooks = new HookRunner(deps.log);
    this.lifetimeMs = lifetimeMs(deps.settings);
  }
}

/** Whether the transport has taken a message. */
export function isAccepted(result: SendResult): boolean {
  return result === "sent" || result === "queued";
}
