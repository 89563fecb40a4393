// /etc/hosts, asked before any name server (DN-4).
import { canonicalIp } from "./address.ts";

/** Names of the hosts file, lower case, with their addresses of each family in the order of the file. */
export class HostsFile {
  readonly #byName = new Map<string, string[]>();

  /** @param text - the file; lines that are not understood are skipped */
  constructor(text: string) {
    for (const line of text.split("\n")) {
      const words = (line.split("#")[0] ?? "").trim().split(/\s+/);
      const ip = canonicalIp(words[0] ?? "");
      if (ip === undefined) continue;
      for (const word of words.slice(1)) {
        const name = word.toLowerCase();
        const known = this.#byName.get(name);
        if (known === undefined) this.#byName.set(name, [ip]);
        else if (!known.includes(ip)) known.push(ip);
      }
    }
  }

  /** Whether the file knows a name. */
  has(name: string): boolean {
    return this.#byName.has(name.toLowerCase());
  }

  /**
   * Addresses of a name in one family.
   * @returns undefined when the file does not know the name at all: then DNS is asked
   */
  addresses(name: string, type: "A" | "AAAA"): readonly string[] | undefined {
    const all = this.#byName.get(name.toLowerCase());
    return all?.filter((ip) => ip.includes(":") === (type === "AAAA"));
  }
}
