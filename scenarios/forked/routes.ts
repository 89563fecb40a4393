// A call to two targets at once: the caller names the second one in a header.
import type { App } from "dialoom";

export const profiles: readonly string[] = ["caller"];

export function routes(app: App): void {
  const caller = app.profile("caller");
  app.invite((call) => {
    call.track().link(caller, call.from.uri.user ?? "anonymous");
    const also = call.header("X-Also")?.slice(1, -1) ?? "";
    call.removeHeader("X-Also");
    return call.relay([{ requestUri: call.requestUri.text }, { requestUri: also }]);
  });
}
