// Values of `socket` and `alias`: words of their own shape (`udp:127.0.0.1:5060`, `eth0`, `*`), read from the text and not from tokens.

import { parseIpv6 } from "../../sip/index.ts";
import type { AliasValue, SocketValue } from "./ast.ts";
import { ITEM_WORDS } from "./block-words.ts";
import type { Cursor } from "./cursor.ts";
import type { Token } from "./lexer.ts";
import { isDigit, isWordChar } from "./scan.ts";

/** Ports one socket may open. */
const MOST_PORTS = 1000;

const HOST_EXPECTED = "ip address or hostname expected (use quotes if the hostname includes config keywords)";

/** Protocols, to tell `udp:host` from `host:5060`. */
const PROTOCOLS: ReadonlySet<string> = new Set([
  "any",
  "udp",
  "tcp",
  "tls",
  "ws",
  "wss",
  "sctp",
  "hep_udp",
  "hep_tcp",
  "bin",
  "bins",
  "smpp",
  "msrp",
  "msrps",
  "ipsec",
  "bond",
]);

/** Words behind a socket, and how many values each takes. */
const OPTIONS: ReadonlyMap<string, 0 | 1> = new Map<string, 0 | 1>([
  ["as", 1],
  ["tag", 1],
  ["use_workers", 1],
  ["use_auto_scaling_profile", 1],
  ["tos", 1],
  ["anycast", 0],
  ["frag", 0],
  ["reuse_port", 0],
  ["accept_subdomain", 0],
]);

/** A word of the text: not blank, without the quotes that stood in it. */
interface RawWord {
  readonly text: string;
  readonly token: Token;
  /** Whether all of it stood in quotes. */
  readonly isQuoted: boolean;
}

/** The value behind `socket =`; the `=` is in hand. */
export function parseSocket(p: Cursor): SocketValue | undefined {
  const word = rawWord(p);
  if (word === undefined) {
    p.advance();
    return p.unexpected("a socket is expected: udp:127.0.0.1:5060");
  }
  if (word.isQuoted) {
    p.restart(word.token.end);
    return p.error(word.token, "syntax error", "a socket is written without quotes around it: udp:127.0.0.1:5060");
  }
  const parts = splitSocket(p, word);
  if (parts === undefined) {
    p.restart(word.token.end);
    return undefined;
  }
  const options: SocketValue["options"][number][] = [];
  p.lexer.at = word.token.end;
  let end = word.token.end;
  for (;;) {
    const option = socketOption(p);
    if (option === "wrong") return undefined;
    if (option === undefined) break;
    options.push(option);
    end = p.lexer.at;
  }
  p.takeRaw(word.token.start, end);
  return { kind: "socket", span: p.source.span(word.token.start, end), ...parts, options };
}

/** The names behind `alias =`; the `=` is in hand. */
export function parseAliases(p: Cursor): AliasValue | undefined {
  const names: AliasValue["names"][number][] = [];
  let start = p.lexer.at;
  let end = start;
  for (;;) {
    p.lexer.at = end;
    const word = rawWord(p);
    if (word === undefined || (names.length > 0 && !word.isQuoted && (ITEM_WORDS.has(word.text) || isFollowedByAssignment(p)))) break;
    if (names.length === 0 && ITEM_WORDS.has(word.text) && !word.isQuoted) break;
    if (!isHostText(word.text)) {
      p.restart(word.token.end);
      return p.error(word.token, HOST_EXPECTED);
    }
    if (names.length === 0) start = word.token.start;
    names.push({ text: word.text, span: p.spanOf(word.token) });
    end = word.token.end;
  }
  if (names.length === 0) {
    p.advance();
    return p.error(p.token, HOST_EXPECTED);
  }
  p.takeRaw(start, end);
  return { kind: "aliases", span: p.source.span(start, end), names };
}

/** A word of host characters, brackets, colons, stars and commas, and of quoted parts; undefined when something else stands there. */
function rawWord(p: Cursor): RawWord | undefined {
  p.lexer.skipBlanks();
  const { text } = p.source;
  const start = p.lexer.at;
  let at = start;
  let value = "";
  let quoted = 0;
  // a colon in quotes belongs to its own word: `"a:" b` are two
  let isColonLast = false;
  for (;;) {
    const c = text[at];
    if (c === '"' || c === "'") {
      const close = text.indexOf(c, at + 1);
      const newline = text.indexOf("\n", at + 1);
      if (close < 0 || (newline >= 0 && newline < close)) break;
      value += text.slice(at + 1, close);
      quoted += close + 1 - at;
      at = close + 1;
      isColonLast = false;
    } else if (c !== undefined && isRawChar(text, start, at)) {
      value += c;
      at++;
      isColonLast = c === ":";
    } else {
      // blanks may stand around a colon
      const next = afterBlanks(text, at);
      if (at === start || next === at || (text[next] !== ":" && !isColonLast)) break;
      at = next;
    }
  }
  // a blank behind the last colon belongs to nothing
  while (at > start && isSpace(text[at - 1])) at--;
  if (at === start) return undefined;
  p.lexer.at = at;
  return { text: value, token: { kind: "word", start, end: at, text: value, number: 0 }, isQuoted: quoted === at - start };
}

function afterBlanks(text: string, at: number): number {
  let next = at;
  while (isSpace(text[next])) next++;
  return next;
}

function isSpace(c: string | undefined): boolean {
  return c === " " || c === "\t";
}

function isRawChar(text: string, start: number, at: number): boolean {
  const c = text.charCodeAt(at);
  if (c === 42) return text[at - 1] !== "/";
  // a bracket opens where a host begins; elsewhere it is another block's: `route[`
  if (c === 91) return at === start || text[at - 1] === ":";
  return isWordChar(c) || c === 45 || c === 46 || c === 58 || c === 93 || c === 44;
}

/** Whether the next thing is `=`, so that the word before it is the name of a setting. The lexer's place is kept. */
function isFollowedByAssignment(p: Cursor): boolean {
  const { at } = p.lexer;
  p.lexer.skipBlanks();
  const isAssignment = p.source.text[p.lexer.at] === "=";
  p.lexer.at = at;
  return isAssignment;
}

/** `proto:host[:ports]`. */
function splitSocket(p: Cursor, word: RawWord): Pick<SocketValue, "protocol" | "host" | "ports"> | undefined {
  const colon = word.text.indexOf(":");
  const protocol = colon < 0 ? "" : word.text.slice(0, colon).toLowerCase();
  const rest = word.text.slice(colon + 1);
  if (colon < 0 || (!PROTOCOLS.has(protocol) && (rest === "" || isPorts(rest) || !isIdentifier(protocol)))) {
    return p.error(word.token, "syntax error", `the protocol is missing: udp:${word.text}`);
  }
  const split = splitHost(rest);
  if (!isHostText(split.host)) return p.error(word.token, HOST_EXPECTED);
  const ports = split.ports === undefined ? [] : portsOf(split.ports);
  if (ports === undefined) return p.error(word.token, "port number expected", "a port is 1 to 65535, a range is written 5060-5070");
  if (ports.length > MOST_PORTS) return p.error(word.token, "port number expected", `at most ${MOST_PORTS} ports in one socket`);
  return { protocol, host: split.host.startsWith("[") ? split.host.slice(1, -1) : split.host, ports: ports.length === 0 ? [0] : ports };
}

/** Host and ports; an IPv6 address without brackets is all host. */
function splitHost(text: string): { readonly host: string; readonly ports: string | undefined } {
  const close = text.startsWith("[") ? text.indexOf("]") : -1;
  if (close < 0 && parseIpv6(text) !== undefined) return { host: text, ports: undefined };
  const colon = text.indexOf(":", close + 1);
  return colon < 0 ? { host: text, ports: undefined } : { host: text.slice(0, colon), ports: text.slice(colon + 1) };
}

/** Whether this can be a host or `proto:host:port` of an alias. */
function isHostText(text: string): boolean {
  if (text === "" || text === "*") return text === "*";
  // a port is missing; addresses of IPv6 may end in two
  if (text.endsWith(":") && !text.endsWith("::")) return false;
  if (text.startsWith("[")) return text.endsWith("]") ? parseIpv6(text.slice(1, -1)) !== undefined : text.includes("]:");
  let hasWord = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (isWordChar(c)) hasWord = true;
    else if (c !== 45 && c !== 46 && c !== 58 && c !== 42 && c !== 91 && c !== 93) return false;
  }
  return hasWord || text.includes("::");
}

function isIdentifier(text: string): boolean {
  if (text === "") return false;
  for (let i = 0; i < text.length; i++) {
    if (!isWordChar(text.charCodeAt(i))) return false;
  }
  return true;
}

function isPorts(text: string): boolean {
  return text !== "" && portsOf(text) !== undefined;
}

/** `5060`, `5060-5070`, `5060-5070,5080`; undefined for anything else. */
function portsOf(text: string): number[] | undefined {
  const ports: number[] = [];
  for (const range of text.split(",")) {
    const dash = range.indexOf("-");
    const first = portOf(dash < 0 ? range : range.slice(0, dash));
    const last = dash < 0 ? first : portOf(range.slice(dash + 1));
    if (first === 0 || last < first) return undefined;
    // one more than allowed is enough to see that there are too many
    for (let port = first; port <= last && ports.length <= MOST_PORTS; port++) ports.push(port);
  }
  return ports;
}

/** 0 when it is no port. */
function portOf(text: string): number {
  if (text.length === 0 || text.length > 5) return 0;
  let port = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (!isDigit(c)) return 0;
    port = port * 10 + c - 48;
  }
  return port > 65535 ? 0 : port;
}

/** The next option behind a socket; undefined, with nothing moved, when there is none; "wrong" when it has been reported. */
function socketOption(p: Cursor): SocketValue["options"][number] | "wrong" | undefined {
  const before = p.lexer.at;
  const name = rawWord(p);
  const takes = name === undefined || name.isQuoted ? undefined : optionArity(name.text);
  // `tos = 16` is the setting of that name
  if (name === undefined || takes === undefined || isFollowedByAssignment(p)) {
    p.lexer.at = before;
    return undefined;
  }
  if (takes === 0) return { name: name.text, values: [], span: p.spanOf(name.token) };
  const value = rawWord(p);
  // the name of the next setting is no value
  if (value === undefined || isFollowedByAssignment(p)) {
    p.restart(name.token.end);
    p.error(name.token, "syntax error", `${name.text} needs a value`);
    return "wrong";
  }
  const span = p.source.span(name.token.start, value.token.end);
  if (name.text !== "as") return { name: name.text, values: [value.text], span };
  const split = splitHost(value.text);
  const ports = split.ports === undefined ? undefined : portOf(split.ports);
  if (ports !== 0 && isHostText(split.host))
    return { name: "as", values: split.ports === undefined ? [split.host] : [split.host, split.ports], span };
  p.restart(value.token.end);
  p.error(value.token, ports === 0 ? "port number expected" : HOST_EXPECTED);
  return "wrong";
}

function optionArity(name: string): 0 | 1 | undefined {
  return name.endsWith("_proxy_protocol") ? 0 : OPTIONS.get(name);
}
