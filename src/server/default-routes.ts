// What `npm start` does with calls when nobody has written routes (decision 32): track every call, count it, and send it on.
import type { App, IncomingRequest } from "../app/index.ts";

/** What the built-in routes need to know. */
export interface DefaultRoutes {
  /** Where calls go; undefined sends requests of this machine to wherever their Request-URI says. */
  readonly to: string | undefined;
}

/** Profiles the built-in routes count in. */
export const DEFAULT_PROFILES: readonly [{ name: "inbound"; withValue: false }, { name: "caller"; withValue: true }] = [
  { name: "inbound", withValue: false },
  { name: "caller", withValue: true },
];

/** Installs the built-in routes. */
export function installDefaultRoutes(app: App, { to }: DefaultRoutes): void {
  const inbound = app.profile("inbound");
  const caller = app.profile("caller");

  app.invite((call) => {
    if (to === undefined && !isLocal(call)) {
      call.reject(403, "Relaying Denied");
      return;
    }
    const dialog = call.track();
    dialog.link(inbound);
    dialog.link(caller, call.from.uri.user ?? "anonymous");
    call.relay(to);
  });

  app.request("*", (request) => {
    if (to === undefined && !isLocal(request)) request.reject(403, "Relaying Denied");
    else request.relay(to);
  });
}

/** Anyone may call the configured target; only this machine may name targets of its own. */
function isLocal({ source }: IncomingRequest): boolean {
  return source.ip.startsWith("127.") || source.ip === "::1";
}
