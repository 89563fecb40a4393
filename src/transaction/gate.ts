// Replies before anything is looked up for them: whoever stands here may drop a provisional, or hold a reply back for a while.
// Later replies to the same branch wait their turn meanwhile; timers, other branches and CANCELs go on.

import type { Log } from "../kit/index.ts";
import type { SipResponse } from "../sip/index.ts";
import type { Source } from "../transport/index.ts";
import type { ClientTransaction } from "./client.ts";

/** Looks at every reply that arrives (the global reply route of a script). */
export interface ReplyGate {
  /**
   * @param client - the branch it belongs to; undefined for a stray. `client.editOf(response)` changes the copy that is relayed
   * @returns whether the reply goes on; a promise holds it back
   */
  reply(response: SipResponse, source: Source, client: ClientTransaction | undefined): boolean | Promise<boolean>;
}

/** Where replies go on to. */
export type Deliver = (response: SipResponse, source: Source, client: ClientTransaction | undefined) => void;

interface Arrival {
  readonly response: SipResponse;
  readonly source: Source;
}

/** Replies of one branch that wait at most; what comes again will come once more. */
const MAX_HELD = 16;

/** A gate and those who wait before it. */
export class GateKeeper {
  readonly #gate: ReplyGate;
  readonly #deliver: Deliver;
  readonly #log: Log;
  readonly #waiting = new Map<ClientTransaction, Arrival[]>();

  constructor(gate: ReplyGate, deliver: Deliver, log: Log) {
    this.#gate = gate;
    this.#deliver = deliver;
    this.#log = log;
  }

  /** Branches whose replies are held. */
  get held(): number {
    return this.#waiting.size;
  }

  /** A reply arrives. @returns false when it was dropped because too many wait */
  arrive(response: SipResponse, source: Source, client: ClientTransaction | undefined): boolean {
    const line = this.#waiting.size === 0 || client === undefined ? undefined : this.#waiting.get(client);
    if (line !== undefined) {
      if (line.length >= MAX_HELD) return false;
      line.push({ response, source });
      return true;
    }
    const verdict = this.#ask(response, source, client);
    if (typeof verdict !== "boolean") this.#hold(response, source, client, verdict);
    else if (verdict) this.#deliver(response, source, client);
    return true;
  }

  #ask(response: SipResponse, source: Source, client: ClientTransaction | undefined): boolean | Promise<boolean> {
    try {
      return this.#gate.reply(response, source, client);
    } catch (error) {
      this.#threw(response, error);
      return true;
    }
  }

  #hold(response: SipResponse, source: Source, client: ClientTransaction | undefined, verdict: Promise<boolean>): void {
    const line: Arrival[] = [];
    if (client !== undefined) this.#waiting.set(client, line);
    // changes made so far stay with this reply, whatever the branch hears meanwhile
    const edit = client?.editOf(response);
    const go = (mayPass: boolean): void => {
      if (client !== undefined) {
        this.#waiting.delete(client);
        if (mayPass && edit !== undefined) client.resumeEdit(edit);
      }
      if (mayPass) this.#deliver(response, source, client);
      for (let next = line.shift(); next !== undefined; next = line.shift()) this.arrive(next.response, next.source, client);
    };
    verdict.then(go, (error: unknown) => {
      this.#threw(response, error);
      go(true);
    });
  }

  #threw(response: SipResponse, error: unknown): void {
    this.#log.error({ callId: response.callId, err: error }, "a reply route threw");
  }
}
