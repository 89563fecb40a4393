// What a configuration says about one socket (T-1).
import type { TransportName } from "./types.ts";

/** One `socket=` entry, before its host is expanded to addresses. */
export interface SocketSpec {
  readonly transport: TransportName;
  /** An IP without brackets, a name, the name of an interface, or `*`. */
  readonly host: string;
  /** The transport's default when the entry has none; 0 lets the system choose. */
  readonly port: number;
  readonly advertisedHost: string | undefined;
  readonly advertisedPort: number | undefined;
  readonly tag: string | undefined;
  readonly isAnycast: boolean;
  /** Accepted for compatibility, without effect (D-12); 0 when absent. */
  readonly workers: number;
  readonly frag: boolean;
  readonly autoScalingProfile: string | undefined;
  /** The entry as written. */
  readonly text: string;
}
