// What requests in routes and replies on their way back have in common: what they say, and what may be changed in the copy that goes on.
// Reading shows the message as it was received, whatever was changed; bodies and what is in them are shown as they stand now.
import { DialoomError, ErrorCodes } from "../kit/index.ts";
import {
  addBodyPart,
  bodyPartText,
  changeBodyParts,
  type Defect,
  type DefectChecks,
  type Edit,
  equalsIgnoreCase,
  findDefect,
  fixContacts,
  H,
  hasBodyPart,
  isCleanHeaderText,
  isMime,
  keepBodyParts,
  mimeOf,
  NatSign,
  natSigns,
  parseUri,
  type SipMessage,
} from "../sip/index.ts";
import type { Source } from "../transport/index.ts";
import { checkHeader, type HeaderValues } from "./header-edits.ts";
import { SessionDescription } from "./session-description.ts";

/** A sign that a message comes from behind a NAT. */
export type NatSignName = keyof typeof NatSign;

/** Where a header line goes; at the end when left out. */
export interface HeaderPlace {
  /** Behind the first line of this header. */
  readonly after?: string;
  /** Before the first line of this header. */
  readonly before?: string;
}

const SDP = "application/sdp";
const SIGNS: readonly (readonly [name: NatSignName, bit: number])[] = [
  ["privateContact", NatSign.privateContact],
  ["otherAddress", NatSign.otherAddress],
  ["privateVia", NatSign.privateVia],
  ["privateMedia", NatSign.privateMedia],
  ["otherPort", NatSign.otherPort],
  ["otherContactAddress", NatSign.otherContactAddress],
  ["otherContactPort", NatSign.otherContactPort],
  ["carrier", NatSign.carrier],
];

/** A message that passes through. */
export abstract class PassingMessage {
  /** @internal as it was received */
  protected abstract get received(): SipMessage;
  /** @internal changes of the copy that goes on */
  protected abstract get changes(): Edit;
  /** @internal where it came from */
  protected abstract get origin(): Source;

  /** First value of a header, unfolded; undefined when absent. Compact names are found by their long ones. */
  header(name: string): string | undefined {
    return this.received.header(name);
  }

  /** Every value of a header in order, comma lists taken apart. */
  headers(name: string): readonly string[] {
    return this.received.values(name);
  }

  /** The whole message as it was received, one character per byte. */
  get text(): string {
    return this.received.text;
  }

  // ── headers ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Replaces a header's first value in the copy that goes on, or adds it. */
  setHeader(name: string, value: string): this {
    checkHeader(name, value);
    this.changes.set(name, value);
    return this;
  }

  /** Adds a header line below the others, or beside a header that is there. */
  appendHeader(name: string, value: string, place?: HeaderPlace): this {
    checkHeader(name, value);
    const { received, changes } = this;
    const before = place?.before === undefined ? -1 : received.headerIndex(place.before);
    const after = place?.after === undefined ? -1 : received.headerIndex(place.after);
    const at = before >= 0 ? received.lineAt(before) : after >= 0 ? received.lineEnd(after) : -1;
    if (at < 0) changes.append(name, value);
    else changes.replace(at, at, `${name}: ${value}\r\n`);
    return this;
  }

  /** Adds a header line above the others. */
  prependHeader(name: string, value: string): this {
    checkHeader(name, value);
    this.changes.prepend(name, value);
    return this;
  }

  /** Removes every line of a header, or of all headers whose name, as it is written, is meant. */
  removeHeader(name: string | ((name: string) => boolean)): this {
    const { received, changes } = this;
    if (typeof name === "string") {
      changes.remove(name);
      return this;
    }
    for (let line = 0; line < received.headerCount; line++) if (name(received.headerName(line))) changes.removeLine(line);
    return this;
  }

  /** Whether an option stands in a comma list: `hasOption("Supported", "100rel")`. Case is ignored. */
  hasOption(name: string, option: string): boolean {
    return this.received.values(name).some((value) => value.split(",").some((one) => equalsIgnoreCase(one.trim(), option)));
  }

  /** Adds an option to a comma list, as a header of its own when there is none. */
  addOption(name: string, option: string): this {
    checkHeader(name, option);
    if (!this.changes.addListed(name, option)) this.changes.append(name, option);
    return this;
  }

  /** Takes an option out of a comma list; a header left without options goes. @returns whether it was there */
  removeOption(name: string, option: string): boolean {
    return this.changes.removeListed(name, option);
  }

  // ── bodies ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The body as it was received, one character per byte. */
  get body(): string {
    return this.received.body;
  }

  get contentType(): string | undefined {
    return this.received.contentType;
  }

  /** Whether there is a body, or a part of a kind in it: `application/sdp`, `text/*`. */
  hasBody(kind?: string): boolean {
    return hasBodyPart(this.changes, kind);
  }

  /** The body of a kind, whether it is alone or one of several parts; undefined when there is none. */
  bodyPart(kind: string): string | undefined {
    return bodyPartText(this.changes, kind);
  }

  /** Replaces the whole body; `""` takes it away together with its type. Text beyond ASCII becomes UTF-8. */
  setBody(text: string, contentType: string): this {
    if (text === "") this.changes.setBody("", "");
    else this.changes.setBody(bytes(text), checkType(contentType));
    return this;
  }

  /**
   * Changes every body of a kind in its place; other parts and all headers stay.
   * @param change - gets the text, one character per byte, and gives another; undefined leaves it as it is
   * @returns whether something was changed
   */
  changeBody(kind: string, change: (text: string) => string | undefined): boolean {
    return changeBodyParts(this.changes, kind, change);
  }

  /** Adds a part; a body of one part becomes `multipart/mixed`. Text beyond ASCII becomes UTF-8. */
  addBodyPart(text: string, contentType: string, headers?: HeaderValues): this {
    let lines = "";
    for (const [name, given] of Object.entries(headers ?? {})) {
      for (const value of typeof given === "string" ? [given] : given) {
        checkHeader(name, value);
        lines += `${name}: ${value}\r\n`;
      }
    }
    addBodyPart(this.changes, bytes(text), checkType(contentType), lines);
    return this;
  }

  /** Takes away all parts of a kind, or all parts that are meant by their Content-Type. @returns whether there was one */
  removeBodyParts(which: string | ((contentType: string) => boolean)): boolean {
    const isMeant = typeof which === "string" ? (type: string) => isMime(type, which) : which;
    return keepBodyParts(this.changes, (type) => !isMeant(type));
  }

  /** The session description; undefined when the message carries none. */
  get sdp(): SessionDescription | undefined {
    const { changes } = this;
    return hasBodyPart(changes, SDP) ? new SessionDescription(changes) : undefined;
  }

  // ── NAT, checks ────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Which signs of a NAT there are, of those named or of all.
   * @returns nothing when Via, Contact and media lead where the message came from
   */
  natSigns(...names: readonly NatSignName[]): readonly NatSignName[] {
    let wanted = 0;
    for (const name of names) wanted |= NatSign[name];
    const found = natSigns(this.received, this.origin, names.length === 0 ? 255 : wanted);
    return SIGNS.filter(([, bit]) => (found & bit) !== 0).map(([name]) => name);
  }

  /**
   * Lets every Contact lead back to where the message came from.
   * @param params - URI parameters to add, each with its semicolon: `;nat=yes`
   */
  fixContact(params = ""): this {
    if (params !== "" && !parseUri(`sip:h${params}`).ok) {
      throw new DialoomError(ErrorCodes.BadArgument, `${JSON.stringify(params)} are no URI parameters; write them like ";nat=yes"`);
    }
    fixContacts(this.changes, this.origin, params);
    return this;
  }

  /** Looks whether the message is built as RFC 3261 wants it, beyond what was needed to read it. @returns what is wrong first */
  findDefect(checks: Omit<DefectChecks, "isStream"> = {}): Defect | undefined {
    return findDefect(this.received, { ...checks, isStream: this.origin.listener.isReliable });
  }

  /** Whether a Privacy header asks for it: `id`, `user`, `header`, `session`… (RFC 3323). */
  hasPrivacy(kind: string): boolean {
    return this.received.values(H.Privacy).some((value) => value.split(";").some((one) => equalsIgnoreCase(one.trim(), kind)));
  }
}

function bytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

function checkType(contentType: string): string {
  if (mimeOf(contentType) !== "" && isCleanHeaderText(contentType)) return contentType;
  throw new DialoomError(ErrorCodes.BadArgument, `${JSON.stringify(contentType)} is no Content-Type`);
}
