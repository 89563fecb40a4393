// The transaction layer: sorts what arrives into retransmissions, replies, ACKs, CANCELs and new requests.

import { type Fault, hostPort, SipRequest, type SipResponse, type Via } from "../sip/index.ts";
import type { MessageReceiver, Resolver, SendResult, Source } from "../transport/index.ts";
import { type BranchCodec, hashIndexOf } from "./branch.ts";
import { type ClientTransaction, openClient } from "./client.ts";
import { TransactionCore } from "./core.ts";
import { GateKeeper, type ReplyGate } from "./gate.ts";
import type { GlobalHook, HookRunner, LocalEditor } from "./hooks.ts";
import { baseKey, CANCEL_CLASS, hasCookie, INVITE_CLASS, methodClass, OTHER_CLASS, otherKey, withToTag } from "./keys.ts";
import { LocalTransaction } from "./local.ts";
import type { ClientParts, LocalRequest, TransactionDeps, TransactionUser } from "./ports.ts";
import { ServerTransaction } from "./server.ts";
import { SourceLimiter } from "./source-limiter.ts";

/** All transactions of one node. Set `user` before the first message arrives. */
export class TransactionLayer implements MessageReceiver {
  readonly #core: TransactionCore;
  readonly #resolver: Resolver;
  readonly #limiter: SourceLimiter;
  #gate: GateKeeper | undefined = undefined;
  #user: TransactionUser | undefined;

  constructor(deps: TransactionDeps) {
    this.#core = new TransactionCore(deps);
    this.#resolver = deps.resolver;
    const { maxNewPerSource, isTrustedPeer } = deps.settings;
    this.#limiter = new SourceLimiter(deps.clock, deps.log, { perSecond: maxNewPerSource, isTrusted: isTrustedPeer });
  }

  set user(user: TransactionUser) {
    this.#user = user;
  }

  /** Sees every reply before it is looked up (TM-61); none by default. */
  set replyGate(gate: ReplyGate | undefined) {
    this.#gate =
      gate === undefined
        ? undefined
        : new GateKeeper(gate, (response, source, client) => this.#pass(response, source, client), this.#core.log);
  }

  /** Changes requests of our own before they leave; none by default. */
  set localEditor(editor: LocalEditor | undefined) {
    this.#core.localEditor = editor;
  }

  /** Transactions without a final (S-04). */
  get inUse(): number {
    return this.#core.table.inUse;
  }

  /** Every relayed transaction that has no final yet, a copy: for the end of the process. */
  unanswered(): ServerTransaction[] {
    return [...this.#core.table.servers.values()].filter((one) => one.finalStatus === 0);
  }

  /** Transactions in memory, waiting ones included. */
  get size(): number {
    return this.#core.table.size;
  }

  /** Everything in memory: transactions and branches, waiting ones included. 0 at rest. */
  get count(): number {
    return this.#core.table.size + this.#core.table.clients;
  }

  /** Branches in memory, waiting ones included; those of local requests too. */
  get clientCount(): number {
    return this.#core.table.clients;
  }

  /** For the hooks that the proxy fires: `requestForwarded`, `responseForwarded`, `onFailure`. */
  get hooks(): HookRunner {
    return this.#core.hooks;
  }

  /** Makes and checks our branches: loop check, branches of ACKs. */
  get branches(): BranchCodec {
    return this.#core.codec;
  }

  /** Why the last request that `client()` refused was not sent. */
  get lastSend(): SendResult {
    return this.#core.lastSend;
  }

  /** Registers a hook for every transaction from now on, in order of registration. */
  addGlobalHook(hook: GlobalHook): void {
    this.#core.globalHooks = [...this.#core.globalHooks, hook];
  }

  message(message: SipRequest | SipResponse, source: Source): void {
    if (message instanceof SipRequest) this.#request(message, source);
    else this.#response(message, source);
  }

  malformed(fault: Fault, text: string, source: Source): void {
    this.#user?.malformed(fault, text, source);
  }

  /**
   * The branch of one attempt of a relayed request (TM-6).
   * @param loopHash - unsigned 32 bits (TM-49), 0 for none
   */
  newBranch(server: ServerTransaction, index: number, loopHash: number): string {
    return this.#core.codec.make(server.hashIndex, server.label, index, server.request.callId, loopHash);
  }

  /**
   * Sends one branch.
   * @returns undefined when it could not be sent: the caller counts it as answered 503 (TM-20); `lastSend` says why
   */
  client(parts: ClientParts): ClientTransaction | undefined {
    const { settings } = this.#core;
    return openClient(this.#core, {
      owner: parts.server,
      server: parts.server,
      index: parts.index,
      method: parts.method,
      text: parts.text,
      branch: parts.branch,
      destination: parts.destination,
      user: parts.user,
      sentBy: parts.sentBy,
      frTimeoutMs: parts.frTimeoutMs ?? settings.frTimeoutMs,
      frInvTimeoutMs: parts.frInvTimeoutMs ?? settings.frInvTimeoutMs,
    });
  }

  /** Starts a request of our own (TM-51). Its hooks hear of it only after this has returned, `requestBuilt` and the like excepted. */
  request(parts: LocalRequest): LocalTransaction {
    const local = new LocalTransaction(this.#core, this.#resolver, parts);
    local.start();
    return local;
  }

  /** The live transaction of an id (TM-7). */
  byId(hashIndex: number, label: number): ServerTransaction | undefined {
    const found = this.#core.table.labels.get(label);
    return found instanceof ServerTransaction && found.hasId && found.hashIndex === hashIndex ? found : undefined;
  }

  /**
   * Cancels the branches of an INVITE as if its caller had given up; no hook hears of a CANCEL.
   * @returns false when there is no such transaction, or nothing to cancel any more
   */
  cancelTransaction(hashIndex: number, label: number): boolean {
    return this.byId(hashIndex, label)?.cancelBy(undefined) ?? false;
  }

  /** The INVITE a CANCEL is for, if it is here: what `t_check_trans()` asks (TM-24). */
  findCancelled(cancel: SipRequest): ServerTransaction | undefined {
    const { servers } = this.#core.table;
    const base = withToTag(baseKey(cancel, this.#core.settings), hasCookie(cancel.topVia.branch) ? "" : cancel.toTag);
    return servers.get(base + INVITE_CLASS) ?? servers.get(base + OTHER_CLASS);
  }

  /** The answered INVITE an end-to-end ACK is for, if it is here (TM-8). */
  findAnswered(ack: SipRequest): ServerTransaction | undefined {
    return this.#core.table.findAnswered(ack);
  }

  #request(request: SipRequest, source: Source): void {
    if (request.method === "ACK") this.#ack(request, source);
    else this.#newOrAgain(request, source);
  }

  #newOrAgain(request: SipRequest, source: Source): void {
    const { table, settings } = this.#core;
    const { servers } = table;
    const base = baseKey(request, settings);
    const kind = methodClass(request.method);
    let key = (hasCookie(request.topVia.branch) ? base : withToTag(base, request.toTag)) + kind;
    let known = servers.get(key);
    if (known !== undefined && known.method !== request.method) {
      key = otherKey(key, request.method);
      known = servers.get(key);
    }
    if (known !== undefined) {
      known.retransmitted(request);
      return;
    }
    if (!this.#hasRoom(request, source, kind)) return;
    const hashIndex = hashIndexOf(request.callId, request.cseqNumber);
    const transaction = new ServerTransaction(this.#core, request, source, key, hashIndex, table.labels.next());
    servers.set(key, transaction);
    table.labels.set(transaction);
    if (kind === CANCEL_CLASS) this.#cancel(transaction, request, source);
    else this.#user?.request(transaction);
  }

  /** S-04: whether a new transaction may begin; its request is refused or dropped otherwise. */
  #hasRoom(request: SipRequest, source: Source, kind: string): boolean {
    const { table, settings, counters } = this.#core;
    const isFull = table.inUse >= settings.maxInuseTransactions || table.size >= settings.maxTransactions;
    if (!isFull && settings.maxNewPerSource === 0) return true;
    // the CANCEL of a call that is here makes room, and there is one at most for each
    if (kind === CANCEL_CLASS && this.findCancelled(request) !== undefined) return true;
    if (isFull) counters.overloads.value++;
    else {
      if (this.#limiter.admit(source.ip)) return true;
      counters.throttled.value++;
      // a datagram comes again, and who it claims to be from may have nothing to do with it; over a connection neither is so
      if (!source.listener.isReliable) return false;
    }
    this.#user?.overload(request, source);
    return false;
  }

  #cancel(cancel: ServerTransaction, request: SipRequest, source: Source): void {
    const invite = this.findCancelled(request);
    const user = this.#user;
    if (invite === undefined || (this.#core.settings.cancelSameSource && invite.source.ip !== source.ip)) {
      user?.request(cancel); // 481 is the user's word (D-08)
      return;
    }
    if (invite.hooks.length > 0) this.#core.hooks.messageMatchedIn(invite, request);
    cancel.localTag = invite.localTag; // TM-38
    if (user?.cancel(cancel, invite) === true) return;
    cancel.reply(200, "canceling");
    invite.cancelBy(request);
  }

  #ack(ack: SipRequest, source: Source): void {
    const { table, settings } = this.#core;
    const base = baseKey(ack, settings);
    let invite = table.servers.get(base + INVITE_CLASS);
    // RFC 2543: the ACK bears a To-tag; the INVITE had it too, or it is the one that was sent (TM-4)
    if (!hasCookie(ack.topVia.branch)) {
      const known = table.servers.get(withToTag(base, ack.toTag) + INVITE_CLASS);
      invite = known ?? (invite?.sentTag === ack.toTag ? invite : undefined);
    }
    if (invite?.ackReceived(ack) === true) return;
    const answered = this.findAnswered(ack);
    answered?.endAckReceived(ack, source);
    if (answered?.isAnsweredHere === true) return; // ours to absorb: nobody behind us asked for it (TM-10)
    this.#user?.ack(ack, source, answered);
  }

  #response(response: SipResponse, source: Source): void {
    const core = this.#core;
    core.counters.receivedReplies.value++;
    let client = core.table.findClient(response.topVia.branch);
    if (client !== undefined && core.settings.checkVia && !this.#isOurs(response.topVia, client)) client = undefined;
    if (this.#gate === undefined) this.#pass(response, source, client);
    else this.#gate.arrive(response, source, client);
  }

  /** the Via names one of our sockets, or what the branch was told to show. */
  #isOurs(via: Via, client: ClientTransaction): boolean {
    return this.#core.transport.isOurVia(via) || (client.sentBy !== "" && hostPort(via.host, via.port) === client.sentBy);
  }

  #pass(response: SipResponse, source: Source, client: ClientTransaction | undefined): void {
    if (client?.receive(response, source) !== true) this.#user?.strayResponse(response, source);
  }
}
