// What the location room needs of the rooms below, and what it offers to stores that keep its bindings.
import type { Clock, EpochMs, Random, SecondsWheel, SipHash, Statistics } from "../kit/index.ts";
import type { Listener } from "../transport/index.ts";
import type { Binding } from "./binding.ts";
import type { LocationSettings } from "./settings.ts";

/** What a registrar is made of. */
export interface LocationDeps {
  readonly clock: Clock;
  readonly wheel: SecondsWheel;
  readonly random: Random;
  /** For contact ids. */
  readonly hash: SipHash;
  readonly statistics: Statistics;
  /** What feeds do with the errors of their subscribers. */
  readonly onError: (error: unknown) => void;
  /** The listener of a socket as text, `udp:10.0.0.1:5060`; undefined when it is none of ours. */
  listenerNamed(socket: string): Listener | undefined;
  readonly settings?: Partial<LocationSettings>;
}

/**
 * One change of the table, told at once and in order. A store writes what it is told (in the same turn for write-through, later for
 * write-back), sets the binding's `state` to `sync` when the row is there, and brings rows back with `LocationTable.restore`.
 */
export interface LocationChange {
  readonly kind: "aorAdded" | "aorRemoved" | "added" | "updated" | "removed" | "expired";
  readonly table: string;
  readonly aor: string;
  /** Undefined for the two about the address itself. */
  readonly binding: Binding | undefined;
  /** Not for stores: `save(…, "memory-only")`. */
  readonly isMemoryOnly: boolean;
}

/** A binding as a row holds it: instants are of the wall clock, the socket is text. */
export interface LocationRow {
  /** Number of the binding, 64 bits: the key of its row. */
  readonly contactId: bigint;
  readonly aor: string;
  readonly uri: string;
  /** 0 for one that does not end. */
  readonly expiresAt: EpochMs;
  /** −1 when unspecified. */
  readonly q: number;
  readonly callId: string;
  readonly cseq: number;
  readonly userAgent: string;
  readonly received: string;
  /** Path values with commas between them. */
  readonly path: string;
  readonly socket: string;
  readonly flags: number;
  /** Names with spaces between them. */
  readonly branchFlags: string;
  readonly methods: number;
  readonly instance: string;
  readonly attr: string;
  readonly modifiedAt: EpochMs;
}
