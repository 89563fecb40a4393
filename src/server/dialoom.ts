// The ways in: for TypeScript programs, and for the command line.
import type { App } from "../app/index.ts";
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

/**
 * Starts a proxy with the built-in routes (see `installDefaultRoutes`).
 * @param to - where calls go; left out, requests of this machine go wherever their Request-URI says
 * @throws DialoomError as `dialoom` and `listen`
 */
export async function startServer(options: DialoomOptions, to?: string): Promise<Server> {
  const own = options.profiles ?? [];
  const named = new Set(own.map((one) => (typeof one === "string" ? one : one.name)));
  const added = DEFAULT_PROFILES.filter((one) => !named.has(one.name));
  const server = new Server(readSettings({ ...options, profiles: [...own, ...added] }));
  installDefaultRoutes(server.app, { to });
  await server.listen();
  return server;
}
