// What a configuration says about one socket: `proto:host[:port] [option …]` (T-1).
import { bad, good, type Parsed } from "../kit/index.ts";
import { canonicalIp, defaultPort, transportOf } from "./address.ts";
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
  /** Names below the advertised host are us too. */
  readonly acceptsSubdomains: boolean;
  /** Accepted for compatibility, without effect: there is one process (D-12). 0 when absent. */
  readonly workers: number;
  readonly frag: boolean;
  readonly autoScalingProfile: string | undefined;
  /** The entry as written. */
  readonly text: string;
}

/** The options of an entry while it is read. */
interface Options {
  as: string | undefined;
  tag: string | undefined;
  anycast: boolean;
  subdomains: boolean;
  workers: number;
  frag: boolean;
  profile: string | undefined;
}

/**
 * Reads one entry. Options come in any order, each at most once.
 * @returns a sentence that says what is wrong and what is expected instead
 */
export function parseSocket(spec: string): Parsed<SocketSpec, string> {
  const [address = "", ...words] = spec.trim().split(/\s+/);
  const colon = address.indexOf(":");
  const transport = transportOf(address.slice(0, Math.max(colon, 0)));
  if (colon < 0 || transport === undefined) {
    return bad(`"${spec}": a socket starts with udp:, tcp:, tls:, ws: or wss:, as in udp:127.0.0.1:5060`);
  }
  const place = parseHostPort(address.slice(colon + 1), true);
  if (!place.ok) return bad(`"${spec}": ${place.fault}`);
  const options = parseOptions(words);
  if (!options.ok) return bad(`"${spec}": ${options.fault}`);
  const { as, tag, anycast, subdomains, workers, frag, profile } = options.value;
  if (anycast && transport !== "udp") return bad(`"${spec}": anycast is for udp sockets only`);
  let advertised: HostPort = { host: "", port: undefined };
  if (as !== undefined) {
    const parsed = parseHostPort(as, false);
    if (!parsed.ok) return bad(`"${spec}": after "as": ${parsed.fault}`);
    if (parsed.value.host === "*" || parsed.value.port === 0) return bad(`"${spec}": after "as": expected a host that others can reach`);
    advertised = parsed.value;
  }
  return good({
    transport,
    host: place.value.host,
    port: place.value.port ?? defaultPort(transport),
    advertisedHost: as === undefined ? undefined : advertised.host,
    advertisedPort: advertised.port,
    tag,
    isAnycast: anycast,
    acceptsSubdomains: subdomains,
    workers,
    frag,
    autoScalingProfile: profile,
    text: spec.trim(),
  });
}

function parseOptions(words: readonly string[]): Parsed<Options, string> {
  const options: Options = {
    as: undefined,
    tag: undefined,
    anycast: false,
    subdomains: false,
    workers: 0,
    frag: false,
    profile: undefined,
  };
  const seen = new Set<string>();
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    const name = word.toLowerCase();
    if (seen.has(name)) return bad(`"${word}" is there twice`);
    seen.add(name);
    if (name === "anycast") options.anycast = true;
    else if (name === "accept_subdomain") options.subdomains = true;
    else if (name === "frag") options.frag = true;
    else {
      const value = words[++i];
      if (value === undefined) return bad(isValued(name) ? `"${word}" needs a value after it` : unknown(word));
      if (name === "as") options.as = value;
      else if (name === "tag") options.tag = value;
      else if (name === "use_auto_scaling_profile") options.profile = value;
      else if (name === "use_workers") {
        const workers = wholeNumber(value, 1024);
        if (workers === undefined || workers === 0) return bad(`use_workers needs a number from 1 to 1024, not "${value}"`);
        options.workers = workers;
      } else return bad(unknown(word));
    }
  }
  return good(options);
}

function isValued(name: string): boolean {
  return name === "as" || name === "tag" || name === "use_workers" || name === "use_auto_scaling_profile";
}

function unknown(word: string): string {
  return `"${word}" is no option of a socket; expected as, tag, accept_subdomain, anycast, frag, use_workers or use_auto_scaling_profile`;
}

interface HostPort {
  readonly host: string;
  readonly port: number | undefined;
}

/**
 * `host[:port]` of a configuration.
 * @param allowsZero - whether port 0 (the system chooses) is meaningful here
 */
export function parseHostPort(text: string, allowsZero: boolean): Parsed<HostPort, string> {
  let host = text;
  let portText: string | undefined;
  if (text.startsWith("[")) {
    const close = text.indexOf("]");
    const ip = close < 0 ? undefined : canonicalIp(text.slice(0, close + 1));
    if (ip === undefined || !ip.includes(":")) return bad(`"${text}" is not an IPv6 address in brackets`);
    host = ip;
    const rest = text.slice(close + 1);
    if (rest !== "" && !rest.startsWith(":")) return bad(`":port" is expected after the bracket, not "${rest}"`);
    if (rest !== "") portText = rest.slice(1);
  } else {
    const colon = text.indexOf(":");
    if (colon >= 0 && text.includes(":", colon + 1)) return bad(`an IPv6 address stands in brackets: [${text}]`);
    if (colon >= 0) {
      host = text.slice(0, colon);
      portText = text.slice(colon + 1);
    }
    if (host !== "*" && !isName(host)) return bad(host === "" ? "the host is missing" : `"${host}" is not an address, a name or *`);
    if (/^[\d.]+$/.test(host)) {
      const ip = canonicalIp(host);
      if (ip === undefined) return bad(`"${host}" is not an IPv4 address`);
      host = ip;
    }
  }
  if (portText === undefined) return good({ host, port: undefined });
  const port = wholeNumber(portText, 65535);
  if (port === undefined || (port === 0 && !allowsZero)) return bad(`"${portText}" is not a port (${allowsZero ? 0 : 1} to 65535)`);
  return good({ host, port });
}

// Letters, digits, "-", "." and "_" (interfaces), with ":" and "@" for interface aliases left out on purpose.
function isName(host: string): boolean {
  return host.length <= 255 && /^[A-Za-z0-9_]([A-Za-z0-9._-]*)$/.test(host);
}

function wholeNumber(text: string, max: number): number | undefined {
  if (!/^\d{1,6}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= max ? value : undefined;
}
