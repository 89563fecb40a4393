// What a scripted user agent needs from the world: time and a socket. Virtual in simulations, real in the demonstration.
import type { Ms } from "../../kit/index.ts";

/** Time as an agent sees it. `TestClock` is one. */
export interface AgentTime {
  monotonic(): Ms;
  /** Runs something once `afterMs` have passed. @returns what stops it */
  schedule(afterMs: Ms, run: () => void): () => void;
}

/** Where a message goes. */
export interface Peer {
  readonly ip: string;
  readonly port: number;
}

/** Who is told of what a socket received; `text` is one whole SIP message. */
export type AgentReceiver = (text: string, from: Peer) => void;

/** A bound socket of one agent. */
export interface AgentSocket {
  /** As it stands in a Via. */
  readonly transport: "UDP" | "TCP";
  readonly ip: string;
  readonly port: number;
  receiver: AgentReceiver;
  send(text: string, to: Peer): void;
  close(): void;
}

/** The timer values of RFC 3261 17. */
export interface AgentTiming {
  readonly t1: Ms;
  readonly t2: Ms;
  readonly t4: Ms;
}

export const RFC_TIMING: AgentTiming = Object.freeze({ t1: 500, t2: 4000, t4: 5000 });

/** `ip:port` as it stands in a Via or a URI; IPv6 in brackets. */
export function hostPort(at: Peer): string {
  return at.ip.includes(":") ? `[${at.ip}]:${at.port}` : `${at.ip}:${at.port}`;
}
