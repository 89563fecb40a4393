// A call that its callee ends.
import type { App } from "dialoom";

export const profiles: readonly string[] = ["caller"];

export function routes(app: App): void {
  const caller = app.profile("caller");
  app.invite((call) => {
    call.track().link(caller, call.from.uri.user ?? "anonymous");
    return call.relay();
  });
}
