// The part of /etc/resolv.conf that a stub resolver without a search list reads (resolv.conf(5)).
import { canonicalIp } from "../address.ts";

/** How names are asked for. */
export interface DnsServers {
  /** At most three, in order; 127.0.0.1 when the file names none. */
  readonly servers: readonly string[];
  /** How long one server may take, and how often all are asked; undefined when the file does not say. */
  readonly timeoutMs: number | undefined;
  readonly attempts: number | undefined;
}

const MAX_SERVERS = 3;

/** Reads the file; lines that are not understood are skipped, as the system's own resolver does. */
export function parseResolvConf(text: string): DnsServers {
  const servers: string[] = [];
  let timeoutMs: number | undefined;
  let attempts: number | undefined;
  for (const line of text.split("\n")) {
    const words = (line.split(/[#;]/)[0] ?? "").trim().split(/\s+/);
    if (words[0] === "nameserver") {
      const ip = canonicalIp(words[1] ?? "");
      if (ip !== undefined && servers.length < MAX_SERVERS) servers.push(ip);
    } else if (words[0] === "options") {
      for (const option of words.slice(1)) {
        const [name, value] = option.split(":");
        const number = Number(value);
        if (!Number.isInteger(number) || number < 1) continue;
        if (name === "timeout") timeoutMs = Math.min(number, 30) * 1000;
        else if (name === "attempts") attempts = Math.min(number, 5);
      }
    }
  }
  return { servers: servers.length > 0 ? servers : ["127.0.0.1"], timeoutMs, attempts };
}
