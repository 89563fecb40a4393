// What the loop and the thread that keeps a file tell each other.
import type { SqlValue, StoreFault } from "../ports.ts";

/** What the thread starts with. */
export interface KeeperStart {
  readonly path: string;
  /** Whether the thread commits, each time waiting for the disk. */
  readonly isDurable: boolean;
  readonly checkpointMs: number;
  /** From this size on the log of the file is started anew. */
  readonly restartBytes: number;
  /** How long to wait for somebody else's lock while opening. */
  readonly openMs: number;
  /** What a broken file is renamed to gets this behind its name; undefined: it stays where it is, and is not opened. */
  readonly brokenSuffix: string | undefined;
  readonly pragmas: readonly string[];
}

/** To the thread. */
export type KeeperRequest =
  | {
      readonly kind: "commit";
      readonly id: number;
      readonly statements: readonly { readonly text: string; readonly values: readonly SqlValue[] }[];
    }
  | { readonly kind: "close" };

/** From the thread. */
export type KeeperReport =
  /** The file can be used. `journal` is "wal" unless the file system cannot do that. */
  | { readonly kind: "open"; readonly journal: string; readonly broken: { readonly reason: string; readonly movedTo: string } | undefined }
  | { readonly kind: "failed"; readonly fault: StoreFault; readonly message: string }
  | { readonly kind: "committed"; readonly id: number }
  | { readonly kind: "refused"; readonly id: number; readonly fault: StoreFault; readonly message: string; readonly at: number }
  /** A checkpoint did not work; said once for each reason in a row. */
  | { readonly kind: "trouble"; readonly message: string };
