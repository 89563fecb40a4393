// What `npm start` does with calls when nobody has written routes (decision 32): track every call, count it, and send it on.
import type { App, IncomingRequest, Target } from "../app/index.ts";

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
    const target = targetOf(call, to);
    if (target === undefined) {
      call.reject(403, "Relaying Denied");
      return;
    }
    const dialog = call.track();
    dialog.link(inbound);
    dialog.link(caller, call.from.uri.user ?? "anonymous");
    call.relay(target);
  });

  app.request("*", (request) => {
    const target = targetOf(request, to);
    if (target === undefined) request.reject(403, "Relaying Denied");
    else request.relay(target);
  });
}

/** Anyone may call the configured target; only this machine may name targets of its own. */
function targetOf(request: IncomingRequest, to: string | undefined): Target | undefined {
  if (to !== undefined) return to;
  const { ip } = request.source;
  const isLocal = ip.startsWith("127.") || ip === "::1";
  return isLocal ? { requestUri: request.requestUri.text } : undefined;
}
