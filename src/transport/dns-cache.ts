// Answers of name servers, bounded and aged; one query on its way for each question (DN-5).
import { type Clock, type Counter, LruMap, type Ms, type Statistics } from "../kit/index.ts";
import type { HostsFile } from "./hosts-file.ts";
import type { DnsAnswer, DnsClient, DnsType } from "./ports.ts";
import type { DnsSettings } from "./settings.ts";

interface Entry {
  answer: DnsAnswer;
  freshUntil: Ms;
  /** Until then it still serves when its refresh fails; 0 for answers that say nothing. */
  readonly staleUntil: Ms;
}

/** Told once when a question is answered. */
export type DnsDone = (answer: DnsAnswer) => void;

/** A stub resolver with a memory. */
export class DnsCache {
  readonly #dns: DnsClient;
  readonly #clock: Clock;
  readonly #settings: DnsSettings;
  readonly #hosts: HostsFile;
  readonly #entries: LruMap<string, Entry>;
  readonly #waiting = new Map<string, DnsDone[]>();
  readonly #total: Counter;
  readonly #slow: Counter;
  readonly #refused: Counter;

  constructor(dns: DnsClient, clock: Clock, statistics: Statistics, settings: DnsSettings, hosts: HostsFile) {
    this.#dns = dns;
    this.#clock = clock;
    this.#settings = settings;
    this.#hosts = hosts;
    this.#entries = new LruMap(settings.maxEntries);
    this.#total = statistics.counter("dns", "dns_total_queries");
    this.#slow = statistics.counter("dns", "dns_slow_queries");
    this.#refused = statistics.counter("dns", "dns_refused_queries");
    statistics.gauge("dns", "dns_cache_entries", () => this.#entries.size);
  }

  /** Whether the hosts file knows a name. */
  isLocal(name: string): boolean {
    return this.#hosts.has(name);
  }

  /** What is known now: the hosts file, else an answer that has not run out. */
  known(name: string, type: DnsType): DnsAnswer | undefined {
    if (type === "A" || type === "AAAA") {
      const addresses = this.#hosts.addresses(name, type);
      if (addresses !== undefined) return { kind: "addresses", addresses, ttl: this.#settings.maxTtl };
    }
    const entry = this.#entries.get(keyOf(name, type));
    return entry !== undefined && entry.freshUntil > this.#clock.monotonic() ? entry.answer : undefined;
  }

  /** Asks; several who ask the same share one query. `done` may be called at once. */
  ask(name: string, type: DnsType, done: DnsDone): void {
    const key = keyOf(name, type);
    const others = this.#waiting.get(key);
    if (others !== undefined) {
      others.push(done);
      return;
    }
    if (this.#waiting.size >= this.#settings.maxPending) {
      this.#refused.add();
      done({ kind: "failed", why: "too many queries" });
      return;
    }
    this.#waiting.set(key, [done]);
    this.#total.add();
    const askedAt = this.#clock.monotonic();
    this.#dns.query(name, type, (answer) => this.#answered(key, answer, askedAt));
  }

  #answered(key: string, answer: DnsAnswer, askedAt: Ms): void {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    this.#waiting.delete(key);
    const now = this.#clock.monotonic();
    const { slowQueryMs } = this.#settings;
    if (slowQueryMs > 0 && now - askedAt > slowQueryMs) this.#slow.add();
    const kept = this.#keep(key, answer, now);
    for (const done of waiting) done(kept);
  }

  /** @returns the answer to be used: an old one when the new one is a failure */
  #keep(key: string, answer: DnsAnswer, now: Ms): DnsAnswer {
    const { minTtl, maxTtl, negativeTtlMs, failureTtlMs, staleMs } = this.#settings;
    if (answer.kind === "failed") {
      const old = this.#entries.get(key);
      if (old !== undefined && now < old.staleUntil) {
        old.freshUntil = Math.min(now + failureTtlMs, old.staleUntil);
        return old.answer;
      }
      this.#entries.set(key, { answer, freshUntil: now + failureTtlMs, staleUntil: 0 });
    } else if (answer.kind === "nothing") {
      this.#entries.set(key, { answer, freshUntil: now + negativeTtlMs, staleUntil: 0 });
    } else {
      const freshUntil = now + Math.min(Math.max(answer.ttl, minTtl), maxTtl) * 1000;
      this.#entries.set(key, { answer, freshUntil, staleUntil: freshUntil + staleMs });
    }
    return answer;
  }
}

function keyOf(name: string, type: DnsType): string {
  const lower = name.toLowerCase();
  return `${type} ${lower.endsWith(".") ? lower.slice(0, -1) : lower}`;
}
