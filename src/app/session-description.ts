// The session description of a message on its way: its streams and codecs, and changes to them.
import { DialoomError, ErrorCodes } from "../kit/index.ts";
import {
  audioHold,
  bodyPartText,
  type CodecTest,
  changeBodyParts,
  type Edit,
  equalsIgnoreCase,
  hasCodec,
  isCleanHeaderText,
  parseIpv4,
  parseIpv6,
  type SdpStream,
  sdpStreams,
  withCodecsMoved,
  withoutCodecs,
  withoutStreams,
  withSdpAddress,
  withSdpLines,
} from "../sip/index.ts";

const SDP = "application/sdp";

/** Codecs by name (case is ignored), or by name and clock rate. */
export type CodecChoice = string | CodecTest;

/** A session description. Each change shows in what is read afterwards. */
export class SessionDescription {
  readonly #changes: Edit;

  /** @internal */
  constructor(changes: Edit) {
    this.#changes = changes;
  }

  /** As it stands now, one character per byte. */
  get text(): string {
    return bodyPartText(this.#changes, SDP) ?? "";
  }

  get streams(): readonly SdpStream[] {
    return sdpStreams(this.text);
  }

  /** How its audio is on hold: by a null address, by `sendonly` or `inactive`; undefined when it is not. */
  get hold(): "address" | "direction" | undefined {
    const hold = audioHold(this.text);
    if (hold === 0) return undefined;
    return hold === 1 ? "address" : "direction";
  }

  hasCodec(codec: CodecChoice): boolean {
    return hasCodec(this.text, testOf(codec));
  }

  /** Takes codecs out of all streams; a stream left without codecs is disabled. @returns whether there was one */
  removeCodecs(codec: CodecChoice): boolean {
    return this.#change((text) => withoutCodecs(text, testOf(codec)));
  }

  /** Moves codecs to the front of their streams. @returns whether there was one */
  preferCodecs(codec: CodecChoice): boolean {
    return this.#change((text) => withCodecsMoved(text, testOf(codec), "front"));
  }

  /** Moves codecs to the end of their streams. @returns whether there was one */
  deferCodecs(codec: CodecChoice): boolean {
    return this.#change((text) => withCodecsMoved(text, testOf(codec), "back"));
  }

  /** Takes all streams of a medium out. In an answer that shifts the others: there, remove their codecs. @returns whether there was one */
  removeStreams(media: string): boolean {
    return this.#change((text) => withoutStreams(text, (one) => equalsIgnoreCase(one, media)));
  }

  /**
   * Lets media go to another address. Null addresses, which mean hold, stay.
   * @returns whether something was changed
   * @throws DialoomError for what is no IP address
   */
  setAddress(ip: string): boolean {
    if (parseIpv4(ip) < 0 && parseIpv6(ip) === undefined)
      throw new DialoomError(ErrorCodes.BadArgument, `${JSON.stringify(ip)} is no IP address`);
    return this.#change((text) => withSdpAddress(text, { ip, media: true, origin: true }));
  }

  /** Adds a line at the end: `a=sendrecv`. */
  addLine(line: string): void {
    if (line === "" || !isCleanHeaderText(line)) throw new DialoomError(ErrorCodes.BadArgument, `${JSON.stringify(line)} is not one line`);
    this.#change((text) => withSdpLines(text, `${line}\r\n`));
  }

  #change(change: (text: string) => string | undefined): boolean {
    return changeBodyParts(this.#changes, SDP, change);
  }
}

function testOf(codec: CodecChoice): CodecTest {
  return typeof codec === "string" ? (name) => equalsIgnoreCase(name, codec) : codec;
}
