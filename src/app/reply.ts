// A reply of one target on its way back to the caller.
import { DialoomError, ErrorCodes } from "../kit/index.ts";
import type { ReplyContext } from "../proxy/index.ts";
import type { Edit, SipMessage } from "../sip/index.ts";
import type { Source } from "../transport/index.ts";
import { checkHeader } from "./header-edits.ts";
import { PassingMessage } from "./passing.ts";

/** Handed to `onReply` before anything is done with it; what is changed goes into the copy for the caller. */
export class Reply extends PassingMessage {
  readonly #reply: ReplyContext;

  /** @internal */
  constructor(reply: ReplyContext) {
    super();
    this.#reply = reply;
  }

  /** @internal */
  protected override get received(): SipMessage {
    return this.#reply.response;
  }

  /** @internal */
  protected override get changes(): Edit {
    return this.#reply.edit;
  }

  /** @internal */
  protected override get origin(): Source {
    return this.#reply.source;
  }

  get status(): number {
    return this.#reply.status;
  }

  get reason(): string {
    return this.#reply.response.reason;
  }

  /** Which target it came from, 0…11. */
  get branch(): number {
    return this.#reply.branch.index;
  }

  /**
   * Shows the caller another status line. It stays a provisional, a success or a refusal: who has acted on it cannot be told otherwise.
   * @throws DialoomError when it would become another kind of reply
   */
  setStatus(status: number, reason: string): this {
    checkHeader("Reason-Phrase", reason);
    const isSameClass = Math.floor(status / 100) === Math.floor(this.status / 100);
    if (!Number.isInteger(status) || status < 100 || status > 699 || (!isSameClass && (status < 300 || this.status < 300))) {
      throw new DialoomError(ErrorCodes.BadArgument, `a ${this.status} cannot become a ${status}`);
    }
    this.#reply.edit.reline(`SIP/2.0 ${status} ${reason}`);
    return this;
  }

  /** Keeps a provisional reply from the caller. @returns false for replies that must pass */
  drop(): boolean {
    return this.#reply.drop();
  }
}
