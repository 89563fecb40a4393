// A user agent: one socket, any number of calls in both roles, and a strict eye on everything that arrives.
import type { Random } from "../../kit/index.ts";
import { randomHex } from "../../kit/index.ts";
import { buildReply, buildRequest, type SipRequest, type SipResponse } from "../../sip/index.ts";
import { CalleeCall } from "./callee.ts";
import { CallerCall, type CallTarget } from "./caller.ts";
import type { Checker } from "./checker.ts";
import type { AgentDesk } from "./desk.ts";
import type { AgentLeg } from "./leg.ts";
import type { CalleePlan, CallerPlan, ShortAnswer } from "./plan.ts";
import { type AgentSocket, type AgentTime, type AgentTiming, hostPort, type Peer, RFC_TIMING } from "./ports.ts";
import { AgentSession } from "./session.ts";
import { type AgentServer, AgentTransactions, type ServerUser } from "./transactions.ts";

/** How a `UserAgent` is made. */
export interface UserAgentOptions {
  readonly name: string;
  readonly time: AgentTime;
  readonly socket: AgentSocket;
  readonly random: Random;
  readonly checker: Checker;
  /** Where requests go first. */
  readonly proxy: Peer;
  readonly timing?: AgentTiming;
  /** Whether initial INVITEs must have a Record-Route; yes when left out. */
  readonly isRecordRouted?: boolean;
  /** Every request within a dialog carries the number its sender gave it (`X-Number`). */
  readonly isNumbered?: boolean;
  /** What to do with a call to a user part; undefined: 404. */
  readonly answers?: (user: string, invite: SipRequest) => CalleePlan | undefined;
  /** How to answer other requests outside calls; undefined: not at all. Left out: OPTIONS 200, others 405. */
  readonly serves?: (request: SipRequest) => ShortAnswer | undefined;
}

/** A request outside calls that was sent. */
export interface ShortRequest {
  readonly callId: string;
  /** The final answer; 408 when there was none within 64·T1; 0 while it is waited for. */
  status: number;
}

/** Told when calls of an agent change. */
export interface AgentWatcher {
  /** A call came in. */
  ringing?(call: CalleeCall): void;
  callerDone?(call: CallerCall): void;
  calleeDone?(call: CalleeCall): void;
}

/** A scripted user agent. */
export class UserAgent implements ServerUser {
  readonly #options: UserAgentOptions;
  readonly #desk: AgentDesk;
  readonly #callers = new Map<string, CallerCall>();
  /** By Call-ID: a fork may reach one agent more than once. */
  readonly #callees = new Map<string, CalleeCall[]>();
  /** Call-IDs of calls that were forgotten: what still arrives for them is late, not wrong. */
  #forgotten = new Set<string>();
  #forgottenBefore = new Set<string>();
  readonly transactions: AgentTransactions;
  watcher: AgentWatcher = {};
  /** Responses to nothing we remember. */
  strays = 0;

  constructor(options: UserAgentOptions) {
    this.#options = options;
    this.transactions = new AgentTransactions(options.time, options.socket, options.timing ?? RFC_TIMING, this, options.checker);
    this.#desk = this.#makeDesk();
  }

  get name(): string {
    return this.#options.name;
  }

  /** Places a call. */
  call(target: CallTarget, plan: CallerPlan): CallerCall {
    const call = new CallerCall(this.#desk, plan, target, (done) => this.watcher.callerDone?.(done));
    this.#callers.set(target.callId, call);
    call.start();
    return call;
  }

  /** Sends a request outside any dialog. */
  ask(method: string, callId: string, uri: string, fromUri: string): ShortRequest {
    const asked: ShortRequest = { callId, status: 0 };
    const text = buildRequest({
      method,
      requestUri: uri,
      via: this.#desk.newVia(),
      from: `<${fromUri}>;tag=${this.#desk.newId()}`,
      to: `<${uri}>`,
      callId,
      cseq: 1,
    });
    this.transactions.send(text, this.#options.proxy, {
      onResponse: ({ status }) => {
        if (status >= 200) asked.status = status;
      },
      onTimeout: () => {
        asked.status = 408;
      },
    });
    return asked;
  }

  callerOf(callId: string): CallerCall | undefined {
    return this.#callers.get(callId);
  }

  /** Every call received with this Call-ID. */
  calleesOf(callId: string): readonly CalleeCall[] {
    return this.#callees.get(callId) ?? [];
  }

  /** Forgets a call that is over everywhere. */
  forget(callId: string): void {
    for (const leg of this.#callers.get(callId)?.legs ?? []) leg.forget();
    for (const call of this.calleesOf(callId)) call.leg.forget();
    this.#callers.delete(callId);
    this.#callees.delete(callId);
    this.#forgotten.add(callId);
  }

  /** Nothing is under way, and nothing can arrive any more for what was forgotten before the last time this was said. */
  forgetForGood(): void {
    this.transactions.forgetUnanswered();
    this.#forgottenBefore = this.#forgotten;
    this.#forgotten = new Set();
  }

  request(server: AgentServer): void {
    const { request } = server;
    if (request.toTag !== "") {
      this.#sequential(request, server);
      return;
    }
    if (request.method !== "INVITE") {
      this.#serve(server);
      return;
    }
    const user = request.uri.user ?? "";
    const plan = this.#options.answers?.(user, request);
    if (plan === undefined) {
      this.#reply(server, 404);
      return;
    }
    this.#ring(server, user, plan);
  }

  endAck(ack: SipRequest): void {
    if (this.#options.checker.isForeign(ack)) return;
    const leg = this.#legOf(ack);
    if (leg !== undefined) leg.serve(ack, undefined);
    else this.#unknown(ack);
  }

  cancelled(cancel: AgentServer, invite: AgentServer | undefined): void {
    const call = this.#calleeOf(invite?.request);
    if (call?.isSilent === true) return;
    this.#reply(cancel, invite === undefined ? 481 : 200, call?.leg.parts.localTag);
    call?.cancel();
  }

  stray(response: SipResponse): void {
    this.strays++;
    this.#options.checker.expect(
      response.topVia.branch.startsWith(`z9hG4bK-${this.name}-`),
      response,
      "17.1.3",
      () => `a response to a branch that was never ours: ${response.topVia.branch}`,
    );
  }

  #ring(server: AgentServer, user: string, plan: CalleePlan): void {
    const { checker } = this.#options;
    const { request } = server;
    checker.initialInvite(request, this.#options.isRecordRouted ?? true);
    const known = this.#calleeOf(request);
    if (known?.isChallenged === true) {
      checker.expect(
        request.cseqNumber > known.inviteCseq,
        request,
        "22.2",
        () => `the INVITE came again with CSeq ${request.cseqNumber} after ${known.inviteCseq}`,
      );
      known.answerTo(server);
      return;
    }
    if (known !== undefined) {
      // the same request under another branch: it was relayed twice (8.2.2.2)
      checker.report(request, "8.2.2.2", `the INVITE came a second time as ${request.topVia.branch}`);
      this.#reply(server, 482);
      return;
    }
    const call = new CalleeCall(this.#desk, plan, server, user, (done) => this.watcher.calleeDone?.(done));
    this.#callees.set(call.callId, [...this.calleesOf(call.callId), call]);
    this.watcher.ringing?.(call);
    call.start();
  }

  #serve(server: AgentServer): void {
    const { serves, time } = this.#options;
    if (serves === undefined) {
      this.#reply(server, server.request.method === "OPTIONS" ? 200 : 405);
      return;
    }
    const answer = serves(server.request);
    if (answer !== undefined) time.schedule(answer.afterMs, () => this.#reply(server, answer.status));
  }

  #sequential(request: SipRequest, server: AgentServer): void {
    const leg = this.#legOf(request);
    if (leg !== undefined) {
      leg.serve(request, server);
      return;
    }
    this.#unknown(request);
    this.#reply(server, 481);
  }

  #legOf(request: SipRequest): AgentLeg | undefined {
    const caller = this.#callers.get(request.callId);
    if (caller !== undefined && caller.localTag === request.toTag) {
      for (const leg of caller.legs) if (leg.parts.remoteTag === request.fromTag) return leg;
    }
    for (const call of this.calleesOf(request.callId)) if (call.leg.parts.localTag === request.toTag) return call.leg;
    return undefined;
  }

  #calleeOf(invite: SipRequest | undefined): CalleeCall | undefined {
    if (invite === undefined) return undefined;
    return this.calleesOf(invite.callId).find((call) => call.requestUri === invite.requestUri);
  }

  #unknown(request: SipRequest): void {
    const { checker } = this.#options;
    // the 200 of a callee may be lost, or late, and its BYE come through: the caller cannot know that dialog
    if (checker.isForeign(request)) return;
    const isEarlier = request.method === "BYE" || checker.mayLoseReplies();
    if (isEarlier && this.#callers.get(request.callId)?.localTag === request.toTag) return;
    checker.expect(
      this.#forgotten.has(request.callId) || this.#forgottenBefore.has(request.callId),
      request,
      "12.2.2",
      () => `${request.method} for a dialog that ${this.name} does not have (tags ${request.fromTag} → ${request.toTag})`,
    );
  }

  #reply(server: AgentServer, status: number, localTag: string = this.#desk.newId()): void {
    const { request } = server;
    const text = buildReply(request, { status, toTag: localTag });
    this.transactions.respond(server, status, request.toTag === "" ? localTag : request.toTag, text);
  }

  #makeDesk(): AgentDesk {
    const { time, socket, random, checker, proxy, name } = this.#options;
    let count = 0;
    let sessions = 0;
    const at = hostPort(socket);
    const isNumbered = this.#options.isNumbered === true;
    return {
      time,
      timing: this.#options.timing ?? RFC_TIMING,
      transactions: this.transactions,
      checker,
      ip: socket.ip,
      proxy,
      contact: (user) => `sip:${user}@${at}${socket.transport === "TCP" ? ";transport=tcp" : ""}`,
      newVia: () => `SIP/2.0/${socket.transport} ${at};branch=z9hG4bK-${name}-${(count++).toString(36)};rport`,
      newId: () => randomHex(random, 10),
      newSession: () => new AgentSession({ name, id: String(++sessions), ip: socket.ip, checker, time }),
      marking: (cseq) => (isNumbered ? `X-Number: ${cseq}\r\n` : ""),
    };
  }
}
