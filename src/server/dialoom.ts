// The ways in: for TypeScript programs, and for the command line.
import type { App } from "../app/index.ts";
import { DialoomError, ErrorCodes } from "../kit/index.ts";
import { parseUri } from "../sip/index.ts";
import { DEFAULT_PROFILES, installDefaultRoutes } from "./default-routes.ts";
import type { DialoomOptions } from "./options.ts";
import { Server } from "./server.ts";
import { readSettings } from "./settings.ts";

/**
 * Makes a proxy. Nothing is bound before `app.listen()`.
 * @throws DialoomError `DIALOOM_CONFIG_INVALID`, its `problems` naming every option that is wrong
 */
export function dialoom(options: DialoomOptions = {}): App {
  return new Server(readSettings(options)).app;
}

/** What is wrong with a target for the built-in routes; undefined when nothing is. */
export function targetProblem(to: string): string | undefined {
  const uri = parseUri(to);
  if (uri.ok && uri.value.isSip) return undefined;
  return `--to: "${to}" is no SIP URI; write it like "sip:192.0.2.20:5060"`;
}

/**
 * Starts a proxy with the built-in routes (see `installDefaultRoutes`).
 * @param to - where calls go; left out, requests of this machine go wherever their Request-URI says
 * @throws DialoomError as `dialoom` and `listen`
 */
export async function startServer(options: DialoomOptions, to?: string): Promise<Server> {
  const problem = to === undefined ? undefined : targetProblem(to);
  if (problem !== undefined) throw new DialoomError(ErrorCodes.ConfigInvalid, problem);
  const own = options.profiles ?? [];
  const named = new Set(own.map((one) => (typeof one === "string" ? one : one.name)));
  const added = DEFAULT_PROFILES.filter((one) => !named.has(one.name));
  const server = new Server(readSettings({ ...options, profiles: [...own, ...added] }));
  installDefaultRoutes(server.app, { to });
  await server.listen();
  return server;
}
