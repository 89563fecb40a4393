// {ip.…}: addresses as text and as bytes.
import { bytesOf } from "../../kit/index.ts";
import { parseIpv4, parseIpv6, parseUri } from "../../sip/index.ts";
import { canonicalIp, familyOf, kindOf } from "../../transport/index.ts";
import type { Run } from "../run.ts";
import type { Value } from "../values.ts";
import { nothing, simple, type TransformationDefinition, wholeNumber, withParameters } from "./definition.ts";

/** Class `ip`. */
export function ipTransformations(): readonly TransformationDefinition[] {
  return [
    simple("ip", "isip", (text) => (familyOf(bare(text)) === undefined ? 0 : 1)),
    simple("ip", "isip4", (text) => (familyOf(text) === 4 ? 1 : 0)),
    simple("ip", "isip6", (text) => (familyOf(bare(text)) === 6 ? 1 : 0)),
    simple("ip", "isprivate", (text) => (kindOf(bare(text)) === "private" ? 1 : 0)),
    withParameters("ip", "matches", 1, 1, (given) => {
      const literal = given.literal(0);
      const net = given.text(0);
      const fixed = literal === undefined ? undefined : parseNet(literal);
      if (literal !== undefined && fixed === undefined) {
        given.site.fault(-1, `{ip.matches}: <${literal}> is no network`, "a network is 10.0.0.0/8");
        return undefined;
      }
      return (text, run) => {
        const network = fixed ?? parseNet(net(run));
        const bits = addressBytes(bare(text));
        if (network === undefined || bits === undefined) return nothing(run, "ip", "ip.matches: no address or no network");
        return isWithin(bits, network) ? 1 : 0;
      };
    }),
    simple("ip", "pton", (text, run) => {
      const bytes = addressBytes(bare(text));
      return bytes === undefined ? nothing(run, "ip", `ip.pton: <${text}> is no address`) : String.fromCharCode(...bytes);
    }),
    simple("ip", "ntop", (text, run) => ntop(text) ?? nothing(run, "ip", "ip.ntop: not the bytes of an address")),
    simple("ip", "family", (text, run) => {
      if (text.length === 4) return "INET";
      return text.length === 16 ? "INET6" : nothing(run, "ip", "ip.family: not the bytes of an address");
    }),
    simple("ip", "resolve", resolve),
  ];
}

/** A network: the bytes of its address, and how many bits count. */
interface Net {
  readonly bytes: readonly number[];
  readonly bits: number;
}

function bare(text: string): string {
  return text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
}

function addressBytes(ip: string): readonly number[] | undefined {
  const v4 = parseIpv4(ip);
  if (v4 >= 0) return [Math.floor(v4 / 0x100_0000), (v4 >>> 16) & 255, (v4 >>> 8) & 255, v4 & 255];
  const groups = ip.includes(":") ? parseIpv6(ip) : undefined;
  return groups?.flatMap((group) => [group >> 8, group & 255]);
}

/** Reads `10.0.0.0/8`, `10.0.0.0/255.0.0.0` or a single address. */
function parseNet(text: string): Net | undefined {
  const slash = text.indexOf("/");
  const bytes = addressBytes(bare((slash < 0 ? text : text.slice(0, slash)).trim()));
  if (bytes === undefined) return undefined;
  const most = bytes.length * 8;
  if (slash < 0) return { bytes, bits: most };
  const length = text.slice(slash + 1).trim();
  const bits = length.includes(".") ? maskBits(length) : wholeNumber(length);
  return bits === undefined || bits < 0 || bits > most ? undefined : { bytes, bits };
}

function maskBits(mask: string): number | undefined {
  const value = parseIpv4(mask);
  if (value < 0) return undefined;
  const bits = Math.clz32(~value);
  // ones, then zeros
  return bits === 32 || value << bits === 0 ? bits : undefined;
}

function isWithin(bytes: readonly number[], net: Net): boolean {
  if (bytes.length !== net.bytes.length) return false;
  for (let i = 0; i * 8 < net.bits; i++) {
    const mask = net.bits - i * 8 >= 8 ? 255 : (255 << (8 - (net.bits - i * 8))) & 255;
    if (((bytes[i] ?? 0) & mask) !== ((net.bytes[i] ?? 0) & mask)) return false;
  }
  return true;
}

function ntop(text: string): string | undefined {
  const bytes = bytesOf(text);
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) return undefined;
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(bytes.readUInt16BE(i).toString(16));
  return canonicalIp(groups.join(":"));
}

const ignore = (): void => {};

// Nothing here can wait for DNS: a name that is not known yet is looked up for the next time and gives NULL now.
function resolve(text: string, run: Run): Value {
  const literal = canonicalIp(text);
  if (literal !== undefined) return literal;
  const uri = parseUri(`sip:${text}:5060`);
  if (!uri.ok) return nothing(run, "ip", `ip.resolve: <${text}> is no host name`);
  const targets = run.services.resolver.resolve({ uri: uri.value }, ignore);
  return targets?.[0]?.ip ?? nothing(run, "ip", `ip.resolve: <${text}> is not known yet`);
}
