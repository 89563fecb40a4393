// A tracked call as routes and listeners use it.
import { type Dialog, type DialogListener, type DialogState, isSendable, type Side } from "../dialog/index.ts";
import { DialoomError, type Duration, durationMs, ErrorCodes } from "../kit/index.ts";
import type { Profile } from "../profile/index.ts";
import { reasonPhrase, type SipResponse } from "../sip/index.ts";
import { bridge } from "./bridges.ts";
import type { CallEventName, DialogEvents, EventName } from "./events.ts";
import { type AnswerParts, checkHeader, type HeaderValues, replyExtra } from "./header-edits.ts";

/** How to join a profile. */
export interface JoinOptions {
  /** Join only while the value (or the profile without values) has fewer links than this. Checked and joined in one act. */
  readonly max?: number;
}

/** A request of our own within a call. */
export interface OwnRequestParts extends AnswerParts {
  /** Who gets it. */
  readonly to: Side;
  /**
   * In place of a body: the session description that the other side has sent last (`inbound`), or the one that this side was sent last
   * (`outbound`).
   */
  readonly sdp?: "inbound" | "outbound";
}

/** How to let both sides agree anew. */
export interface RenegotiateParts {
  /** Who is asked first. Default the caller. */
  readonly first?: Side;
  /** Default INVITE. */
  readonly method?: "INVITE" | "UPDATE";
  /** What the first side is sent: nothing (the default), so that it makes an offer, or a description to answer. */
  readonly sdp?: "none" | "inbound" | "outbound";
  readonly headers?: HeaderValues;
}

/** What came back for a request of our own within a call. */
export interface OwnAnswer {
  /** 408 or 503 when nobody has answered. */
  readonly status: number;
  readonly reason: string;
  readonly body: string;
  /** Value of a header; undefined when there is none, or nobody has answered. */
  header(name: string): string | undefined;
}

/** One call. Reads show the call as it is now, also after an `await`; when it is over, changes do nothing and say so. */
export class TrackedDialog {
  /** @internal */ readonly dialog: Dialog;

  constructor(dialog: Dialog) {
    this.dialog = dialog;
  }

  /** The dialog id: the cookie in our Record-Route, and what management commands take. */
  get did(): string {
    return this.dialog.did;
  }

  get callId(): string {
    return this.dialog.callId;
  }

  get fromTag(): string {
    return this.dialog.fromTag;
  }

  /** Tag of the callee that answered, or that rang first; empty before. */
  get toTag(): string {
    return this.dialog.toTag;
  }

  get fromUri(): string {
    return this.dialog.fromUri;
  }

  get toUri(): string {
    return this.dialog.toUri;
  }

  get state(): DialogState {
    return this.dialog.state;
  }

  get isEnded(): boolean {
    return this.dialog.isEnded;
  }

  /** Why it ended; undefined while it lives. */
  get endReason(): string | undefined {
    return this.dialog.endReason;
  }

  /** Whole seconds since the answer. */
  get seconds(): number {
    return this.dialog.secondsSinceAnswer;
  }

  /** Whole seconds that are left of its lifetime. */
  get secondsLeft(): number {
    return this.dialog.secondsLeft;
  }

  /** A variable; undefined when it is not set. */
  get(name: string): string | undefined {
    return this.dialog.value(name);
  }

  /**
   * Sets a variable; undefined takes it away.
   * @returns false when the call has as many as it may
   */
  set(name: string, value: string | undefined): boolean {
    return this.dialog.setValue(name, value);
  }

  /** @param index - 0 to 31 */
  hasFlag(index: number): boolean {
    return this.dialog.isFlagSet(index);
  }

  /**
   * Sets or clears one of 32 flags.
   * @throws DialoomError for an index outside 0 to 31
   */
  setFlag(index: number, isSet = true): this {
    if (this.dialog.setFlag(index, isSet)) return this;
    throw new DialoomError(ErrorCodes.BadArgument, `setFlag(${index}): a call has the flags 0 to 31`);
  }

  /**
   * Sets how long the call may last: from now when it is answered, else from the answer.
   * @param lifetime - seconds, or text such as `"1h"`
   */
  setLifetime(lifetime: Duration): this {
    this.dialog.setLifetime(lifetimeOf(lifetime));
    return this;
  }

  /**
   * Joins a profile, at most `max` calls under one value: one atomic act.
   * @returns whether the call is in; false when the limit is reached or the call is over
   */
  join(profile: Profile<Dialog>, value?: string, options?: JoinOptions): Promise<boolean> {
    return Promise.resolve(this.link(profile, value, options));
  }

  /** As `join`, at once and without a promise; for profiles that count on this node alone. */
  link(profile: Profile<Dialog>, value?: string, options?: JoinOptions): boolean {
    if (profile.hasValue && value === undefined) {
      throw new DialoomError(ErrorCodes.BadArgument, `the profile "${profile.fullName}" counts by value: say which value to join`);
    }
    return this.dialog.join(profile, value, options?.max);
  }

  /** Leaves a profile: one membership, the newest that fits. @returns whether there was one */
  leave(profile: Profile<Dialog>, value?: string): boolean {
    return this.dialog.leave(profile, value);
  }

  /** Profiles the call is in, newest first; the same one as often as it was joined. */
  get profiles(): readonly { readonly name: string; readonly value: string }[] {
    return this.dialog.links.map((link) => ({ name: link.profile.fullName, value: link.value }));
  }

  /**
   * Ends the call: CANCEL while it rings, BYE to both sides once it is answered.
   * @param headers - for the BYEs
   * @returns false when it is over already or nothing could be sent
   */
  end(reason = "Application", headers?: HeaderValues): boolean {
    let extraHeaders = "";
    for (const [name, given] of Object.entries(headers ?? {})) {
      for (const value of typeof given === "string" ? [given] : given) {
        checkHeader(name, value);
        extraHeaders += `${name}: ${value}\r\n`;
      }
    }
    return this.dialog.end(reason, extraHeaders === "" ? undefined : { extraHeaders }) === "ok";
  }

  /**
   * Sends a request of our own within the call: INFO, MESSAGE, NOTIFY, a re-INVITE. Requests to one side leave one after the other. The answer
   * changes nothing in the call but the session descriptions that were agreed on; the 2xx of an INVITE is acknowledged.
   * @returns the final answer, or a made-up one: 408 when nobody has answered, 503 when nobody could be reached, 481 when the call ended before
   *   its turn had come; undefined when it could not even be tried, because it is not known where that side is or too many wait
   * @throws DialoomError for a header that would break the message, or a method that is none
   */
  request(method: string, parts: OwnRequestParts): Promise<OwnAnswer | undefined> {
    checkMethod(method);
    const { to, sdp } = parts;
    const { headers, body, contentType } = replyExtra(parts) ?? {};
    if (sdp === undefined) return this.#ask((done) => this.dialog.send({ method, to, headers, body, contentType, done }));
    const mode = { to, isChallenge: false };
    return this.#ask((done) => this.dialog.exchange({ mode, method, body: { kind: sdp }, headers, done }) === "ok");
  }

  /**
   * Lets both sides agree anew on what they send each other: one is asked for its session description, the other gets it, and the first one
   * gets the answer. Where the second refuses, the first stays with what it has.
   * @returns the final answer of the side that was asked last; status 400 when the first had no description to give; else as `request`
   * @throws DialoomError for a header that would break the message
   */
  renegotiate(parts: RenegotiateParts = {}): Promise<OwnAnswer | undefined> {
    const { first = "caller", method = "INVITE", sdp = "none" } = parts;
    const { headers } = replyExtra(parts) ?? {};
    const mode = { to: first, isChallenge: true };
    return this.#ask((done) => this.dialog.exchange({ mode, method, body: { kind: sdp }, headers, done }) === "ok");
  }

  #ask(send: (done: (status: number, response: SipResponse | undefined) => void) => boolean): Promise<OwnAnswer | undefined> {
    const asked = Promise.withResolvers<OwnAnswer>();
    const isAsked = send((status, response) => asked.resolve(answerOf(status, response)));
    return isAsked ? asked.promise : Promise.resolve(undefined);
  }

  /**
   * Listens to this call. The last listener that was added hears an event first; those of all calls (`app.on`) come after.
   * @returns a function that stops it
   */
  on<N extends CallEventName>(event: N, listener: EventListener<N>): () => void {
    const heard = heardBy(event, listener);
    this.dialog.listen(heard);
    return () => this.dialog.unlisten(heard);
  }
}

/** @throws DialoomError for what belongs to another request, and for what is no method */
function checkMethod(method: string): void {
  if (isSendable(method)) return;
  throw new DialoomError(
    ErrorCodes.BadArgument,
    `request(${JSON.stringify(method)}, …): ACK and CANCEL follow their INVITE by themselves, and a method is one word`,
  );
}

function answerOf(status: number, response: SipResponse | undefined): OwnAnswer {
  return {
    status,
    reason: response?.reason ?? reasonPhrase(status),
    body: response?.body ?? "",
    header: (name) => response?.header(name),
  };
}

/** @throws DialoomError for what is no duration */
export function lifetimeOf(lifetime: Duration): number {
  const ms = durationMs(lifetime, 1000);
  if (ms !== undefined) return ms;
  throw new DialoomError(ErrorCodes.BadArgument, `${JSON.stringify(lifetime)} is no lifetime; write seconds or text like "1h"`);
}

/** Told what happened, and to which call. What it returns is not waited for; a promise that fails is logged. */
export type EventListener<N extends EventName> = (event: DialogEvents[N], dialog: TrackedDialog) => unknown;

/** What the tracker calls to make an event for a listener. */
export function heardBy<N extends EventName>(event: N, listener: EventListener<N>): DialogListener {
  return bridge(event, (told, dialog) => listener(told, new TrackedDialog(dialog)));
}
