// Session descriptions as a proxy sees and changes them (RFC 4566): streams, codecs, addresses. Lines that are not touched stay as they are.

import { decimal, equalsIgnoreCase } from "./chars.ts";
import { parseIpv4, parseIpv6 } from "./hosts.ts";

/** One codec of a stream. */
export interface SdpCodec {
  /** Number in the `m=` line. */
  readonly format: string;
  /** Encoding name of its `rtpmap`, or of RFC 3551 where a static number has none; "" when it is not known. */
  readonly name: string;
  /** Clock rate as text, "" when not known. */
  readonly clock: string;
}

/** One `m=` section. */
export interface SdpStream {
  /** `audio`, `video`, `image`… */
  readonly media: string;
  readonly port: number;
  /** `RTP/AVP` and the like. */
  readonly transport: string;
  readonly codecs: readonly SdpCodec[];
  /** Address of its `c=` line, else of the session's; "" without one. */
  readonly address: string;
  /** `sendrecv`, `sendonly`, `recvonly`, `inactive`: its own, else the session's, else `sendrecv`. */
  readonly direction: string;
}

/** Says which codecs are meant, by encoding name and clock rate. */
export type CodecTest = (name: string, clock: string) => boolean;

/** Lines of the session, or of one stream, each with its line end. */
interface Section {
  lines: string[];
  readonly isStream: boolean;
}

// Encodings of RFC 3551 section 6 whose numbers need no rtpmap.
const STATIC: Readonly<Record<string, string>> = {
  "0": "PCMU/8000",
  "3": "GSM/8000",
  "4": "G723/8000",
  "5": "DVI4/8000",
  "6": "DVI4/16000",
  "7": "LPC/8000",
  "8": "PCMA/8000",
  "9": "G722/8000",
  "10": "L16/44100",
  "11": "L16/44100",
  "12": "QCELP/8000",
  "13": "CN/8000",
  "14": "MPA/90000",
  "15": "G728/8000",
  "16": "DVI4/11025",
  "17": "DVI4/22050",
  "18": "G729/8000",
  "25": "CelB/90000",
  "26": "JPEG/90000",
  "28": "nv/90000",
  "31": "H261/90000",
  "32": "MPV/90000",
  "33": "MP2T/90000",
  "34": "H263/90000",
};
const DIRECTIONS = ["sendrecv", "sendonly", "recvonly", "inactive"];
const MAX_STREAMS = 64;

/** The streams of a description in order; nothing when the text is no description. Streams beyond 64 are left out. */
export function sdpStreams(sdp: string): readonly SdpStream[] {
  const [session, ...streams] = sections(sdp);
  if (session === undefined) return [];
  const address = addressOf(session) ?? "";
  const direction = directionOf(session) ?? "sendrecv";
  return streams.slice(0, MAX_STREAMS).map((section) => {
    const words = mediaWords(section);
    return {
      media: words[0] ?? "",
      port: portOf(words),
      transport: words[2] ?? "",
      codecs: codecsOf(section, words),
      address: addressOf(section) ?? address,
      direction: directionOf(section) ?? direction,
    };
  });
}

/** All addresses that media is to be sent to: `c=` of the session and of each stream, in order. */
export function sdpAddresses(sdp: string): readonly string[] {
  const found: string[] = [];
  for (const section of sections(sdp)) {
    for (const line of section.lines) if (line.startsWith("c=")) found.push(lineAddress(line));
  }
  return found;
}

/** Whether a text reads as a description: every line `x=…`, the first one `v=0` (RFC 4566 section 5). */
export function isSdp(text: string): boolean {
  if (!text.startsWith("v=0")) return false;
  for (const section of sections(text)) {
    for (const line of section.lines) if (!isLine(line)) return false;
  }
  return true;
}

/** Whether a stream that is not disabled has such a codec. */
export function hasCodec(sdp: string, test: CodecTest): boolean {
  return sdpStreams(sdp).some((stream) => stream.port !== 0 && stream.codecs.some((codec) => isMeant(codec, test)));
}

/**
 * Takes codecs out of every stream: their numbers and their `rtpmap`, `fmtp` and `rtcp-fb` lines. A stream that would be left without
 * codecs is disabled instead (port 0, RFC 3264 section 6), since an `m=` line must name one.
 * @returns the new text; undefined when there was nothing to take out
 */
export function withoutCodecs(sdp: string, test: CodecTest): string | undefined {
  return changeStreams(sdp, (section, words, codecs) => {
    const gone = new Set(codecs.filter((codec) => isMeant(codec, test)).map((codec) => codec.format));
    if (gone.size === 0) return false;
    const left = codecs.filter((codec) => !gone.has(codec.format)).map((codec) => codec.format);
    if (left.length === 0) {
      words[1] = "0";
      setMedia(section, words);
      return true;
    }
    setMedia(section, words.slice(0, 3).concat(left));
    return removeAttributes(section, gone);
  });
}

/**
 * Moves codecs to the front or to the back of their `m=` lines; among each other they keep their order.
 * @returns the new text; undefined when no stream has such a codec
 */
export function withCodecsMoved(sdp: string, test: CodecTest, to: "front" | "back"): string | undefined {
  return changeStreams(sdp, (section, words, codecs) => {
    const moved: string[] = [];
    const others: string[] = [];
    for (const codec of codecs) (isMeant(codec, test) ? moved : others).push(codec.format);
    if (moved.length === 0) return false;
    setMedia(section, words.slice(0, 3).concat(to === "front" ? moved.concat(others) : others.concat(moved)));
    return true;
  });
}

/**
 * Takes whole streams out. In an answer this shifts the streams behind against those of the offer; who minds disables them instead.
 * @returns the new text; undefined when there is no such stream
 */
export function withoutStreams(sdp: string, test: (media: string) => boolean): string | undefined {
  const all = sections(sdp);
  const kept = all.filter((section) => !section.isStream || !test(mediaWords(section)[0] ?? ""));
  return kept.length === all.length ? undefined : join(kept);
}

/** How addresses of a description are rewritten. */
export interface AddressRewrite {
  /** Without brackets. */
  readonly ip: string;
  /** `c=` lines. */
  readonly media?: boolean;
  /** The `o=` line. */
  readonly origin?: boolean;
  /** 0.0.0.0 and `::` too, which put a stream on hold (RFC 2543). */
  readonly nulls?: boolean;
  /** Leaves the old address in `a=oldcip:` and `a=oldoip:` lines. */
  readonly keepMedia?: boolean;
  readonly keepOrigin?: boolean;
}

/** Rewrites the addresses of a description. @returns undefined when all of them are this one already */
export function withSdpAddress(sdp: string, rewrite: AddressRewrite): string | undefined {
  let isChanged = false;
  const all = sections(sdp);
  for (const section of all) {
    const notes: string[] = [];
    for (const [i, line] of section.lines.entries()) {
      const isOrigin = line.startsWith("o=");
      if (!(isOrigin ? rewrite.origin === true : rewrite.media === true && line.startsWith("c="))) continue;
      const old = lineAddress(line);
      if (old === "" || old === rewrite.ip || (isNull(old) && rewrite.nulls !== true)) continue;
      section.lines[i] = withLineAddress(line, rewrite.ip);
      isChanged = true;
      if (isOrigin ? rewrite.keepOrigin === true : rewrite.keepMedia === true) notes.push(`a=old${isOrigin ? "o" : "c"}ip:${old}\r\n`);
    }
    for (const note of notes) append(section, note);
  }
  return isChanged ? join(all) : undefined;
}

/** Adds lines, each with its line end, behind the last one. */
export function withSdpLines(sdp: string, lines: string): string {
  return sdp === "" || sdp.endsWith("\n") ? sdp + lines : `${sdp}\r\n${lines}`;
}

/** Whether an address stands for none. */
function isNull(address: string): boolean {
  return parseIpv4(address) === 0 || (address.includes(":") && parseIpv6(address)?.every((group) => group === 0) === true);
}

/**
 * How the audio of a description is on hold: 1 by a null address (RFC 2543), 2 by `sendonly` or `inactive` (RFC 3264 section 8.4),
 * 0 not at all.
 */
export function audioHold(sdp: string): 0 | 1 | 2 {
  for (const stream of sdpStreams(sdp)) {
    if (!equalsIgnoreCase(stream.media, "audio")) continue;
    if (isNull(stream.address)) return 1;
    if (stream.direction === "sendonly" || stream.direction === "inactive") return 2;
  }
  return 0;
}

function sections(sdp: string): Section[] {
  const all: Section[] = [];
  let current: Section = { lines: [], isStream: false };
  all.push(current);
  let at = 0;
  while (at < sdp.length) {
    const lf = sdp.indexOf("\n", at);
    const end = lf < 0 ? sdp.length : lf + 1;
    const line = sdp.slice(at, end);
    if (line.startsWith("m=")) {
      current = { lines: [], isStream: true };
      all.push(current);
    }
    current.lines.push(line);
    at = end;
  }
  return all;
}

function join(all: readonly Section[]): string {
  let text = "";
  for (const { lines } of all) for (const line of lines) text += line;
  return text;
}

function changeStreams(
  sdp: string,
  change: (section: Section, words: string[], codecs: readonly SdpCodec[]) => boolean,
): string | undefined {
  const all = sections(sdp);
  let isChanged = false;
  for (const section of all) {
    if (!section.isStream) continue;
    const words = mediaWords(section);
    if (portOf(words) === 0 || words.length < 4) continue;
    if (change(section, words, codecsOf(section, words))) isChanged = true;
  }
  return isChanged ? join(all) : undefined;
}

// `audio 49170/2 RTP/AVP 0 8`: media, port, transport, formats.
function mediaWords(section: Section): string[] {
  return words(content(section.lines[0] ?? "", 2));
}

function setMedia(section: Section, media: readonly string[]): void {
  section.lines[0] = `m=${media.join(" ")}${lineEnd(section.lines[0] ?? "")}`;
}

function portOf(media: readonly string[]): number {
  const text = media[1] ?? "";
  const slash = text.indexOf("/");
  return Math.max(0, decimal(text, 0, slash < 0 ? text.length : slash, 65_535));
}

function codecsOf(section: Section, media: readonly string[]): SdpCodec[] {
  const maps = new Map<string, string>();
  for (const line of section.lines) {
    if (!line.startsWith("a=rtpmap:")) continue;
    const [format, encoding] = words(content(line, 9));
    if (format !== undefined && encoding !== undefined && !maps.has(format)) maps.set(format, encoding);
  }
  const isRtp = (media[2] ?? "").includes("RTP/");
  return media.slice(3).map((format) => {
    const encoding = maps.get(format) ?? (isRtp ? (STATIC[format] ?? "") : "");
    const slash = encoding.indexOf("/");
    if (slash < 0) return { format, name: encoding, clock: "" };
    const second = encoding.indexOf("/", slash + 1);
    return { format, name: encoding.slice(0, slash), clock: encoding.slice(slash + 1, second < 0 ? encoding.length : second) };
  });
}

function isMeant(codec: SdpCodec, test: CodecTest): boolean {
  return codec.name !== "" && test(codec.name, codec.clock);
}

const CODEC_ATTRIBUTES = ["a=rtpmap:", "a=fmtp:", "a=rtcp-fb:"];

function removeAttributes(section: Section, formats: ReadonlySet<string>): true {
  section.lines = section.lines.filter((line) => {
    const attribute = CODEC_ATTRIBUTES.find((name) => line.startsWith(name));
    return attribute === undefined || !formats.has(words(content(line, attribute.length))[0] ?? "");
  });
  return true;
}

function addressOf(section: Section): string | undefined {
  const line = section.lines.find((one) => one.startsWith("c="));
  return line === undefined ? undefined : lineAddress(line);
}

function directionOf(section: Section): string | undefined {
  for (const line of section.lines) {
    if (!line.startsWith("a=")) continue;
    const name = content(line, 2);
    if (DIRECTIONS.includes(name)) return name;
  }
  return undefined;
}

// `c=IN IP4 192.0.2.1/127`, `o=alice 1 1 IN IP4 192.0.2.1`: the last word, its TTL left out.
function lineAddress(line: string): string {
  const last = words(content(line, 2)).at(-1) ?? "";
  const slash = last.indexOf("/");
  return slash < 0 ? last : last.slice(0, slash);
}

function withLineAddress(line: string, ip: string): string {
  const parts = words(content(line, 2));
  const [, ...scope] = (parts.at(-1) ?? "").split("/");
  parts[parts.length - 1] = [ip, ...scope].join("/");
  if (parts.length >= 2) parts[parts.length - 2] = ip.includes(":") ? "IP6" : "IP4";
  return `${line.slice(0, 2)}${parts.join(" ")}${lineEnd(line)}`;
}

function append(section: Section, line: string): void {
  const last = section.lines.length - 1;
  const text = section.lines[last];
  if (text !== undefined && !text.endsWith("\n")) section.lines[last] = `${text}\r\n`;
  section.lines.push(line);
}

// A line without its type and its line end.
function content(line: string, from: number): string {
  return line.slice(from, line.length - lineEnd(line).length);
}

function lineEnd(line: string): string {
  if (line.endsWith("\r\n")) return "\r\n";
  return line.endsWith("\n") ? "\n" : "";
}

function isLine(line: string): boolean {
  const type = line.charCodeAt(0);
  return line.charCodeAt(1) === 61 && type >= 97 && type <= 122;
}

function words(text: string): string[] {
  return text.split(" ").filter((word) => word !== "");
}
