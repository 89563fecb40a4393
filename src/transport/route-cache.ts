// Which local address the system's routes give for a destination (`mhomed`, T-16), asked at most every 30 s for each.
import { type Clock, LruMap, type Ms } from "../kit/index.ts";
import type { Network } from "./ports.ts";

const KEEP_MS = 30_000;
const MAX_ENTRIES = 4096;

interface Entry {
  readonly localIp: string | undefined;
  readonly until: Ms;
}

/** Answers of the system's routing table. */
export class RouteCache {
  readonly #network: Network;
  readonly #clock: Clock;
  readonly #entries = new LruMap<string, Entry>(MAX_ENTRIES);

  constructor(network: Network, clock: Clock) {
    this.#network = network;
    this.#clock = clock;
  }

  /** @returns undefined when the system does not know, or the network cannot ask */
  localIpFor(ip: string): string | undefined {
    const now = this.#clock.monotonic();
    const known = this.#entries.get(ip);
    if (known !== undefined && known.until > now) return known.localIp;
    const localIp = this.#network.routeTo?.(ip);
    this.#entries.set(ip, { localIp, until: now + KEEP_MS });
    return localIp;
  }
}
