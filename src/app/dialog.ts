// A tracked call as routes and listeners use it.
import type { Dialog, DialogListener, DialogState, Side } from "../dialog/index.ts";
import { DialoomError, type Duration, durationMs, ErrorCodes } from "../kit/index.ts";
import type { Profile } from "../profile/index.ts";
import type { Direction } from "../proxy/index.ts";
import { reasonPhrase, type SipResponse } from "../sip/index.ts";
import type { DialogEvents, End, EventName } from "./events.ts";
import { type AnswerParts, checkHeader, type HeaderValues, replyExtra } from "./header-edits.ts";

/** How to join a profile. */
export interface JoinOptions {
  /** Join only while the value (or the profile without values) has fewer links than this. Checked and joined in one act. */
  readonly max?: number;
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
   * Sends a request of our own within the call: INFO, MESSAGE, NOTIFY, a re-INVITE. Its answer changes nothing in the call; the 2xx of an
   * INVITE is acknowledged.
   * @param to - who gets it
   * @returns the final answer; undefined when nothing was sent, because it is not known where that side is
   * @throws DialoomError for a header that would break the message
   */
  request(method: string, to: Side, parts?: AnswerParts): Promise<OwnAnswer | undefined> {
    const { headers, body, contentType } = replyExtra(parts) ?? {};
    const asked = Promise.withResolvers<OwnAnswer>();
    const done = (status: number, response: SipResponse | undefined): void => asked.resolve(answerOf(status, response));
    return this.dialog.send({ method, to, headers, body, contentType, done }) ? asked.promise : Promise.resolve(undefined);
  }

  /**
   * Listens to this call.
   * @returns a function that stops it
   */
  on<N extends EventName>(event: N, listener: EventListener<N>): () => void {
    const heard = bridge(event, listener);
    this.dialog.listen(heard);
    return () => this.dialog.unlisten(heard);
  }
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

/** Told what happened, and to which call. */
export type EventListener<N extends EventName> = (event: DialogEvents[N], dialog: TrackedDialog) => void;

/** For each event, the callbacks of the tracker that make it; the others stay away, so nobody pays for them. */
const BRIDGES: { readonly [N in EventName]: (tell: EventListener<N>) => DialogListener } = {
  created: (tell) => ({ created: (dialog) => tell(NOTHING, new TrackedDialog(dialog)) }),
  early: (tell) => ({ early: (dialog, response) => tell({ status: response?.status ?? 180 }, new TrackedDialog(dialog)) }),
  answered: (tell) => ({ answered: (dialog) => tell(NOTHING, new TrackedDialog(dialog)) }),
  request: (tell) => ({
    requestWithin: (dialog, request, direction) => tell({ method: request.method, direction }, new TrackedDialog(dialog)),
  }),
  expiring: (tell) => ({ timeout: (dialog) => tell(NOTHING, new TrackedDialog(dialog)) }),
  ended: (tell) => ({
    terminated: (dialog, _request, direction) => tell(endOf(dialog, true, direction, 0), new TrackedDialog(dialog)),
    expired: (dialog) => tell(endOf(dialog, true, undefined, 0), new TrackedDialog(dialog)),
    failed: (dialog, status) => tell(endOf(dialog, false, undefined, status), new TrackedDialog(dialog)),
  }),
};

/** Turns the tracker's callbacks into one event for one listener. */
export function bridge<N extends EventName>(event: N, listener: EventListener<N>): DialogListener {
  return BRIDGES[event](listener);
}

function endOf(dialog: Dialog, wasAnswered: boolean, direction: Direction | undefined, status: number): End {
  return { reason: dialog.endReason ?? "", wasAnswered, direction, status, seconds: wasAnswered ? dialog.secondsSinceAnswer : 0 };
}

const NOTHING: Record<never, never> = Object.freeze({});
