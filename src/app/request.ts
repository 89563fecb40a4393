// A request as a route sees it: what it says, what may be changed in the copy that goes on, and the verbs that decide it.
import type { CallerAuth, PartyName, PartyReplacer } from "../auth/index.ts";
import type { DialogTracker } from "../dialog/index.ts";
import { DialoomError, ErrorCodes } from "../kit/index.ts";
import type { RequestContext } from "../proxy/index.ts";
import { type Edit, parseUri, type SipMessage, type SipUri } from "../sip/index.ts";
import type { TopologyHiding } from "../topology/index.ts";
import type { Source } from "../transport/index.ts";
import { type AnswerParts, checkHeader, replyExtra } from "./header-edits.ts";
import { Party } from "./party.ts";
import { PassingMessage } from "./passing.ts";
import { type Relayed, type RelayHooks, Relaying } from "./relaying.ts";
import { type ReplaceOptions, throwReplaceProblem } from "./replacing.ts";
import { RouteRun } from "./route-run.ts";
import { branchTarget, type Target } from "./target.ts";

/** Where a request came from. */
export interface Peer {
  readonly transport: string;
  readonly ip: string;
  readonly port: number;
  /** The socket it arrived on, as in `listen`. */
  readonly listener: string;
}

/** How to relay. */
export interface RelayChoice extends RelayHooks {
  /** Several targets: all at once, or one after the other by their q and order. Default `parallel`. */
  readonly mode?: "parallel" | "serial";
  /** How long a target may stay silent, and how long it may ring, in ms. */
  readonly frTimeoutMs?: number;
  readonly frInvTimeoutMs?: number;
}

/** What requests use of the rooms below. */
export interface RequestServices {
  readonly dialogs: DialogTracker;
  readonly topology: TopologyHiding;
  readonly auth: CallerAuth;
  readonly parties: PartyReplacer;
}

/** A received request. Handed to routes; valid until the route has decided what becomes of it. */
export class IncomingRequest extends PassingMessage implements Relayed {
  /** @internal */ readonly context: RequestContext;
  /** @internal */ readonly services: RequestServices;
  #from: Party | undefined = undefined;
  #to: Party | undefined = undefined;
  #uri: SipUri | undefined = undefined;
  #run: RouteRun | undefined = undefined;

  constructor(context: RequestContext, services: RequestServices) {
    super();
    this.context = context;
    this.services = services;
  }

  /** @internal */
  protected override get received(): SipMessage {
    return this.context.request;
  }

  /** @internal */
  protected override get changes(): Edit {
    return this.context.edit;
  }

  /** @internal */
  protected override get origin(): Source {
    return this.context.source;
  }

  /** `INVITE`, `MESSAGE`, … as received. */
  get method(): string {
    return this.context.request.method;
  }

  /** The Request-URI, as received or as changed since. */
  get requestUri(): SipUri {
    const text = this.context.requestUri;
    if (this.#uri?.text !== text) {
      const parsed = parseUri(text);
      this.#uri = parsed.ok ? parsed.value : this.context.request.uri;
    }
    return this.#uri ?? this.context.request.uri;
  }

  get from(): Party {
    this.#from ??= new Party(this.context.request.from);
    return this.#from;
  }

  get to(): Party {
    this.#to ??= new Party(this.context.request.to);
    return this.#to;
  }

  get callId(): string {
    return this.context.request.callId;
  }

  /** Who sent it to us: the address on the wire, not what the headers claim. */
  get source(): Peer {
    const { listener, ip, port } = this.context.source;
    return { transport: listener.transport, ip, port, listener: listener.name };
  }

  /** The caller has given up: nothing will be sent on any more. */
  get isCancelled(): boolean {
    return this.context.wasCancelled;
  }

  /** Whether it was relayed, answered or dropped already. */
  get isDecided(): boolean {
    return this.context.isDecided;
  }

  /** Answers go where the request came from even when the client did not ask for it with `rport` (RFC 3581): for clients behind a NAT. */
  answerToSource(): this {
    this.context.forceRport = true;
    return this;
  }

  /**
   * Shows the callee another caller: From of the copy that goes on. A tracked call remembers both, else our Record-Route does.
   * @throws DialoomError for what is no URI, and within a dialog
   */
  replaceFrom(uri: string, options?: ReplaceOptions): this {
    return this.#replace("from", uri, options);
  }

  /** The same with To. */
  replaceTo(uri: string, options?: ReplaceOptions): this {
    return this.#replace("to", uri, options);
  }

  /**
   * Sends the request on.
   * @param to - one target or several; left out, the Request-URI as it is
   * @returns await it for the outcome (then a refusal waits for what the route decides next), or just return it
   * @throws DialoomError for a target that is no URI, or when the request has been answered or dropped already
   */
  relay(to?: Target | readonly Target[], choice?: RelayChoice): Relaying {
    this.mustBeOpen("relay");
    const context = this.context;
    if (choice?.frTimeoutMs !== undefined) context.frTimeoutMs = choice.frTimeoutMs;
    if (choice?.frInvTimeoutMs !== undefined) context.frInvTimeoutMs = choice.frInvTimeoutMs;
    const relaying = new Relaying(this, choice);
    if (to === undefined) return relaying.start(undefined);
    if (typeof to === "string") {
      const target = branchTarget(to, context.requestUri);
      context.requestUri = target.requestUri;
      context.dstUri = target.dstUri;
      return relaying.start(undefined);
    }
    const list = "length" in to ? to : [to];
    const targets = list.map((target) => branchTarget(target, context.requestUri));
    if (targets.length === 0)
      throw new DialoomError(ErrorCodes.BadArgument, "relay([]) names no target; leave it out to use the Request-URI");
    return choice?.mode === "serial" ? relaying.startSerially(targets) : relaying.start(targets);
  }

  /**
   * Answers. A provisional answer (101–199) leaves the request open.
   * @throws DialoomError when it has been decided already, or for a header that cannot be written
   */
  reply(status: number, reason?: string, parts?: AnswerParts): void {
    this.mustBeOpen("reply");
    if (!Number.isInteger(status) || status < 100 || status > 699) {
      throw new DialoomError(ErrorCodes.BadArgument, `reply(${String(status)}): a status is 100 to 699`);
    }
    if (reason !== undefined) checkHeader("Reason-Phrase", reason);
    const extra = replyExtra(parts);
    if (this.context.failure === undefined) this.context.reply(status, reason, extra);
    else this.context.failure.reply(status, reason, extra);
    if (status >= 200) this.#run?.release();
  }

  /** Refuses with a final status. */
  reject(status: number, reason?: string, parts?: AnswerParts): void {
    if (status < 300) throw new DialoomError(ErrorCodes.BadArgument, `reject(${status}): a refusal is 300 to 699; use reply()`);
    this.reply(status, reason, parts);
  }

  /** Answers 302 with other places to try, best first. */
  redirect(...contacts: readonly string[]): void {
    this.reply(302, "Moved Temporarily", { headers: { Contact: contacts.map((uri) => `<${uri}>`) } });
  }

  /** Lets the request end without any answer; its retransmissions are absorbed. */
  drop(): void {
    this.mustBeOpen("drop");
    this.context.drop();
    this.#run?.release();
  }

  #replace(party: PartyName, uri: string, options: ReplaceOptions | undefined): this {
    const mode = options?.restore === false ? "none" : "auto";
    const problem = this.services.parties.replace(this.context, party, uri, options?.display, undefined, mode);
    if (problem !== undefined) throwReplaceProblem(problem, party, uri);
    return this;
  }

  /** @internal */
  get run(): RouteRun {
    this.#run ??= new RouteRun();
    return this.#run;
  }

  /** @internal */
  get runIfAny(): RouteRun | undefined {
    return this.#run;
  }

  /** @internal */
  protected mustBeOpen(verb: string): void {
    if (this.context.failure !== undefined || !this.context.isDecided) return;
    throw new DialoomError(
      ErrorCodes.AlreadySettled,
      `${verb}() on a ${this.method} (${this.callId}) that was relayed, answered or dropped before; await relay() to decide again after a refusal`,
    );
  }
}
