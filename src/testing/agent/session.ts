// The session of one dialog at one end (RFC 3264): what this end has described, what the other end has, and what is offered meanwhile.

import type { Ms } from "../../kit/index.ts";
import type { SipMessage } from "../../sip/index.ts";
import type { Checker } from "./checker.ts";
import type { AgentTime } from "./ports.ts";

/** A codec that nobody here has: an offer of nothing else is refused. */
const UNKNOWN_CODEC = "RTP/AVP 127";

/** Who describes sessions. */
export interface SessionOwner {
  /** User part of `o=`. */
  readonly name: string;
  /** Session id of `o=`. */
  readonly id: string;
  readonly ip: string;
  readonly checker: Checker;
  readonly time: AgentTime;
}

/** Descriptions of one end of a dialog, and of the other. */
export class AgentSession {
  readonly #owner: SessionOwner;
  #version = 0;
  /** Ours, as last agreed on; the first one as soon as it is offered. */
  local = "";
  /** The other side's, as last agreed on. */
  remote = "";
  #offer: string | undefined = undefined;
  /** Offers of the other side that were refused. */
  readonly #refused: string[] = [];
  /** What the other side holds to be agreed on may be something newer. */
  #isUnsure = false;
  /** When what is agreed on was agreed on. */
  #agreedAt: Ms = -1;

  constructor(owner: SessionOwner) {
    this.#owner = owner;
  }

  /** An offer of ours has no answer yet. */
  get isOffering(): boolean {
    return this.#offer !== undefined;
  }

  /** The same for one more party that gets the same first offer. */
  fork(): AgentSession {
    const copy = new AgentSession(this.#owner);
    copy.#version = this.#version;
    copy.local = this.local;
    copy.#offer = this.#offer;
    return copy;
  }

  /** A new offer: the version counts up whether the one before was accepted or not (RFC 3264 section 8). */
  offer(isAcceptable = true): string {
    const text = this.#next(isAcceptable);
    this.#offer = text;
    if (this.local === "") this.local = text;
    return text;
  }

  /** Our offer was accepted. */
  settle(message: SipMessage, isOwn = false): void {
    if (this.#offer === undefined) return;
    this.local = this.#offer;
    this.#offer = undefined;
    this.#check(message, isOwn);
    this.#agree(message.body);
  }

  /**
   * Our offer came to nothing: what was agreed on before still holds.
   * @param isSure - false where the other side may have accepted it all the same, and only its answer never came
   */
  withdraw(isSure = true): void {
    this.#offer = undefined;
    this.#isUnsure ||= !isSure;
  }

  /**
   * Answers an offer. One that says nothing new gets the same answer as before.
   * @param isOwn - it comes from the proxy itself
   * @returns undefined for one of the proxy's own that has left before something newer was agreed on
   */
  answer(message: SipMessage, isOwn = false): string | undefined {
    const offer = message.body;
    if (isOwn && this.#isOld(message)) return undefined;
    this.#check(message, isOwn);
    if (offer === this.remote && this.local !== "") return this.local;
    this.#agree(offer);
    this.local = this.#next(true);
    return this.local;
  }

  /** An offer of the other side was refused: nobody may come back to it. */
  refuse(offer: string): void {
    this.#refused.push(offer);
  }

  /** A request of the proxy's own met something newer on its way. */
  #isOld(message: SipMessage): boolean {
    const version = originOf(message.body)?.version ?? 0;
    const isOlder = version < (originOf(this.remote)?.version ?? 0) && !this.#refused.includes(message.body);
    return isOlder && this.#owner.checker.hasLeftBefore(message, this.#agreedAt);
  }

  #agree(description: string): void {
    this.#isUnsure = false;
    if (description === this.remote) return;
    this.remote = description;
    this.#agreedAt = this.#owner.time.monotonic();
  }

  /** The session of an offer may change, but stays the same one; a request of the proxy's own changes nothing. */
  #check(message: SipMessage, isOwn: boolean): void {
    const { checker } = this.#owner;
    const known = originOf(this.remote);
    if (known === undefined) return;
    const now = originOf(message.body);
    checker.expect(now?.id === known.id, message, "RFC 3264 8", () => `another session: ${now?.id} after ${known.id}`);
    if (now === undefined) return;
    const isSame = message.body === this.remote;
    checker.expect(
      isSame || now.version > known.version,
      message,
      "RFC 3264 8",
      () => `session ${now.id} has version ${now.version} after ${known.version}, and is another one`,
    );
    if (isOwn && !this.#isUnsure && !checker.mayRenegotiate(message)) {
      checker.expect(
        isSame,
        message,
        "7.4",
        () => `a ping with version ${now.version} of session ${now.id}, agreed on is ${known.version}`,
      );
    }
  }

  #next(isAcceptable: boolean): string {
    const { name, id, ip } = this.#owner;
    const version = ++this.#version;
    const at = `IN ${ip.includes(":") ? "IP6" : "IP4"} ${ip}`;
    const codec = isAcceptable ? "RTP/AVP 0" : UNKNOWN_CODEC;
    return `v=0\r\no=${name} ${id} ${version} ${at}\r\ns=-\r\nc=${at}\r\nt=0 0\r\nm=audio ${40_000 + 2 * (version % 10_000)} ${codec}\r\n`;
  }
}

/** Whether nobody can talk by a description. */
export function isUnacceptable(description: string): boolean {
  return description.includes(UNKNOWN_CODEC);
}

/** Everything in `o=` that must not change, and the version. */
function originOf(description: string): { readonly id: string; readonly version: number } | undefined {
  const at = description.indexOf("\r\no=");
  if (at < 0) return undefined;
  const words = description.slice(at + 4, description.indexOf("\r\n", at + 4)).split(" ");
  const [user, id, version, ...rest] = words;
  return words.length === 6 ? { id: `${user} ${id} ${rest.join(" ")}`, version: Number(version) } : undefined;
}
