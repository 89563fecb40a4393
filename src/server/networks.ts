// Addresses and networks as settings name them.
import { BlockList, isIP } from "node:net";

/** One of them. */
export interface Network {
  readonly address: string;
  /** Bits that count. */
  readonly prefix: number;
  readonly family: "ipv4" | "ipv6";
}

/** Reads `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32`. @returns undefined for anything else */
export function readNetwork(text: string): Network | undefined {
  const slash = text.indexOf("/");
  const address = slash < 0 ? text : text.slice(0, slash);
  const version = isIP(address);
  if (version === 0 || address.includes("%")) return undefined;
  const longest = version === 4 ? 32 : 128;
  const written = slash < 0 ? String(longest) : text.slice(slash + 1);
  const prefix = Number(written);
  if (String(prefix) !== written || !Number.isInteger(prefix) || prefix < 0 || prefix > longest) return undefined;
  return { address, prefix, family: version === 4 ? "ipv4" : "ipv6" };
}

/** Whether an address belongs to one of the networks. @param networks - as `readNetwork` takes them; others are passed over */
export function networkTest(networks: readonly string[]): (ip: string) => boolean {
  if (networks.length === 0) return () => false;
  const list = new BlockList();
  for (const text of networks) {
    const network = readNetwork(text);
    if (network !== undefined) list.addSubnet(network.address, network.prefix, network.family);
  }
  return (ip) => list.check(ip, ip.includes(":") ? "ipv6" : "ipv4");
}
