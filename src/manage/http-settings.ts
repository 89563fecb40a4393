// Settings of the HTTP listener, and what is wrong with them.
import { isIP } from "node:net";
import type { Ms } from "../kit/index.ts";

export interface MiHttpSettings {
  readonly ip: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Path without slashes: `mi`. */
  readonly root: string;
  /** Longest request body in bytes (MH-2). */
  readonly bodyLimit: number;
  /** Refuses every Content-Type but application/json: forms of a foreign web page cannot call commands then. */
  readonly isContentTypeStrict: boolean;
  /** Names that a Host header may carry besides addresses and `localhost`. */
  readonly allowedHosts: readonly string[];
  /** When set, requests need `Authorization: Bearer <token>`. */
  readonly token: string | undefined;
  /** Lets a listener without token leave the loopback interface. */
  readonly isInsecureAllowed: boolean;
  readonly isBatchAllowed: boolean;
  /** Indents replies by one space. */
  readonly isPretty: boolean;
  /** Commands refused here. */
  readonly disabledCommands: readonly string[];
  readonly maxConnections: number;
  /** Longest time until a command has answered (MI-8). */
  readonly limitMs: Ms;
}

export const MI_HTTP_DEFAULTS: MiHttpSettings = Object.freeze({
  ip: "127.0.0.1",
  port: 8888,
  root: "mi",
  bodyLimit: 65_536,
  isContentTypeStrict: true,
  allowedHosts: [],
  token: undefined,
  isInsecureAllowed: false,
  isBatchAllowed: true,
  isPretty: false,
  disabledCommands: ["kill"],
  maxConnections: 128,
  limitMs: 240_000,
});

/** Whether only this machine can reach the address. */
export function isLoopback(ip: string): boolean {
  return ip.startsWith("127.") || ip === "::1" || ip.startsWith("::ffff:127.");
}

/** Every problem, in words that name what to change; empty when there is none. */
export function checkMiHttp({ ip, port, token, isInsecureAllowed }: MiHttpSettings): readonly string[] {
  const problems: string[] = [];
  if (isIP(ip) === 0) problems.push(`the management interface needs an IP address to listen on, and "${ip}" is none`);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) problems.push(`${port} is no port for the management interface: 0 to 65535`);
  else if (isIP(ip) !== 0 && !isLoopback(ip) && token === undefined && !isInsecureAllowed) {
    problems.push(
      `the management interface on ${ip} could be used by everyone who reaches it: set a token, or allow it with miAllowInsecure, or listen on 127.0.0.1`,
    );
  }
  return problems;
}
