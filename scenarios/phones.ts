// Phones of our own on real sockets, for tests that do something to the proxy while calls run.
import {
  type AgentSocket,
  ANSWERING_CALLEE,
  type CalleePlan,
  type CallerCall,
  type CallerPlan,
  Checker,
  PATIENT_CALLER,
  realTime,
  seededRandom,
  UserAgent,
  udpSocket,
} from "../src/testing/index.ts";
import type { RunningProxy } from "./proxy.ts";

/** One caller and one callee on loopback. */
export class Phones {
  readonly checker: Checker = new Checker();
  readonly caller: UserAgent;
  readonly callee: UserAgent;
  readonly #sockets: readonly AgentSocket[];
  readonly #plans = new Map<string, CalleePlan>();
  #count = 0;

  private constructor(proxy: RunningProxy, sockets: readonly [AgentSocket, AgentSocket]) {
    this.#sockets = sockets;
    const common = { time: realTime, checker: this.checker, random: seededRandom(1), proxy: { ip: proxy.ip, port: proxy.port } };
    this.caller = new UserAgent({ ...common, name: "caller", socket: sockets[0] });
    this.callee = new UserAgent({
      ...common,
      name: "callee",
      socket: sockets[1],
      answers: (_user, invite) => this.#plans.get(invite.callId),
    });
  }

  static async connect(proxy: RunningProxy): Promise<Phones> {
    const at = { ip: "127.0.0.1", port: 0 };
    return new Phones(proxy, [await udpSocket(at), await udpSocket(at)]);
  }

  /** Places a call. */
  call(callee: Partial<CalleePlan> = {}, caller: Partial<CallerPlan> = {}): CallerCall {
    const callId = `phones-${this.#count++}@127.0.0.1`;
    this.#plans.set(callId, { ...ANSWERING_CALLEE, final: { afterMs: 20, status: 200 }, ...callee });
    const uri = `sip:callee@127.0.0.1:${this.#sockets[1]?.port}`;
    return this.caller.call(
      { callId, uri, fromUri: "sip:caller@127.0.0.1", user: "caller", withBody: true },
      { ...PATIENT_CALLER, ...caller },
    );
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }
}
