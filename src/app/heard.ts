// Messages of a call as listeners see them: read as they were received; replies on their way may be changed.
import type { Direction } from "../proxy/index.ts";
import { type Edit, reasonPhrase, type SipMessage, type SipRequest, type SipResponse } from "../sip/index.ts";
import { checkHeader } from "./header-edits.ts";

/** What a message says. */
export class HeardMessage {
  readonly #message: SipMessage | undefined;

  /** @internal */
  constructor(message: SipMessage | undefined) {
    this.#message = message;
  }

  /** First value of a header, unfolded; undefined when absent, or when there was no message. */
  header(name: string): string | undefined {
    return this.#message?.header(name);
  }

  /** Every value of a header in order, comma lists taken apart. */
  headers(name: string): readonly string[] {
    return this.#message?.values(name) ?? [];
  }

  /** One character per byte. */
  get body(): string {
    return this.#message?.body ?? "";
  }
}

/** A request of a call. */
export class HeardRequest extends HeardMessage {
  readonly method: string;
  readonly direction: Direction;

  /** @internal */
  constructor(request: SipRequest, direction: Direction) {
    super(request);
    this.method = request.method;
    this.direction = direction;
  }
}

/** An answer of a call, of the callee's or made here. */
export class HeardAnswer extends HeardMessage {
  readonly status: number;
  readonly reason: string;

  /** @internal @param status - where there is no message */
  constructor(response: SipResponse | undefined, status: number) {
    super(response);
    this.status = response?.status ?? status;
    this.reason = response?.reason ?? reasonPhrase(status);
  }
}

/** A reply that is about to go on, and may be changed. */
export class HeardReply extends HeardAnswer {
  /** Method of the request it answers. */
  readonly method: string;
  /** Which way it runs. */
  readonly direction: Direction;
  readonly #edit: Edit;

  /** @internal */
  constructor(response: SipResponse, edit: Edit, direction: Direction) {
    super(response, response.status);
    this.method = response.cseqMethod;
    this.direction = direction;
    this.#edit = edit;
  }

  /** Replaces a header's first value in the copy that goes on, or adds it. */
  setHeader(name: string, value: string): this {
    checkHeader(name, value);
    this.#edit.set(name, value);
    return this;
  }

  /** Adds a header line below the others. */
  appendHeader(name: string, value: string): this {
    checkHeader(name, value);
    this.#edit.append(name, value);
    return this;
  }

  /** Removes every line of a header. */
  removeHeader(name: string): this {
    this.#edit.remove(name);
    return this;
  }
}
