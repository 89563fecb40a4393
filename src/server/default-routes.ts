// What `npm start` does with calls when nobody has written routes (decision 32): track every call, count it, and send it on;
// from this machine users may register and are then found under their name.
import type { App, FullTarget, IncomingRequest } from "../app/index.ts";

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
    const targets = to === undefined ? registered(app, call) : undefined;
    if (to === undefined && targets === undefined && !isLocal(call)) {
      call.reject(403, "Relaying Denied");
      return;
    }
    const dialog = call.track();
    dialog.link(inbound);
    dialog.link(caller, call.from.uri.user ?? "anonymous");
    call.relay(targets ?? to);
  });

  app.request("REGISTER", (request) => {
    if (to !== undefined) request.relay(to);
    // nobody is asked for a password here: registering from elsewhere would make us send calls anywhere
    else if (!isLocal(request)) request.reject(403, "Registration Denied");
    else if (app.isMyself(request.requestUri)) app.location.register(request);
    else request.relay();
  });

  app.request("*", (request) => {
    if (to === undefined && !isLocal(request)) request.reject(403, "Relaying Denied");
    else request.relay(to);
  });
}

/** Where somebody who has registered here can be reached; undefined for anybody else. */
function registered(app: App, request: IncomingRequest): FullTarget[] | undefined {
  if (!app.isMyself(request.requestUri)) return undefined;
  const targets = app.location.targets(request);
  return targets.length === 0 ? undefined : targets;
}

/** Anyone may call the configured target; only this machine may name targets of its own. */
function isLocal({ source }: IncomingRequest): boolean {
  return source.ip.startsWith("127.") || source.ip === "::1";
}
