// Commands about where calls are kept besides memory: tables, and other nodes (dialog-behaviour 10.2, 12.7, 13.5).
import type { Commands } from "./commands.ts";
import { type Outcome, text } from "./definition.ts";
import { fail } from "./errors.ts";

/** Tables that hold the calls. What fails rejects, or says false. */
export interface DialogStorePort {
  /** Takes over what the tables know. */
  sync(): Promise<boolean>;
  /** Writes the tables anew from memory. */
  restore(): Promise<boolean>;
}

/** Other nodes that hold the calls. */
export interface DialogReplicaPort {
  /** Asks another node for its calls. @param tag - only those of this sharing tag */
  sync(tag: string | undefined): Promise<"ok" | "busy" | "failed" | "error">;
}

/** What there is; looked at with each call of a command. */
export interface DialogBackends {
  readonly store?: DialogStorePort | undefined;
  readonly replica?: DialogReplicaPort | undefined;
}

/** Adds `dlg_db_sync dlg_restore_db dlg_cluster_sync`. */
export function registerDialogBackendCommands(commands: Commands, backends: DialogBackends): void {
  commands.register({
    name: "dlg_db_sync",
    modern: ["dialog:db_sync"],
    module: "dialog",
    help: "takes over from the database what it knows of calls",
    forms: [[]],
    run: () => {
      if (backends.store === undefined) return fail(400, "Cannot sync in no-db mode");
      return done(backends.store.sync(), "Sync mem with DB failed");
    },
  });

  commands.register({
    name: "dlg_restore_db",
    modern: ["dialog:restore_db"],
    module: "dialog",
    help: "writes the dialog table anew with the answered calls in memory",
    forms: [[]],
    run: () => {
      if (backends.store === undefined) return fail(400, "Cannot restore db in no-db mode!");
      return done(backends.store.restore(), "Restore dlg DB failed!");
    },
  });

  commands.register({
    name: "dlg_cluster_sync",
    modern: ["dialog:cluster_sync"],
    module: "dialog",
    help: "asks another node of the cluster for its calls: all, or those of one sharing tag",
    forms: [[], [text("sharing_tag")]],
    run: (args) => {
      const { replica } = backends;
      return replica === undefined ? fail(400, "Dialog replication disabled") : synced(replica, args.text("sharing_tag"));
    },
  });
}

async function done(work: Promise<boolean>, otherwise: string): Promise<Outcome> {
  const isDone = await work.catch(() => false);
  return isDone ? "OK" : fail(400, otherwise);
}

async function synced(replica: DialogReplicaPort, tag: string | undefined): Promise<Outcome> {
  const result = await replica.sync(tag).catch(() => "failed" as const);
  if (result === "error") return fail(500, "Internal error while setting sync state");
  if (result === "failed") return fail(400, "Failed to send sync request");
  return result === "busy" ? "Sync already in progress" : "OK";
}
